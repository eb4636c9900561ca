//! `spec/RULES.md`, made from the rule table.

use std::fmt::Write as _;

use crate::types::{Edition, Lang, Severity};

use super::rule::{Level, RuleInfo};
use super::table::TABLE;

/// The page that lists and explains every rule.
pub fn markdown() -> String {
    let mut page = String::from(
        "# 規則の一覧 / Rules\n\n\
         この文書は規則の表から作られます。`renkei dev rules-md` で更新してください。\n\
         Made from the rule table; refresh with `renkei dev rules-md`.\n\n\
         根拠（clause）の記号は `STANDARD.md`（R-… 本文と別紙の定め、T-… 別紙の表の欄、I-… 仕様にはない独自の検査）と \
         `README.md`（A-… 読み方が分かれる点）にあります。コードは変わらず、使い回されません。\n\
         Clauses are in `STANDARD.md` (R-… rules of the standard, T-… columns of its tables, I-… checks \
         that are ours) and `README.md` (A-… ambiguities). Codes are stable and never used again.\n\n\
         重さ: エラー = 標準仕様の定めに反するか取り込めない。警告 = 標準仕様が定めていないか、読み方が分かれる、\
         または誤りらしい。情報 = 知っておくとよい。\n\
         Severities: error = against a must of the standard, or it cannot be imported; warning = the \
         standard is silent or ambiguous, or the value is probably wrong; info = worth knowing.\n",
    );
    for level in Level::ALL {
        let mut rules: Vec<&RuleInfo> = TABLE.iter().filter(|info| info.level == level).collect();
        // Groups in the order of the table, each by number: a rule that came later stands with its
        // own.
        let first_of_group =
            |info: &RuleInfo| TABLE.iter().position(|other| group(other.code) == group(info.code));
        rules.sort_by_key(|info| (first_of_group(info), info.code));
        if rules.is_empty() {
            continue;
        }
        let _ = write!(
            page,
            "\n## {} {} / {}\n\n| code | name | 重さ | since | clause |\n|---|---|---|---|---|\n",
            level.as_str(),
            level.title(Lang::Ja),
            level.title(Lang::En)
        );
        for info in &rules {
            let _ = writeln!(
                page,
                "| [{}](#{}) | {} | {} | {} | {} |",
                info.code,
                info.code.to_lowercase(),
                info.name,
                severity(info.severity),
                info.since,
                info.clause
            );
        }
        for info in rules {
            rule(&mut page, info);
        }
    }
    page
}

/// `L1-NAME` of `L1-NAME-001`.
fn group(code: &str) -> &str {
    code.rsplit_once('-').map_or(code, |(group, _)| group)
}

fn rule(page: &mut String, info: &RuleInfo) {
    let _ = write!(page, "\n### {}\n\n`{}`", info.code, info.name);
    let _ = write!(page, " · {} · {}", severity(info.severity), info.clause);
    if info.since != Edition::V3 {
        let _ = write!(page, " · {}〜", info.since);
    }
    page.push_str("\n\n");
    for (lang, why, fix) in [(Lang::Ja, "理由", "直し方"), (Lang::En, "Why", "To mend")] {
        let text = info.text(lang);
        let _ =
            write!(page, "{}\n- {why}: {}\n- {fix}: {}\n\n", text.summary(), text.why, text.fix);
    }
    let _ = writeln!(page, "- × `{}`\n- ○ `{}`", info.bad, info.good);
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "エラー error",
        Severity::Warning => "警告 warning",
        Severity::Info => "情報 info",
    }
}
