//! The claims of one drop folder on their way out of the work folder.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::super::context::{Context, blocking};
use super::super::folders::DropFolders;
use super::ends::{CopiedToHold, end_claim, release};
use super::fault::OutboundFault;
use super::take::Taken;
use super::unzip;
use crate::folder::{Claim, Fault, FolderError};
use crate::types::{Lang, code};
use crate::work;

/// A claim, and whether its files could be deleted.
type Finished = (Arc<Claim>, Result<(), FolderError>);

/// Whether claims may lie in the work folder that nobody has in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WorkFolder {
    /// None do.
    Clear,
    /// It is to be searched for them.
    Unclear,
}

pub(super) struct Claims {
    context: Arc<Context>,
    folders: Arc<DropFolders>,
    /// Those of durable packages whose files may still be written to, and since when they rest.
    resting: Vec<(Arc<Claim>, Duration)>,
    /// Those of durable packages whose files are being deleted.
    going: Option<JoinHandle<Vec<Finished>>>,
    work: WorkFolder,
}

impl Claims {
    /// The right folder may have come back only after the start, and an earlier run of the task may
    /// have ended with a claim in hand: the work folder is searched first.
    pub(super) const fn new(context: Arc<Context>, folders: Arc<DropFolders>) -> Self {
        let work = WorkFolder::Unclear;
        Self { context, folders, resting: Vec::new(), going: None, work }
    }

    /// Whether no claim is left that could not be ended.
    pub(super) fn are_clear(&self) -> bool {
        self.work == WorkFolder::Clear
    }

    /// Files may lie in the work folder that belong to no claim in hand.
    pub(super) const fn are_unclear(&mut self) {
        self.work = WorkFolder::Unclear;
    }

    /// When the first of the resting claims has rested for `rest`.
    pub(super) fn rested_at(&self, rest: Duration) -> Option<Duration> {
        self.resting.iter().map(|(_, since)| since.saturating_add(rest)).min()
    }

    /// Ends the claims that could not be ended before; only while no other is in hand.
    pub(super) async fn end_unfinished(&mut self) -> Result<(), OutboundFault> {
        if self.are_clear() {
            return Ok(());
        }
        let folders = Arc::clone(&self.folders);
        let claims = blocking(move || folders.drop.unfinished()).await;
        let claims = claims.ok_or(OutboundFault::Internal)??.into_iter();
        let rests = |id| self.resting.iter().any(|(resting, _)| resting.id() == id);
        let claims: Vec<_> = claims.filter(|claim| !rests(claim.id())).collect();
        let about = format!("office {} zip", self.folders.office);
        let mut work = WorkFolder::Clear;
        for claim in claims {
            let (folders, limits) = (Arc::clone(&self.folders), self.context.config().limits);
            let (claim, gone_on) = blocking(move || {
                let gone_on = unzip::go_on(&folders.drop, &claim, &limits);
                (claim, gone_on)
            })
            .await
            .ok_or(OutboundFault::Internal)?;
            // What was laid of a ZIP must not be taken before all of it is there.
            let gone_on = match gone_on {
                Err(error) => {
                    self.tell_zip(about, &error);
                    return Err(error.into());
                }
                Ok(gone_on) => gone_on,
            };
            if gone_on {
                continue;
            }
            match self.end(&Arc::new(claim)).await {
                // What is wrong with one claim keeps no new set back.
                Err(OutboundFault::Folder(error)) => {
                    work = WorkFolder::Unclear;
                    tracing::warn!(office = %self.folders.office, code = error.code(), %error,
                        "an unfinished set stays in work");
                }
                ended => ended?,
            }
        }
        self.context.notices.clear(code::ZIP_WAITS, &about);
        self.work = work;
        Ok(())
    }

    /// Tells of a ZIP whose files cannot be laid, which keeps everything else of the office back.
    fn tell_zip(&self, about: String, error: &FolderError) {
        let office = self.folders.office;
        let ja = format!(
            "事業所 {office} の ZIP の中身を送信用フォルダーに出せないため、ほかのデータも送らずに待っています。{} 直ると自動で続きます。",
            error.text(Lang::Ja)
        );
        let en = format!(
            "the files of a ZIP cannot be laid into the drop folder of the office {office}, so everything else there waits too: {}; it goes on by itself",
            error.text(Lang::En)
        );
        self.context.notices.raise(code::ZIP_WAITS, about, (ja, en), self.context.now());
    }

    /// Ends the claims that rested for `rest`, as long as a file must stand still of whose writers
    /// nothing is known: whoever wrote to them meanwhile is noticed.
    pub(super) async fn end_rested(
        &mut self,
        rest: Duration,
        now: Duration,
    ) -> Result<(), OutboundFault> {
        let (rested, resting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.resting)
            .into_iter()
            .partition(|(_, since)| now.saturating_sub(*since) >= rest);
        self.resting = resting;
        for (claim, _) in rested {
            let gone = Arc::clone(&claim);
            let finished = blocking(move || gone.finish()).await;
            let Some(finished) = finished else {
                // Those that rested are found in the work folder.
                self.are_unclear();
                return Err(OutboundFault::Internal);
            };
            self.let_gone(&claim, finished).await?;
        }
        Ok(())
    }

    /// Lets the files of durable packages go: beside other work, or later where somebody may still
    /// write to them. The store knows the claims, so that what fails here is done with the next look
    /// or the next start.
    pub(super) async fn let_go(
        &mut self,
        packed: Vec<Taken>,
        now: Duration,
    ) -> Result<(), OutboundFault> {
        let mut certain = Vec::new();
        for Taken { claim, is_certain } in packed {
            if is_certain {
                certain.push(claim);
            } else {
                self.resting.push((claim, now));
            }
        }
        let before = self.have_gone().await;
        if !certain.is_empty() {
            let finish = |claim: Arc<Claim>| (Arc::clone(&claim), claim.finish());
            let finish_all = move || certain.into_iter().map(finish).collect();
            self.going = Some(work::blocking(finish_all));
        }
        before
    }

    /// Waits until the files that were let go last have gone.
    pub(super) async fn have_gone(&mut self) -> Result<(), OutboundFault> {
        let Some(going) = self.going.take() else { return Ok(()) };
        let Ok(finished) = going.await else {
            self.are_unclear();
            return Err(OutboundFault::Internal);
        };
        let mut gone = Ok(());
        for (claim, finished) in finished {
            gone = gone.and(self.let_gone(&claim, finished).await);
        }
        gone
    }

    /// What comes after the attempt to let the files of a durable package go.
    async fn let_gone(
        &mut self,
        claim: &Arc<Claim>,
        finished: Result<(), FolderError>,
    ) -> Result<(), OutboundFault> {
        let ended = match finished {
            Err(error) if error.fault() == Fault::Changed => self.end(claim).await,
            ended => ended.map_err(OutboundFault::Folder),
        };
        if ended.is_err() {
            self.are_unclear();
        }
        match ended {
            // What is wrong with one claim keeps no new set back.
            Err(OutboundFault::Folder(error)) => {
                let id = claim.id();
                tracing::warn!(%id, code = error.code(), %error, "a packed set stays in work");
                Ok(())
            }
            ended => ended,
        }
    }

    /// Gives a claim back to the drop folder.
    pub(super) async fn give_back(&mut self, claim: Arc<Claim>) -> Result<(), OutboundFault> {
        if self.context.store.check().is_err() {
            // It may be packed in a store that comes back: only that can say what is to become of it.
            self.are_unclear();
            return Ok(());
        }
        let at = (self.context.lang(), self.context.now());
        let (folders, releasing) = (Arc::clone(&self.folders), Arc::clone(&claim));
        let released = blocking(move || release(&folders, &releasing, at)).await;
        let released = match released.ok_or(OutboundFault::Internal) {
            Ok(Ok(held)) => self.note_held(&claim, held).await,
            Ok(Err(error)) => Err(error.into()),
            Err(fault) => Err(fault),
        };
        if released.is_err() {
            self.are_unclear();
        }
        released
    }

    /// Ends a claim as the store says: gives it back, or lets it go.
    async fn end(&self, claim: &Arc<Claim>) -> Result<(), OutboundFault> {
        let packed = self.context.store.packed_set(claim.id()).await?;
        let at = (self.context.lang(), self.context.now());
        let (folders, ending) = (Arc::clone(&self.folders), Arc::clone(claim));
        let ended = blocking(move || end_claim(&folders, &ending, packed.as_ref(), at)).await;
        let held = ended.ok_or(OutboundFault::Internal)??;
        self.note_held(claim, held).await
    }

    /// Stores the row of files of a claim that were copied into the hold folder, and then deletes
    /// them.
    async fn note_held(
        &self,
        claim: &Arc<Claim>,
        held: Option<CopiedToHold>,
    ) -> Result<(), OutboundFault> {
        let Some(CopiedToHold { row, files }) = held else { return Ok(()) };
        self.context.store.hold(row).await?;
        let claim = Arc::clone(claim);
        Ok(blocking(move || claim.discard(&files)).await.ok_or(OutboundFault::Internal)??)
    }
}
