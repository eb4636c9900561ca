//! Which files stand still. Pure: time is an argument.

use std::collections::BTreeMap;
use std::time::Duration;

use super::scan::{Scan, Seen, Stamp};

/// Remembers since when each file has looked the same.
///
/// Only what scans see counts, never the file's own time: an exported file may carry any, also one
/// in the future.
#[derive(Debug)]
pub struct Settler {
    settle: Duration,
    standing: BTreeMap<String, Standing>,
}

#[derive(Debug)]
struct Standing {
    stamp: Stamp,
    since: Duration,
}

/// What a scan means for waiting.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// The files that stood still long enough, in the order of the scan.
    pub files: Vec<Seen>,
    /// When the next of the others can have settled, if nothing changes.
    pub next: Option<Duration>,
}

impl Settler {
    /// Files count as settled when scans at least `settle` apart, and all between them, saw the
    /// same.
    pub const fn new(settle: Duration) -> Self {
        Self { settle, standing: BTreeMap::new() }
    }

    /// Takes a scan that began at `now` on a clock that never goes back. Files that are not in the
    /// scan are forgotten.
    pub fn on_scan(&mut self, scan: Scan, now: Duration) -> Settled {
        let mut before = std::mem::take(&mut self.standing);
        let mut settled = Settled::default();
        for file in scan.files {
            let since = before
                .remove(file.name())
                .filter(|standing| standing.stamp == *file.stamp())
                .map_or(now, |standing| standing.since);
            let standing = Standing { stamp: *file.stamp(), since };
            self.standing.insert(file.name().to_owned(), standing);
            let ready = since.saturating_add(self.settle);
            if ready <= now {
                settled.files.push(file);
            } else if settled.next.is_none_or(|next| ready < next) {
                settled.next = Some(ready);
            }
        }
        settled
    }

    /// How long a file has looked the same at `now`.
    pub fn still_for(&self, file: &Seen, now: Duration) -> Duration {
        let since = self.standing.get(file.name()).map_or(now, |standing| standing.since);
        now.saturating_sub(since)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::scan::{ScanLimits, scan};
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn look(folder: &Path) -> Scan {
        scan(folder, &ScanLimits { files: 100 }).expect("scanned")
    }

    fn names(settled: &Settled) -> Vec<&str> {
        settled.files.iter().map(Seen::name).collect()
    }

    #[test]
    fn waits_until_a_file_stands_still() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.csv");
        let mut settler = Settler::new(3 * SECOND);
        fs::write(&file, "1").expect("written");
        let first = settler.on_scan(look(folder.path()), SECOND);
        assert_eq!((names(&first), first.next), (vec![], Some(4 * SECOND)));
        fs::write(&file, "12").expect("written");
        let grown = settler.on_scan(look(folder.path()), 4 * SECOND);
        assert_eq!((names(&grown), grown.next), (vec![], Some(7 * SECOND)));
        let still = settler.on_scan(look(folder.path()), 7 * SECOND);
        assert_eq!((names(&still), still.next), (vec!["a.csv"], None));
    }

    #[test]
    fn forgets_files_that_vanished() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, away) = (folder.path().join("a.csv"), folder.path().join(".away"));
        let mut settler = Settler::new(SECOND);
        fs::write(&file, "1").expect("written");
        settler.on_scan(look(folder.path()), Duration::ZERO);
        fs::rename(&file, &away).expect("moved");
        settler.on_scan(look(folder.path()), SECOND);
        fs::rename(&away, &file).expect("moved");
        let back = settler.on_scan(look(folder.path()), 2 * SECOND);
        assert_eq!((names(&back), back.next), (vec![], Some(3 * SECOND)));
    }

    #[test]
    fn with_no_settle_time_the_first_look_is_enough() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a.csv"), "1").expect("written");
        let mut settler = Settler::new(Duration::ZERO);
        assert_eq!(names(&settler.on_scan(look(folder.path()), SECOND)), ["a.csv"]);
    }

    #[derive(Debug, Clone)]
    enum Event {
        Write(usize),
        Remove(usize),
        Wait(u64),
        Look,
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            (0..3_usize).prop_map(Event::Write),
            (0..3_usize).prop_map(Event::Remove),
            (1..5_u64).prop_map(Event::Wait),
            Just(Event::Look),
            Just(Event::Look),
        ]
    }

    proptest! {
        #![proptest_config(super::super::law())]

        /// The model knows every write. A file is settled exactly when nothing happened to it for
        /// the settle time after a look that saw it.
        #[test]
        fn no_order_of_writes_and_looks_settles_a_moving_file(
            events in prop::collection::vec(event(), 0..60)
        ) {
            let settle = Duration::from_secs(4);
            let folder = tempfile::tempdir().expect("a folder");
            let path = |file: usize| folder.path().join(format!("{file}.csv"));
            let mut settler = Settler::new(settle);
            let mut now = Duration::ZERO;
            let mut length = 0;
            // Per file: whether it is there, and the first look since the last change.
            let mut model = [(false, None::<Duration>); 3];
            for event in events {
                match event {
                    Event::Write(file) => {
                        // Each time longer, as an appending writer makes it.
                        length += 1;
                        fs::write(path(file), vec![b'x'; length]).expect("written");
                        model[file] = (true, None);
                    }
                    Event::Remove(file) => {
                        let _ = fs::remove_file(path(file));
                        model[file] = (false, None);
                    }
                    Event::Wait(seconds) => now += Duration::from_secs(seconds),
                    Event::Look => {
                        let settled = settler.on_scan(look(folder.path()), now);
                        let expected: Vec<_> = (0..3).filter(|file| {
                            let (there, since) = &mut model[*file];
                            *there && now >= *since.get_or_insert(now) + settle
                        }).map(|file| format!("{file}.csv")).collect();
                        prop_assert_eq!(names(&settled), expected);
                        for (there, since) in &mut model {
                            if !*there { *since = None; }
                        }
                    }
                }
            }
        }
    }
}
