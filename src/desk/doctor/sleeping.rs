//! Files in the folders that nobody takes.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::line::{Grade, Line, Topic};
use crate::config::{Config, Office};
use crate::folder::{ATTACHMENTS, Odd, ScanLimits, Seen, scan};
use crate::types::Lang;

/// Files of a folder that are looked at.
const MOST: usize = 10_000;

/// Whatever lies in a drop folder for longer than its time of waiting and this, a node that runs does
/// not take.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// Care software has taken what lay there for so long, or never will.
const UNREAD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The reasons that are told one by one.
const REASONS: usize = 3;

/// What lies in the drop and import folders of all offices. Asks the disk. Names of files are not
/// told: they may be names of persons.
pub(super) fn lines(config: &Config, runs: bool, now: Timestamp) -> Vec<Line> {
    let mut lines = Vec::new();
    for office in &config.offices {
        lines.extend(drop(office, config, runs, now));
        let mut folders = vec![("import", &office.import)];
        if office.import_actuals != office.import {
            folders.push(("import_actuals", &office.import_actuals));
        }
        for (key, path) in folders {
            lines.extend(import(&format!("office {} {key}", office.number), path, now));
        }
    }
    if lines.is_empty() {
        lines.push(Line::fine(
            Topic::Waiting,
            "",
            "取り込まれずに残っているファイルはありません。",
            "no file lies in the folders that nobody takes",
        ));
    }
    lines
}

fn drop(office: &Office, config: &Config, runs: bool, now: Timestamp) -> Vec<Line> {
    let about = format!("office {} drop", office.number);
    // A folder that cannot be read is told among the folders.
    let Ok(found) = scan(&office.drop, &ScanLimits { files: MOST }) else { return Vec::new() };
    let mut lines = Vec::new();
    if !found.odd.is_empty() {
        lines.push(odd(&about, &found.odd));
    }
    let is_large = |seen: &&Seen| seen.stamp().size() > config.limits.file_size;
    let large = found.files.iter().filter(is_large).count();
    if large > 0 {
        let limit = config.limits.file_size >> 20;
        lines.push(
            Line::fine(
                Topic::Waiting,
                &about,
                format!("大きすぎて送れないファイルが {large} 件あります（上限 {limit} MiB、limits.file_size）。"),
                format!("{large} files are too large to be sent (limits.file_size, {limit} MiB)"),
            )
            .grade(Grade::Look),
        );
    }
    let rest = || found.files.iter().filter(|seen| !is_large(seen));
    if !runs {
        let count = rest().count();
        if count > 0 {
            lines.push(
                Line::fine(
                    Topic::Waiting,
                    &about,
                    format!("renkei が動いていないため、{count} 件のファイルが送られずに残っています。renkei run で起動してください。"),
                    format!("{count} files are not sent because the node does not run: start it with renkei run"),
                )
                .grade(Grade::Look),
            );
        }
        return lines;
    }
    let timing = &config.timing;
    let patience = PATIENCE + timing.set_wait + timing.settle_unknown + timing.scan_interval;
    let count = rest().filter(|seen| age(seen, now).is_some_and(|age| age > patience)).count();
    if count > 0 {
        lines.push(
            Line::fine(
                Topic::Waiting,
                &about,
                format!("{count} 件のファイルが、長く取り込まれずに残っています。標準仕様のファイルか、ほかのソフトが開いたままにしていないか確かめ、要らないものは片付けてください。"),
                format!("{count} files have been lying there for long: see whether they are of the standard and no other program has them open, and remove what is not needed"),
            )
            .grade(Grade::Look),
        );
    }
    lines
}

/// What is no file to take, by the reasons.
fn odd(about: &str, all: &[Odd]) -> Line {
    let mut reasons: Vec<_> = all.iter().map(Odd::reason).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let first = reasons.first().map(|reason| reason.code());
    let count = all.len();
    let why = |lang| {
        let texts = reasons.iter().take(REASONS).map(|reason| reason.text(lang));
        texts.collect::<Vec<_>>().join(" ")
    };
    Line::fine(
        Topic::Waiting,
        about,
        format!("送れないものが {count} 件あります: {}", why(Lang::Ja)),
        format!("{count} entries are never taken: {}", why(Lang::En)),
    )
    .grade(Grade::Look)
    .code(first)
}

/// Files that the care software has not taken for long.
fn import(about: &str, path: &Path, now: Timestamp) -> Option<Line> {
    let is_old = |metadata: &fs::Metadata| {
        let modified = metadata.modified().ok();
        let modified = modified.and_then(|time| Timestamp::try_from(time).ok());
        modified.is_some_and(|time| now.duration_since(time) > UNREAD)
    };
    let count = files_below(path).iter().filter(|metadata| is_old(metadata)).count();
    let days = UNREAD.as_hours() / 24;
    (count > 0).then(|| {
        Line::fine(
            Topic::Waiting,
            about,
            format!("{days} 日より前に受信したファイルが {count} 件残っています。介護ソフトで取り込んだか確かめてください（取込の後もファイルを残す介護ソフトであれば、問題ありません）。"),
            format!("{count} files came more than {days} days ago: see whether the care software has imported them (some leave files where they are, which is fine)"),
        )
        .grade(Grade::Look)
    })
}

/// The files of a folder and of those in it, as sets may lie apart, but for hidden ones, and for
/// attachments: people read them there, and no care software takes them away.
fn files_below(folder: &Path) -> Vec<fs::Metadata> {
    let mut folders = vec![folder.to_owned()];
    let (mut files, mut looked) = (Vec::new(), 0);
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        for entry in entries {
            looked += 1;
            if looked > MOST {
                return files;
            }
            let name = entry.file_name();
            let is_other = |name: &str| name.starts_with('.') || name == ATTACHMENTS;
            if name.to_str().is_some_and(is_other) {
                continue;
            }
            // Of a link nothing is known but itself, so that the walk ends.
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) if metadata.is_file() => files.push(metadata),
                _ => {}
            }
        }
    }
    files
}

fn age(seen: &Seen, now: Timestamp) -> Option<SignedDuration> {
    let modified = Timestamp::try_from(seen.stamp().modified()?).ok()?;
    Some(now.duration_since(modified))
}
