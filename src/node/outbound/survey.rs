//! One look into the drop folder, as the machine takes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::super::context::blocking;
use super::super::folders::DropFolders;
use super::fault::OutboundFault;
use super::key::UnitKey;
use super::machine::{Found, Look, Stance};
use super::take::OnDisk;
use crate::folder::{Odd, ScanLimits, Seen, Settler, Writers, Writing};

/// Units above this size in bytes are claimed and packed alone.
const SMALL: u64 = 512 << 10;

/// Looks into the drop folder of one office.
pub(super) struct Surveyor {
    folders: Arc<DropFolders>,
    settler: Settler,
    writers: Arc<Writers>,
    /// How long a file must stand still of whose writers nothing is known.
    settle_unknown: Duration,
    limits: ScanLimits,
}

impl Surveyor {
    pub(super) const fn new(
        folders: Arc<DropFolders>,
        writers: Arc<Writers>,
        settler: Settler,
        settle_unknown: Duration,
        limits: ScanLimits,
    ) -> Self {
        Self { folders, settler, writers, settle_unknown, limits }
    }

    /// What lies there without the units that are set aside, and what is no file to take.
    pub(super) async fn look(
        &mut self,
        set_aside: BTreeSet<UnitKey>,
        now: Duration,
    ) -> Result<(Look<OnDisk>, Vec<Odd>), OutboundFault> {
        let (folders, limits) = (Arc::clone(&self.folders), self.limits);
        let aside = set_aside.clone();
        let scan = blocking(move || {
            let is_aside = |name: &str| !aside.is_empty() && aside.contains(&UnitKey::of(name));
            folders.drop.scan_but(&limits, is_aside)
        });
        let mut scan = scan.await.ok_or(OutboundFault::Internal)??;
        let (odd, more) = (std::mem::take(&mut scan.odd), scan.more);
        let mut units: BTreeMap<UnitKey, Vec<Seen>> = BTreeMap::new();
        for file in &scan.files {
            units.entry(UnitKey::of(file.name())).or_default().push(file.clone());
        }
        let settled = self.settler.on_scan(scan, now);
        let (writers, asked) = (Arc::clone(&self.writers), settled.files.clone());
        let known = blocking(move || writers.of(&asked)).await.ok_or(OutboundFault::Internal)?;
        // By the names of the files that stand still.
        let writing: BTreeMap<&str, Writing> =
            settled.files.iter().map(Seen::name).zip(known).collect();
        let units = units.into_iter().map(|(key, files)| {
            let stance = self.stance(&files, &writing, now);
            let is_large = files.iter().map(|file| file.stamp().size()).sum::<u64>() > SMALL;
            let has_empty_file = files.iter().any(|file| file.stamp().size() == 0);
            (key, Found { files, stance, is_large, has_empty_file })
        });
        let look = Look { units: units.collect(), set_aside, more, settles_at: settled.next };
        Ok((look, odd))
    }

    /// How the files of a unit stand, of which `writing` tells those that stand still.
    fn stance(&self, files: &[Seen], writing: &BTreeMap<&str, Writing>, now: Duration) -> Stance {
        let known: Vec<_> = files.iter().map(|file| writing.get(file.name())).collect();
        if known.contains(&Some(&Writing::InHand)) {
            return Stance::InHand;
        }
        if known.contains(&None) {
            return Stance::Moving;
        }
        let unknown =
            files.iter().zip(known).filter(|(_, known)| *known == Some(&Writing::Unknown));
        let left = unknown
            .map(|(file, _)| self.settle_unknown.saturating_sub(self.settler.still_for(file, now)));
        match left.max() {
            None => Stance::Still { is_certain: true },
            Some(Duration::ZERO) => Stance::Still { is_certain: false },
            Some(left) => Stance::Unsure { until: now.saturating_add(left) },
        }
    }
}
