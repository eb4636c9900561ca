//! What goes with a set that a person hands over: the check sheet of an upload, the cover of a fax.
//!
//! Both name offices; the check sheet, which stays here beside the files, also names the users in them.

use askama::Template;

use super::page::CSS;
use super::piece::Text;
use crate::contents::Person;
use crate::types::Lang;

/// A set that a person hands over.
#[derive(Debug, Clone)]
pub struct HandedSet {
    /// The name of its folder, by which it is called.
    pub unit: String,
    /// Our office: its number, and its name where there is one.
    pub from: String,
    /// The recipient, in the same way.
    pub to: String,
    /// What it is, such as サービス利用票（K2）.
    pub what: String,
    /// The months that it is about.
    pub months: String,
    /// Its 連番.
    pub serial: String,
    /// Since when it waits.
    pub since: String,
    /// Where it lies.
    pub folder: String,
    /// Its files, each with its size in bytes.
    pub files: Vec<(String, u64)>,
    /// The language of the sheet.
    pub lang: Lang,
}

#[derive(Template)]
#[template(path = "forms/check_sheet.html", config = "src/askama.toml")]
struct CheckSheet<'s> {
    set: &'s HandedSet,
    users: &'s [Person],
}

/// Users that are named on a check sheet; of the others there is the number.
const MOST_USERS: usize = 60;

impl CheckSheet<'_> {
    fn named(&self) -> impl Iterator<Item = (&str, &str)> {
        self.users
            .iter()
            .take(MOST_USERS)
            .map(|user| (user.name.as_ref().map_or("", |name| name.reveal()), user.key.insured()))
    }

    fn unnamed(&self) -> usize {
        self.users.len().saturating_sub(MOST_USERS)
    }
}

#[derive(Template)]
#[template(path = "forms/fax_cover.html", config = "src/askama.toml")]
struct FaxCover<'s> {
    set: &'s HandedSet,
    /// With the cover itself.
    pages: usize,
}

#[derive(Template)]
#[template(path = "forms/alone.html", config = "src/askama.toml")]
struct Alone<'s> {
    title: &'s str,
    lang: Lang,
    section: &'s str,
}

impl HandedSet {
    fn t<'w>(&self, ja: &'w str, en: &'w str) -> &'w str {
        self.lang.pick(ja, en)
    }

    /// A number in brackets, as the language of the sheet writes them.
    fn within(&self, number: usize) -> String {
        match self.lang {
            Lang::Ja => format!("（{number}）"),
            Lang::En => format!(" ({number})"),
        }
    }

    /// The check sheet of an upload of the files of these users: a `section` for a page that has [`CSS`].
    pub fn check_sheet(&self, users: &[Person]) -> String {
        // The templates are checked when they are compiled, and text takes whatever is written to it.
        CheckSheet { set: self, users }.render().unwrap_or_default()
    }

    /// The cover of a fax of so many further pages: a `section` in the same way.
    pub fn fax_cover(&self, pages: usize) -> String {
        FaxCover { set: self, pages: pages.saturating_add(1) }.render().unwrap_or_default()
    }

    /// One of the two as a page that stands alone.
    pub fn alone(&self, title: &str, section: &str) -> String {
        Alone { title, lang: self.lang, section }.render().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::types::{PersonKey, Personal};

    fn set(lang: Lang) -> HandedSet {
        HandedSet {
            unit: "20260326101500_1370000018_3".to_owned(),
            from: "1370000018 <あおば>".to_owned(),
            to: "1370000026 はな&ヘルパー".to_owned(),
            what: "サービス利用票（K2）".to_owned(),
            months: "2026年4月".to_owned(),
            serial: "20260326101500".to_owned(),
            since: "2026-03-26 10:15".to_owned(),
            folder: "/outbox/web/1370000026/20260326101500_1370000018_3".to_owned(),
            files: vec![("UPHYO6_1.CSV".to_owned(), 120), ("UPHYO7_1.CSV".to_owned(), 80)],
            lang,
        }
    }

    fn users(count: usize) -> Vec<Person> {
        let user = Person {
            key: PersonKey::parse(b"131016", b"0000900011").expect("a key"),
            name: Some(Personal::new("<架空> 一".to_owned())),
            kana: None,
            mentions: BTreeSet::new(),
            birth: None,
            actuals: BTreeMap::new(),
        };
        vec![user; count]
    }

    #[test]
    fn a_sheet_has_a_box_for_each_file_and_nothing_of_it_is_markup() {
        for lang in [Lang::Ja, Lang::En] {
            let set = set(lang);
            let sheet = set.check_sheet(&users(61));
            assert_eq!(sheet.matches("☐").count(), 2 + 6, "{sheet}");
            for shown in
                ["UPHYO7_1.CSV", &set.serial, &set.folder, "&#60;架空&#62; 一", &set.within(61)]
            {
                assert!(sheet.contains(shown), "{shown}: {sheet}");
            }
            assert_eq!(sheet.matches("0000900011").count(), 60, "the others are a number");
            assert!(!sheet.contains("<架空>"), "{sheet}");
            let page = set.alone("<t>", &sheet);
            assert!(!page.contains("<あおば>") && !page.contains("<t>"), "{page}");
            assert!(page.contains("default-src 'none'") && !page.contains("<script"), "{page}");
        }
    }

    #[test]
    fn a_cover_counts_itself_and_names_no_file() {
        let cover = set(Lang::Ja).fax_cover(4);
        assert!(cover.contains("5 枚"), "{cover}");
        assert!(!cover.contains("UPHYO6"), "{cover}");
    }
}
