//! `kill -9` at random moments: nothing is lost, nothing comes twice.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::invariants;
use super::units::{Unit, export, export_all, together, withdrawal};
use crate::harness::{CARE, HELP, Office, name_of, running, until, until_within, visible};

const WAVES: usize = 20;
const PLANS: u32 = 140;
const ACTUALS: u32 = 60;

/// A queue can pause for a minute, twice, when a partner is killed in the middle of a probe.
const PATIENCE: Duration = Duration::from_mins(3);

/// Numbers that come again with the same seed (SplitMix64).
pub(super) struct Random(u64);

impl Random {
    /// Set `RENKEI_TEST_SEED` to repeat a run as far as the timing of the machine allows.
    pub(super) fn new() -> Self {
        let seed = std::env::var("RENKEI_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(0_u8));
        eprintln!("RENKEI_TEST_SEED={seed}");
        Self(seed)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// Care software that imports: takes every file that it sees out of the import folder at once.
pub(super) struct CareSoftware<'a> {
    import: PathBuf,
    taken: PathBuf,
    expected: &'a Unit,
}

impl<'a> CareSoftware<'a> {
    pub(super) fn of(office: &Office, folder: &str, expected: &'a Unit) -> Self {
        let taken = office.path("taken");
        fs::create_dir_all(&taken).expect("a folder");
        Self { import: office.path(folder), taken, expected }
    }

    /// Works until told to stop and everything has been taken.
    pub(super) fn work(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) || !visible(&self.import).is_empty() {
            for path in visible(&self.import) {
                let name = name_of(&path);
                // INV4, INV5: whatever has a visible name is one of the files, and whole.
                let bytes = fs::read(&path).expect("read");
                assert_eq!(self.expected.get(&name), Some(&bytes), "{name} is not what was sent");
                // INV2: it was not here before.
                let taken = self.taken.join(&name);
                assert!(!taken.exists(), "{name} came twice");
                fs::rename(&path, &taken).expect("renamed");
            }
            thread::sleep(Duration::from_millis(3));
        }
    }

    pub(super) fn has(&self) -> BTreeMap<String, Vec<u8>> {
        let paths = visible(&self.taken).into_iter();
        paths.map(|path| (name_of(&path), fs::read(&path).expect("read"))).collect()
    }
}

/// Every wave has packages in both directions; while they are under way, one end or both are
/// killed and started again.
fn waves(care: &mut Office, help: &mut Office, units: [&[Unit]; 2], random: &mut Random) {
    let [plans, actuals] = units.map(|units| units.chunks(units.len() / WAVES));
    for (plans, actuals) in plans.zip(actuals) {
        export_all(care, plans);
        export_all(help, actuals);
        thread::sleep(Duration::from_millis(random.below(700)));
        let victims: &mut [&mut Office] = match random.below(4) {
            0 => &mut [&mut *care],
            1 => &mut [&mut *help],
            _ => &mut [&mut *care, &mut *help],
        };
        for office in &mut *victims {
            office.kill();
        }
        for office in victims {
            office.start();
        }
    }
}

#[test]
fn killed_at_any_moment_nothing_is_lost_or_doubled() {
    let mut random = Random::new();
    let [mut care, mut help] = running([CARE, HELP]);
    let plans: Vec<_> = (0..PLANS).map(|n| withdrawal(CARE, n)).collect();
    let actuals: Vec<_> = (0..ACTUALS).map(|n| withdrawal(HELP, n)).collect();
    let (all_plans, all_actuals) = (together(&plans), together(&actuals));
    let at_help = CareSoftware::of(&help, "import", &all_plans);
    let at_care = CareSoftware::of(&care, "import-actuals", &all_actuals);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| at_help.work(&stop));
        scope.spawn(|| at_care.work(&stop));
        let run = std::panic::AssertUnwindSafe(|| {
            waves(&mut care, &mut help, [&plans, &actuals], &mut random);
            for (office, count) in [(&care, plans.len()), (&help, actuals.len())] {
                until_within(PATIENCE, "everything handed over", || {
                    office.has_sent("HANDED_OVER", count)
                });
            }
        });
        // The care software has to end also when this fails.
        let result = std::panic::catch_unwind(run);
        stop.store(true, Ordering::Relaxed);
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    });
    assert!(at_help.has() == all_plans, "something was lost");
    assert!(at_care.has() == all_actuals, "something was lost");
    invariants::check(&care, &help, plans.len());
    invariants::check(&help, &care, actuals.len());
    for office in [&care, &help] {
        assert!(office.files("drop").is_empty() && office.sets("hold").is_empty());
        assert_eq!(fs::read_dir(office.path(".renkei-work-drop")).expect("listed").count(), 0);
    }
}

#[test]
fn an_import_that_a_crash_cut_off_is_not_repeated() {
    let [mut care, mut help] = running([CARE, HELP]);
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    until("placed", || (help.files("import") == unit).then_some(()));
    // The care software imports at once, and the node dies before or after it has noted its step.
    help.kill();
    let name = unit.keys().next().expect("a file");
    fs::remove_file(help.path("import").join(name)).expect("imported");
    help.start();
    export(&care, &withdrawal(CARE, 2));
    until("the next one", || care.has_sent("HANDED_OVER", 2));
    assert_eq!(help.files("import"), withdrawal(CARE, 2));
    invariants::check(&care, &help, 2);
    assert!(care.is_alive() && help.is_alive());
}
