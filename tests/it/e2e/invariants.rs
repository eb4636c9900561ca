//! The invariants of the program, looked at in the stores of both ends with SQL and SHA-256.

use std::collections::BTreeMap;

use renkei::types::Digest;

use crate::harness::Office;

/// Checks what `sender` and `recipient` say about the packages from one to the other. Both must
/// have come to rest: every package is handed over.
pub(super) fn check(sender: &Office, recipient: &Office, packages: usize) {
    let (from, to) = (sender.number, recipient.number);
    let sent = by_id(sender, &format!("outgoing WHERE office = '{from}' AND partner = '{to}'"));
    let received =
        by_id(recipient, &format!("incoming WHERE sender = '{from}' AND office = '{to}'"));
    assert_eq!(sent.len(), packages, "packages in the sender's store");
    // INV1: what has a consignment receipt is at the recipient, and they agree on its bytes.
    assert_eq!(sent, received, "the two ends differ");
    assert!(sent.values().all(|row| row.starts_with("HANDED_OVER")), "not all handed over");

    once_each(recipient, from);
    same_on_both_ends(sender, recipient);
    numbers_have_no_gap(sender, to, 1);
}

/// The same of attachments alone, whose serials say nothing and whose numbers begin elsewhere.
pub(super) fn check_attachments(sender: &Office, recipient: &Office, packages: usize) {
    let count = packages.to_string();
    let handed_over = |table| format!("SELECT count(*) FROM {table} WHERE state = 'HANDED_OVER'");
    assert_eq!(sender.sql(&handed_over("outgoing")), [count.as_str()]);
    assert_eq!(recipient.sql(&handed_over("incoming")), [count.as_str()]);
    placed_once(recipient, sender.number);
    same_on_both_ends(sender, recipient);
    numbers_have_no_gap(sender, recipient.number, (1 << 52) + 1);
}

fn same_on_both_ends(sender: &Office, recipient: &Office) {
    for office in [sender, recipient] {
        stored_bytes_are_whole(office);
        receipts_name_existing_packages(office);
        no_state_without_journal(office);
    }
    same_receipts(sender, recipient);
}

fn by_id(office: &Office, table: &str) -> BTreeMap<String, String> {
    let query = format!(
        "SELECT hex(message_id), state, sequence, serial, hex(package_sha256),
         hex(manifest_sha256) FROM {table}"
    );
    let rows = office.sql(&query).into_iter();
    rows.map(|row| row.split_once('|').map(|(id, row)| (id.to_owned(), row.to_owned())))
        .collect::<Option<_>>()
        .expect("columns")
}

/// INV2: a package is committed once and placed once.
fn once_each(recipient: &Office, sender: &str) {
    placed_once(recipient, sender);
    let serials = recipient.sql(&format!(
        "SELECT serial FROM incoming WHERE sender = '{sender}' GROUP BY serial HAVING count(*) > 1"
    ));
    assert_eq!(serials, Vec::<String>::new(), "one unit in two packages");
}

fn placed_once(recipient: &Office, sender: &str) {
    let twice = recipient.sql(&format!(
        "SELECT hex(message_id), state FROM journal WHERE direction = 'in' AND partner = '{sender}'
         AND state IN ('PLACED', 'HANDED_OVER') GROUP BY message_id, state HAVING count(*) > 1"
    ));
    assert_eq!(twice, Vec::<String>::new(), "placed twice");
}

/// INV3, first half: the bytes in the store are those that its rows name.
fn stored_bytes_are_whole(office: &Office) {
    let rows = office.sql(
        "SELECT hex(package_sha256), bytes FROM outgoing LEFT JOIN payloads ON id = payload
         WHERE place = 'here'
         UNION ALL SELECT hex(package_sha256), bytes FROM incoming LEFT JOIN payloads
         ON id = payload WHERE place = 'here'",
    );
    assert!(!rows.is_empty(), "no packages in the store");
    for row in rows {
        let (digest, package) = row.split_once('|').expect("two columns");
        let package = super::proof::bytes_of(package);
        assert_eq!(Digest::of(&package).to_string(), digest.to_lowercase());
    }
}

/// INV3, second half: a receipt names the digest of a package of its id in the store.
fn receipts_name_existing_packages(office: &Office) {
    let rows = office.sql(
        "SELECT hex(receipts.der), lower(hex(packages.package_sha256)) FROM receipts LEFT JOIN
         (SELECT message_id, package_sha256 FROM outgoing
          UNION ALL SELECT message_id, package_sha256 FROM incoming) AS packages
         ON packages.message_id = receipts.message_id",
    );
    assert!(!rows.is_empty(), "no receipts");
    for row in rows {
        let (der, digest) = row.split_once('|').expect("two columns");
        assert!(!digest.is_empty(), "a receipt about no package");
        let der = super::proof::bytes_of(der);
        let named = format!("\"package_sha256\":\"{digest}\"");
        assert!(String::from_utf8_lossy(&der).contains(&named), "a receipt for other bytes");
    }
}

/// INV6: the last journal row of a package says its state, and the first how it began.
fn no_state_without_journal(office: &Office) {
    for (table, direction, first) in
        [("outgoing", "out", "PACKED"), ("incoming", "in", "COMMITTED")]
    {
        let without = office.sql(&format!(
            "SELECT hex(message_id), state FROM {table} WHERE state IS NOT
             (SELECT state FROM journal WHERE journal.message_id = {table}.message_id
              AND direction = '{direction}' ORDER BY id DESC LIMIT 1)"
        ));
        assert_eq!(without, Vec::<String>::new(), "a state without its journal row");
        let begun_otherwise = office.sql(&format!(
            "SELECT hex(message_id) FROM {table} WHERE state <> 'REJECTED' AND '{first}' IS NOT
             (SELECT state FROM journal WHERE journal.message_id = {table}.message_id
              AND direction = '{direction}' ORDER BY id LIMIT 1)"
        ));
        assert_eq!(begun_otherwise, Vec::<String>::new(), "a first step that is missing");
    }
}

/// What one end issued, the other end has, byte for byte.
fn same_receipts(sender: &Office, recipient: &Office) {
    let of = |office: &Office, origin: &str, partner: &Office| {
        office.sql(&format!(
            "SELECT kind, hex(der) FROM receipts WHERE origin = '{origin}' AND office = '{}'
             AND partner = '{}' ORDER BY kind, hex(der)",
            office.number, partner.number
        ))
    };
    let issued = of(recipient, "issued", sender);
    assert!(!issued.is_empty());
    assert_eq!(issued, of(sender, "received", recipient), "receipts differ");
}

/// Every number was given once, from `first` on.
fn numbers_have_no_gap(sender: &Office, recipient: &str, first: u64) {
    let numbers = sender.sql(&format!(
        "SELECT min(sequence) = {first} AND max(sequence) = count(*) + {first} - 1 FROM outgoing
         WHERE office = '{}' AND partner = '{recipient}'",
        sender.number
    ));
    assert_eq!(numbers, ["1"]);
}
