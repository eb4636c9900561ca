//! Checks a set that was downloaded, and stores it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::groups::{Groups, Key, next_set};
use super::made::{Named, Stance, id_of, make, row_of};
use super::survey::{Found, Surveyor};
use super::{DownloadFolder, Fault, block};
use crate::folder::remove_copies;
use crate::node::context::Context;
use crate::node::folders::ImportFolders;
use crate::node::hold_copies::is_report;
use crate::node::judge::{self, Judgement};
use crate::node::placing::keep_copies;
use crate::node::wake::wake;
use crate::spec::Spec;
use crate::store::{CameBefore, CommitAnswer, IncomingRow, UnitFile};
use crate::transfer::IncomingState;
use crate::types::{CameBy, Digest, Edition, Lang, MessageId, code};

/// Versions of one 連番 that one look takes.
const MOST_VERSIONS: usize = 16;

pub(super) struct Taker {
    context: Arc<Context>,
    folder: DownloadFolder,
    /// The sets with which everything is done.
    done: BTreeMap<Key, Contents>,
    /// Those that may lack files, and since when each is as it is.
    waits: BTreeMap<Key, (Contents, Duration)>,
    /// Those that are larger than a package may be.
    too_large: BTreeSet<Key>,
    /// Those that cannot be stored, and what they were.
    not_stored: BTreeMap<Key, Contents>,
}

/// The name of a file and its bytes.
type NamedBytes = (String, Vec<u8>);

/// What tells files of a 連番 from others: their names and digests.
type Contents = BTreeSet<(String, Digest)>;

fn contents<'f>(files: impl IntoIterator<Item = &'f Found>) -> Contents {
    let files = files.into_iter();
    files.map(|file| (file.written.to_ascii_uppercase(), file.sha256)).collect()
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

impl Taker {
    pub(super) fn new(context: &Arc<Context>, folder: &DownloadFolder) -> Self {
        let (context, folder) = (Arc::clone(context), folder.clone());
        Self {
            context,
            folder,
            done: BTreeMap::new(),
            waits: BTreeMap::new(),
            too_large: BTreeSet::new(),
            not_stored: BTreeMap::new(),
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
        let all = contents(files);
        if self.done.get(&key) == Some(&all) {
            return Ok(None);
        }
        for _ in 0..MOST_VERSIONS {
            let before = self.came_before(key).await?;
            let is_known = |file: &Found| before.iter().any(|set| set.files.iter().any(same(file)));
            let Some(set) = next_set(files, is_known) else {
                self.done.insert(key, all);
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
        self.not_stored.retain(|key, _| groups.ours.contains_key(key));
    }

    /// How many sets are larger than a package may be.
    pub(super) fn too_large(&self) -> usize {
        self.too_large.len()
    }

    /// The sets that cannot be stored.
    pub(super) fn not_stored(&self) -> impl ExactSizeIterator<Item = &Key> {
        self.not_stored.keys()
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
        let contents = contents(set.iter().copied());
        if let Some(until) = self.waits_until(key, &contents, now) {
            return Ok(Step::Until(until));
        }
        if self.not_stored.get(&key) == Some(&contents) {
            return Ok(Step::Left);
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
        let files: Vec<NamedBytes> =
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
            && let Some(until) = self.begins_to_wait(key, &contents, now)
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
        if self.store(key, (files, judgement), stance, completed).await? {
            self.not_stored.remove(&key);
            return Ok(Step::Done);
        }
        self.not_stored.insert(key, contents);
        Ok(Step::Left)
    }

    /// Stores a set, and gives up what is held of it for its missing files: whether it could be stored.
    async fn store(
        &self,
        (serial, sender): Key,
        (files, judgement): (Vec<NamedBytes>, Judgement),
        stance: Stance,
        completed: Vec<CameBefore>,
    ) -> Result<bool, Fault> {
        let office = self.folder.office;
        let at = self.context.now();
        let config = self.context.config();
        let named = Named { office, sender, serial, at };
        // Something else may have the id that follows from the contents: a sender can know it before.
        let ids = [id_of(named, &files), MessageId::new(at)];
        let (files, judgement) = (Arc::new(files), Arc::new(judgement));
        for id in ids {
            let (config, files, judgement) =
                (Arc::clone(&config), Arc::clone(&files), Arc::clone(&judgement));
            let shared = Arc::clone(&files);
            let made =
                block(move || make(id, named, &config, (&shared, &judgement), stance)).await?;
            let new = match made {
                Ok(new) => new,
                Err(error) => {
                    tracing::error!(%office, %sender, %serial, %error,
                        "a downloaded set cannot be stored; it is left alone");
                    return Ok(false);
                }
            };
            let state = new.state.state();
            let (row, stored_as) = (row_of(&new), new.unit.files.clone());
            let parts = completed.iter().map(|part| part.id).collect();
            match self.context.store.commit_download(new, parts, at).await? {
                CommitAnswer::New => {
                    tracing::info!(%id, %sender, %office, state = state.as_str(),
                        "downloaded from the WEB service");
                    wake(&self.context.wake.placing, &office);
                    self.copies(row, (files, stored_as), stance, completed).await?;
                    return Ok(true);
                }
                CommitAnswer::Repeat(_) | CommitAnswer::Different => {
                    tracing::warn!(%id, %office, %sender, %serial,
                        "something else has the id of a downloaded set");
                }
            }
        }
        Ok(false)
    }

    /// Puts copies of a stored set into the hold folder, where a person decides about it, and removes
    /// those of its parts. Without them it is in the store all the same.
    async fn copies(
        &self,
        row: IncomingRow,
        (files, stored_as): (Arc<Vec<NamedBytes>>, Vec<UnitFile>),
        stance: Stance,
        completed: Vec<CameBefore>,
    ) -> Result<(), Fault> {
        let (import, lang) = (Arc::clone(&self.folder.import), self.context.lang());
        let (id, sender, hold) = (row.id, row.sender, Arc::clone(&import));
        let kept = block(move || {
            for part in completed.iter().filter(|part| !part.folder.is_empty()) {
                remove(&hold, &part.folder, &part.files);
            }
            let Stance::Held(code) = stance else { return None };
            keep(&hold, &row, &files, code, lang)
        });
        let Some(folder) = kept.await? else { return Ok(()) };
        if self.context.store.has_copies(sender, id, folder.clone()).await? {
            return Ok(());
        }
        // A person has decided meanwhile.
        block(move || remove(&import, &folder, &stored_as)).await
    }

    /// Until when a set still waits that began to.
    fn waits_until(&self, key: Key, contents: &Contents, now: Duration) -> Option<Duration> {
        let wait = self.context.config().timing.set_wait;
        let (of, since) = self.waits.get(&key)?;
        let until = since.saturating_add(Duration::try_from(wait).unwrap_or_default());
        (of == contents && until > now).then_some(until)
    }

    /// Has a set wait for other files, until then; nothing where it has waited.
    fn begins_to_wait(&mut self, key: Key, contents: &Contents, now: Duration) -> Option<Duration> {
        if self.waits.get(&key).is_some_and(|(of, _)| of == contents) {
            return None;
        }
        self.waits.insert(key, (contents.clone(), now));
        self.waits_until(key, contents, now)
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

/// Puts copies of a set that a person decides about into the hold folder, as of every other one; says
/// where they lie.
fn keep(
    import: &ImportFolders,
    row: &IncomingRow,
    files: &[NamedBytes],
    code: &'static str,
    lang: Lang,
) -> Option<String> {
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    match keep_copies(import, row, &files, (code, Vec::new()), lang) {
        Ok(kept) => kept.folder,
        Err(error) => {
            tracing::warn!(id = %row.id, code = error.code(), %error,
                "held without copies in the hold folder");
            None
        }
    }
}

/// Removes copies of a set about which nobody decides any more.
fn remove(import: &ImportFolders, folder: &str, files: &[UnitFile]) {
    let folder = import.hold.root().path().join(folder);
    let copies = files.iter().map(|file| (file.name.as_str(), file.size, file.sha256));
    if let Err(error) = remove_copies(&folder, copies, is_report) {
        tracing::warn!(code = error.code(), %error, "copies stay in the hold folder");
    }
}
