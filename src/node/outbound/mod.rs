//! Looks after the drop folder of one office: finds send units, checks them, packs them.

mod aside;
mod end;
mod group;
mod look;
mod notes;
mod settled;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::context::{Context, blocking, stopped};
use super::conversion::{self, OutboundSet};
use super::folders::DropFolders;
use super::judge::Judgement;
use super::supervise::Beat;
use crate::config::Peer;
use crate::folder::{
    Claim, ClaimedFile, Fault, FolderError, FolderRole, Seen, Settler, Unclaimed, Watch, Writers,
};
use crate::store::StoreError;
use crate::types::{Clock, FileName, FileSerial, Instant, Lang, OfficeNumber, code};
use crate::work::watch;

use aside::{SetAside, Stays};
use end::release;
pub(super) use end::{CopiedToHold, end_claim, packed};
pub(super) use settled::run as show_outcomes;

/// Units that are claimed and packed together.
const TOGETHER: usize = 16;

/// How long units that are packed together may well take on a slow share.
const LONGEST_PACKING: Duration = Duration::from_mins(10);

/// How long to wait after the disk or the store failed.
const FAULT_PAUSE: Duration = Duration::from_secs(5);

/// When to look again for what is there already.
const SOON: Duration = Duration::from_millis(10);

/// What the files of one send unit have in common; files whose names are not of the standard
/// stand alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum UnitKey {
    Unit { serial: FileSerial, sender: OfficeNumber, recipient: OfficeNumber },
    Stranger { name: String },
}

/// Sender and recipient, among whose units the order of the 連番 counts.
type Way = (OfficeNumber, OfficeNumber);

impl UnitKey {
    fn of(name: &str) -> Self {
        match FileName::parse(name) {
            Ok(FileName { serial, sender, recipient, .. }) => {
                Self::Unit { serial, sender, recipient }
            }
            Err(_) => Self::Stranger { name: name.to_owned() },
        }
    }

    const fn way(&self) -> Option<Way> {
        match self {
            Self::Unit { sender, recipient, .. } => Some((*sender, *recipient)),
            Self::Stranger { .. } => None,
        }
    }
}

/// A unit that waits for its other files.
struct Incomplete {
    since: Instant,
    files: Vec<Seen>,
}

/// A unit whose files are all there and stand still.
struct Ready {
    key: UnitKey,
    files: Vec<Seen>,
    /// Since when it has been in the drop folder.
    seen: Instant,
    /// Whether it is known that nobody writes to its files any more.
    is_certain: bool,
}

/// Units above this size in bytes are claimed and packed alone.
const SMALL: u64 = 512 << 10;

impl Ready {
    fn is_large(&self) -> bool {
        self.files.iter().map(|file| file.stamp().size()).sum::<u64>() > SMALL
    }
}

/// Why a claimed unit has no judgement of its files.
enum Unread {
    /// It is not even read: it has more files or bytes than are allowed, or a name twice.
    Refused(Judgement),
    /// It changed or is in use.
    Later,
    /// It cannot be read.
    Fault(OutboundFault),
}

/// The units of one look behind each other.
struct Line {
    /// Ways of which a unit has to wait, with the first that has: its successors wait with it.
    held_up: BTreeMap<Way, UnitKey>,
    /// When to look again.
    next: Option<Duration>,
}

impl Line {
    fn holds_up(&self, key: &UnitKey) -> bool {
        let first = key.way().and_then(|way| self.held_up.get(&way));
        first.is_some_and(|first| first < key)
    }

    fn hold_up(&mut self, key: &UnitKey) {
        if let Some(way) = key.way() {
            let first = self.held_up.entry(way).or_insert_with(|| key.clone());
            if key < first {
                *first = key.clone();
            }
        }
    }

    fn wake_in(&mut self, wait: Duration) {
        self.next = Some(self.next.map_or(wait, |next| next.min(wait)));
    }

    fn look_again(&mut self) {
        self.next = Some(FAULT_PAUSE.min(self.next.unwrap_or(FAULT_PAUSE)));
    }
}

/// What became of a unit.
enum Done {
    /// A durable package: its claim is to be let go.
    Packed,
    /// Held: out of the drop folder.
    Gone,
    /// Files are missing; they may still come.
    Incomplete,
    /// Something is in the way; try again with the next scan.
    Later,
}

/// A fault that stops the work on the drop folder for a moment.
#[derive(Debug, thiserror::Error)]
enum OutboundFault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("the package could not be signed: {0}")]
    Pack(#[from] crate::package::PackError),
    #[error("work on a blocking thread did not end")]
    Internal,
}

impl OutboundFault {
    const fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Folder(error) => error.code(),
            Self::Pack(_) => code::PACK_FAILED,
            Self::Internal => code::INTERNAL,
        }
    }

    fn text(&self, lang: Lang) -> String {
        match self {
            Self::Store(error) => error.text(lang),
            Self::Folder(error) => error.text(lang),
            Self::Pack(_) | Self::Internal => {
                lang.pick(&format!("内部エラーです（{self}）。"), &self.to_string()).to_owned()
            }
        }
    }
}

/// A claim, and whether its files could be deleted.
type Finished = (Arc<Claim>, Result<(), FolderError>);

struct Outbound {
    context: Arc<Context>,
    folders: Arc<DropFolders>,
    settler: Settler,
    started: Instant,
    /// Since when the units in the drop folder have been seen.
    seen: BTreeMap<UnitKey, Instant>,
    incomplete: BTreeMap<UnitKey, Incomplete>,
    /// Units that could not be taken.
    aside: SetAside,
    stays: Stays,
    writers: Arc<Writers>,
    /// Claims of durable packages whose files may still be written to, and since when they lie.
    resting: Vec<(Arc<Claim>, Instant)>,
    /// Claims of durable packages whose files are being deleted.
    going: Option<JoinHandle<Vec<Finished>>>,
    /// The fault that keeps us from the drop folder, as far as nobody else tells it.
    waits_for: Option<&'static str>,
    /// A claim could not be ended and lies in the work folder.
    left_over: bool,
    /// Files went to and fro in vain. The hints that this gave would wake us at once, to do the same
    /// again.
    in_vain: bool,
}

pub(super) async fn run(
    context: Arc<Context>,
    folders: Arc<DropFolders>,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let hint = Arc::new(Notify::new());
    let notify = Arc::clone(&hint);
    let writers = Arc::new(Writers::new(folders.drop_path.clone()));
    let hinted = Arc::clone(&writers);
    let (_watch, unwatched) =
        Watch::start([(FolderRole::Drop, folders.drop_path.as_path())], move |hint| {
            hinted.hint(&hint);
            notify.notify_one();
        });
    for error in unwatched {
        tracing::warn!(code = error.code(), %error, "changes show only at the next full scan");
    }
    let settle = Duration::try_from(context.config.timing.settle).unwrap_or_default();
    let interval = Duration::try_from(context.config.timing.scan_interval).unwrap_or(FAULT_PAUSE);
    let office = folders.office;
    let mut outbound = Outbound {
        context,
        folders,
        settler: Settler::new(settle),
        started: Clock::running(),
        seen: BTreeMap::new(),
        incomplete: BTreeMap::new(),
        aside: SetAside::default(),
        stays: Stays::new(office),
        writers,
        resting: Vec::new(),
        going: None,
        waits_for: None,
        // The right folder may have come back only after the start, and an earlier run of this task
        // may have ended with a claim in hand.
        left_over: true,
        in_vain: false,
    };
    while !*stopping.borrow() {
        let looked = outbound.look(&beat, &stopping).await;
        outbound.tell_fault(looked.as_ref().err());
        let sleep = match looked {
            Ok(next) => next.map_or(interval, |next| next.min(interval)),
            Err(_) => FAULT_PAUSE,
        };
        beat.sleeps(sleep);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = hint.notified(), if !outbound.in_vain => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

impl Outbound {
    /// Makes the work folder anew if somebody deleted it.
    async fn mend_work(&self) -> Result<(), OutboundFault> {
        let folders = Arc::clone(&self.folders);
        // Nothing is given back to a drop folder that is not the right one.
        let mend = move || folders.drop.root().check().and_then(|()| folders.drop.mend_work());
        let made = blocking(mend).await;
        if made.ok_or(OutboundFault::Internal)?? {
            let ja = "作業用フォルダーがなくなっていたため、作り直しました。送信の準備中だったファイルは失われた可能性があります。介護ソフトの送信済みの一覧と renkei history を見比べてください。";
            let en = "the work folder was gone and was made anew; files that were just being packed may be lost: compare what the care software exported with renkei history";
            let about = format!("office {} work", self.folders.office);
            self.context.notices.raise(
                code::WORK_FOLDER_MADE_ANEW,
                about,
                (ja, en),
                self.context.now(),
            );
        }
        Ok(())
    }

    /// Tells what keeps us from the drop folder, once, until it is over. A folder or store that is
    /// gone is told by the guard.
    fn tell_fault(&mut self, fault: Option<&OutboundFault>) {
        let about = format!("office {}", self.folders.office);
        let is_told = |fault: &OutboundFault| match fault {
            OutboundFault::Store(error) => matches!(error, StoreError::Gone),
            OutboundFault::Folder(error) => {
                error.folder() == FolderRole::Drop
                    && matches!(error.fault(), Fault::Missing | Fault::Replaced)
            }
            OutboundFault::Pack(_) | OutboundFault::Internal => false,
        };
        let fault = fault.filter(|fault| !is_told(fault));
        let code = fault.map(OutboundFault::code);
        if let Some(before) = self.waits_for.filter(|before| Some(*before) != code) {
            self.context.notices.clear(before, &about);
        }
        self.waits_for = code;
        if let Some(fault) = fault {
            let ja = format!("送信用フォルダーの処理が止まっています。{}", fault.text(Lang::Ja));
            let en = format!("the drop folder waits: {}", fault.text(Lang::En));
            self.context.notices.raise(fault.code(), about, (ja, en), self.context.now());
        }
    }

    async fn unclaimed(&mut self, unclaimed: Unclaimed) -> Result<Done, OutboundFault> {
        let error = unclaimed.error;
        if let Some(left) = unclaimed.left {
            self.release(Arc::from(left)).await?;
        }
        // A file that is missing was taken away again; a folder that is missing is another matter.
        let of_file = error.folder() == FolderRole::Drop;
        if matches!(error.fault(), Fault::Locked | Fault::Changed)
            || (error.fault() == Fault::Missing && of_file)
        {
            tracing::debug!(code = error.code(), "a set is still in use");
            return Ok(Done::Later);
        }
        self.in_vain = true;
        Err(error.into())
    }

    async fn release(&mut self, claim: Arc<Claim>) -> Result<(), OutboundFault> {
        if self.context.store.check().is_err() {
            // It may be packed in a store that comes back: only that can say what is to become of it.
            self.left_over = true;
            return Ok(());
        }
        let at = (self.context.lang(), self.context.now());
        let folders = Arc::clone(&self.folders);
        let releasing = Arc::clone(&claim);
        let released = blocking(move || release(&folders, &releasing, at)).await;
        let released = match released.ok_or(OutboundFault::Internal) {
            Ok(Ok(held)) => self.note_held(&claim, held).await,
            Ok(Err(error)) => Err(error.into()),
            Err(fault) => Err(fault),
        };
        self.left_over |= released.is_err();
        released
    }

    /// Ends the claims that could not be ended before; between two looks none is in hand.
    async fn end_left_over(&mut self) -> Result<(), OutboundFault> {
        if !self.left_over {
            return Ok(());
        }
        let folders = Arc::clone(&self.folders);
        let claims = blocking(move || folders.drop.unfinished()).await;
        let mut left_over = false;
        let claims = claims.ok_or(OutboundFault::Internal)??.into_iter();
        let rests = |id| self.resting.iter().any(|(resting, _)| resting.id() == id);
        let claims: Vec<_> = claims.filter(|claim| !rests(claim.id())).collect();
        for claim in claims {
            let ended = self.end(&Arc::new(claim)).await;
            left_over |= ended.is_err();
            match ended {
                // What is wrong with one claim keeps no new set back.
                Err(OutboundFault::Folder(error)) => {
                    tracing::warn!(office = %self.folders.office, code = error.code(), %error,
                        "an unfinished set stays in work");
                }
                ended => ended?,
            }
        }
        self.left_over = left_over;
        Ok(())
    }

    /// Packs or holds a unit that was claimed, or says that it has to wait.
    async fn claimed(
        &mut self,
        key: &UnitKey,
        claim: &Arc<Claim>,
        read: Result<(Arc<Vec<ClaimedFile>>, Judgement), Unread>,
        now: Timestamp,
    ) -> Result<Done, OutboundFault> {
        let limit = self.context.config.limits.package_size;
        let (files, judgement) = match read {
            Ok(read) => read,
            Err(Unread::Refused(judgement)) => {
                self.hold(key, claim, &judgement, &[], now).await?;
                return Ok(Done::Gone);
            }
            Err(Unread::Later) => return Ok(Done::Later),
            Err(Unread::Fault(fault)) => return Err(fault),
        };
        let final_word = self.patience_is_over(key);
        if judgement.is_incomplete() && !final_word {
            return Ok(Done::Incomplete);
        }
        let judgement = match key {
            UnitKey::Unit { serial, sender, recipient } if !judgement.has_errors() => {
                match self.partner(*sender, *recipient, judgement) {
                    Ok((peer, judgement)) => {
                        let set = self.in_edition_of(peer, Arc::clone(&files), judgement);
                        match set.await? {
                            Ok(set) => {
                                if self.pack((*serial, peer), claim, set, now).await? {
                                    return Ok(Done::Packed);
                                }
                                Judgement::too_large(limit)
                            }
                            Err(kept_back) => *kept_back,
                        }
                    }
                    Err(kept_back) => kept_back,
                }
            }
            UnitKey::Unit { .. } | UnitKey::Stranger { .. } => judgement,
        };
        self.hold(key, claim, &judgement, &files, now).await?;
        Ok(Done::Gone)
    }

    /// The partner that the unit is for, or the judgement that says why it cannot be sent.
    fn partner(
        &self,
        sender: OfficeNumber,
        recipient: OfficeNumber,
        judgement: Judgement,
    ) -> Result<(&Peer, Judgement), Judgement> {
        if sender != self.folders.office {
            return Err(judgement.not_this_office(sender));
        }
        let Some(peer) = self.context.config.peer(recipient) else {
            return Err(judgement.unknown_partner(recipient));
        };
        Ok((peer, judgement))
    }

    /// The set in the edition that the partner imports, or why it cannot be sent.
    async fn in_edition_of(
        &self,
        peer: &Peer,
        files: Arc<Vec<ClaimedFile>>,
        judgement: Judgement,
    ) -> Result<Result<OutboundSet, Box<Judgement>>, OutboundFault> {
        let wanted = peer.edition.filter(|wanted| judgement.edition() != Some(*wanted));
        let Some(wanted) = wanted else {
            return Ok(Ok(OutboundSet { files, judgement, converted_from: None }));
        };
        let (context, partner) = (Arc::clone(&self.context), peer.office);
        blocking(move || conversion::convert(&context, partner, &files, judgement, wanted))
            .await
            .ok_or(OutboundFault::Internal)
    }
}
