//! What waits for its next attempt goes at once when a person says so.

use std::time::Instant;

use super::held::says;
use super::invariants;
use super::units::{export, export_all, together, withdrawal};
use crate::harness::{CARE, DAY, HELP, PATIENCE, offices, until};

#[test]
fn a_refused_package_goes_when_the_partner_has_mended_it() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.forget_peer(CARE);
    care.start();
    help.start();
    let units = [withdrawal(CARE, 1), withdrawal(CARE, 2)];
    export_all(&care, &units);
    until("refused", || {
        // What comes behind it waits with it.
        let rows = care.sql("SELECT state, detail FROM outgoing ORDER BY sequence");
        (rows == ["QUEUED|peer-refuses:not-a-partner", "QUEUED|"]).then_some(())
    });
    help.kill();
    help.remember_peer(CARE, care.port);
    help.start();
    let asked = Instant::now();
    // The partner greets when it starts, which ends the pause.
    until("delivered", || care.has_sent("HANDED_OVER", 2));
    assert!(asked.elapsed() < PATIENCE / 4, "it waited for its schedule");
    assert_eq!(help.files("import"), together(&units));
    invariants::check(&care, &help, 2);
}

#[test]
fn a_pause_of_a_partner_that_was_away_ends_for_one_partner_or_one_package() {
    let [mut care, mut help, day] = offices([CARE, HELP, DAY]);
    care.start();
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    // After the second failure the queue pauses for a minute.
    let failed = "SELECT count(*) FROM outgoing WHERE failures > 1";
    until("two failures", || (care.sql(failed) == ["1"]).then_some(()));
    let id = care.sql("SELECT lower(hex(message_id)) FROM outgoing").remove(0);
    let parts = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]];
    assert_eq!(says(&care, &["retry", DAY]).1, 1, "nothing waits for that partner");
    let (said, code) = says(&care, &["retry", &parts.join("-")]);
    assert_eq!(code, 0, "{said}");
    let asked = Instant::now();
    let failed = "SELECT count(*) FROM outgoing WHERE failures > 2";
    until("another attempt", || (care.sql(failed) == ["1"]).then_some(()));
    help.start();
    until("delivered", || care.has_sent("HANDED_OVER", 1));
    assert!(asked.elapsed() < PATIENCE / 6, "it waited for its schedule");
    assert_eq!(help.files("import"), unit);
    invariants::check(&care, &help, 1);
    drop(day);
}
