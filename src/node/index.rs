//! Keeps the lists of the store: follows the journal, and looks into packages for the people in them.
//!
//! Nothing waits for it, and it waits for everything else: it takes small pieces with pauses between
//! them, and looks into few packages while many come and go. What it finds of an older store, or was
//! stopped at, it goes on with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::context::{Context, log_store_fault, stopped};
use super::notices::of_pair;
use super::opened::{look_into, opened};
use super::past;
use super::supervise::Beat;
use crate::store::{EntryId, Flagged, ReadContents, StoreError, Unread};
use crate::types::{Lang, ServiceMonth, code};
use crate::work::{self, watch};

/// What came longer ago was imported long since, and is told of no more.
const NEWS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How often to look for something new.
const INTERVAL: Duration = Duration::from_secs(1);

/// Between two pieces of work.
const PAUSE: Duration = Duration::from_millis(20);

/// How long to leave the store alone after a fault of its own.
const AFTER_FAULT: Duration = Duration::from_mins(1);

/// Packages that are looked into before it is written down.
const PIECE: u32 = 16;

/// Steps in the journal since the last look of which the node has much to do.
const BUSY: u32 = 64;

/// How long it may well take to look into one package.
const LONGEST_LOOK: Duration = Duration::from_mins(1);

/// A package that the disk does not give so often is passed over.
const MOST_ATTEMPTS: u32 = 3;

pub(super) async fn run(context: Arc<Context>, beat: Beat, mut stopping: watch::Receiver<bool>) {
    let mut failing = None;
    let mut told = BTreeSet::new();
    while !*stopping.borrow() {
        let pause = match turn(&context, &beat, &stopping, &mut failing).await {
            Ok(Turn::Pause) => PAUSE,
            Ok(Turn::Sleep) => {
                if let Err(error) = tell_flagged(&context, &mut told).await {
                    log_store_fault(&error, "what is to be looked at cannot be read");
                }
                work::pause(INTERVAL)
            }
            Err(error) => {
                log_store_fault(&error, "the lists cannot be brought up to date");
                AFTER_FAULT
            }
        };
        beat.sleeps(pause);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What comes after a piece of work.
enum Turn {
    /// There is more to do.
    Pause,
    /// There is nothing more to do at the moment.
    Sleep,
}

/// A package that could not be read, and how often.
type Failing = Option<(EntryId, u32)>;

async fn turn(
    context: &Arc<Context>,
    beat: &Beat,
    stopping: &watch::Receiver<bool>,
    failing: &mut Failing,
) -> Result<Turn, StoreError> {
    beat.works("following the journal");
    let followed = context.store.follow_journal().await?;
    if followed.has_more {
        return Ok(Turn::Pause);
    }
    let is_busy = followed.rows >= BUSY;
    let unread = context.store.unread(if is_busy { 1 } else { PIECE }).await?;
    let mut found = Vec::new();
    let mut fault = None;
    for package in &unread {
        if *stopping.borrow() {
            break;
        }
        beat.works_for("looking into a package", LONGEST_LOOK);
        match look_into(context, *package).await {
            Ok(contents) => found.push((package.entry, contents)),
            Err(error) => {
                fault = Some(error);
                if has_failed_enough(failing, package.entry) {
                    tracing::warn!(id = %package.id, "a package is passed over in the lists");
                    found.push((package.entry, ReadContents::Unreadable));
                }
                break;
            }
        }
    }
    if !found.is_empty() {
        beat.works("writing down who is in packages");
        context.store.note_contents(found).await?;
    }
    for package in context.store.unjudged(if is_busy { 1 } else { PIECE }).await? {
        if *stopping.borrow() {
            break;
        }
        beat.works_for("holding a package against earlier ones", LONGEST_LOOK);
        flag(context, package).await?;
    }
    match fault {
        Some(error) => Err(error),
        None if unread.is_empty() || is_busy => Ok(Turn::Sleep),
        None => Ok(Turn::Pause),
    }
}

fn has_failed_enough(failing: &mut Failing, entry: EntryId) -> bool {
    let times = failing.filter(|(former, _)| *former == entry).map_or(0, |(_, times)| times) + 1;
    *failing = Some((entry, times));
    times >= MOST_ATTEMPTS
}

/// Has somebody look at a package that only just came in, if it lacks what an earlier one had.
async fn flag(context: &Arc<Context>, package: Unread) -> Result<(), StoreError> {
    let since = context.now().saturating_sub(NEWS).unwrap_or(Timestamp::MIN);
    let whole = if package.at < since { None } else { opened(context, package).await?.0 };
    let rules = match whole {
        Some(whole) => past::to_look_at(context, whole).await?,
        None => Vec::new(),
    };
    if !rules.is_empty() {
        tracing::warn!(id = %package.id, partner = %package.partner, rules = rules.join(","),
            "received actuals lack what earlier ones had");
    }
    context.store.flag(package.entry, rules).await
}

/// A package as somebody finds it in the care software and on the page: by its months and its 連番. Its id
/// says that only to programs.
fn called(flagged: &Flagged, lang: Lang) -> String {
    let Some((serial, months)) = &flagged.about else { return flagged.id.to_string() };
    let months = ServiceMonth::all_in_words(months, lang);
    match lang {
        Lang::Ja => format!("{months}分、連番 {serial}"),
        Lang::En => format!("of {months}, file serial {serial}"),
    }
}

/// Tells which packages somebody should look at, until somebody did.
async fn tell_flagged(context: &Context, told: &mut BTreeSet<String>) -> Result<(), StoreError> {
    let mut pairs: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for flagged in context.store.flagged().await? {
        pairs.entry((flagged.office, flagged.partner)).or_default().push(flagged);
    }
    let mut now = BTreeSet::new();
    for ((office, partner), flagged) in pairs {
        let (count, about) = (flagged.len(), of_pair(office, partner));
        let Some(newest) = flagged.first() else { continue };
        let (newest_ja, newest_en) = (called(newest, Lang::Ja), called(newest, Lang::En));
        let ja = format!(
            "{partner} から受け取った実績に、前の実績にあったサービスコードや加算のないものが {count} 件あります（新しいもの: {newest_ja}）。取り込む前に、画面の「今日」から開いて、前の実績と見比べてください。"
        );
        let en = format!(
            "{count} set(s) of actuals from {partner} lack service codes or add-ons that earlier ones had (the newest: {newest_en}); compare them on the page, from Today, before you import them"
        );
        context.notices.raise(code::LOSING_ACTUALS_CAME, about.clone(), (ja, en), context.now());
        now.insert(about);
    }
    for over in told.difference(&now) {
        context.notices.clear(code::LOSING_ACTUALS_CAME, over);
    }
    *told = now;
    Ok(())
}
