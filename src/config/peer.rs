//! `[[peer]]`, and the files `partners/*.toml`, each with one peer.

use std::path::Path;

use super::by_hand::{Partner, partner};
use super::partner_file::PartnerFile;
use super::values::{self, parse};
use super::{PARTNERS, Peer, Problem, habits};
use crate::types::settings::{Reader, Section};
use crate::types::{Digest, OfficeNumber};

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

impl PartnerFile {
    /// The partner with a node, if the file names one and has no mistakes.
    pub fn peer(&self, home: &Path) -> Option<Peer> {
        match file(self, home, &[]) {
            (Some(Partner::Node(peer)), problems) if problems.is_empty() => Some(peer),
            _ => None,
        }
    }
}

/// The partner of a file of `partners/`, and what is wrong with the file. `known` are those that were
/// read before it.
pub(super) fn file(
    file: &PartnerFile,
    home: &Path,
    known: &[OfficeNumber],
) -> (Option<Partner>, Vec<Problem>) {
    let folder = home.join(PARTNERS);
    let reader = Reader::new(&file.text, &folder);
    let mut table = Section::root(&reader);
    let place = table.span_of("office");
    let mut found = partner(&mut table);
    if let Some(Partner::Node(peer)) = &mut found {
        peer.card = table.path("card");
    }
    if let Some(office) = found.as_ref().map(Partner::office) {
        if file.office() != Some(office) {
            let (ja, en) = (
                format!("ファイル名は {office}.toml にしてください。"),
                format!("the name of the file has to be {office}.toml"),
            );
            table.report(&place, "office", &ja, &en);
        }
        if known.contains(&office) {
            let ja = "設定ファイルの [[peer]] にも同じ事業所番号があります。どちらか一方だけにしてください。";
            let en = "this office is a [[peer]] of the configuration too; keep one of the two";
            table.report(&place, "office", ja, en);
        }
    }
    table.finish();
    let mut problems = reader.finish();
    for problem in &mut problems {
        problem.file = Some(format!("{PARTNERS}/{}", file.name));
    }
    (found, problems)
}
