//! `renkei explain`: everything about one rule, or one code of waiting, refusal, holding and the like.

use std::process::ExitCode;

use super::{UsageError, output};
use crate::rules::{Rule, TABLE};
use crate::types::code::{self, CodeInfo};
use crate::types::{Edition, Lang};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 規則（例 L2-FMT-003）、または status・history・ログ・報告に出るコード（例 peer-unreachable）
    #[arg(value_name = "CODE")]
    code: String,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let Some(text) = explained(args.code.trim(), lang) else {
        let code = &args.code;
        let is_like_a_rule = code.starts_with(['L', 'l']) && code.contains('-');
        let nearest: Vec<&str> = if is_like_a_rule {
            Rule::nearest(code).into_iter().map(Rule::code).collect()
        } else {
            code::nearest(code)
        };
        return Err(UsageError(match lang {
            Lang::Ja => format!(
                "{code} というコードはありません。似たコード: {}（規則の一覧は renkei rules、ほかのコードの一覧は spec/CODES.md）",
                nearest.join("、")
            ),
            Lang::En => format!(
                "there is no code {code}; near it: {} (renkei rules lists all rules, spec/CODES.md the other codes)",
                nearest.join(", ")
            ),
        })
        .into());
    };
    output::line(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What is known of a rule or a code; of one with another behind a colon, both.
fn explained(text: &str, lang: Lang) -> Option<String> {
    if let Some(rule) = find(text) {
        return Some(page(rule, lang));
    }
    let lower = text.to_lowercase();
    let mut pages = vec![code_page(code::find(&lower)?, lang)];
    if let Some((_, second)) = lower.split_once(':') {
        pages.push(match (code::find(second), find(second)) {
            (Some(info), _) => code_page(info, lang),
            (None, Some(rule)) => page(rule, lang),
            (None, None) => return None,
        });
    }
    Some(pages.join("\n\n"))
}

fn code_page(info: &CodeInfo, lang: Lang) -> String {
    let areas: Vec<_> = info.areas.iter().map(|area| area.title(lang)).collect();
    let facts = [
        (lang.pick("意味", "Meaning"), info.meaning(lang).to_owned()),
        (lang.pick("対応する人", "Who has to act"), info.actor.text(lang).to_owned()),
        (lang.pick("対応", "What to do"), info.to_do(lang).to_owned()),
        (lang.pick("出る場所", "Where it is met"), areas.join(lang.pick("、", "; "))),
    ];
    let mut lines = vec![info.code.to_owned(), String::new()];
    lines.extend(facts.into_iter().map(|(name, fact)| format!("{name}: {fact}")));
    lines.join("\n")
}

/// The rule with a code or a name, in whatever letter case.
fn find(text: &str) -> Option<Rule> {
    let same = |known: &str| known.eq_ignore_ascii_case(text);
    TABLE.iter().find(|info| same(info.code) || same(info.name)).map(|info| info.rule)
}

fn page(rule: Rule, lang: Lang) -> String {
    let info = rule.info();
    let text = info.text(lang);
    let (level, title) = (info.level.as_str(), info.level.title(lang));
    let since = match info.since {
        Edition::V3 => lang.pick("V3・V4.1", "V3 and V4.1"),
        Edition::V4_1 => lang.pick("V4.1", "V4.1"),
    };
    let facts = [
        (lang.pick("重さ", "Severity"), info.severity.label(lang).to_owned()),
        (lang.pick("段階", "Level"), format!("{level} {title}")),
        (lang.pick("対象の版", "Editions"), since.to_owned()),
        (
            lang.pick("根拠", "Clause"),
            format!("{} (spec/STANDARD.md, spec/README.md)", info.clause),
        ),
        (lang.pick("内容", "What it says"), text.summary()),
        (lang.pick("理由", "Why it matters"), text.why.to_owned()),
        (lang.pick("直し方", "How to mend it"), text.fix.to_owned()),
        (lang.pick("誤りの例", "Bad"), info.bad.to_owned()),
        (lang.pick("正しい例", "Good"), info.good.to_owned()),
        (lang.pick("試験の事例", "Test cases"), format!("tests/conformance/cases/{}/", info.code)),
    ];
    let mut lines = vec![format!("{} {}", info.code, info.name), String::new()];
    lines.extend(facts.into_iter().map(|(name, fact)| format!("{name}: {fact}")));
    lines.join("\n")
}
