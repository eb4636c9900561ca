//! `renkei explain`: everything about one rule.

use std::process::ExitCode;

use super::{UsageError, output};
use crate::rules::{Rule, TABLE};
use crate::types::{Edition, Lang};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 規則のコード（例 L2-FMT-003）
    #[arg(value_name = "CODE")]
    code: String,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let Some(rule) = find(&args.code) else {
        let nearest = Rule::nearest(&args.code);
        let nearest: Vec<&str> = nearest.into_iter().map(Rule::code).collect();
        let code = &args.code;
        return Err(UsageError(match lang {
            Lang::Ja => format!(
                "{code} という規則はありません。似たコード: {}（一覧は renkei rules）",
                nearest.join("、")
            ),
            Lang::En => format!(
                "there is no rule {code}; near it: {} (renkei rules lists all)",
                nearest.join(", ")
            ),
        })
        .into());
    };
    output::line(&page(rule, lang))?;
    Ok(ExitCode::SUCCESS)
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
