//! How strictly to judge, and by which rules.

use super::{Args, Mode};
use crate::cli::{UsageError, copies};
use crate::rules::{Options, Overrides, Profile, Selection};
use crate::types::{Lang, io_text};

/// What the arguments ask for.
pub(super) fn options(args: &Args, lang: Lang) -> anyhow::Result<Options> {
    Ok(Options {
        profile: profile(args, lang)?,
        selection: selection(args, lang)?,
        ..Options::default()
    })
}

/// Which rules count.
fn selection(args: &Args, lang: Lang) -> Result<Selection, UsageError> {
    let given = !args.select.is_empty() || !args.ignore.is_empty();
    if given && args.profile == Mode::Conformance {
        let text = lang.pick(
            "適合試験（--profile conformance）では、規則を選べません。--select と --ignore を外してください。",
            "a conformance test (--profile conformance) takes every rule; leave --select and --ignore out",
        );
        return Err(UsageError(text.to_owned()));
    }
    if args.select.iter().chain(&args.ignore).any(|pattern| pattern.trim().is_empty()) {
        let text = lang.pick(
            "--select か --ignore に、空の値があります。規則のコード、段階、分類を指定してください。",
            "a value of --select or --ignore is empty; name codes, levels or families of rules",
        );
        return Err(UsageError(text.to_owned()));
    }
    let selection = Selection::new(&args.select, &args.ignore).map_err(|unknown| {
        let pattern = &unknown.pattern;
        UsageError(match lang {
            Lang::Ja => format!(
                "「{pattern}」に当たる規則はありません。もしかして: {}（一覧は renkei rules）",
                unknown.nearest.join("、")
            ),
            Lang::En => format!(
                "no rule is called '{pattern}'; near it: {} (renkei rules lists all)",
                unknown.nearest.join(", ")
            ),
        })
    })?;
    if selection.leaves_out_all() {
        let text = lang.pick(
            "--select と --ignore で、すべての規則が除かれています。",
            "--select and --ignore leave no rule",
        );
        return Err(UsageError(text.to_owned()));
    }
    Ok(selection)
}

/// How strictly to judge.
fn profile(args: &Args, lang: Lang) -> anyhow::Result<Profile> {
    let Some(path) = &args.rules_config else {
        return Ok(match args.profile {
            Mode::Default => Profile::default(),
            Mode::Conformance => Profile::Conformance,
        });
    };
    let shown = path.display();
    if args.profile == Mode::Conformance {
        let text = lang.pick(
            "適合試験（--profile conformance）では、規則の重さを変えられません。--rules-config を外してください。",
            "a conformance test (--profile conformance) takes no overrides; leave --rules-config out",
        );
        return Err(UsageError(text.to_owned()).into());
    }
    let text = copies::read_text(path).map_err(|error| {
        UsageError(match lang {
            Lang::Ja => format!("{shown} を開けません: {}", io_text(&error, lang)),
            Lang::En => format!("cannot open {shown}: {}", io_text(&error, lang)),
        })
    })?;
    let overrides = Overrides::parse(&text).map_err(|problems| {
        UsageError(match lang {
            Lang::Ja => format!("{shown} に誤りがあります。\n{}", problems.text(lang)),
            Lang::En => format!("{shown} is not valid:\n{}", problems.text(lang)),
        })
    })?;
    Ok(Profile::Default(overrides))
}
