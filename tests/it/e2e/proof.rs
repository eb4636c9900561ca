//! Receipts as a third party checks them.

use serde_json::Value;

use crate::harness::Office;
use crate::proof::{openssl_ok, put, put_roots};

/// What a receipt says, after `openssl` has verified it.
pub(super) fn verified(office: &Office, der: &[u8]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    put_roots(folder.path(), &office.world.authority);
    put(folder.path(), "receipt.p7s", der);
    let command = "cms -verify -binary -inform DER -in receipt.p7s -CAfile roots.pem -purpose any";
    let content = openssl_ok(folder.path(), &command.split(' ').collect::<Vec<_>>());
    serde_json::from_slice(&content).expect("a document")
}

/// The receipts in an office's store, in the order in which they came there: origin, kind, DER.
pub(super) fn receipts(office: &Office) -> Vec<(String, String, Vec<u8>)> {
    let rows = office.sql("SELECT origin, kind, der FROM receipts ORDER BY id");
    let receipts = rows.iter().map(|row| {
        let mut columns = row.split('|');
        let mut next = || columns.next().expect("three columns");
        (next().to_owned(), next().to_owned(), bytes_of(next()))
    });
    receipts.collect()
}

pub(super) fn bytes_of(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")).collect()
}
