//! What a person is told of what stays in the drop folder.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::context::Context;
use super::machine::{Machine, World};
use crate::folder::Odd;
use crate::types::{Lang, OfficeNumber, code};

/// Names that a notice tells.
const SHOWN: usize = 3;

/// Tells of what stays in the drop folder of an office, by kind.
pub(super) struct Stays {
    about: String,
    raised: BTreeSet<&'static str>,
}

/// Things of one kind that stay.
#[derive(Default)]
struct Kind {
    ja: String,
    en: String,
    count: usize,
    shown: Vec<(String, String)>,
}

impl Kind {
    fn add(&mut self, (ja, en): (&str, &str), name: impl FnOnce(Lang) -> String + Copy) {
        if self.count == 0 {
            (self.ja, self.en) = (ja.to_owned(), en.to_owned());
        }
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push((name(Lang::Ja), name(Lang::En)));
        }
    }
}

impl Stays {
    pub(super) fn new(office: OfficeNumber) -> Self {
        Self { about: format!("office {office} drop"), raised: BTreeSet::new() }
    }

    /// Raises what stands now and clears what does not any more.
    pub(super) fn tell<W: World>(
        &mut self,
        context: &Context,
        odd: &[Odd],
        machine: &Machine<W>,
        now: Duration,
    ) {
        let mut kinds: BTreeMap<&'static str, Kind> = BTreeMap::new();
        for entry in odd {
            let reason = entry.reason();
            let texts = (reason.text(Lang::Ja), reason.text(Lang::En));
            kinds.entry(reason.code()).or_default().add(texts, |lang| entry.name().text(lang));
        }
        for (key, trouble) in machine.troubles() {
            let texts = (trouble.ja.as_str(), trouble.en.as_str());
            kinds.entry(trouble.code).or_default().add(texts, |lang| key.shown(lang));
        }
        for key in machine.kept_open(now) {
            let texts = (
                "ほかのソフトが書き込み中のまま、閉じていません。そのソフトを閉じるか、ファイルを出力し直してください。",
                "another program keeps it open for writing; close that program or export the file again",
            );
            kinds.entry(code::DROP_FILE_IN_USE).or_default().add(texts, |lang| key.shown(lang));
        }
        for over in self.raised.iter().filter(|code| !kinds.contains_key(*code)) {
            context.notices.clear(over, &self.about);
        }
        self.raised = kinds.keys().copied().collect();
        for (code, kind) in kinds {
            let Kind { ja, en, count, shown } = kind;
            let (names_ja, names_en): (Vec<_>, Vec<_>) = shown.into_iter().unzip();
            let rest = if count > names_ja.len() { ", …" } else { "" };
            let ja = format!(
                "送信用フォルダーに、送信できないものが {count} 件あります。{ja} [{}{rest}]",
                names_ja.join(", ")
            );
            let en = format!(
                "{count} in the drop folder cannot be taken: {en} [{}{rest}]",
                names_en.join(", ")
            );
            context.notices.raise(code, self.about.clone(), (ja, en), context.now());
        }
    }
}
