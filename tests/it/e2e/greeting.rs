//! A node that starts shows its partners that it is there.

use super::units::{export_all, withdrawal};
use crate::harness::{CARE, HELP, offices, until};

#[test]
fn a_partner_that_starts_with_nothing_to_send_gets_what_waits_for_it() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.start();
    let units: Vec<_> = (1..=3).map(|number| withdrawal(CARE, number)).collect();
    export_all(&care, &units);
    // After the second failure the queue pauses for a minute.
    let pause = "SELECT max(next_at) FROM outgoing WHERE state = 'QUEUED' AND failures > 1";
    let until_then: i64 = until("two failures", || care.sql(pause)[0].parse().ok());
    help.start();
    until("everything at the partner", || care.has_sent("HANDED_OVER", units.len()));
    let sent: i64 = care.sql("SELECT max(at) FROM journal WHERE state = 'CONSIGNED'")[0]
        .parse()
        .expect("a time");
    assert!(sent < until_then, "nobody noticed that the partner is back");
}

/// A PC that slept: its partners do not know that it is back, unless it says so.
#[cfg(unix)]
#[test]
fn a_computer_that_wakes_shows_its_partners_that_it_is_there() {
    /// A pause of five seconds that takes so long was a sleep.
    const SLEEP: std::time::Duration = std::time::Duration::from_secs(21);
    let [mut care, mut help] = offices([CARE, HELP]);
    help.start();
    care.start();
    let asked = |office: &crate::harness::Office| office.log().matches("\"/v1/receipts\"").count();
    until("the first greeting", || (asked(&help) == 1).then_some(()));
    let asleep = std::time::Instant::now();
    care.signal("STOP");
    until("a long sleep", || (asleep.elapsed() > SLEEP).then_some(()));
    assert_eq!(asked(&help), 1, "it has nothing to ask for");
    care.signal("CONT");
    until("greeted", || (asked(&help) > 1).then_some(()));
    assert!(care.log().contains("partners are greeted"));
}
