//! Words for states, directions and times that several commands show.

pub(super) use crate::node::local_time as time;

use crate::config::Config;
use crate::rules::Rule;
use crate::spec::Spec;
use crate::store::Direction;
use crate::types::{Edition, Lang, OfficeNumber, code};

/// A state as an office worker would say it.
pub(super) fn state(direction: Direction, state: &str, lang: Lang) -> String {
    let (ja, en) = match (direction, state) {
        (Direction::Out, "QUEUED") => ("送信待ち", "waiting to be sent"),
        (Direction::Out, "CONSIGNED") => {
            ("相手に到着（取込待ち）", "at the partner, not imported yet")
        }
        (Direction::Out, "HELD_BY_RECIPIENT") => ("相手で保留中", "held at the partner"),
        (Direction::Out, "HANDED_OVER") => {
            ("取込フォルダーに到着", "in the partner's import folder")
        }
        (_, "REJECTED") => ("受取拒否", "refused by the recipient"),
        (Direction::Out, "SUPERSEDED") => ("作り直し済み", "made anew"),
        (Direction::Out, "EXPIRED") => ("期限切れ", "given up, no receipt in time"),
        (Direction::In, "COMMITTED") => ("受信済み（取込待ち）", "received, not placed yet"),
        (Direction::In, "PLACED" | "HANDED_OVER") => {
            ("取込フォルダーに配置済み", "in our import folder")
        }
        (_, "HELD") => ("保留", "held"),
        (_, "SETTLED") => ("保留（対応済み）", "held, settled"),
        _ => return state.to_owned(),
    };
    lang.pick(ja, en).to_owned()
}

/// A state with what is known of why: in words where there are some, and as a code for those who ask
/// for help.
pub(super) fn state_and_why(direction: Direction, code: &str, why: &str, lang: Lang) -> String {
    let state = state(direction, code, lang);
    if why.is_empty() {
        return state;
    }
    match in_words(why.split(',').next().unwrap_or_default(), lang) {
        Some(words) if lang == Lang::Ja => format!("{state}（{words}） [{why}]"),
        Some(words) => format!("{state} ({words}) [{why}]"),
        None => format!("{state} [{why}]"),
    }
}

/// What a code means, of a reason or of a rule.
fn in_words(code: &str, lang: Lang) -> Option<String> {
    let meaning = code::meaning(code, lang);
    meaning.or_else(|| Some(Rule::from_code(code)?.info().title(lang)))
}

/// An office by its number, and by its name where the configuration has one.
pub(super) fn office(number: OfficeNumber, config: &Config) -> String {
    config.name(number).map_or_else(|| number.to_string(), |name| format!("{number} {name}"))
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
];

/// A send unit, such as `K2`, as an office worker would say it.
pub(super) fn unit(kind: &str, lang: Lang) -> String {
    let english = UNITS.iter().find(|(kinds, _)| kinds.contains(&kind)).map(|(_, name)| *name);
    let spec = Spec::builtin().ok();
    let japanese = spec.and_then(|spec| {
        let mut units = Edition::ALL.into_iter().flat_map(|edition| spec.units(edition));
        units.find(|unit| unit.id == kind).map(|unit| unit.name.as_str())
    });
    match (lang, japanese, english) {
        (Lang::Ja, Some(name), _) => format!("{name}（{kind}）"),
        (Lang::En, _, Some(name)) => format!("{name} ({kind})"),
        _ => kind.to_owned(),
    }
}

/// Reasons that are told in words; of the others there is the number.
const REASONS: usize = 3;

/// Codes, joined with commas, in words: one line for each of the first few.
pub(super) fn reasons(codes: &str, lang: Lang) -> Vec<String> {
    let line = |code: &str| match in_words(code, lang) {
        Some(words) => format!("{words} [{code}]"),
        None => format!("[{code}]"),
    };
    let mut lines: Vec<_> = codes.split(',').take(REASONS).map(line).collect();
    match codes.split(',').count().saturating_sub(REASONS) {
        0 => {}
        more if lang == Lang::Ja => lines.push(format!("ほか {more} 種類")),
        more => lines.push(format!("and {more} more")),
    }
    lines
}

/// 送信 or 受信.
pub(super) const fn direction(direction: Direction, lang: Lang) -> &'static str {
    match direction {
        Direction::Out => lang.pick("送信", "sent"),
        Direction::In => lang.pick("受信", "received"),
    }
}

/// A receipt's kind as an office worker would say it.
pub(super) fn receipt(kind: &str, lang: Lang) -> String {
    let (ja, en) = match kind {
        "ContentConsignment" => ("受領", "consignment"),
        "ContentHandover" => ("取込", "handover"),
        "ContentHandoverFailure" => ("取込不可", "handover failure"),
        "Rejection" => ("拒否", "rejection"),
        "Expiry" => ("期限切れ", "expiry"),
        _ => return kind.to_owned(),
    };
    lang.pick(ja, en).to_owned()
}
