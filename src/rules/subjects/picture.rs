//! 利用者基本情報: the name of the family picture (R-FN-07, I-13).

use crate::record::ms932;
use crate::types::{FileKind, FileName, MonthPart};

use super::keys::{self, Key};
use super::{Context, Facts, Findings, Judged, Place, Rule, Subject, no};

struct Pictures {
    place: usize,
    /// The name of the file itself.
    name: Option<FileName>,
    named: Vec<(FileName, Place)>,
    /// The keys of the records that name them.
    keys: Vec<Option<Key>>,
}

pub(super) fn subject(context: &Context<'_>) -> Option<Box<dyn Subject>> {
    if context.layout.kind != FileKind::Upkihon {
        return None;
    }
    let place = context.layout.position("家族構成 画像ファイル名")?;
    Some(Box::new(Pictures {
        place,
        name: context.name.cloned(),
        named: Vec::new(),
        keys: Vec::new(),
    }))
}

impl Subject for Pictures {
    fn rules(&self) -> &'static [Rule] {
        &[Rule::ImageNameDoesNotFit, Rule::ImageNamedTwice]
    }

    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let Some(value) = record.good(self.place).filter(|value| !value.is_empty()) else {
            return;
        };
        let named = ms932::decode(value).and_then(|text| FileName::parse(&text).ok());
        let fits = |named: &FileName| {
            named.kind == FileKind::UpkihonImage
                && self.name.as_ref().is_none_or(|own| {
                    let branch = named.branch.unwrap_or_default();
                    *named == own.sibling(FileKind::UpkihonImage, MonthPart::Zero, branch)
                })
        };
        match named.filter(fits) {
            Some(named) => {
                let key = keys::key(record, [no(2), no(3), no(4)]);
                let mut known = self.named.iter().zip(&self.keys);
                if let Some(((_, before), same)) = known.find(|((known, _), _)| *known == named) {
                    // That the whole record comes twice is told already.
                    if key.is_none() || *same != key {
                        let before = before.clone();
                        findings
                            .add(Rule::ImageNamedTwice, || record.at(self.place).related(before));
                    }
                } else {
                    self.named.push((named, record.at(self.place).place));
                    self.keys.push(key);
                }
            }
            None => findings.add(Rule::ImageNameDoesNotFit, || record.at(self.place)),
        }
    }

    fn end_file(self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        facts.pictures = self.named;
    }
}
