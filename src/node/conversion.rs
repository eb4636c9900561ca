//! Sets for partners that import another edition (`Peer.edition`), or that are particular about double
//! quotes (`Peer.quoting`).
//!
//! A set is converted only when nothing is lost by it and nothing is missing then; otherwise it is
//! held with the list of what is in the way. What is checked, signed and sent is the converted set;
//! the files of the office stay what its care software wrote.

use std::sync::Arc;

use super::context::Context;
use super::judge::{self, Judgement};
use crate::config::Config;
use crate::folder::ClaimedFile;
use crate::record::Quoting;
use crate::repair::{self, OfficeTypes, conversion_text};
use crate::rules::SourceFile;
use crate::spec::Spec;
use crate::types::{Edition, FileName, Lang, OfficeNumber};

/// A set that is ready to be packed.
pub(super) struct OutboundSet {
    pub(super) files: Arc<Vec<ClaimedFile>>,
    pub(super) judgement: Judgement,
    /// The edition of the files of the office, where these were converted.
    pub(super) converted_from: Option<Edition>,
    /// The style of quoting, where the files were written anew in one.
    pub(super) quoted: Option<Quoting>,
}

impl OutboundSet {
    /// The files as the office wrote them.
    pub(super) const fn as_it_is(files: Arc<Vec<ClaimedFile>>, judgement: Judgement) -> Self {
        Self { files, judgement, converted_from: None, quoted: None }
    }
}

/// What a partner wants that a set is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wanted {
    /// The edition.
    pub(super) edition: Option<Edition>,
    /// The style of quoting.
    pub(super) quoting: Option<Quoting>,
}

/// The set as its partner wants it, or the judgement that says why it is held.
pub(super) fn suited(
    context: &Context,
    partner: OfficeNumber,
    files: &Arc<Vec<ClaimedFile>>,
    judgement: Judgement,
    wanted: Wanted,
) -> Result<OutboundSet, Box<Judgement>> {
    let set = match wanted.edition {
        Some(edition) => convert(context, partner, files, judgement, edition)?,
        None => OutboundSet::as_it_is(Arc::clone(files), judgement),
    };
    match wanted.quoting {
        Some(style) => Ok(quoted(context.spec, set, style)),
        None => Ok(set),
    }
}

/// The set in a style of quoting. Where it is in that style already, or cannot be written in it, it
/// stays as it is: it is good as it stands.
fn quoted(spec: &Spec, set: OutboundSet, style: Quoting) -> OutboundSet {
    let copy = |file: &ClaimedFile| {
        let name = FileName::parse(&file.name).ok()?;
        let bytes = if name.kind.is_image() {
            file.bytes.clone()
        } else {
            repair::requote(spec, &name, &file.bytes, style).ok()?
        };
        Some(ClaimedFile { name: file.name.clone(), bytes })
    };
    let Some(copies) = set.files.iter().map(copy).collect::<Option<Vec<_>>>() else {
        tracing::warn!(style = style.as_str(), "a set cannot be quoted as its partner wants it");
        return set;
    };
    if copies.iter().zip(set.files.iter()).all(|(copy, file)| copy.bytes == file.bytes) {
        return set;
    }
    let borrowed: Vec<(&str, &[u8])> =
        copies.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect();
    let judgement = judge::files(spec, &borrowed);
    if judgement.has_errors() {
        tracing::error!(style = style.as_str(), codes = judgement.codes(), "copies are not valid");
        return set;
    }
    OutboundSet { files: Arc::new(copies), judgement, quoted: Some(style), ..set }
}

/// The set in the edition that the partner imports, or the judgement that says why it is held.
fn convert(
    context: &Context,
    partner: OfficeNumber,
    files: &[ClaimedFile],
    judgement: Judgement,
    wanted: Edition,
) -> Result<OutboundSet, Box<Judgement>> {
    let limit = context.config().limits.package_size;
    let types = office_types(&context.config());
    let converted = set(context.spec, files, &types, wanted);
    let (new, new_judgement) = match converted {
        Ok(converted) => converted,
        Err((ja, en)) => {
            tracing::info!(%partner, edition = %wanted, "a set cannot be converted for its partner");
            return Err(Box::new(judgement.not_convertible(wanted, &ja, &en)));
        }
    };
    let size: usize = new.iter().map(|file| file.bytes.len()).sum();
    if u64::try_from(size).unwrap_or(u64::MAX) > limit {
        return Err(Box::new(Judgement::too_large(limit)));
    }
    let converted_from = judgement.edition();
    let files = Arc::new(new);
    Ok(OutboundSet { files, judgement: new_judgement, converted_from, quoted: None })
}

/// The service types that the configuration knows.
fn office_types(config: &Config) -> OfficeTypes {
    let peers = config.peers.iter().map(|peer| (peer.office, peer.service_types.clone()));
    let own = config.offices.iter().map(|office| (office.number, office.service_types.clone()));
    let by_hand = config.by_hand.iter();
    let by_hand = by_hand.map(|partner| (partner.office, partner.service_types.clone()));
    peers.chain(by_hand).chain(own).collect()
}

/// The converted set with its judgement, or what is in the way, in Japanese and English.
fn set(
    spec: &Spec,
    files: &[ClaimedFile],
    types: &OfficeTypes,
    wanted: Edition,
) -> Result<(Vec<ClaimedFile>, Judgement), (String, String)> {
    let sources: Vec<SourceFile<'_>> =
        files.iter().map(|file| SourceFile { name: &file.name, bytes: &file.bytes }).collect();
    let conversion = repair::convert(spec, &sources, wanted, types)
        .map_err(|error| (error.text(Lang::Ja), error.text(Lang::En)))?;
    if !conversion.is_clean() {
        let text = |lang| conversion_text(&conversion.losses, &conversion.gaps, wanted, lang);
        return Err((text(Lang::Ja), text(Lang::En)));
    }
    let new: Vec<ClaimedFile> = conversion
        .files
        .into_iter()
        .map(|file| ClaimedFile { name: file.name, bytes: file.bytes })
        .collect();
    let borrowed: Vec<(&str, &[u8])> =
        new.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect();
    let judgement = judge::files(spec, &borrowed);
    if judgement.has_errors() {
        let codes = judgement.codes();
        return Err((
            format!("変換後のファイルが次の規則に合いません: {codes}"),
            format!("the converted files break these rules: {codes}"),
        ));
    }
    Ok((new, judgement))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V41: &str = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
    const V3: &str = "DLT1KYO_1370000018_1370000026_20260327090000.CSV";

    fn file(name: &str, text: &str) -> Vec<ClaimedFile> {
        vec![ClaimedFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() }]
    }

    fn converted(
        files: &[ClaimedFile],
        wanted: Edition,
    ) -> Result<(String, Vec<u8>), (String, String)> {
        let spec = Spec::builtin().expect("consistent");
        let types = OfficeTypes::from([(
            "1370000026".parse().expect("an office"),
            vec!["11".parse().expect("a type")],
        )]);
        let (mut new, judgement) = set(spec, files, &types, wanted)?;
        assert_eq!(judgement.edition(), Some(wanted));
        assert!(!judgement.has_errors());
        let file = new.pop().expect("one file");
        Ok((file.name, file.bytes))
    }

    #[test]
    fn a_set_that_loses_nothing_is_converted_and_judged() {
        let (v41, v3) =
            ("202407,131011,0000900011,20260325\r\n", "202208,131011,0000900011,20260325\r\n");
        let there = converted(&file(V41, v41), Edition::V3);
        assert_eq!(there, Ok((V3.to_owned(), v3.as_bytes().to_vec())));
        let back = converted(&file(V3, v3), Edition::V4_1);
        assert_eq!(back, Ok((V41.to_owned(), v41.as_bytes().to_vec())));
    }

    #[test]
    fn a_set_is_quoted_only_where_that_changes_it() {
        let spec = Spec::builtin().expect("consistent");
        let set = |style| {
            let files = file(V41, "202407,131011,0000900011,20260325\r\n");
            let borrowed = [(files[0].name.as_str(), files[0].bytes.as_slice())];
            let judgement = judge::files(spec, &borrowed);
            let set = quoted(spec, OutboundSet::as_it_is(Arc::new(files), judgement), style);
            assert!(!set.judgement.has_errors());
            let bytes = String::from_utf8(set.files[0].bytes.clone()).expect("ASCII");
            (set.quoted, bytes)
        };
        let bare = "202407,131011,0000900011,20260325\r\n";
        assert_eq!(set(Quoting::Strict), (None, bare.to_owned()));
        assert_eq!(set(Quoting::Minimal), (None, bare.to_owned()));
        let all = "\"202407\",\"131011\",\"0000900011\",\"20260325\"\r\n";
        assert_eq!(set(Quoting::All), (Some(Quoting::All), all.to_owned()));
    }

    #[test]
    fn what_is_in_the_way_is_told_in_both_languages() {
        let image = "UPKIHON_IMAGE_1370000018_46_1370000026_A6_20260327102500_0001.jpg";
        let (ja, en) = converted(&file(image, "\u{FF}"), Edition::V3).expect_err("no such file");
        assert!(ja.contains("v3 にないファイル") && en.contains("v3 has no such file"), "{ja}{en}");
        let stranger = V3.replace("1370000026", "1370000099");
        let files = file(&stranger, "202208,131011,0000900011,20260325\r\n");
        let (ja, en) = converted(&files, Edition::V4_1).expect_err("no service type");
        assert!(ja.contains("1370000099") && en.contains("1370000099"), "{ja}{en}");
    }
}
