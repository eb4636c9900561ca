//! Several units at once, so that they share the waits for the disk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::iter::Peekable;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::super::context::{Context, blocking};
use super::super::folders::DropFolders;
use super::super::judge::{self, Judgement};
use super::super::supervise::Beat;
use super::end::{Packed, borrowed};
use super::{
    Done, LONGEST_PACKING, Line, Outbound, OutboundFault, Ready, TOGETHER, UnitKey, Unread,
};
use crate::config::Peer;
use crate::folder::{Claim, ClaimedFile, Fault, Unclaimed};
use crate::types::{Clock, FileSerial, MessageId};
use crate::work::{self, watch};

/// So many units are claimed, read or signed at a time.
const AT_A_TIME: usize = 8;

type Read = Result<(Arc<Vec<ClaimedFile>>, Judgement), Unread>;

/// A unit that was to be claimed and judged.
struct Taken {
    unit: Ready,
    /// Nothing is known of it after a fault of our own.
    claimed: Result<(Arc<Claim>, Read), Option<Unclaimed>>,
}

impl Taken {
    fn is_large(&self) -> bool {
        self.unit.is_large()
    }
}

/// Units that are being claimed and judged, in their order.
#[derive(Default)]
struct Coming(VecDeque<JoinHandle<Taken>>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Coming {
    fn has_room(&self) -> bool {
        self.0.len() < AT_A_TIME
    }

    /// Waits for the first of them.
    async fn next(&mut self) -> Option<Taken> {
        match self.0.pop_front()?.await {
            Ok(taken) => Some(taken),
            // Its claim is found in the work folder when the task begins anew.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_cut_off) => None,
        }
    }
}

/// A unit that needs nothing but to be packed.
struct Plain<'a> {
    peer: &'a Peer,
    serial: FileSerial,
    claim: &'a Arc<Claim>,
    files: &'a Arc<Vec<ClaimedFile>>,
    judgement: &'a Judgement,
}

impl Outbound {
    /// Claims units that are ready, and packs or holds each in its turn; while some are packed, the
    /// next are claimed and judged. Only a fault of the store is returned; units that were not dealt
    /// with are in the drop folder again.
    pub(super) async fn take_all(
        &mut self,
        units: Vec<Ready>,
        line: &mut Line,
        beat: &Beat,
        stopping: &watch::Receiver<bool>,
    ) -> Result<(), OutboundFault> {
        let mut units = units.into_iter().peekable();
        let mut coming = Coming::default();
        let mut group = VecDeque::new();
        let done = loop {
            beat.works_for("checking and packing", LONGEST_PACKING);
            if !*stopping.borrow() {
                self.claim_ahead(&mut units, &mut coming, line);
            }
            let next = coming.next().await;
            let is_last = next.is_none();
            group.extend(next);
            let is_full = group.len() >= TOGETHER || group.back().is_some_and(Taken::is_large);
            if is_full || is_last {
                let done = self.together(std::mem::take(&mut group), line).await;
                if done.is_err() || is_last {
                    break done;
                }
            }
        };
        // What cannot be given back now is ended with the next look.
        while let Some(Taken { claimed, .. }) = coming.next().await {
            if let Ok((claim, _)) = claimed {
                let _ = self.release(claim).await;
            }
        }
        self.have_gone().await.and(done)
    }

    /// Begins to claim and judge the next units, as many as may be in hand at a time.
    fn claim_ahead(
        &self,
        units: &mut Peekable<impl Iterator<Item = Ready>>,
        coming: &mut Coming,
        line: &Line,
    ) {
        let now = self.context.now();
        // A large one is read when those before it are gone.
        while coming.has_room()
            && let Some(unit) = units.next_if(|unit| coming.0.is_empty() || !unit.is_large())
        {
            if !line.holds_up(&unit.key) {
                let (context, folders) = (Arc::clone(&self.context), Arc::clone(&self.folders));
                coming.0.push_back(work::spawn(take(context, folders, unit, now)));
            }
        }
    }

    /// Packs or holds units that were claimed.
    async fn together(
        &mut self,
        mut taken: VecDeque<Taken>,
        line: &mut Line,
    ) -> Result<(), OutboundFault> {
        let now = self.context.now();
        // Where packing together fails, each shows alone what is wrong with it.
        let mut alone = 0_usize;
        while !taken.is_empty() {
            let is_next =
                |taken: &&Taken| self.plain(taken).is_some() && !line.holds_up(&taken.unit.key);
            let run = taken.iter().take_while(is_next).count();
            if alone == 0 && run > 1 {
                match self.pack_together(taken.iter().take(run), now).await {
                    Ok(()) => {
                        let packed: Vec<Taken> = taken.drain(..run).collect();
                        self.let_all_go(packed).await?;
                    }
                    Err(fault) => {
                        tracing::debug!(code = fault.code(), %fault, "not packed together");
                        alone = run;
                    }
                }
                continue;
            }
            alone = alone.saturating_sub(1);
            let Some(next) = taken.pop_front() else { break };
            if let Err(fault) = self.one(next, line, now).await {
                self.in_vain = true;
                for Taken { claimed, .. } in taken {
                    if let Ok((claim, _)) = claimed {
                        // What cannot be given back now is ended with the next look.
                        let _ = self.release(claim).await;
                    }
                }
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Packs or holds one unit, unless one before it has to wait.
    async fn one(
        &mut self,
        Taken { unit: Ready { key, files, seen, is_certain }, claimed }: Taken,
        line: &mut Line,
        now: Timestamp,
    ) -> Result<(), OutboundFault> {
        if line.holds_up(&key) {
            if let Ok((claim, _)) = claimed {
                // An incomplete unit is not tried again before something has come.
                self.in_vain |= !self.incomplete.keys().any(|other| other.way() == key.way());
                self.release(claim).await?;
            }
            return Ok(());
        }
        let done = match claimed {
            Ok((claim, read)) => {
                let mut done = self.claimed(&key, &claim, read, now).await;
                if matches!(done, Ok(Done::Packed)) {
                    self.rest_or_let_go(&claim, is_certain).await?;
                } else if !matches!(done, Ok(Done::Gone)) {
                    self.in_vain |= !matches!(done, Ok(Done::Incomplete));
                    done = self.release(claim).await.and(done);
                }
                done
            }
            Err(Some(unclaimed)) => self.unclaimed(unclaimed).await,
            Err(None) => {
                self.left_over = true;
                Err(OutboundFault::Internal)
            }
        };
        match done {
            Ok(Done::Packed | Done::Gone) => {
                self.has_gone(&key);
                return Ok(());
            }
            Ok(Done::Incomplete) => self.remember_incomplete(&key, &files),
            Ok(Done::Later) => line.look_again(),
            Err(fault @ OutboundFault::Store(_)) => return Err(fault),
            // What is wrong with the files of one unit keeps no other back.
            Err(fault) => {
                tracing::debug!(office = %self.folders.office, code = fault.code(), %fault,
                    "a set cannot be taken; it is tried again");
                self.aside.put(&key, &fault, seen);
            }
        }
        self.stays(&key, seen, line);
        Ok(())
    }

    /// The unit, if it is small, good, and for a partner that takes it as it is.
    fn plain<'a>(&'a self, taken: &'a Taken) -> Option<Plain<'a>> {
        let UnitKey::Unit { serial, sender, recipient } = &taken.unit.key else { return None };
        let Ok((claim, Ok((files, judgement)))) = &taken.claimed else { return None };
        let peer = self.context.config.peer(*recipient)?;
        let as_it_is = peer.edition.is_none_or(|wanted| judgement.edition() == Some(wanted));
        let is_plain = *sender == self.folders.office
            && !judgement.has_errors()
            && as_it_is
            && !taken.is_large();
        is_plain.then_some(Plain { peer, serial: *serial, claim, files, judgement })
    }

    /// Makes units durable packages, all or none.
    async fn pack_together(
        &self,
        taken: impl Iterator<Item = &Taken>,
        now: Timestamp,
    ) -> Result<(), OutboundFault> {
        let mut numbers = BTreeMap::new();
        let mut units = Vec::new();
        for plain in taken.filter_map(|taken| self.plain(taken)) {
            let partner = plain.peer.office;
            let number = match numbers.get(&partner) {
                Some(last) => last + 1,
                None => self.context.store.next_sequence(self.folders.office, partner).await?,
            };
            numbers.insert(partner, number);
            units.push((plain, number));
        }
        let sign = async |(plain, number): (Plain<'_>, u64)| {
            let Plain { peer, serial, claim, files, judgement } = plain;
            let set = (Arc::clone(files), judgement);
            self.signed((serial, peer), claim.id(), set, number, now).await
        };
        let signed: Vec<_> = stream::iter(units).map(sign).buffered(AT_A_TIME).collect().await;
        let signed = signed.into_iter().collect::<Result<Vec<_>, _>>()?;
        if !signed.iter().all(|new| self.fits(new)) {
            // Only one of them, and it will be found.
            return Err(OutboundFault::Internal);
        }
        let packed: Vec<_> = signed.iter().map(Packed::of).collect();
        self.context.store.pack_all(signed, now).await?;
        for packed in &packed {
            self.packed(packed);
        }
        Ok(())
    }

    async fn let_all_go(&mut self, packed: Vec<Taken>) -> Result<(), OutboundFault> {
        let mut certain = Vec::new();
        for Taken { unit, claimed } in packed {
            self.has_gone(&unit.key);
            if let Ok((claim, _)) = claimed {
                if unit.is_certain {
                    certain.push(claim);
                } else {
                    self.resting.push((claim, Clock::running()));
                }
            }
        }
        self.have_gone().await?;
        // Beside the next units.
        let finish = move || {
            let finish = |claim: Arc<Claim>| (Arc::clone(&claim), claim.finish());
            certain.into_iter().map(finish).collect()
        };
        self.going = Some(work::blocking(finish));
        Ok(())
    }

    /// Waits until the files of the claims that were let go last have gone.
    async fn have_gone(&mut self) -> Result<(), OutboundFault> {
        let Some(going) = self.going.take() else { return Ok(()) };
        let Ok(finished) = going.await else {
            self.left_over = true;
            return Err(OutboundFault::Internal);
        };
        let mut gone = Ok(());
        for (claim, finished) in finished {
            gone = gone.and(self.let_gone(&claim, finished).await);
        }
        gone
    }

    /// Lets the files of a durable package go, at once if nobody can write to them any more.
    async fn rest_or_let_go(
        &mut self,
        claim: &Arc<Claim>,
        is_certain: bool,
    ) -> Result<(), OutboundFault> {
        if is_certain {
            return self.let_go(claim).await;
        }
        self.resting.push((Arc::clone(claim), Clock::running()));
        Ok(())
    }

    fn has_gone(&mut self, key: &UnitKey) {
        self.incomplete.remove(key);
        self.aside.is_gone(key);
    }
}

/// Claims a unit, reads its files and judges them.
async fn take(
    context: Arc<Context>,
    folders: Arc<DropFolders>,
    unit: Ready,
    now: Timestamp,
) -> Taken {
    let (id, seen) = (MessageId::new(now), unit.files.clone());
    let file_size = context.config.limits.file_size;
    let most_files = usize::try_from(context.config.limits.unit_files).unwrap_or(usize::MAX);
    let limit = context.config.limits.package_size;
    let (drop, reader) = (Arc::clone(&folders), Arc::clone(&context));
    let claim = match blocking(move || drop.drop.claim(id, &seen)).await {
        Some(Ok(claim)) => Arc::new(claim),
        Some(Err(unclaimed)) => return Taken { unit, claimed: Err(Some(unclaimed)) },
        None => return Taken { unit, claimed: Err(None) },
    };
    if claim.files().len() > most_files {
        let read = Err(Unread::Refused(Judgement::too_many(most_files)));
        return Taken { unit, claimed: Ok((claim, read)) };
    }
    let mut names = BTreeSet::new();
    let has_twins = unit.files.iter().any(|file| !names.insert(file.name().to_lowercase()));
    let is_too_large = unit.files.iter().any(|file| file.stamp().size() > file_size);
    let refused = has_twins
        .then(Judgement::same_names)
        .or_else(|| is_too_large.then(|| Judgement::file_too_large(file_size)));
    if let Some(judgement) = refused {
        return Taken { unit, claimed: Ok((claim, Err(Unread::Refused(judgement)))) };
    }
    let claimed = Arc::clone(&claim);
    let read = blocking(move || match claimed.read_all(limit) {
        Ok(files) => {
            let judgement = judge::files(reader.spec, &borrowed(&files));
            Ok((Arc::new(files), judgement))
        }
        Err(error) if matches!(error.fault(), Fault::Changed | Fault::Locked) => Err(Unread::Later),
        Err(error) if matches!(error.fault(), Fault::TooLarge { .. }) => {
            Err(Unread::Refused(Judgement::too_large(limit)))
        }
        Err(error) => Err(Unread::Fault(error.into())),
    });
    let read = read.await.unwrap_or(Err(Unread::Fault(OutboundFault::Internal)));
    Taken { unit, claimed: Ok((claim, read)) }
}
