//! `renkei doctor`

use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::setup::{self, ConfigArg};
use super::{EXIT_NO, output};
use crate::desk::doctor::{Examination, Grade, Line, Topic, examine};
use crate::desk::words;
use crate::rules::render::visible_line;
use crate::types::{Clock, Lang};

/// How long what still waits for a disk may keep the command from ending.
const LEFT_BEHIND: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// JSON で出力します
    #[arg(long)]
    json: bool,
}

/// The list as programs read it.
#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    at: Timestamp,
    /// Whether nothing is broken.
    passed: bool,
    runs: bool,
    lines: &'a [Line],
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let draft = setup::draft(&args.config.config, lang)?;
    let spec = setup::spec()?;
    let runtime = setup::runtime()?;
    let found = runtime.block_on(examine(draft, spec, Clock::system()));
    runtime.shutdown_timeout(LEFT_BEHIND);
    let passed = found.grade() < Grade::Broken;
    if args.json {
        let Examination { at, runs, ref lines } = found;
        let json = Json { schema: "renkei.doctor/1", at, passed, runs, lines };
        output::line(&serde_json::to_string_pretty(&json)?)?;
    } else {
        output::line(&text(&found, lang))?;
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}

fn text(found: &Examination, lang: Lang) -> String {
    let mut parts = Vec::new();
    for topic in Topic::ALL {
        let lines: Vec<String> = found.of(topic).map(|line| line_text(line, lang)).collect();
        if !lines.is_empty() {
            parts.push(format!("{}\n{}", topic.title(lang), lines.join("\n")));
        }
    }
    let count = |grade| found.count(grade);
    let (fine, look, broken) = (count(Grade::Fine), count(Grade::Look), count(Grade::Broken));
    parts.push(match lang {
        Lang::Ja => format!(
            "{} に調べました。良好 {fine} 件、要確認 {look} 件、異常 {broken} 件。",
            words::time(found.at)
        ),
        Lang::En => {
            format!("{}: {fine} fine, {look} to look at, {broken} broken", words::time(found.at))
        }
    });
    parts.join("\n\n")
}

/// Of what others wrote, such as the name of an issuer, nothing steers the terminal.
fn line_text(line: &Line, lang: Lang) -> String {
    let grade = match (line.grade, lang) {
        (Grade::Fine, Lang::Ja) => "良好  ",
        (Grade::Look, Lang::Ja) => "要確認",
        (Grade::Broken, Lang::Ja) => "異常  ",
        (Grade::Fine, Lang::En) => "fine  ",
        (Grade::Look, Lang::En) => "look  ",
        (Grade::Broken, Lang::En) => "BROKEN",
    };
    let about = if line.about.is_empty() { String::new() } else { format!("{}: ", line.about) };
    let code = line.code.map(|code| format!(" [{code}]")).unwrap_or_default();
    format!("  {grade}  {}{}{code}", visible_line(&about), visible_line(line.text(lang)))
}
