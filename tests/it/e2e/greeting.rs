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
