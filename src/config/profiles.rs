//! Import profiles: habits of care software under a name (`spec/import-profiles/`).
//!
//! A profile is named after a habit and not after a product: what is known, what is not and where it
//! stands is a part of it, and a claim about a product has its public source.

use std::path::Path;

use super::habits::{self, ImportHabits, ImportLayout};
use crate::types::Lang;
use crate::types::settings::{Reader, Section};

const FILES: [(&str, &str); 6] = [
    ("as-sent", include_str!("../../spec/import-profiles/as-sent.toml")),
    ("one-user", include_str!("../../spec/import-profiles/one-user.toml")),
    ("one-set-at-a-time", include_str!("../../spec/import-profiles/one-set-at-a-time.toml")),
    ("folder-per-sender", include_str!("../../spec/import-profiles/folder-per-sender.toml")),
    ("ask-before-deleting", include_str!("../../spec/import-profiles/ask-before-deleting.toml")),
    ("quote-everything", include_str!("../../spec/import-profiles/quote-everything.toml")),
];

/// A named set of habits with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name in configurations.
    pub name: &'static str,
    /// What it stands for.
    pub habits: ImportHabits,
    /// Where what is known stands.
    pub sources: Vec<String>,
    ja: Words,
    en: Words,
}

/// What a profile says in a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// For which software it is.
    pub title: String,
    /// What is known.
    pub known: Vec<String>,
    /// What is not.
    pub unknown: Vec<String>,
}

impl Profile {
    /// The names of all profiles.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FILES.iter().map(|(name, _)| *name)
    }

    /// Every profile. They are read from files that are compiled in; a test reads each of them.
    pub fn all() -> impl Iterator<Item = Self> {
        FILES.iter().filter_map(|(name, text)| parse(name, text))
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        let (name, text) = FILES.iter().find(|(one, _)| *one == name)?;
        parse(name, text)
    }

    /// What it says in a language.
    pub const fn words(&self, lang: Lang) -> &Words {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }
}

/// The habits of an office: what its profile says, but for what stands there beside it.
pub(super) fn of_office(office: &mut Section<'_, '_>) -> ImportHabits {
    let mut table = office.table("import_habits");
    let names = || Profile::names().collect::<Vec<_>>().join(", ");
    let profile = table.parsed(
        "profile",
        Profile::named,
        &format!("取込の型の名前（{}）", names()),
        &format!("the name of an import profile: {}", names()),
    );
    let base = profile.map_or_else(ImportHabits::default, |profile| profile.habits);
    let habits = habits::read(&mut table, base);
    if habits.folders == ImportLayout::User && !habits.one_user_per_set {
        let ja = "利用者ごとのフォルダー（folders = \"user\"）には、one_user_per_set = true も必要です。";
        let en =
            "a folder for each user (folders = \"user\") needs one_user_per_set = true as well";
        table.report(&table.span(), "folders", ja, en);
    }
    table.finish();
    habits
}

fn parse(name: &'static str, text: &str) -> Option<Profile> {
    let reader = Reader::new(text, Path::new(""));
    let mut root = Section::root(&reader);
    let mut table = root.table("habits");
    let habits = habits::read(&mut table, ImportHabits::default());
    table.finish();
    let profile = Profile {
        name,
        habits,
        sources: texts(&mut root, "sources"),
        ja: words(&mut root, "ja"),
        en: words(&mut root, "en"),
    };
    root.finish();
    reader.finish().is_empty().then_some(profile)
}

fn words(root: &mut Section<'_, '_>, lang: &str) -> Words {
    let mut table = root.table(lang);
    let title = table.required("title", Section::text).map(|(title, _)| title);
    let words = Words {
        title: title.unwrap_or_default(),
        known: texts(&mut table, "known"),
        unknown: texts(&mut table, "unknown"),
    };
    table.finish();
    words
}

fn texts(table: &mut Section<'_, '_>, key: &str) -> Vec<String> {
    table.list(key, |text| Some(text.to_owned()), "文の一覧", "texts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_whole_and_says_what_is_known_and_what_is_not() {
        let files = std::fs::read_dir("spec/import-profiles").expect("listed").count();
        assert_eq!((Profile::all().count(), Profile::names().count()), (files, files));
        for (profile, name) in Profile::all().zip(Profile::names()) {
            assert_eq!(profile.name, name);
            assert!(!profile.sources.is_empty(), "{name}");
            for words in [profile.words(Lang::Ja), profile.words(Lang::En)] {
                assert!(!words.title.is_empty(), "{name}");
                assert!(!words.known.is_empty() && !words.unknown.is_empty(), "{name}");
            }
            let [ja, en] = [profile.words(Lang::Ja), profile.words(Lang::En)];
            assert_eq!((ja.known.len(), ja.unknown.len()), (en.known.len(), en.unknown.len()));
        }
    }

    #[test]
    fn no_two_profiles_are_the_same() {
        let all: Vec<_> = Profile::all().map(|profile| profile.habits).collect();
        for (place, habits) in all.iter().enumerate() {
            assert!(!all[..place].contains(habits), "{:?}", Profile::names().nth(place));
        }
    }
}
