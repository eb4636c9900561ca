//! `renkei certs check`: what partners would refuse of our certificates, now or soon.

use std::process::ExitCode;

use super::super::setup::{self, ConfigArg};
use super::super::{EXIT_NO, output};
use crate::desk::dates::{self, Found};
use crate::desk::words;
use crate::node::look_at_certificates;
use crate::types::{Clock, Lang};

pub(super) fn run(config: &ConfigArg, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&config.config, lang)?;
    let now = Clock::system().now();
    let read = dates::read(&config, lang);
    let rows: Vec<_> = read
        .certificates
        .iter()
        .map(|one| {
            let (until, left) = match &one.found {
                Found::Read(facts) => {
                    let left = facts.not_after.duration_since(now).as_hours().div_euclid(24);
                    (words::time(facts.not_after), left.to_string())
                }
                Found::Fault { problem } => (problem.clone(), String::new()),
            };
            vec![one.usage.clone(), one.file.clone(), until, left]
        })
        .collect();
    let head = match lang {
        Lang::Ja => ["用途", "ファイル", "期限", "残り日数"],
        Lang::En => ["for", "file", "until", "days left"],
    };
    output::line(&output::table(&head, &rows))?;
    let (refused, notes) = look_at_certificates(&config, now);
    if !notes.0.is_empty() {
        output::line(lang.pick("\n知っておくこと:", "\nto be known:"))?;
        output::line(&notes.text(lang))?;
    }
    if refused.0.is_empty() {
        let fine = lang.pick("\nこのまま使えます。", "\nnothing of this would be refused");
        output::line(fine)?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(lang.pick("\n使えないもの:", "\nwould be refused:"))?;
    output::line(&refused.text(lang))?;
    Ok(ExitCode::from(EXIT_NO))
}
