//! `renkei import-profiles`: the habits of care software that a configuration can name.

use std::fmt::Write as _;
use std::process::ExitCode;

use super::{UsageError, output};
use crate::config::{Profile, quoting_word};
use crate::types::Lang;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// くわしく見る型の名前（省くと一覧です）
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let text = match &args.name {
        None => {
            let rows: Vec<_> = Profile::all()
                .map(|one| vec![one.name.to_owned(), one.words(lang).title.clone()])
                .collect();
            output::table(&[lang.pick("名前", "name"), lang.pick("用途", "for")], &rows)
        }
        Some(name) => page(&Profile::named(name.trim()).ok_or_else(|| unknown(name, lang))?, lang),
    };
    output::line(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn unknown(name: &str, lang: Lang) -> UsageError {
    let known: Vec<_> = Profile::names().collect();
    UsageError(match lang {
        Lang::Ja => {
            format!("{name} という取込の型はありません。次のどれかです: {}", known.join("、"))
        }
        Lang::En => {
            format!("there is no import profile {name}; there are {}", known.join(", "))
        }
    })
}

/// What a profile stands for, as it could stand in a configuration, and what is known.
fn page(profile: &Profile, lang: Lang) -> String {
    let (words, habits) = (profile.words(lang), &profile.habits);
    let mut text = format!(
        "{}: {}\n\n[office.import_habits]\nprofile = \"{}\"\n",
        profile.name, words.title, profile.name
    );
    let head = lang.pick("# この型が表すもの", "# what it stands for");
    let _ = writeln!(
        text,
        "{head}\n# folders = \"{}\"\n# one_user_per_set = {}\n# actuals_apart = {}\n# wait_until_taken = {}\n# hold_deletions = {}\n# quoting = \"{}\"",
        habits.folders.as_str(),
        habits.one_user_per_set,
        habits.actuals_apart,
        habits.wait_until_taken,
        habits.hold_deletions,
        quoting_word(habits.quoting)
    );
    let mut list = |head: &str, lines: &[String]| {
        let _ = writeln!(text, "\n{head}");
        for line in lines {
            let _ = writeln!(text, "- {line}");
        }
    };
    list(lang.pick("分かっていること", "Known"), &words.known);
    list(lang.pick("分かっていないこと", "Not known"), &words.unknown);
    list(lang.pick("出典", "Sources"), &profile.sources);
    text
}
