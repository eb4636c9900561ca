//! `[[peer]]`: a partner with a node.

use super::values::{self, parse};
use super::{Peer, habits};
use crate::types::Digest;
use crate::types::settings::Section;

pub(super) const DIGEST_JA: &str = "証明書の SHA-256（16 進 64 桁）";
pub(super) const DIGEST_EN: &str = "SHA-256 of certificates, 64 hexadecimal digits";

/// A table `[[peer]]`.
pub(super) fn peer(table: &mut Section<'_, '_>) -> Option<Peer> {
    let office = values::office_number(table, "office");
    let name = values::name(table);
    let service_types = values::service_types(table);
    let url = values::url(table);
    let relay = values::relay(table);
    let edition = values::edition(table);
    let takes = values::takes(table);
    let quoting = habits::quoting(table, None);
    let tls_certificates = table.list("tls_certificates", parse::<Digest>, DIGEST_JA, DIGEST_EN);
    let signing_certificates =
        table.list("signing_certificates", parse::<Digest>, DIGEST_JA, DIGEST_EN);
    Some(Peer {
        office: office?,
        name,
        service_types,
        url,
        relay,
        edition,
        takes,
        quoting,
        tls_certificates,
        signing_certificates,
        card: None,
    })
}
