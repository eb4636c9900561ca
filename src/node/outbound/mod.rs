//! Looks after the drop folder of one office: finds send units, checks them, packs them.
//!
//! `survey` looks into the folder, `machine` says what that means, and `hand` does it:
//! `take` claims and judges, `pack` signs and stores, `claims` lets go of what lies in the work folder.

mod attach;
mod attached;
mod by_hand;
mod claims;
mod direct;
mod ends;
mod fault;
mod hand;
mod key;
mod machine;
mod notes;
mod pack;
mod settled;
mod stays;
mod survey;
mod take;
mod unzip;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Notify;

use super::clock::local_time;
use super::context::{Context, blocking, stopped};
use super::folders::DropFolders;
use super::supervise::Beat;
use crate::config::Config;
use crate::folder::{Fault, FolderRole, ScanLimits, Settler, Watch, Writers};
use crate::store::StoreError;
use crate::types::{Lang, code};
use crate::work::watch;

pub use attach::NewAttachment;
pub(super) use attach::attach_new;
pub(super) use attached::run as send_attachments;
pub use by_hand::archive;
pub(super) use direct::send;
pub use direct::{NotSent, SendOrder, SentSet};
pub(super) use ends::{CopiedToHold, end_claim};
use fault::OutboundFault;
use hand::Hand;
use machine::{FAULT_PAUSE, Machine, Terms};
pub(super) use pack::packed;
pub(super) use settled::run as show_outcomes;
use stays::Stays;
use survey::Surveyor;
use take::OnDisk;
pub(super) use unzip::go_on;

/// The times of the configuration.
struct Timing {
    /// How long a file must stand still.
    settle: Duration,
    /// How long one must of whose writers nothing is known.
    settle_unknown: Duration,
    scan_interval: Duration,
    terms: Terms,
}

impl Timing {
    fn of(config: &Config) -> Self {
        let timing = &config.timing;
        let time = |time: SignedDuration| Duration::try_from(time).unwrap_or_default();
        let settle_unknown = time(timing.settle_unknown.max(timing.settle));
        let (set_wait, scan_interval) = (time(timing.set_wait), time(timing.scan_interval));
        let longest_wait = set_wait.saturating_add(settle_unknown).saturating_add(scan_interval);
        let terms = Terms { set_wait, longest_wait };
        Self { settle: time(timing.settle), settle_unknown, scan_interval, terms }
    }
}

/// When to look again.
struct Next {
    sleep: Duration,
    /// Whether a change in the drop folder brings the look forward.
    heeds_hints: bool,
}

struct Outbound {
    hand: Hand,
    surveyor: Surveyor,
    stays: Stays,
    timing: Timing,
    /// The fault that keeps us from the drop folder, as far as nobody else tells it.
    waits_for: Option<&'static str>,
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
    let timing = Timing::of(&context.config());
    let most_files = usize::try_from(context.config().limits.unit_files).unwrap_or(usize::MAX);
    let mut outbound = Outbound {
        surveyor: Surveyor::new(
            Arc::clone(&folders),
            writers,
            Settler::new(timing.settle),
            timing.settle_unknown,
            ScanLimits { files: most_files.saturating_add(1).max(1_000) },
        ),
        stays: Stays::new(folders.office),
        hand: Hand::new(context, folders),
        timing,
        waits_for: None,
    };
    let mut machine = Machine::new(outbound.timing.terms);
    while !*stopping.borrow() {
        let (after, looked) = outbound.look(machine, &beat, &stopping).await;
        machine = after;
        outbound.tell_fault(looked.as_ref().err());
        let Next { sleep, heeds_hints } =
            looked.unwrap_or(Next { sleep: FAULT_PAUSE, heeds_hints: false });
        beat.sleeps(sleep);
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = hint.notified(), if heeds_hints => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

impl Outbound {
    /// One look into the drop folder, and what it leads to.
    async fn look(
        &mut self,
        machine: Machine<OnDisk>,
        beat: &Beat,
        stopping: &watch::Receiver<bool>,
    ) -> (Machine<OnDisk>, Result<Next, OutboundFault>) {
        beat.works("looking into the drop folder");
        match self.prepare().await {
            Ok(true) => {}
            Ok(false) => {
                let heeds_hints = self.hand.claims.are_clear();
                return (machine, Ok(Next { sleep: FAULT_PAUSE, heeds_hints }));
            }
            Err(fault) => return (machine, Err(fault)),
        }
        let now = self.hand.now();
        let (look, odd) = match self.surveyor.look(machine.set_aside(now), now).await {
            Ok(look) => look,
            Err(fault) => return (machine, Err(fault)),
        };
        let (machine, done) = self.hand.work(machine, look, beat, stopping).await;
        if let Err(fault) = done {
            return (machine, Err(fault));
        }
        let now = self.hand.now();
        self.stays.tell(&self.hand.context, &odd, &machine, now);
        let rested_at = self.hand.claims.rested_at(self.timing.settle_unknown);
        let wakes_at = machine.wakes_at(now).into_iter().chain(rested_at).min();
        let sleep = wakes_at.map(|at| at.saturating_sub(now));
        let interval = self.timing.scan_interval;
        let next = Next {
            sleep: sleep.map_or(interval, |sleep| sleep.min(interval)),
            heeds_hints: self.hand.claims.are_clear() && machine.heeds_hints(),
        };
        (machine, Ok(next))
    }

    /// What comes before a look: ends what was left, and says whether units can be taken.
    async fn prepare(&mut self) -> Result<bool, OutboundFault> {
        self.hand.context.store.check()?;
        self.mend_work().await?;
        let now = self.hand.now();
        self.hand.claims.end_unfinished().await?;
        self.hand.claims.end_rested(self.timing.settle_unknown, now).await?;
        Ok(self.may_pack())
    }

    /// Whether packages can be made: the certificate of the office is valid and the clock is right.
    /// If not, the files stay in the drop folder.
    fn may_pack(&self) -> bool {
        let (context, office) = (&self.hand.context, self.hand.folders.office);
        let (about, now) = (format!("office {office} drop"), context.now());
        if context.time.believes(now) && context.proof().usable_signer(office, now).is_ok() {
            context.notices.clear(code::PACKING_WAITS, &about);
            return true;
        }
        let clock = local_time(now);
        let ja = format!(
            "事業所 {office} の署名用証明書が有効でないか、パソコンの時計が疑わしいため、ファイルを送信用フォルダーに置いたまま待っています。証明書と時計（今は {clock}）を確かめてください。直ると自動で再開します。"
        );
        let en = format!(
            "the signing certificate of the office {office} is not valid, or the clock is in doubt, so files stay in the drop folder; check the certificate and the clock (it shows {clock}), it goes on by itself"
        );
        context.notices.raise(code::PACKING_WAITS, about, (ja, en), now);
        false
    }

    /// Makes the work folder anew if somebody deleted it.
    async fn mend_work(&self) -> Result<(), OutboundFault> {
        let folders = Arc::clone(&self.hand.folders);
        // Nothing is given back to a drop folder that is not the right one.
        let mend = move || folders.drop.root().check().and_then(|()| folders.drop.mend_work());
        let made = blocking(mend).await;
        if made.ok_or(OutboundFault::Internal)?? {
            let ja = "作業用フォルダーがなくなっていたため、作り直しました。送信の準備中だったファイルは失われた可能性があります。介護ソフトの送信済みの一覧と renkei history を見比べてください。";
            let en = "the work folder was gone and was made anew; files that were just being packed may be lost: compare what the care software exported with renkei history";
            let about = format!("office {} work", self.hand.folders.office);
            self.hand.context.notices.raise(
                code::WORK_FOLDER_MADE_ANEW,
                about,
                (ja, en),
                self.hand.context.now(),
            );
        }
        Ok(())
    }

    /// Tells what keeps us from the drop folder, once, until it is over. A folder or store that is
    /// gone is told by the guard.
    fn tell_fault(&mut self, fault: Option<&OutboundFault>) {
        let about = format!("office {}", self.hand.folders.office);
        let is_told = |fault: &OutboundFault| match fault {
            OutboundFault::Store(error) => matches!(error, StoreError::Gone),
            OutboundFault::Folder(error) => {
                error.folder() == FolderRole::Drop
                    && matches!(error.fault(), Fault::Missing | Fault::Replaced)
            }
            OutboundFault::Pack(_) | OutboundFault::Scanner | OutboundFault::Internal => false,
        };
        let fault = fault.filter(|fault| !is_told(fault));
        let code = fault.map(OutboundFault::code);
        if let Some(before) = self.waits_for.filter(|before| Some(*before) != code) {
            self.hand.context.notices.clear(before, &about);
        }
        self.waits_for = code;
        if let Some(fault) = fault {
            let ja = format!("送信用フォルダーの処理が止まっています。{}", fault.text(Lang::Ja));
            let en = format!("the drop folder waits: {}", fault.text(Lang::En));
            self.hand.context.notices.raise(fault.code(), about, (ja, en), self.hand.context.now());
        }
    }
}
