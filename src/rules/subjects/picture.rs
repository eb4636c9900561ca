//! 利用者基本情報: the name of the family picture (R-FN-07, I-13).

use std::collections::HashMap;

use crate::record::ms932;
use crate::spec::KnownItem;
use crate::types::{FileKind, FileName, MonthPart};

use super::declared::{Declared, New, Scope};
use super::keys;
use super::person::RecordKey;
use super::{Context, Facts, Findings, Judged, Place, Rule, Subject};

struct Pictures {
    place: usize,
    /// The parts of the key.
    key: [usize; 3],
    /// The name of the file itself.
    name: Option<FileName>,
    named: Vec<(FileName, Place)>,
    /// By picture, its place among them and the key of the record that names it.
    known: HashMap<FileName, (usize, Option<RecordKey>)>,
}

/// The branch has four digits; a file whose own name is unknown may name others without end.
const MOST_PICTURES: usize = 10_000;

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[Scope::of(&[FileKind::Upkihon], &[Rule::ImageNameDoesNotFit, Rule::ImageNamedTwice])],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    Box::new(Pictures {
        place: context.layout.place(KnownItem::FamilyPicture),
        key: keys::places(context.layout, KnownItem::ConsultedOn),
        name: context.name.cloned(),
        named: Vec::new(),
        known: HashMap::new(),
    })
}

impl Subject for Pictures {
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
                let key = keys::key(record, self.key);
                if let Some((before, same)) = self.known.get(&named) {
                    // That the whole record comes twice is told already.
                    if key.is_none() || *same != key {
                        findings.add(Rule::ImageNamedTwice, || {
                            let before = self.named.get(*before).map(|(_, place)| place.clone());
                            record.at(self.place).related(before.unwrap_or_default())
                        });
                    }
                } else if self.named.len() < MOST_PICTURES {
                    self.known.insert(named.clone(), (self.named.len(), key));
                    self.named.push((named, record.at(self.place).place));
                }
            }
            None => findings.add(Rule::ImageNameDoesNotFit, || record.at(self.place)),
        }
    }

    fn end_file(self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        facts.pictures = self.named;
    }
}
