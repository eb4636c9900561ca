//! Files that a damaged disk or a bad export leaves: runs of one byte, megabytes long. They keep a
//! node from nothing: each is sent or held, and what comes after them goes its way.
//!
//! That the work grows with their length and not faster is counted in `repair::linear`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::units::{ACTUAL, Unit, export, sample, withdrawal};
use crate::harness::{CARE, HELP, running, until, until_within};

const MEGABYTE: usize = 1 << 20;

/// Enough for a program that was built without optimisation, on a busy machine.
const LONG: Duration = Duration::from_mins(4);

/// The actuals of an office with so many bytes behind them.
fn with_tail(serial: &str, run: &[u8], length: usize) -> Unit {
    let mut unit = sample(ACTUAL, serial);
    let bytes = unit.values_mut().next().expect("a file");
    bytes.extend(run.repeat(length / run.len()));
    unit
}

#[test]
fn runs_of_any_byte_stop_nobody() {
    let [care, help] = running([CARE, HELP]);
    // Behind the last record CR and LF are blank lines, which the recipient takes; the rest is none.
    let runs: [(&[u8], usize, bool); 12] = [
        (b"\r", 8, true),
        (b"\r", 1, true),
        (b"\n", 1, true),
        (b"\"", 8, false),
        (b"\"", 1, false),
        (b",", 1, false),
        (b"\0", 8, false),
        (b"\x81", 8, false),
        (b"\xA0", 1, false),
        (b"\xEF\xBB\xBF", 1, false),
        (b"\x1B", 1, false),
        (b"\x0C", 1, false),
    ];
    let mut taken = BTreeMap::new();
    for ((run, megabytes, good), number) in runs.into_iter().zip(10..) {
        let unit = with_tail(&format!("202607020900{number}"), run, megabytes * MEGABYTE);
        export(&help, &unit);
        if good {
            taken.extend(unit);
        }
    }
    let after = withdrawal(HELP, 1);
    export(&help, &after);
    taken.extend(after);
    until_within(LONG, "everything is sent or held", || {
        (help.files("drop").is_empty() && help.sets("hold").len() == 9).then_some(())
    });
    until_within(LONG, "what is good has arrived", || help.has_sent("HANDED_OVER", 4));
    let sizes = |files: &Unit| -> BTreeMap<String, usize> {
        files.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect()
    };
    let imported = care.files("import-actuals");
    assert_eq!(sizes(&imported), sizes(&taken));
    assert!(imported == taken, "other bytes");
    assert!(care.sets("hold").is_empty());
}

/// Rows with the same numbers: a recipient could take them, but nobody should send them.
#[test]
fn rows_with_the_same_numbers_are_not_sent() {
    let [care, help] = running([CARE, HELP]);
    let mut unit = sample(super::units::PLAN, "20260520101500");
    let goals = unit.iter_mut().find(|(name, _)| name.starts_with("UP2KYO")).expect("a 第2表").1;
    let end = goals.windows(2).position(|pair| pair == b"\r\n").expect("a record") + 2;
    goals.extend_from_within(..end);
    export(&care, &unit);
    until("held", || (care.sets("hold").len() == 1).then_some(()));
    until("its row", || (care.sql("SELECT reason FROM held") == ["L5-NUM-001"]).then_some(()));
    assert!(help.files("import").is_empty());
}
