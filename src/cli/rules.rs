//! `renkei rules`: lists the rules of the checker.

use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;

use super::{output, setup};
use crate::rules::{Level, RuleInfo, TABLE, rule_set, rule_set_number};
use crate::types::{Digest, Edition, Lang, Severity};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// JSON で表示します
    #[arg(long)]
    json: bool,
    /// この段階の規則だけを表示します
    #[arg(long, value_enum, value_name = "LEVEL")]
    level: Option<LevelName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "verbatim")]
enum LevelName {
    L1,
    L2,
    L3,
    L4,
    L5,
    L6,
    L7,
    L8,
}

impl LevelName {
    const fn level(self) -> Level {
        match self {
            Self::L1 => Level::L1,
            Self::L2 => Level::L2,
            Self::L3 => Level::L3,
            Self::L4 => Level::L4,
            Self::L5 => Level::L5,
            Self::L6 => Level::L6,
            Self::L7 => Level::L7,
            Self::L8 => Level::L8,
        }
    }
}

/// The catalogue, schema `renkei.rules/1`.
#[derive(Serialize)]
struct Catalogue {
    schema: &'static str,
    rule_set: Digest,
    rule_set_number: Option<u32>,
    rules: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    code: &'static str,
    name: &'static str,
    level: Level,
    severity: Severity,
    since: Edition,
    clause: Vec<&'static str>,
    ja: Texts,
    en: Texts,
    bad: &'static str,
    good: &'static str,
}

#[derive(Serialize)]
struct Texts {
    message: String,
    why: &'static str,
    fix: &'static str,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let level = args.level.map(LevelName::level);
    let wanted = |info: &&RuleInfo| level.is_none_or(|level| info.level == level);
    let rules: Vec<&RuleInfo> = TABLE.iter().filter(wanted).collect();
    let spec = setup::spec()?;
    let (rule_set, rule_set_number) = (rule_set(spec), rule_set_number(spec));
    if args.json {
        let rules = rules.into_iter().map(entry).collect();
        let catalogue = Catalogue { schema: "renkei.rules/1", rule_set, rule_set_number, rules };
        output::line(&serde_json::to_string_pretty(&catalogue)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let head = match lang {
        Lang::Ja => ["コード", "重さ", "版", "内容"],
        Lang::En => ["code", "severity", "since", "what it says"],
    };
    let row = |info: &&RuleInfo| {
        vec![
            info.code.to_owned(),
            info.severity.label(lang).to_owned(),
            info.since.to_string(),
            info.text(lang).summary(),
        ]
    };
    let rows: Vec<Vec<String>> = rules.iter().map(row).collect();
    output::line(&output::table(&head, &rows))?;
    let number = rule_set_number.map(|number| format!("{number} ")).unwrap_or_default();
    let (count, set) = (rules.len(), format!("{number}sha256:{}", rule_set.short()));
    output::line(&match lang {
        Lang::Ja => format!("\n規則 {count} 件（規則の版 {set}）。詳しくは renkei explain コード"),
        Lang::En => format!("\n{count} rules (rule set {set}); more with renkei explain CODE"),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn entry(info: &RuleInfo) -> Entry {
    let texts = |lang| {
        let text = info.text(lang);
        Texts { message: text.summary(), why: text.why, fix: text.fix }
    };
    Entry {
        code: info.code,
        name: info.name,
        level: info.level,
        severity: info.severity,
        since: info.since,
        clause: info.clause.split(", ").collect(),
        ja: texts(Lang::Ja),
        en: texts(Lang::En),
        bad: info.bad,
        good: info.good,
    }
}
