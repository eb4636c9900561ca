//! Looks after the drop folder of one office: finds send units, checks them, packs them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use super::context::{Context, blocking, stopped, wake};
use super::conversion::{self, KeptBack, OutboundSet};
use super::judge::{self, Judgement};
use super::start::DropFolders;
use crate::config::Peer;
use crate::folder::{
    Claim, ClaimedFile, Fault, FolderError, FolderRole, Odd, ScanLimits, Seen, Settler, Unclaimed,
    Watch,
};
use crate::package::{Manifest, ManifestFile, ManifestFormat, Party, pack};
use crate::store::{HeldRow, NewOutgoing, StoreError, UnitSummary};
use crate::types::{Digest, FileName, FileSerial, Lang, MessageId, OfficeNumber};

/// How long to wait after the disk or the store failed.
const FAULT_PAUSE: Duration = Duration::from_secs(5);

/// What the files of one send unit have in common; files whose names are not of the standard
/// stand alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum UnitKey {
    Unit { serial: FileSerial, sender: OfficeNumber, recipient: OfficeNumber },
    Stranger { name: String },
}

impl UnitKey {
    fn of(file: &Seen) -> Self {
        match file.parsed() {
            Ok(FileName { serial, sender, recipient, .. }) => {
                Self::Unit { serial, sender, recipient }
            }
            Err(_) => Self::Stranger { name: file.name().to_owned() },
        }
    }
}

/// A unit that waits for its other files.
struct Incomplete {
    since: Instant,
    names: Vec<String>,
}

/// What became of a unit.
enum Done {
    /// Packed or held: out of the drop folder.
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
            Self::Pack(_) => "pack-failed",
            Self::Internal => "internal",
        }
    }
}

struct Outbound {
    context: Arc<Context>,
    folders: Arc<DropFolders>,
    settler: Settler,
    started: Instant,
    incomplete: BTreeMap<UnitKey, Incomplete>,
    told: HashSet<Odd>,
    /// A claim could not be ended and lies in the work folder.
    left_over: bool,
}

pub(super) async fn run(
    context: Arc<Context>,
    folders: DropFolders,
    mut stopping: watch::Receiver<bool>,
) {
    let hint = Arc::new(Notify::new());
    let notify = Arc::clone(&hint);
    let (_watch, unwatched) =
        Watch::start([(FolderRole::Drop, folders.drop_path.as_path())], move || {
            notify.notify_one();
        });
    for error in unwatched {
        tracing::warn!(code = error.code(), %error, "changes show only at the next full scan");
    }
    let settle = Duration::try_from(context.config.timing.settle).unwrap_or_default();
    let interval = Duration::try_from(context.config.timing.scan_interval).unwrap_or(FAULT_PAUSE);
    let mut outbound = Outbound {
        context,
        folders: Arc::new(folders),
        settler: Settler::new(settle),
        started: Instant::now(),
        incomplete: BTreeMap::new(),
        told: HashSet::new(),
        left_over: false,
    };
    while !*stopping.borrow() {
        let sleep = match outbound.look(&stopping).await {
            Ok(next) => next.map_or(interval, |next| next.min(interval)),
            Err(fault) => {
                tracing::error!(code = fault.code(), %fault, "the drop folder waits");
                FAULT_PAUSE
            }
        };
        tokio::select! {
            () = stopped(&mut stopping) => break,
            () = hint.notified() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

impl Outbound {
    /// One look into the drop folder; says when the next can bring something new.
    async fn look(
        &mut self,
        stopping: &watch::Receiver<bool>,
    ) -> Result<Option<Duration>, OutboundFault> {
        self.end_left_over().await?;
        let limits = ScanLimits {
            files: usize::try_from(self.context.config.limits.unit_files).unwrap_or(1).max(1_000),
            file_size: self.context.config.limits.file_size,
        };
        let folders = Arc::clone(&self.folders);
        let began = self.started.elapsed();
        let scan =
            blocking(move || folders.drop.scan(&limits)).await.ok_or(OutboundFault::Internal)??;
        self.tell_odd(&scan.odd);
        let mut units: BTreeMap<UnitKey, BTreeSet<String>> = BTreeMap::new();
        for file in &scan.files {
            units.entry(UnitKey::of(file)).or_default().insert(file.name().to_owned());
        }
        self.incomplete.retain(|key, _| units.contains_key(key));

        let settled = self.settler.on_scan(scan, began);
        let mut next = settled.next.map(|at| at.saturating_sub(began));
        let mut ready: BTreeMap<UnitKey, Vec<Seen>> = BTreeMap::new();
        for file in settled.files {
            ready.entry(UnitKey::of(&file)).or_default().push(file);
        }
        // In ascending 連番: that is the order of the keys, and of the sequence numbers.
        for (key, files) in ready {
            if *stopping.borrow() {
                break;
            }
            let whole = units.get(&key).is_some_and(|all| all.len() == files.len());
            if !whole || self.still_waits(&key, &files) {
                continue;
            }
            match self.unit(&key, &files).await {
                // What is wrong with the files of one unit keeps no other back.
                Err(OutboundFault::Folder(error)) => {
                    tracing::warn!(office = %self.folders.office, code = error.code(), %error,
                        "a set cannot be taken; it is tried again");
                    next = Some(FAULT_PAUSE.min(next.unwrap_or(FAULT_PAUSE)));
                }
                Err(fault) => return Err(fault),
                Ok(Done::Gone) => {
                    self.incomplete.remove(&key);
                }
                Ok(Done::Incomplete) => {
                    let names = files.iter().map(|file| file.name().to_owned()).collect();
                    let known = self.incomplete.remove(&key);
                    if let (None, UnitKey::Unit { serial, .. }) = (&known, &key) {
                        tracing::info!(office = %self.folders.office, %serial,
                            "a set waits for its other files");
                    }
                    let since = known.map_or_else(Instant::now, |known| known.since);
                    self.incomplete.insert(key, Incomplete { since, names });
                }
                Ok(Done::Later) => next = Some(FAULT_PAUSE.min(next.unwrap_or(FAULT_PAUSE))),
            }
        }
        let set_wait = self.set_wait();
        let patience = self.incomplete.values().map(|unit| {
            set_wait.saturating_sub(unit.since.elapsed()).max(Duration::from_millis(10))
        });
        Ok(patience.chain(next).min())
    }

    fn set_wait(&self) -> Duration {
        Duration::try_from(self.context.config.timing.set_wait).unwrap_or_default()
    }

    /// Whether the unit was found incomplete, nothing has come since, and its time is not over.
    fn still_waits(&self, key: &UnitKey, files: &[Seen]) -> bool {
        self.incomplete.get(key).is_some_and(|unit| {
            unit.since.elapsed() < self.set_wait()
                && unit.names.iter().map(String::as_str).eq(files.iter().map(Seen::name))
        })
    }

    fn patience_is_over(&self, key: &UnitKey) -> bool {
        let set_wait = self.set_wait();
        set_wait.is_zero()
            || self.incomplete.get(key).is_some_and(|unit| unit.since.elapsed() >= set_wait)
    }

    /// Claims a unit whose files stand still, and packs it or holds it.
    async fn unit(&mut self, key: &UnitKey, files: &[Seen]) -> Result<Done, OutboundFault> {
        let now = self.context.now();
        let id = MessageId::new(now);
        let (folders, seen) = (Arc::clone(&self.folders), files.to_vec());
        let claimed = blocking(move || folders.drop.claim(id, &seen)).await;
        let claim = match claimed.ok_or(OutboundFault::Internal)? {
            Ok(claim) => Arc::new(claim),
            Err(unclaimed) => return self.unclaimed(unclaimed).await,
        };
        let final_word = self.patience_is_over(key);
        let done = self.claimed(key, &claim, final_word, now).await;
        if matches!(done, Ok(Done::Gone)) {
            return done;
        }
        self.release(claim).await?;
        done
    }

    async fn unclaimed(&mut self, unclaimed: Unclaimed) -> Result<Done, OutboundFault> {
        let error = unclaimed.error;
        if let Some(left) = unclaimed.left {
            self.release(Arc::from(left)).await?;
        }
        if matches!(error.fault(), Fault::Locked | Fault::Changed | Fault::Missing) {
            tracing::debug!(code = error.code(), "a set is still in use");
            return Ok(Done::Later);
        }
        Err(error.into())
    }

    async fn release(&mut self, claim: Arc<Claim>) -> Result<(), OutboundFault> {
        let (folders, lang) = (Arc::clone(&self.folders), self.context.lang());
        let released = blocking(move || release(&folders, &claim, lang)).await;
        self.left_over |= !matches!(released, Some(Ok(())));
        released.ok_or(OutboundFault::Internal)?.map_err(OutboundFault::Folder)
    }

    /// Ends the claims that could not be ended before; between two looks none is in hand.
    async fn end_left_over(&mut self) -> Result<(), OutboundFault> {
        if !self.left_over {
            return Ok(());
        }
        let folders = Arc::clone(&self.folders);
        let claims = blocking(move || folders.drop.unfinished()).await;
        for claim in claims.ok_or(OutboundFault::Internal)?? {
            let packed = self.context.store.is_packed(claim.id()).await?;
            let (folders, lang) = (Arc::clone(&self.folders), self.context.lang());
            blocking(move || end_claim(&folders, &claim, packed, lang))
                .await
                .ok_or(OutboundFault::Internal)??;
        }
        self.left_over = false;
        Ok(())
    }

    async fn claimed(
        &mut self,
        key: &UnitKey,
        claim: &Arc<Claim>,
        final_word: bool,
        now: Timestamp,
    ) -> Result<Done, OutboundFault> {
        let limit = self.context.config.limits.package_size;
        let (reader, context) = (Arc::clone(claim), Arc::clone(&self.context));
        let read = blocking(move || {
            let files = reader.read_all(limit)?;
            let judgement = judge::files(context.spec, &borrowed(&files));
            Ok::<_, FolderError>((files, judgement))
        })
        .await
        .ok_or(OutboundFault::Internal)?;
        let (files, judgement) = match read {
            Ok(read) => read,
            Err(error) if matches!(error.fault(), Fault::Changed | Fault::Locked) => {
                return Ok(Done::Later);
            }
            Err(error) if matches!(error.fault(), Fault::TooLarge { .. }) => {
                let judgement = Judgement::too_large(limit);
                self.hold(key, claim, &judgement, &[], now).await?;
                return Ok(Done::Gone);
            }
            Err(error) => return Err(error.into()),
        };
        if judgement.is_incomplete() && !final_word {
            return Ok(Done::Incomplete);
        }
        let judgement = match key {
            UnitKey::Unit { serial, sender, recipient } if !judgement.has_errors() => {
                match self.partner(*sender, *recipient, judgement) {
                    Ok((peer, judgement)) => {
                        let fitting = self.in_edition_of(peer, files, judgement).await?;
                        match fitting {
                            Ok(set) => {
                                self.pack((*serial, peer), claim, set, now).await?;
                                self.let_go(claim).await;
                                return Ok(Done::Gone);
                            }
                            Err(kept_back) => {
                                let (files, judgement) = *kept_back;
                                self.hold(key, claim, &judgement, &files, now).await?;
                                return Ok(Done::Gone);
                            }
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
        files: Vec<ClaimedFile>,
        judgement: Judgement,
    ) -> Result<Result<OutboundSet, KeptBack>, OutboundFault> {
        let wanted = peer.edition.filter(|wanted| judgement.edition() != Some(*wanted));
        let Some(wanted) = wanted else {
            return Ok(Ok(OutboundSet { files, judgement, converted_from: None }));
        };
        let (context, partner) = (Arc::clone(&self.context), peer.office);
        blocking(move || conversion::convert(&context, partner, files, judgement, wanted))
            .await
            .ok_or(OutboundFault::Internal)
    }

    /// Makes the unit a durable package; only then may its files be let go.
    async fn pack(
        &self,
        (serial, peer): (FileSerial, &Peer),
        claim: &Arc<Claim>,
        OutboundSet { files, judgement, converted_from }: OutboundSet,
        now: Timestamp,
    ) -> Result<(), OutboundFault> {
        let context = &self.context;
        let (office, partner) = (self.folders.office, peer.office);
        let sequence = context.store.next_sequence(office, partner).await?;
        let expires_at = now.checked_add(context.config.timing.expiry).unwrap_or(Timestamp::MAX);
        let own = context.config.office(office);
        let proof = context.proof();
        let signer = proof.signer(office).ok_or(OutboundFault::Internal)?;
        let manifest = Manifest {
            format: ManifestFormat::V1,
            message_id: claim.id(),
            sequence,
            sender: Party {
                office,
                service_types: own.map(|own| own.service_types.clone()).unwrap_or_default(),
                certificate: Some(signer.certificate_sha256()),
            },
            recipient: Party {
                office: partner,
                service_types: peer.service_types.clone(),
                certificate: peer.signing_certificates.first().copied(),
            },
            created_at: now,
            expires_at,
            kind: judgement.kind(),
            edition: judgement.edition().ok_or(OutboundFault::Internal)?,
            months: judgement.months(),
            serial,
            supersedes: None,
            files: Vec::new(),
        };
        let unit = UnitSummary {
            kind: manifest.kind.clone(),
            edition: Some(manifest.edition),
            converted_from,
            months: manifest.months.clone(),
            files: judge::unit_files(&borrowed(&files)),
            records: judgement.records(),
            findings: judgement.findings(),
        };
        let signer = Arc::clone(signer);
        let (package, manifest_sha256) = blocking(move || {
            let listed = (1..)
                .zip(&files)
                .map(|(n, file)| ManifestFile::describe(n, &file.name, &file.bytes))
                .collect::<Result<_, _>>()
                .map_err(crate::package::PackError::from)?;
            let manifest = Manifest { files: listed, ..manifest };
            let digest = Digest::of(&manifest.to_bytes().map_err(crate::package::PackError::from)?);
            let bytes: Vec<&[u8]> = files.iter().map(|file| file.bytes.as_slice()).collect();
            Ok::<_, crate::package::PackError>((pack(&manifest, &bytes, &signer, now)?, digest))
        })
        .await
        .ok_or(OutboundFault::Internal)??;
        let id = claim.id();
        let new = NewOutgoing {
            id,
            office,
            partner,
            sequence,
            serial,
            unit,
            expires_at,
            package_sha256: Digest::of(&package),
            manifest_sha256,
            package: package.into(),
        };
        context.store.pack(new, now).await?;
        wake(&context.wake.dispatch, &(office, partner));
        tracing::info!(%id, %office, %partner, %serial, sequence, "packed");
        Ok(())
    }

    /// Lets the files of a durable package go. The store knows the claim, so that what fails here
    /// is done with the next look or the next start.
    async fn let_go(&mut self, claim: &Arc<Claim>) {
        let (folders, id) = (Arc::clone(&self.folders), claim.id());
        let claim = Arc::clone(claim);
        let gone = blocking(move || let_go(&folders, &claim)).await;
        self.left_over |= !matches!(gone, Some(Ok(())));
        if let Some(Err(error)) = gone {
            tracing::warn!(%id, code = error.code(), %error, "a sent set stays in work");
        }
    }

    /// Puts the unit into the hold folder with its report.
    async fn hold(
        &self,
        key: &UnitKey,
        claim: &Arc<Claim>,
        judgement: &Judgement,
        files: &[ClaimedFile],
        now: Timestamp,
    ) -> Result<(), OutboundFault> {
        let (unit, partner, serial) = match key {
            UnitKey::Unit { serial, sender, recipient } => {
                (judge::unit_name(*serial, *sender, *recipient), Some(*recipient), Some(*serial))
            }
            UnitKey::Stranger { .. } => (judge::stranger_name(now), None, None),
        };
        let held = HeldRow {
            at: now,
            office: self.folders.office,
            partner,
            serial,
            unit: UnitSummary {
                kind: judgement.kind(),
                edition: judgement.edition(),
                converted_from: None,
                months: judgement.months(),
                // The name of a stranger may be that of a person.
                files: if serial.is_some() {
                    judge::unit_files(&borrowed(files))
                } else {
                    Vec::new()
                },
                records: judgement.records(),
                findings: judgement.findings(),
            },
            reason: judgement.codes(),
            folder: unit.clone(),
        };
        tracing::warn!(office = %self.folders.office, unit, reason = held.reason, "held");
        self.context.store.hold(held).await?;
        let notes = judgement.reports(self.context.lang());
        let (folders, claim) = (Arc::clone(&self.folders), Arc::clone(claim));
        blocking(move || {
            let notes: Vec<(&str, &[u8])> =
                notes.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
            claim.move_to(&folders.hold, &unit, &notes).map(|_| ())
        })
        .await
        .ok_or(OutboundFault::Internal)??;
        Ok(())
    }

    /// Tells of each entry that is left alone once.
    fn tell_odd(&mut self, odd: &[Odd]) {
        self.told.retain(|told| odd.contains(told));
        for entry in odd {
            if self.told.insert(entry.clone()) {
                tracing::warn!(
                    office = %self.folders.office,
                    name = %entry.name().text(Lang::En),
                    reason = entry.reason().text(Lang::En),
                    "an entry in the drop folder is left alone"
                );
            }
        }
    }
}

fn borrowed(files: &[ClaimedFile]) -> Vec<(&str, &[u8])> {
    files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect()
}

/// Gives a claim back to the drop folder.
fn release(folders: &DropFolders, claim: &Claim, lang: Lang) -> Result<(), FolderError> {
    let unit = format!("{}-returned", claim.id());
    let note = judge::returned_note(lang);
    claim.release(&folders.hold, &unit, &[("report.txt", note.as_bytes())]).map(|_| ())
}

/// Ends a claim that was left in the work folder.
pub(super) fn end_claim(
    folders: &DropFolders,
    claim: &Claim,
    packed: bool,
    lang: Lang,
) -> Result<(), FolderError> {
    if packed { let_go(folders, claim) } else { release(folders, claim, lang) }
}

/// Lets the files of a durable package go: deletes them, or keeps the copy that was asked for.
fn let_go(folders: &DropFolders, claim: &Claim) -> Result<(), FolderError> {
    match &folders.sent {
        Some(sent) => claim.move_to(sent, &claim.id().to_string(), &[]).map(|_| ()),
        None => claim.finish(),
    }
}
