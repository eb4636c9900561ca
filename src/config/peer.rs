//! `[[peer]]`, and the files `partners/*.toml`, each with one peer.

use std::path::Path;

use super::partner_file::PartnerFile;
use super::values::{self, parse};
use super::{PARTNERS, Peer, Problem, habits};
use crate::types::Digest;
use crate::types::settings::{Reader, Section};

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
    /// The peer, if the file has no mistakes.
    pub fn peer(&self, home: &Path) -> Option<Peer> {
        let (peer, problems) = file(self, home, &[]);
        peer.filter(|_| problems.is_empty())
    }
}

/// The peer of a file of `partners/`, and what is wrong with the file. `known` are those that were
/// read before it.
pub(super) fn file(
    file: &PartnerFile,
    home: &Path,
    known: &[Peer],
) -> (Option<Peer>, Vec<Problem>) {
    let folder = home.join(PARTNERS);
    let reader = Reader::new(&file.text, &folder);
    let mut table = Section::root(&reader);
    let place = table.span_of("office");
    let mut found = peer(&mut table);
    let card = table.path("card");
    if let Some(peer) = &mut found {
        peer.card = card;
        if file.office() != Some(peer.office) {
            let (ja, en) = (
                format!("ファイル名は {}.toml にしてください。", peer.office),
                format!("the name of the file has to be {}.toml", peer.office),
            );
            table.report(&place, "office", &ja, &en);
        }
        if known.iter().any(|other| other.office == peer.office) {
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
