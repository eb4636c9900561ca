//! Takes sets that a person downloaded from the official WEB service: out of the folder of the browser,
//! where they stay as they are.
//!
//! `survey` looks into the folder and reads what is new in it, `groups` puts the files of a 連番 together,
//! and `take` checks a set and stores it, as `made` makes it, like one that came from a node: from there
//! on the same code places it, in the same order. Nothing is remembered but what the store knows of the sets that came,
//! so a crash at any moment loses nothing and takes nothing twice.

mod archive;
mod groups;
mod made;
mod survey;
mod take;
mod told;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::context::{Context, blocking, stopped};
use super::folders::ImportFolders;
use super::supervise::Beat;
use crate::folder::{Downloads, FolderError, FolderRole, Watch, Writers};
use crate::store::StoreError;
use crate::types::{Clock, Instant, Lang, OfficeNumber, code};
use crate::work::watch;

use groups::group;
use survey::{Look, Surveyor};
use take::Taker;
use told::Told;

/// How long to wait after the folder or the store failed.
const FAULT_PAUSE: Duration = Duration::from_secs(5);

/// How long after a hint the folder is looked into.
const AFTER_HINT: Duration = Duration::from_millis(50);

/// How long reading a full folder may well take.
const LONGEST_LOOK: Duration = Duration::from_mins(10);

/// The clocks of disks are coarse.
const COARSE: SignedDuration = SignedDuration::from_secs(2);

/// Why the folder could not be looked into.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("a fault of the program")]
    Internal,
}

impl Fault {
    fn text(&self, lang: Lang) -> String {
        match self {
            Self::Store(error) => error.text(lang),
            Self::Folder(error) => error.text(lang),
            Self::Internal => lang.pick("内部エラーです。", "a fault of the program").to_owned(),
        }
    }
}

/// The folder of downloads of one office.
#[derive(Clone)]
pub(super) struct DownloadFolder {
    pub(super) office: OfficeNumber,
    pub(super) folder: Downloads,
    /// Where its sets go, and copies of those that are held.
    pub(super) import: Arc<ImportFolders>,
}

impl DownloadFolder {
    /// What a condition of the folder is about.
    fn about(&self) -> String {
        format!("office {} downloads", self.office)
    }
}

/// What is looked after of one folder.
struct Watched {
    context: Arc<Context>,
    folder: DownloadFolder,
    surveyor: Surveyor,
    taker: Taker,
    told: Told,
    /// The running clock counts from here.
    began: Instant,
    /// What came before is left alone.
    since: Option<Timestamp>,
}

pub(super) async fn run(
    context: Arc<Context>,
    folder: DownloadFolder,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let hint = Arc::new(Notify::new());
    let notify = Arc::clone(&hint);
    let path = folder.folder.path().to_owned();
    let writers = Arc::new(Writers::new(path.clone()));
    let watching = Arc::clone(&writers);
    // One that is not there is told by the look itself.
    let (_watch, _) = Watch::start([(FolderRole::Downloads, path.as_path())], move |hint| {
        watching.hint(&hint);
        notify.notify_one();
    });
    let timing = context.config().timing;
    let interval = Duration::try_from(timing.scan_interval).unwrap_or_default();
    let mut watched = Watched {
        surveyor: Surveyor::new(&folder, writers, &timing),
        taker: Taker::new(&context, &folder),
        told: Told::new(&context, &folder),
        context,
        folder,
        began: Clock::running(),
        since: None,
    };
    while !*stopping.borrow() {
        beat.works_for("looking for downloaded sets", LONGEST_LOOK);
        let looked = watched.look(&stopping).await;
        let sleep = watched.tell(looked).unwrap_or(FAULT_PAUSE).min(interval);
        beat.sleeps(sleep);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = settled_hint(&hint) => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
    // It may not be looked into any more.
    watched.context.notices.clear(code::DOWNLOADS_NOT_READ, &watched.folder.about());
    watched.told.over();
}

/// A hint, and a moment: a download that is under way makes many.
async fn settled_hint(hint: &Notify) {
    hint.notified().await;
    tokio::time::sleep(AFTER_HINT).await;
}

impl Watched {
    /// One look into the folder, and what it leads to; says how long to sleep.
    async fn look(&mut self, stopping: &watch::Receiver<bool>) -> Result<Duration, Fault> {
        self.context.store.check()?;
        if !self.context.believes_clock() {
            return Ok(FAULT_PAUSE);
        }
        let floor = self.floor().await?;
        let now = self.began.elapsed();
        let surveyed = self.surveyor.look(&self.context, floor, now, stopping).await?;
        let Look { files, odd, more, next } = surveyed;
        let groups = group(files, self.folder.office, &self.context.config());
        let mut wakes_at = next;
        for (key, files) in &groups.ours {
            if *stopping.borrow() {
                break;
            }
            if let Some(at) = self.taker.take(*key, files, &self.surveyor, now).await? {
                wakes_at = wakes_at.into_iter().chain([at]).min();
            }
        }
        self.taker.forget_all_but(&groups);
        self.told.tell(&groups, odd + self.taker.too_large());
        self.told.tell_left(more, self.taker.not_stored());
        Ok(wakes_at.map_or(Duration::MAX, |at| at.saturating_sub(now)))
    }

    /// What came before this is left alone: it lay there when the folder was looked into first, or is
    /// so old that the store need not know any more whether it was taken.
    async fn floor(&mut self) -> Result<Timestamp, Fault> {
        let (now, folder) = (self.context.now(), &self.folder);
        let since = if let Some(since) = self.since {
            since
        } else {
            let store = &self.context.store;
            store.downloads_since(folder.office, folder.folder.path(), now).await?
        };
        self.since = Some(since);
        let kept = self.context.config().retention.packages;
        let oldest = now.checked_sub(kept).unwrap_or(Timestamp::MIN);
        Ok(since.checked_sub(COARSE).unwrap_or(since).max(oldest))
    }

    /// Tells what keeps us from the folder, until it is over. That the store is gone is told elsewhere.
    fn tell(&self, looked: Result<Duration, Fault>) -> Option<Duration> {
        let (context, about) = (&self.context, self.folder.about());
        match looked {
            Ok(sleep) => {
                context.notices.clear(code::DOWNLOADS_NOT_READ, &about);
                Some(sleep)
            }
            Err(Fault::Store(StoreError::Gone)) => None,
            Err(fault) => {
                let office = self.folder.office;
                let ja = format!(
                    "事業所 {office} のダウンロードのフォルダーを見られません。{} 直ると自動で再開します。",
                    fault.text(Lang::Ja)
                );
                let en = format!(
                    "the downloads folder of the office {office} cannot be looked into: {}; it goes on by itself",
                    fault.text(Lang::En)
                );
                context.notices.raise(code::DOWNLOADS_NOT_READ, about, (ja, en), context.now());
                None
            }
        }
    }
}

/// Runs what blocks.
async fn block<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    blocking(job).await.ok_or(Fault::Internal)
}
