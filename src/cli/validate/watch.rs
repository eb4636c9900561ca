//! `--watch`: judges anew whenever the files change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use console::Term;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::outputs::Reader;
use super::sources::Sources;
use super::{Args, once};
use crate::cli::unfinished::{Ending, end_when_asked};
use crate::cli::{UsageError, output, setup};
use crate::rules::Options;
use crate::rules::render::Format;
use crate::spec::Spec;
use crate::types::Lang;

/// Hints of the system only shorten this wait: shares give none.
const LOOK: Duration = Duration::from_secs(2);

/// Software writes a set in many steps: so long nothing changes any more before it is judged.
const STILL: Duration = Duration::from_millis(200);

/// What would be judged: each file with its length and when it was written.
type Seen = BTreeMap<PathBuf, Option<(u64, SystemTime)>>;

/// Judges at once and after each change, until somebody stops it.
pub(super) fn run(
    args: &Args,
    spec: &Spec,
    options: &Options,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    for output in &args.format {
        let sensible = match output.format {
            Format::Text => true,
            Format::Html => output.file.is_some(),
            _ => false,
        };
        if !sensible {
            let text = lang.pick(
                "--watch で使える形式は text と html=ファイル名 だけです。",
                "--watch goes with the formats text and html=FILE only",
            );
            return Err(UsageError(text.to_owned()).into());
        }
    }
    // What is wrong with the arguments is told before anybody waits.
    Sources::find(args, lang)?;
    setup::runtime()?.block_on(watch(args, spec, options, lang))
}

async fn watch(
    args: &Args,
    spec: &Spec,
    options: &Options,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    // Judging may take long, and whoever has seen enough does not wait for it.
    end_when_asked(Ending::Done)?;
    let (hint, mut hints) = mpsc::channel(1);
    // Kept here too: a closed channel would not wait.
    let _watcher = hints_of(&args.paths, hint.clone());
    loop {
        let seen = look(args, lang);
        if show(args, spec, options, lang) == Reader::Gone {
            return Ok(ExitCode::SUCCESS);
        }
        let mut now = seen.clone();
        while now == seen {
            let _ = timeout(LOOK, hints.recv()).await;
            now = look(args, lang);
        }
        loop {
            sleep(STILL).await;
            let later = look(args, lang);
            if later == now {
                break;
            }
            now = later;
        }
    }
}

/// Clears the screen and shows the report of the files as they are. What goes wrong may be mended
/// while we wait, so it is only told.
fn show(args: &Args, spec: &Spec, options: &Options, lang: Lang) -> Reader {
    let screen = Term::stdout();
    if screen.features().is_attended() {
        let _ = screen.clear_screen();
    }
    match once(args, spec, options.clone(), lang) {
        Ok((_, Reader::Gone)) => return Reader::Gone,
        Ok((_, Reader::There)) => {}
        Err(error) => output::failure(&error, lang),
    }
    output::error(lang.pick(
        "（ファイルの変更を待っています。終わるには Ctrl+C を押してください）",
        "(waiting for changes; Ctrl+C ends this)",
    ));
    Reader::There
}

/// What is there now; files that come and go between two looks are no fault.
fn look(args: &Args, lang: Lang) -> Seen {
    let Ok(sources) = Sources::find(args, lang) else { return Seen::new() };
    let state = |path: &PathBuf| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    };
    sources.paths().map(|path| (path.clone(), state(path))).collect()
}

/// Watches the folders, and those of the files. Nothing is told of mere reading, which is ours.
fn hints_of(paths: &[PathBuf], hint: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let handler = move |event: notify::Result<notify::Event>| {
        if !event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
            // A hint that waits already says the same.
            let _ = hint.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(handler).ok()?;
    let mut watched = BTreeSet::new();
    for path in paths {
        let (folder, mode) = if path.is_dir() {
            (path.as_path(), RecursiveMode::Recursive)
        } else {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            (folder.unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)
        };
        if watched.insert(folder) {
            // Where there are no hints, looking finds everything.
            let _ = watcher.watch(folder, mode);
        }
    }
    Some(watcher)
}
