//! `renkei certs check`: what partners would refuse of our certificates, now or soon.

use std::process::ExitCode;

use jiff::Timestamp;

use super::super::setup::{self, ConfigArg};
use super::super::{EXIT_NO, output};
use crate::certs::{SEALING_FOLDER, sealing_keys};
use crate::desk::dates::{self, Found};
use crate::desk::words;
use crate::node::look_at_certificates;
use crate::types::{Clock, Lang};

pub(super) fn run(config: &ConfigArg, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&config.config, lang)?;
    let now = Clock::system().now();
    let read = dates::read(&config, lang);
    let days = |until: Timestamp| until.duration_since(now).as_hours().div_euclid(24).to_string();
    let mut rows: Vec<_> = read
        .certificates
        .iter()
        .map(|one| {
            let (until, left) = match &one.found {
                Found::Read(facts) => {
                    (words::time(facts.not_after), days(facts.not_after))
                }
                Found::Fault { problem } => (problem.clone(), String::new()),
            };
            vec![one.usage.clone(), one.file.clone(), until, left]
        })
        .collect();
    // They are followed by themselves, and nobody else looks at them.
    let folder = config.node.data.join(SEALING_FOLDER);
    for office in &config.offices {
        let keys = sealing_keys(&folder, office.number).unwrap_or_default();
        let usage = format!("office {} sealing", office.number);
        rows.extend(keys.iter().map(|key| {
            let until = key.valid_until();
            vec![usage.clone(), key.key_id().to_owned(), words::time(until), days(until)]
        }));
    }
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
