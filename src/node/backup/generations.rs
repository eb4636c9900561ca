//! The names of backups that a node makes by itself, and which of them go: pure, with the time as an
//! argument.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};

use crate::config::Generations;
use crate::types::OfficeNumber;

/// What the names of backups begin with that a node makes by itself; behind it stand the number of its
/// first office and the time. No other files are ever removed.
const AUTOMATIC: &str = "renkei-auto-";

/// What those begin with that a person made.
const BY_HAND: &str = "renkei-backup-";

/// What the names of all backups end with.
const END: &str = ".zip.age";

/// What is behind the name of one that was not read back yet.
const UNREAD: &str = ".part";

/// How a time stands in a name.
const TIME: &str = "%Y%m%d-%H%M%S";

/// How long it is there.
const TIME_LENGTH: usize = 15;

/// The name of the backup that the node of an office makes at a time.
pub(super) fn name_at(office: OfficeNumber, at: DateTime) -> String {
    format!("{AUTOMATIC}{office}-{}{END}", at.strftime(TIME))
}

/// The name that it has until it was read back.
pub(super) fn unread(name: &str) -> String {
    format!("{name}{UNREAD}")
}

/// The time in the name of a backup that the node of this office made by itself.
pub(super) fn made_by(office: OfficeNumber, name: &str) -> Option<DateTime> {
    // There is no other way to write the same.
    named_at(name).filter(|at| name_at(office, *at) == name)
}

/// The time at the end of the name of a backup.
pub(super) fn named_at(name: &str) -> Option<DateTime> {
    let name = name.strip_suffix(END)?;
    DateTime::strptime(TIME, name.get(name.len().checked_sub(TIME_LENGTH)?..)?).ok()
}

/// Whether it is one that the node of this office began and did not finish.
pub(super) fn is_unread(office: OfficeNumber, name: &str) -> bool {
    name.strip_suffix(UNREAD).is_some_and(|name| made_by(office, name).is_some())
}

/// Whether a file has the name of a backup, of whichever node, made by itself or by a person.
pub fn is_backup(name: &str) -> bool {
    (name.starts_with(AUTOMATIC) || name.starts_with(BY_HAND)) && name.ends_with(END)
}

/// Which of these go: all but the last one of each of the last days, weeks and months of which there are
/// any, and the last one of all.
pub(super) fn too_old(all: &BTreeSet<DateTime>, keep: Generations) -> Vec<DateTime> {
    let mut kept: BTreeSet<DateTime> = all.last().copied().into_iter().collect();
    let mut keep_last = |count: u32, period: fn(Date) -> Option<Date>| {
        let mut periods = BTreeSet::new();
        for at in all.iter().rev() {
            let Some(period) = period(at.date()) else {
                kept.insert(*at);
                continue;
            };
            if periods.len() < usize::try_from(count).unwrap_or(usize::MAX)
                && periods.insert(period)
            {
                kept.insert(*at);
            }
        }
    };
    keep_last(keep.daily, Some);
    keep_last(keep.weekly, |date| {
        let days = i64::from(date.weekday().to_monday_zero_offset());
        date.checked_sub(jiff::Span::new().days(days)).ok()
    });
    keep_last(keep.monthly, |date| Some(date.first_of_month()));
    all.difference(&kept).copied().collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const OFFICE: &str = "2770000011";

    fn office() -> OfficeNumber {
        OFFICE.parse().expect("a number")
    }

    #[test]
    fn only_names_of_our_own_are_ours() {
        let at = date(2026, 5, 20).at(12, 30, 1, 0);
        let name = name_at(office(), at);
        assert_eq!(name, "renkei-auto-2770000011-20260520-123001.zip.age");
        assert_eq!(made_by(office(), &name), Some(at));
        assert!(is_backup(&name) && is_unread(office(), &unread(&name)));
        for other in [
            "renkei-auto-2770000029-20260520-123001.zip.age",
            "renkei-backup-20260520-123001.zip.age",
            "renkei-auto-2770000011-20260520-123001.zip.age.part",
            "renkei-auto-2770000011-20260520-12301.zip.age",
            "renkei-auto-2770000011-20261320-123001.zip.age",
            "renkei-auto-2770000011-+20260520-123001.zip.age",
            "renkei-auto-2770000011-.zip.age",
            "../renkei-auto-2770000011-20260520-123001.zip.age",
            "copy of renkei-auto-2770000011-20260520-123001.zip.age",
        ] {
            assert_eq!(made_by(office(), other), None, "{other}");
        }
    }

    /// As it goes day by day: what went once does not come back.
    #[test]
    fn the_last_of_days_weeks_and_months_stay() {
        let keep = Generations { daily: 7, weekly: 4, monthly: 12 };
        let mut all = BTreeSet::new();
        let mut day = date(2025, 1, 1);
        for _ in 0..800 {
            all.insert(day.at(12, 30, 0, 0));
            for gone in too_old(&all, keep) {
                assert_ne!(Some(&gone), all.last());
                all.remove(&gone);
            }
            assert!(all.len() <= 7 + 4 + 12, "{}", all.len());
            day = day.tomorrow().expect("in range");
        }
        let last = day.yesterday().expect("in range");
        assert_eq!(last, date(2027, 3, 11));
        let dates: Vec<_> = all.iter().map(|at| at.date()).collect();
        // Ends of months, of weeks, and the last seven days: some are several of these.
        assert_eq!(dates.len(), 10 + 2 + 7, "{dates:?}");
        assert_eq!(dates[..2], [date(2026, 4, 30), date(2026, 5, 31)]);
        for sunday in [date(2027, 2, 21), date(2027, 2, 28), date(2027, 3, 7)] {
            assert!(dates.contains(&sunday), "{sunday}: {dates:?}");
        }
        assert!(dates.contains(&date(2027, 3, 5)) && !dates.contains(&date(2027, 3, 4)));
    }

    #[test]
    fn several_of_a_day_are_one_generation_and_the_last_one_stays() {
        let at = |hour| date(2026, 5, 20).at(hour, 0, 0, 0);
        let keep = Generations { daily: 1, weekly: 0, monthly: 0 };
        let all: BTreeSet<_> = (1..=5).map(at).collect();
        assert_eq!(too_old(&all, keep), [at(1), at(2), at(3), at(4)]);
        assert_eq!(too_old(&BTreeSet::from([at(1)]), keep), []);
        assert_eq!(too_old(&BTreeSet::new(), keep), []);
        // After a month of which there is none, the days before it still count.
        let old: BTreeSet<_> = [date(2026, 1, 1).at(1, 0, 0, 0), at(1)].into();
        assert_eq!(too_old(&old, Generations { daily: 2, ..keep }), []);
    }
}
