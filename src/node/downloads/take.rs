//! Checks a set that was downloaded, and stores it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::groups::{Groups, Key, next_set};
use super::survey::{Found, Surveyor};
use super::{DownloadFolder, Fault, block};
use crate::config::Config;
use crate::folder::remove_copies;
use crate::node::context::Context;
use crate::node::folders::ImportFolders;
use crate::node::hold_copies::is_report;
use crate::node::judge::{self, Judgement};
use crate::node::placing::keep_copies;
use crate::node::wake::wake;
use crate::package::{
    Manifest, ManifestFault, ManifestFile, ManifestFormat, PackError, Party, pack_downloaded,
};
use crate::spec::Spec;
use crate::store::{
    CameBefore, CommitAnswer, Content, IncomingNote, IncomingRow, NewIncoming, UnitFile,
    UnitSummary,
};
use crate::transfer::{Incoming, IncomingEvent, IncomingState};
use crate::types::{
    CameBy, Digest, DigestBuilder, Edition, FileName, FileSerial, Lang, MessageId, OfficeNumber,
    ServiceType, code,
};

/// A downloaded set is nobody's to give up; the form asks for a time all the same.
const AFTERWARDS: SignedDuration = SignedDuration::from_hours(1);

/// Versions of one 連番 that one look takes.
const MOST_VERSIONS: usize = 16;

pub(super) struct Taker {
    context: Arc<Context>,
    folder: DownloadFolder,
    /// The sets with which everything is done, by the digests of their files.
    done: BTreeMap<Key, BTreeSet<Digest>>,
    /// Those that may lack files, and since when each is as it is.
    waits: BTreeMap<Key, (BTreeSet<Digest>, Duration)>,
    /// Those that are larger than a package may be.
    too_large: BTreeSet<Key>,
    /// Those that cannot be stored.
    not_stored: BTreeSet<Key>,
}

/// What there is to do with a set.
enum Step {
    /// It is stored, or was before.
    Done,
    /// It is left alone for now: its files changed while they were read, or it cannot be stored.
    Left,
    /// It waits for other files until then.
    Until(Duration),
}

/// Where a set stands that is stored.
#[derive(Clone, Copy)]
enum Stance {
    Ready,
    /// A person decides, for this code.
    Held(&'static str),
}

impl Taker {
    pub(super) fn new(context: &Arc<Context>, folder: &DownloadFolder) -> Self {
        let (context, folder) = (Arc::clone(context), folder.clone());
        Self {
            context,
            folder,
            done: BTreeMap::new(),
            waits: BTreeMap::new(),
            too_large: BTreeSet::new(),
            not_stored: BTreeSet::new(),
        }
    }

    /// Takes what is new among the files of a 連番; says when to look again, if it waits.
    pub(super) async fn take(
        &mut self,
        key: Key,
        files: &[Found],
        surveyor: &Surveyor,
        now: Duration,
    ) -> Result<Option<Duration>, Fault> {
        let digests: BTreeSet<Digest> = files.iter().map(|file| file.sha256).collect();
        if self.done.get(&key) == Some(&digests) {
            return Ok(None);
        }
        for _ in 0..MOST_VERSIONS {
            let before = self.came_before(key).await?;
            let is_known = |file: &Found| before.iter().any(|set| set.files.iter().any(same(file)));
            let Some(set) = next_set(files, is_known) else {
                self.done.insert(key, digests);
                self.waits.remove(&key);
                self.not_stored.remove(&key);
                self.too_large.remove(&key);
                return Ok(None);
            };
            match self.step(key, (&set, &before), surveyor, now).await? {
                Step::Done => {}
                Step::Left => return Ok(None),
                Step::Until(at) => return Ok(Some(at)),
            }
        }
        Ok(None)
    }

    /// Forgets what is not in the folder any more.
    pub(super) fn forget_all_but(&mut self, groups: &Groups) {
        self.done.retain(|key, _| groups.ours.contains_key(key));
        self.waits.retain(|key, _| groups.ours.contains_key(key));
        self.too_large.retain(|key| groups.ours.contains_key(key));
        self.not_stored.retain(|key| groups.ours.contains_key(key));
    }

    /// How many sets are larger than a package may be.
    pub(super) fn too_large(&self) -> usize {
        self.too_large.len()
    }

    /// The sets that cannot be stored.
    pub(super) const fn not_stored(&self) -> &BTreeSet<Key> {
        &self.not_stored
    }

    async fn came_before(&self, (serial, sender): Key) -> Result<Vec<CameBefore>, Fault> {
        Ok(self.context.store.came_before(self.folder.office, sender, serial).await?)
    }

    async fn step(
        &mut self,
        key: Key,
        (set, before): (&[&Found], &[CameBefore]),
        surveyor: &Surveyor,
        now: Duration,
    ) -> Result<Step, Fault> {
        let digests: BTreeSet<Digest> = set.iter().map(|file| file.sha256).collect();
        if let Some(until) = self.waits_until(key, &digests, now) {
            return Ok(Step::Until(until));
        }
        let limits = self.context.config().limits;
        let size: u64 = set.iter().map(|file| file.size).sum();
        let most_files = usize::try_from(limits.unit_files).unwrap_or(usize::MAX);
        let is_large = size > limits.package_size || set.len() > most_files;
        if is_large {
            self.too_large.insert(key);
            return Ok(Step::Left);
        }
        self.too_large.remove(&key);
        let Some(bytes) = surveyor.bytes(set, limits).await? else { return Ok(Step::Left) };
        let files: Vec<(String, Vec<u8>)> =
            set.iter().map(|file| file.written.clone()).zip(bytes).collect();
        let spec = self.context.spec;
        let (files, judgement) = {
            let _turn = self.context.judging.acquire().await;
            block(move || {
                let named: Vec<(&str, &[u8])> =
                    files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
                let judgement = judge::downloaded(spec, &named);
                (files, judgement)
            })
            .await?
        };
        let is_loose = set.iter().any(|file| file.label.is_none());
        if (judgement.is_incomplete() || (is_loose && may_grow(spec, &judgement.kind())))
            && let Some(until) = self.begins_to_wait(key, &digests, now)
        {
            return Ok(Step::Until(until));
        }
        let mut completed: Vec<CameBefore> = Vec::new();
        let stance = if judgement.is_incomplete() {
            Stance::Held(code::DOWNLOAD_INCOMPLETE)
        } else {
            completed.extend(before.iter().filter(|other| is_part_of(other, set)).cloned());
            let is_other = |other: &&CameBefore| {
                other.state != IncomingState::Rejected
                    && !completed.iter().any(|part| part.id == other.id)
            };
            if before.iter().any(|other| is_other(&other)) {
                Stance::Held(code::DOWNLOAD_DIFFERS)
            } else if judgement.has_errors() {
                Stance::Held(code::DOWNLOAD_HAS_ERRORS)
            } else {
                Stance::Ready
            }
        };
        let (office, sender, serial) = (self.folder.office, key.1, key.0);
        let at = self.context.now();
        let (config, lang) = (self.context.config(), self.context.lang());
        let named = Named { office, sender, serial, at };
        let (import, parts) = (Arc::clone(&self.folder.import), completed.clone());
        let made = block(move || {
            let new = make(named, &config, &files, &judgement, stance)?;
            for part in parts.iter().filter(|part| !part.folder.is_empty()) {
                let folder = import.hold.root().path().join(&part.folder);
                let copies = new.unit.files.iter();
                let copies = copies.map(|file| (file.name.as_str(), file.size, file.sha256));
                if let Err(error) = remove_copies(&folder, copies, is_report) {
                    tracing::warn!(code = error.code(), %error, "copies stay in the hold folder");
                }
            }
            Ok::<_, PackError>(match stance {
                Stance::Ready => new,
                Stance::Held(code) => keep(&import, new, &files, code, lang),
            })
        });
        let new = match made.await? {
            Ok(new) => new,
            Err(error) => {
                tracing::error!(%office, %sender, %serial, %error,
                    "a downloaded set cannot be stored; it is left alone");
                self.not_stored.insert(key);
                return Ok(Step::Left);
            }
        };
        self.not_stored.remove(&key);
        for part in completed {
            let note = IncomingNote::code(code::DOWNLOAD_COMPLETED);
            let event = IncomingEvent::Dismissed;
            self.context.store.incoming_event(sender, part.id, event, note, at).await?;
        }
        let (id, state) = (new.id, new.state.state());
        if self.context.store.commit(new, at).await? == CommitAnswer::New {
            tracing::info!(%id, %sender, %office, state = state.as_str(),
                "downloaded from the WEB service");
            wake(&self.context.wake.placing, &office);
        }
        Ok(Step::Done)
    }

    /// Until when a set still waits that began to.
    fn waits_until(&self, key: Key, digests: &BTreeSet<Digest>, now: Duration) -> Option<Duration> {
        let wait = self.context.config().timing.set_wait;
        let (of, since) = self.waits.get(&key)?;
        let until = since.saturating_add(Duration::try_from(wait).unwrap_or_default());
        (of == digests && until > now).then_some(until)
    }

    /// Has a set wait for other files, until then; nothing where it has waited.
    fn begins_to_wait(
        &mut self,
        key: Key,
        digests: &BTreeSet<Digest>,
        now: Duration,
    ) -> Option<Duration> {
        if self.waits.get(&key).is_some_and(|(of, _)| of == digests) {
            return None;
        }
        self.waits.insert(key, (digests.clone(), now));
        self.waits_until(key, digests, now)
    }
}

/// Whether a unit may have more files than those that it must have, or of one kind several: people download
/// files one by one.
fn may_grow(spec: &Spec, kind: &str) -> bool {
    let mut units = Edition::ALL.into_iter().flat_map(|edition| spec.units(edition));
    let unit = units.find(|unit| unit.id == kind);
    unit.is_none_or(|unit| unit.required.len() > 1 || !unit.optional.is_empty())
}

/// Whether a file that came is this very one.
fn same(file: &Found) -> impl Fn(&UnitFile) -> bool {
    move |came| came.name.eq_ignore_ascii_case(&file.written) && came.sha256 == file.sha256
}

/// Whether something that is held for its missing files is part of a set that has them.
fn is_part_of(held: &CameBefore, set: &[&Found]) -> bool {
    let is_there = |came: &UnitFile| set.iter().any(|file| same(file)(came));
    held.came_by == CameBy::Web
        && held.state == IncomingState::Held
        && held.detail == code::DOWNLOAD_INCOMPLETE
        && held.files.iter().all(is_there)
}

#[derive(Clone, Copy)]
struct Named {
    office: OfficeNumber,
    sender: OfficeNumber,
    serial: FileSerial,
    at: Timestamp,
}

/// The id of a set: the same files for the same office have the same one, however often they are
/// downloaded.
fn id_of(named: Named, files: &[(String, Vec<u8>)]) -> MessageId {
    let Named { office, sender, serial, .. } = named;
    let mut builder = DigestBuilder::new();
    for text in [office.as_str(), sender.as_str(), serial.as_str()] {
        builder.update(text.as_bytes());
    }
    for (name, bytes) in files {
        builder.update(name.to_ascii_uppercase().as_bytes());
        builder.update(Digest::of(bytes).as_raw());
    }
    let moment = serial.moment().and_then(|at| at.to_zoned(TimeZone::UTC).ok());
    let at = moment.map_or(Timestamp::UNIX_EPOCH, |at| at.timestamp());
    MessageId::of_contents(at.max(Timestamp::UNIX_EPOCH), builder.finish())
}

/// The set as the store takes it.
fn make(
    named: Named,
    config: &Config,
    files: &[(String, Vec<u8>)],
    judgement: &Judgement,
    stance: Stance,
) -> Result<NewIncoming, PackError> {
    let Named { office, sender, serial, at } = named;
    let described =
        (1..).zip(files).map(|(n, (name, bytes))| ManifestFile::describe(n, name, bytes));
    // Of files that cannot be read their names still tell it.
    let by_name = || Some(FileName::parse(&files.first()?.0).ok()?.edition());
    let manifest = Manifest {
        format: ManifestFormat::Download,
        message_id: id_of(named, files),
        sequence: 0,
        sender: party(sender, config),
        recipient: party(office, config),
        created_at: at,
        expires_at: at.checked_add(AFTERWARDS).unwrap_or(Timestamp::MAX),
        kind: judgement.kind(),
        edition: judgement.edition().or_else(by_name),
        months: judgement.months(),
        serial,
        set: None,
        supersedes: None,
        files: described.collect::<Result<_, ManifestFault>>()?,
    };
    let bytes: Vec<&[u8]> = files.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    let package = pack_downloaded(&manifest, &bytes)?;
    let (state, detail) = match stance {
        Stance::Ready => (Incoming::committed(at), String::new()),
        Stance::Held(code) => (Incoming::Held, code.to_owned()),
    };
    Ok(NewIncoming {
        id: manifest.message_id,
        sender,
        office,
        sequence: 0,
        serial,
        unit: UnitSummary {
            kind: manifest.kind.clone(),
            edition: manifest.edition,
            converted_from: None,
            quoted: None,
            months: manifest.months.clone(),
            files: judge::listed_files(&manifest.files),
            records: judgement.records(),
            findings: judgement.findings(),
        },
        state,
        detail,
        package_sha256: Digest::of(&package),
        manifest_sha256: Digest::of(&manifest.to_bytes()?),
        content: Content::Whole(package.into()),
        receipt: None,
        came_by: CameBy::Web,
        folder: String::new(),
    })
}

/// Puts copies of a set that a person decides about into the hold folder, as of every other one. Without
/// them it is in the store all the same.
fn keep(
    import: &ImportFolders,
    new: NewIncoming,
    files: &[(String, Vec<u8>)],
    code: &'static str,
    lang: Lang,
) -> NewIncoming {
    let row = IncomingRow {
        id: new.id,
        sender: new.sender,
        office: new.office,
        sequence: new.sequence,
        serial: new.serial,
        state: new.state,
        created_at: Timestamp::UNIX_EPOCH,
        package_sha256: new.package_sha256,
        manifest_sha256: new.manifest_sha256,
        came_by: new.came_by,
    };
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    match keep_copies(import, &row, &files, (code, Vec::new()), lang) {
        Ok(kept) => NewIncoming { folder: kept.folder.unwrap_or_default(), ..new },
        Err(error) => {
            tracing::warn!(id = %new.id, code = error.code(), %error,
                "held without copies in the hold folder");
            new
        }
    }
}

fn party(office: OfficeNumber, config: &Config) -> Party {
    let own = config.office(office).map(|it| &it.service_types);
    let peer = config.peer(office).map(|it| &it.service_types);
    let by_hand = config.by_hand(office).map(|it| &it.service_types);
    let service_types: Vec<ServiceType> = own.or(peer).or(by_hand).cloned().unwrap_or_default();
    Party { office, service_types, certificate: None }
}
