//! Words for reasons, send units, offices and times.

pub use crate::node::local_time as time;
pub use crate::node::way_in_words as way;

use std::net::SocketAddr;

use crate::config::{Config, ImportHabits, ImportLayout};
use crate::package::Manifest;
use crate::rules::Rule;
use crate::spec::Spec;
use crate::transfer::State;
use crate::types::{Digest, Edition, Lang, OfficeNumber, ServiceType, code};

/// A state with what is known of why: in words where there are some, and as a code for those who ask
/// for help.
pub fn state_and_why(state: State, why: &str, lang: Lang) -> String {
    let state = state.text(lang);
    if why.is_empty() {
        return state.to_owned();
    }
    match in_words(why.split(',').next().unwrap_or_default(), lang) {
        Some(words) if lang == Lang::Ja => format!("{state}（{words}） [{why}]"),
        Some(words) => format!("{state} ({words}) [{why}]"),
        None => format!("{state} [{why}]"),
    }
}

/// What a code means, of a reason or of a rule.
pub fn in_words(code: &str, lang: Lang) -> Option<String> {
    let meaning = code::meaning(code, lang);
    meaning.or_else(|| Some(Rule::from_code(code)?.info().title(lang)))
}

/// Where a node listens, in words.
pub fn listens_on(listen: Option<SocketAddr>, lang: Lang) -> String {
    let nowhere =
        lang.pick("待ち受けません（こちらから取りに行きます）", "nowhere (it asks others)");
    listen.map_or_else(|| nowhere.to_owned(), |listen| listen.to_string())
}

/// An office by its number, and by its name where the configuration has one.
pub fn office(number: OfficeNumber, config: &Config) -> String {
    config.name(number).map_or_else(|| number.to_string(), |name| format!("{number} {name}"))
}

/// The habits of the care software of an office; none where it gets files as they were sent.
pub fn import_habits(habits: &ImportHabits, lang: Lang) -> Option<String> {
    let folders = match habits.folders {
        ImportLayout::Flat => None,
        ImportLayout::Sender => {
            Some(lang.pick("送信元ごとのフォルダー", "a folder for each sender"))
        }
        ImportLayout::Month => Some(lang.pick("月ごとのフォルダー", "a folder for each month")),
        ImportLayout::User => Some(lang.pick("利用者ごとのフォルダー", "a folder for each user")),
    };
    let when = |says: bool, ja, en| says.then(|| lang.pick(ja, en).to_owned());
    let words = [
        folders.map(str::to_owned),
        when(habits.one_user_per_set, "1人ずつに分ける", "sets of one user"),
        when(habits.wait_until_taken, "1組ずつ置く", "one set after the other"),
        when(habits.hold_deletions, "削除は確かめてから", "deletions by a person's word"),
        habits.quoting.map(|style| format!("{} {}", lang.pick("引用符", "quotes"), style.as_str())),
    ];
    let words: Vec<_> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(lang.pick("、", ", ")))
}

/// English names of the send units; the Japanese ones stand in the tables of the standard.
const UNITS: &[(&[&str], &str)] = &[
    (&["K1", "3-1"], "care plan"),
    (&["K2", "3-2"], "service use slip"),
    (&["K3", "3-3"], "withdrawal of a care plan"),
    (&["K4", "3-4"], "withdrawal of a service use slip"),
    (&["S1", "3-5"], "actuals"),
    (&["S2", "3-6"], "withdrawal of actuals"),
    (&["Y1"], "basic information"),
    (&["Y2"], "support plan with basic information"),
    (&["Y3"], "support plan"),
    (&["Y4"], "service use slip (prevention)"),
    (&["Y5"], "withdrawal of basic information"),
    (&["Y6"], "withdrawal of a support plan"),
    (&["Y7"], "withdrawal of a service use slip (prevention)"),
    (&["Y8"], "actuals (prevention)"),
    (&["Y9"], "withdrawal of actuals (prevention)"),
    (&[Manifest::ATTACHMENTS], "attachment"),
];

/// One kind of each send unit, in the order in which lists show them; it stands for those of the other
/// editions too.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    UNITS.iter().filter_map(|(kinds, _)| kinds.first().copied())
}

/// The kinds that say the same as this one in any edition; none for what is no kind.
pub fn kinds_like(kind: &str) -> &'static [&'static str] {
    UNITS.iter().map(|(kinds, _)| *kinds).find(|kinds| kinds.contains(&kind)).unwrap_or_default()
}

/// A service type by its official name and code; the name is Japanese everywhere.
pub fn service(service: ServiceType, lang: Lang) -> String {
    let code = service.to_string();
    let name = Spec::builtin().ok().and_then(|spec| spec.service_name(service));
    service_code(&code, name, lang)
}

/// A service by its code, and by its name where one is known; the name is Japanese everywhere.
pub fn service_code(code: &str, name: Option<&str>, lang: Lang) -> String {
    match (name, lang) {
        (Some(name), Lang::Ja) => format!("{name}（{code}）"),
        (Some(name), Lang::En) => format!("{name} ({code})"),
        (None, _) => code.to_owned(),
    }
}

/// A digest in groups of four, to be compared over the telephone.
pub fn in_fours(sha256: &Digest) -> String {
    let digits: Vec<char> = sha256.to_string().chars().collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// A send unit, such as `K2`, as an office worker would say it.
pub fn unit(kind: &str, lang: Lang) -> String {
    let english = UNITS.iter().find(|(kinds, _)| kinds.contains(&kind)).map(|(_, name)| *name);
    let spec = Spec::builtin().ok();
    let japanese = spec.and_then(|spec| {
        let mut units = Edition::ALL.into_iter().flat_map(|edition| spec.units(edition));
        units.find(|unit| unit.id == kind).map(|unit| unit.name.as_str())
    });
    if kind == Manifest::ATTACHMENTS {
        return lang.pick("添付ファイル", "attachment").to_owned();
    }
    match (lang, japanese, english) {
        (Lang::Ja, Some(name), _) => format!("{name}（{kind}）"),
        (Lang::En, _, Some(name)) => format!("{name} ({kind})"),
        _ => kind.to_owned(),
    }
}

/// Reasons that are told in words; of the others there is the number.
const REASONS: usize = 3;

/// Codes, joined with commas, in words: one line for each of the first few, and none of none.
pub fn reasons(codes: &str, lang: Lang) -> Vec<String> {
    let codes = || codes.split(',').filter(|code| !code.is_empty());
    let line = |code: &str| match in_words(code, lang) {
        Some(words) => format!("{words} [{code}]"),
        None => format!("[{code}]"),
    };
    let mut lines: Vec<_> = codes().take(REASONS).map(line).collect();
    match codes().count().saturating_sub(REASONS) {
        0 => {}
        more if lang == Lang::Ja => lines.push(format!("ほか {more} 種類")),
        more => lines.push(format!("and {more} more")),
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_reason_has_no_line() {
        assert!(reasons("", Lang::Ja).is_empty());
        assert_eq!(reasons("a", Lang::En), ["[a]"]);
        assert_eq!(reasons("a,b,c,d,e", Lang::En), ["[a]", "[b]", "[c]", "and 2 more"]);
    }

    #[test]
    fn care_managers_have_a_name_as_services_do() {
        let named = |code: &str| service(code.parse().expect("a code"), Lang::Ja);
        assert_eq!(named("11"), "訪問介護（11）");
        assert_eq!([named("43"), named("46")], ["居宅介護支援（43）", "介護予防支援（46）"]);
        assert_eq!(named("ZZ"), "ZZ");
    }
}
