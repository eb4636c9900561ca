//! Takes a unit out of the drop folder and finds out what is to become of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::context::{Context, blocking};
use super::super::conversion::{self, OutboundSet, Wanted};
use super::super::folders::DropFolders;
use super::super::judge::Judgement;
use super::super::past;
use super::fault::OutboundFault;
use super::key::UnitKey;
use super::machine::{self, Ready, World};
use super::unzip::{self, Room, Unzipped};
use crate::config::Limits;
use crate::folder::{Claim, ClaimedFile, Fault, FolderError, FolderRole, Seen, Unclaimed};
use crate::store::StoreError;
use crate::types::{Edition, MessageId, OfficeNumber};

/// The drop folder of an office as it is.
pub(super) struct OnDisk;

impl World for OnDisk {
    type File = Seen;
    type Claim = Taken;
    type Set = GoodSet;
    type Report = JudgedSet;
}

pub(super) type Verdict = machine::Verdict<OnDisk>;

/// The files of a unit in the work folder.
pub(super) struct Taken {
    pub(super) claim: Arc<Claim>,
    /// Whether it is known that nobody writes to them any more.
    pub(super) is_certain: bool,
}

/// What is to be packed of a good unit.
pub(super) struct GoodSet {
    pub(super) set: OutboundSet,
    /// The files of the office, which may have been converted for the partner.
    pub(super) files: Arc<Vec<ClaimedFile>>,
    /// The number that the next package to this partner had when it was judged: what was packed since is
    /// not in the history that it was held against.
    pub(super) judged_after: u64,
}

/// A unit and what the rules say of it.
pub(super) struct JudgedSet {
    pub(super) judgement: Judgement,
    /// Its files; none if they were not even read.
    pub(super) files: Arc<Vec<ClaimedFile>>,
}

impl JudgedSet {
    fn unread(judgement: Judgement) -> Self {
        Self { judgement, files: Arc::default() }
    }
}

/// Who takes units.
pub(super) struct Taker {
    pub(super) context: Arc<Context>,
    pub(super) folders: Arc<DropFolders>,
}

impl Taker {
    /// Claims a unit, reads its files and judges them.
    pub(super) async fn take(
        self,
        key: UnitKey,
        ready: Ready<Seen>,
        now: Timestamp,
    ) -> (UnitKey, Verdict) {
        let office = self.folders.office;
        let Ready { files: seen, is_certain, .. } = ready;
        let id = MessageId::new(now);
        let (folders, claiming) = (Arc::clone(&self.folders), seen.clone());
        let claim = match blocking(move || folders.drop.claim(id, &claiming)).await {
            Some(Ok(claim)) => Arc::new(claim),
            Some(Err(unclaimed)) => return (key, not_claimed(unclaimed, office, is_certain)),
            None => return (key, Verdict::NotClaimed(OutboundFault::Internal.trouble(office))),
        };
        let taken = Taken { claim, is_certain };
        let verdict = match refused(&self.context, &seen) {
            Some(judgement) => Verdict::Hold(taken, JudgedSet::unread(judgement)),
            None if unzip::is_of_zip(&taken.claim) => self.unzip(taken).await,
            None => self.read(&key, taken).await,
        };
        (key, verdict)
    }

    /// Lays the files of a ZIP into the drop folder, where they are found with the next look.
    async fn unzip(&self, taken: Taken) -> Verdict {
        let (folders, claim) = (Arc::clone(&self.folders), Arc::clone(&taken.claim));
        let room = Room::of(&self.context.config().limits);
        match blocking(move || unzip::unzip(&folders.drop, &claim, room)).await {
            // There is nothing more to be done with the ZIP itself.
            Some(Ok(Unzipped::Laid)) => Verdict::InUse,
            Some(Ok(Unzipped::Odd(judgement))) => {
                Verdict::Hold(taken, JudgedSet::unread(judgement))
            }
            Some(Err(error)) if matches!(error.fault(), Fault::Changed | Fault::Locked) => {
                Verdict::Later(taken)
            }
            Some(Err(error)) => self.failed(taken, &error.into()),
            None => self.failed(taken, &OutboundFault::Internal),
        }
    }

    /// Reads and judges the files of a claim.
    async fn read(&self, key: &UnitKey, taken: Taken) -> Verdict {
        let (context, claim) = (Arc::clone(&self.context), Arc::clone(&taken.claim));
        let limit = context.config().limits.package_size;
        let read = blocking(move || claim.read_all(limit).map(Arc::new));
        let files = match read.await {
            Some(Ok(files)) => files,
            Some(Err(error)) => return self.unread(taken, error, limit),
            None => return self.failed(taken, &OutboundFault::Internal),
        };
        let judged_after = match self.next_sequence_of(key).await {
            Ok(last) => last,
            Err(error) => return self.failed(taken, &error.into()),
        };
        let judgement = match past::judged(&context, &files).await {
            Ok(Some(judgement)) => judgement,
            Ok(None) => return self.failed(taken, &OutboundFault::Internal),
            Err(error) => return self.failed(taken, &error.into()),
        };
        let set = JudgedSet { judgement, files };
        if set.judgement.is_incomplete() {
            Verdict::Incomplete(taken, set)
        } else if set.judgement.has_errors() {
            Verdict::Hold(taken, set)
        } else {
            self.addressed(key, taken, set, judged_after).await
        }
    }

    /// The number of the next package on the way of a unit.
    async fn next_sequence_of(&self, key: &UnitKey) -> Result<u64, StoreError> {
        match key.way() {
            Some((sender, recipient)) if sender == self.folders.office => {
                self.context.store.next_sequence(sender, recipient).await
            }
            _ => Ok(0),
        }
    }

    fn unread(&self, taken: Taken, error: FolderError, limit: u64) -> Verdict {
        match error.fault() {
            Fault::Changed | Fault::Locked => Verdict::Later(taken),
            Fault::TooLarge { .. } => {
                Verdict::Hold(taken, JudgedSet::unread(Judgement::too_large(limit)))
            }
            _ => self.failed(taken, &error.into()),
        }
    }

    /// The verdict on a good unit.
    async fn addressed(
        &self,
        key: &UnitKey,
        taken: Taken,
        set: JudgedSet,
        judged_after: u64,
    ) -> Verdict {
        let JudgedSet { judgement, files } = set;
        let Some((sender, recipient)) = key.way() else {
            return Verdict::Hold(taken, JudgedSet { judgement, files });
        };
        if sender != self.folders.office {
            let judgement = judgement.not_this_office(sender);
            return Verdict::Hold(taken, JudgedSet { judgement, files });
        }
        let judgement = match past::worded(&self.context, sender, &files, judgement).await {
            Ok(judgement) if judgement.has_errors() => {
                return Verdict::Hold(taken, JudgedSet { judgement, files });
            }
            Ok(judgement) => judgement,
            Err(error) => return self.failed(taken, &error.into()),
        };
        match for_partner(&self.context, recipient, JudgedSet { judgement, files }).await {
            Some(Ok(set)) => Verdict::Send(taken, GoodSet { judged_after, ..set }),
            Some(Err(set)) => Verdict::Hold(taken, set),
            None => self.failed(taken, &OutboundFault::Internal),
        }
    }

    fn failed(&self, taken: Taken, fault: &OutboundFault) -> Verdict {
        Verdict::Failed(taken, fault.trouble(self.folders.office))
    }
}

/// A good unit in the edition and the style of quoting that its partner wants, if there is such a partner and nothing is lost
/// by it. `None`: a fault of the program.
pub(super) async fn for_partner(
    context: &Arc<Context>,
    recipient: OfficeNumber,
    set: JudgedSet,
) -> Option<Result<GoodSet, JudgedSet>> {
    let JudgedSet { judgement, files } = set;
    let config = context.config();
    let (edition, quoting, takes) = match (config.peer(recipient), config.by_hand(recipient)) {
        (Some(peer), _) => (peer.edition, peer.quoting, peer.takes.clone()),
        (None, Some(partner)) => (partner.edition, partner.quoting, partner.takes.clone()),
        (None, None) => {
            let judgement = judgement.unknown_partner(recipient);
            return Some(Err(JudgedSet { judgement, files }));
        }
    };
    let wanted =
        Wanted { edition: edition.filter(|wanted| judgement.edition() != Some(*wanted)), quoting };
    if wanted == Wanted::default() {
        let set = OutboundSet::as_it_is(Arc::clone(&files), judgement);
        return Some(taken_there(context, &takes, GoodSet { set, files, judged_after: 0 }));
    }
    let (shared, source) = (Arc::clone(context), Arc::clone(&files));
    let copy = move || conversion::suited(&shared, recipient, &source, judgement, wanted);
    match blocking(copy).await? {
        Ok(set) => Some(taken_there(context, &takes, GoodSet { set, files, judged_after: 0 })),
        Err(judgement) => Some(Err(JudgedSet { judgement: *judgement, files })),
    }
}

/// A unit that can be sent, if the care software of the partner imports its kind: `takes` are the
/// kinds that it does, where anybody said. Kinds that the standard does not have are not asked.
fn taken_there(context: &Context, takes: &[String], good: GoodSet) -> Result<GoodSet, JudgedSet> {
    let kind = good.set.judgement.kind();
    let mut units = Edition::ALL.into_iter().flat_map(|edition| context.spec.units(edition));
    let unit = units.find(|unit| unit.id == kind);
    let Some(unit) = unit.filter(|_| !takes.is_empty() && !takes.contains(&kind)) else {
        return Ok(good);
    };
    // What is held are the files of the office, as they were.
    let GoodSet { set, files, .. } = good;
    let judgement = set.judgement.not_taken(&kind, &unit.name, takes);
    Err(JudgedSet { judgement, files })
}

/// Why the files are not even read.
fn refused(context: &Context, files: &[Seen]) -> Option<Judgement> {
    let limits = context.config().limits;
    beyond(&limits, files.iter().map(|file| (file.name(), file.stamp().size())))
}

/// Why files of these names and sizes are no send unit.
pub(super) fn beyond<'n>(
    limits: &Limits,
    files: impl ExactSizeIterator<Item = (&'n str, u64)>,
) -> Option<Judgement> {
    let most_files = usize::try_from(limits.unit_files).unwrap_or(usize::MAX);
    if files.len() > most_files {
        return Some(Judgement::too_many(most_files));
    }
    let (mut names, mut is_too_large) = (BTreeSet::new(), false);
    for (name, size) in files {
        if !names.insert(name.to_lowercase()) {
            return Some(Judgement::same_names());
        }
        is_too_large |= size > limits.file_size;
    }
    is_too_large.then(|| Judgement::file_too_large(limits.file_size))
}

fn not_claimed(unclaimed: Unclaimed, office: OfficeNumber, is_certain: bool) -> Verdict {
    let Unclaimed { error, left } = unclaimed;
    let left = left.map(|left| Taken { claim: Arc::from(left), is_certain });
    // A file that is missing was taken away again; a folder that is missing is another matter.
    let is_in_use = matches!(error.fault(), Fault::Locked | Fault::Changed)
        || (error.fault() == Fault::Missing && error.folder() == FolderRole::Drop);
    if is_in_use {
        tracing::debug!(code = error.code(), "a set is still in use");
        return left.map_or(Verdict::InUse, Verdict::Later);
    }
    let trouble = OutboundFault::from(error).trouble(office);
    match left {
        Some(left) => Verdict::Failed(left, trouble),
        None => Verdict::NotClaimed(trouble),
    }
}

/// Files as the rules take them.
pub(super) fn borrowed(files: &[ClaimedFile]) -> Vec<(&str, &[u8])> {
    files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect()
}
