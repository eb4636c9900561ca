//! One look into the drop folder: which units are taken now, and which wait for what.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::clock::local_time;
use super::super::context::blocking;
use super::super::supervise::Beat;
use super::{FAULT_PAUSE, Incomplete, Line, Outbound, OutboundFault, Ready, SOON, UnitKey};
use crate::folder::{ScanLimits, Seen, Writing};
use crate::types::{Clock, Instant, code};
use crate::work::watch;

impl Outbound {
    /// One look into the drop folder; says when the next can bring something new.
    pub(super) async fn look(
        &mut self,
        beat: &Beat,
        stopping: &watch::Receiver<bool>,
    ) -> Result<Option<Duration>, OutboundFault> {
        beat.works("looking into the drop folder");
        // Until the end is reached without a fault.
        self.in_vain = true;
        self.context.store.check()?;
        self.mend_work().await?;
        self.end_left_over().await?;
        self.end_rested().await?;
        if !self.may_pack() {
            self.in_vain = self.left_over;
            return Ok(Some(FAULT_PAUSE));
        }
        let limits = ScanLimits { files: self.most_files().saturating_add(1).max(1_000) };
        let (folders, waiting) = (Arc::clone(&self.folders), Arc::new(self.aside.waiting()));
        let began = self.started.elapsed();
        let aside = Arc::clone(&waiting);
        let scan = blocking(move || {
            let is_aside = |name: &str| !aside.is_empty() && aside.contains(&UnitKey::of(name));
            folders.drop.scan_but(&limits, is_aside)
        });
        let mut scan = scan.await.ok_or(OutboundFault::Internal)??;
        self.in_vain = self.left_over;
        let (odd, more) = (std::mem::take(&mut scan.odd), scan.more);
        // The number of files; none for those that are set aside.
        let mut units: BTreeMap<UnitKey, usize> =
            waiting.iter().map(|key| (key.clone(), 0)).collect();
        for file in &scan.files {
            *units.entry(UnitKey::of(file.name())).or_default() += 1;
        }
        self.incomplete.retain(|key, _| units.contains_key(key));
        self.seen.retain(|key, _| units.contains_key(key));
        self.aside.retain(|key| more || units.contains_key(key));

        let settled = self.settler.on_scan(scan, began);
        let next = settled.next.map(|at| at.saturating_sub(began));
        let mut ready: BTreeMap<UnitKey, Vec<Seen>> = BTreeMap::new();
        for file in settled.files {
            ready.entry(UnitKey::of(file.name())).or_default().push(file);
        }
        let writing = self.writing(&ready, began).await?;
        let mut line = Line { held_up: BTreeMap::new(), next };
        let (mut admitted, mut in_hand) = (Vec::new(), Vec::new());
        // In ascending 連番: that is the order of the keys, and of the sequence numbers.
        for (key, all) in units {
            let seen = *self.seen.entry(key.clone()).or_insert_with(Clock::running);
            let files = ready.remove(&key).unwrap_or_default();
            if line.holds_up(&key) {
                continue;
            }
            let is_ready = all > 0 && files.len() == all;
            let wait = match writing.get(&key) {
                Some((Writing::InHand, _)) => {
                    if seen.elapsed() >= self.longest_wait() {
                        in_hand.push(key.clone());
                    }
                    true
                }
                // It has to stand still for longer.
                Some((Writing::Unknown, left)) if !left.is_zero() => {
                    line.wake_in(*left);
                    true
                }
                Some(_) | None => false,
            };
            if is_ready && !wait && self.may_be_filled(&key, &files) {
                self.remember_incomplete(&key, &files);
            }
            if !is_ready || wait || self.still_waits(&key, &files) {
                self.stays(&key, seen, &mut line);
            } else {
                let is_certain = !matches!(writing.get(&key), Some((Writing::Unknown, _)));
                admitted.push(Ready { key, files, seen, is_certain });
            }
        }
        if !admitted.is_empty() {
            self.take_all(admitted, &mut line, beat, stopping).await?;
        }
        self.stays.tell(&self.context, &odd, &self.aside, &in_hand);
        // More files are seen as soon as those that cannot be taken are set aside.
        let next = if more && self.aside.waiting() != *waiting { Some(SOON) } else { line.next };
        let set_wait = self.set_wait();
        // One whose time is over for long waits for something else.
        let patience = self.incomplete.values().map(|unit| unit.since.elapsed());
        let patience = patience
            .filter(|waited| waited.saturating_sub(set_wait) < FAULT_PAUSE)
            .map(|waited| set_wait.saturating_sub(waited).max(SOON));
        let rest = self.settle_unknown();
        let rested = self.resting.iter().map(|(_, since)| rest.saturating_sub(since.elapsed()));
        Ok(patience.chain(rested).chain(self.aside.next()).chain(next).min())
    }

    /// Whether packages can be made: the certificate of the office is valid and the clock is right.
    /// If not, the files stay in the drop folder.
    fn may_pack(&self) -> bool {
        const WAITS: &str = code::PACKING_WAITS;
        let (context, office) = (&self.context, self.folders.office);
        let (about, now) = (format!("office {office} drop"), context.now());
        if context.time.believes(now) && context.proof().usable_signer(office, now).is_ok() {
            context.notices.clear(WAITS, &about);
            return true;
        }
        let clock = local_time(now);
        let ja = format!(
            "事業所 {office} の署名用証明書が有効でないか、パソコンの時計が疑わしいため、ファイルを送信用フォルダーに置いたまま待っています。証明書と時計（今は {clock}）を確かめてください。直ると自動で再開します。"
        );
        let en = format!(
            "the signing certificate of the office {office} is not valid, or the clock is in doubt, so files stay in the drop folder; check the certificate and the clock (it shows {clock}), it goes on by itself"
        );
        context.notices.raise(WAITS, about, (ja, en), now);
        false
    }

    /// What is known of the writers of the units that stand still, and for how long each must go on
    /// standing still if nothing is.
    async fn writing(
        &self,
        ready: &BTreeMap<UnitKey, Vec<Seen>>,
        now: Duration,
    ) -> Result<BTreeMap<UnitKey, (Writing, Duration)>, OutboundFault> {
        let files: Vec<Seen> = ready.values().flatten().cloned().collect();
        let (writers, asked) = (Arc::clone(&self.writers), files.clone());
        let known = blocking(move || writers.of(&asked)).await.ok_or(OutboundFault::Internal)?;
        let mut units: BTreeMap<UnitKey, (Writing, Duration)> = BTreeMap::new();
        for (file, writing) in files.iter().zip(known) {
            let left = self.settle_unknown().saturating_sub(self.settler.still_for(file, now));
            let unit = units.entry(UnitKey::of(file.name()));
            let (worst, longest) = unit.or_insert((Writing::Done, Duration::ZERO));
            match (*worst, writing) {
                (Writing::InHand, _) | (_, Writing::Done) => {}
                (_, Writing::InHand) => *worst = Writing::InHand,
                (_, Writing::Unknown) => {
                    *worst = Writing::Unknown;
                    *longest = left.max(*longest);
                }
            }
        }
        Ok(units)
    }

    /// Whether a file of the unit is empty, so that it may still be written, and its time is not
    /// over.
    fn may_be_filled(&self, key: &UnitKey, files: &[Seen]) -> bool {
        files.iter().any(|file| file.stamp().size() == 0) && !self.patience_is_over(key)
    }

    /// Ends the claims that rested for as long as a file must stand still of whose writers nothing is
    /// known: whoever wrote to them meanwhile is noticed.
    async fn end_rested(&mut self) -> Result<(), OutboundFault> {
        let rest = self.settle_unknown();
        let (rested, resting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.resting)
            .into_iter()
            .partition(|(_, since)| since.elapsed() >= rest);
        self.resting = resting;
        for (claim, _) in rested {
            self.let_go(&claim).await?;
        }
        Ok(())
    }

    /// The unit is still in the drop folder. Its successors wait, but no longer than for a unit whose
    /// files never come.
    pub(super) fn stays(&self, key: &UnitKey, seen: Instant, line: &mut Line) {
        let failing = self.aside.contains(key).then(|| self.aside.failing_since(key)).flatten();
        if failing.unwrap_or(seen).elapsed() < self.longest_wait() {
            line.hold_up(key);
        }
    }

    pub(super) fn remember_incomplete(&mut self, key: &UnitKey, files: &[Seen]) {
        let known = self.incomplete.remove(key);
        if let (None, UnitKey::Unit { serial, .. }) = (&known, key) {
            tracing::info!(office = %self.folders.office, %serial,
                "a set waits for its other files");
        }
        let since = known.map_or_else(Clock::running, |known| known.since);
        self.incomplete.insert(key.clone(), Incomplete { since, files: files.to_vec() });
    }

    fn most_files(&self) -> usize {
        usize::try_from(self.context.config.limits.unit_files).unwrap_or(usize::MAX)
    }

    /// How long a unit may be in the drop folder in the ordinary course of things.
    fn longest_wait(&self) -> Duration {
        let timing = &self.context.config.timing;
        [timing.set_wait, timing.settle.max(timing.settle_unknown), timing.scan_interval]
            .into_iter()
            .filter_map(|time| Duration::try_from(time).ok())
            .fold(Duration::ZERO, Duration::saturating_add)
    }

    fn settle_unknown(&self) -> Duration {
        let timing = &self.context.config.timing;
        let longer = timing.settle_unknown.max(timing.settle);
        Duration::try_from(longer).unwrap_or_default()
    }

    fn set_wait(&self) -> Duration {
        Duration::try_from(self.context.config.timing.set_wait).unwrap_or_default()
    }

    /// Whether the unit was found incomplete, nothing has come since, and its time is not over.
    fn still_waits(&self, key: &UnitKey, files: &[Seen]) -> bool {
        self.incomplete
            .get(key)
            .is_some_and(|unit| unit.since.elapsed() < self.set_wait() && unit.files == files)
    }

    pub(super) fn patience_is_over(&self, key: &UnitKey) -> bool {
        let set_wait = self.set_wait();
        set_wait.is_zero()
            || self.incomplete.get(key).is_some_and(|unit| unit.since.elapsed() >= set_wait)
    }
}
