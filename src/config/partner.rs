//! What a table `[[peer]]` or a file of `partners/` names: a partner with a node, or one without.

use std::path::Path;

use super::partner_file::PartnerFile;
use super::{ByHand, PARTNERS, Peer, Problem, by_hand, peer};
use crate::types::OfficeNumber;
use crate::types::settings::{Reader, Section};

/// What a table `[[peer]]` names.
pub(super) enum Partner {
    Node(Peer),
    ByHand(ByHand),
}

impl Partner {
    pub(super) fn office(&self) -> OfficeNumber {
        match self {
            Self::Node(peer) => peer.office,
            Self::ByHand(partner) => partner.office,
        }
    }
}

/// A table `[[peer]]`.
pub(super) fn partner(table: &mut Section<'_, '_>) -> Option<Partner> {
    if table.has("channel") {
        by_hand::by_hand(table).map(Partner::ByHand)
    } else {
        peer::peer(table).map(Partner::Node)
    }
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
    if !matches!(found, Some(Partner::ByHand(_))) {
        let card = table.path("card");
        if let Some(Partner::Node(peer)) = &mut found {
            peer.card = card;
        }
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
