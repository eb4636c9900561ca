//! An office that opens no port: it asks its partner for what waits there.

use super::invariants;
use super::units::{ACTUAL, PLAN, USAGE, export, sample, together, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, until};

/// The first opens no port, and the second does not know where it is.
pub(super) fn one_closed() -> [Office; 2] {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.close();
    help.forget_url(CARE);
    [care, help]
}

#[test]
fn who_opens_no_port_sends_and_collects() {
    let [mut care, mut help] = one_closed();
    let plans = [sample(PLAN, "20260520101500"), sample(USAGE, "20260520111500")];
    let actuals = [withdrawal(HELP, 1), sample(ACTUAL, "20260702090000")];
    for unit in &plans {
        export(&care, unit);
    }
    for unit in &actuals {
        export(&help, unit);
    }
    care.start();
    help.start();
    until("all plans at the partner", || care.has_sent("HANDED_OVER", plans.len()));
    until("all actuals at the partner", || help.has_sent("HANDED_OVER", actuals.len()));
    assert_eq!(help.files("import"), together(&plans), "INV5");
    assert_eq!(care.files("import-actuals"), together(&actuals), "INV5");
    invariants::check(&care, &help, plans.len());
    invariants::check(&help, &care, actuals.len());
    let sockets = std::fs::read_to_string(format!("/proc/{}/net/tcp", care.pid()));
    let port = format!(":{:04X} 00000000:0000 0A", care.port);
    assert!(!sockets.expect("a process").contains(&port), "it listens");
    let told = String::from_utf8(help.command(&["partner", "list"]).stdout).expect("UTF-8");
    assert!(told.contains("the partner collects it"), "{told}");
    let told = String::from_utf8(care.command(&["run", "--check"]).stdout).expect("UTF-8");
    assert!(!told.contains("peer-without-way"), "{told}");
}

/// Waits until so many packages of an office have got to a state, or beyond it.
pub(super) fn wait_for_step(office: &Office, state: &str, count: usize) {
    const WAY: [&str; 4] = ["QUEUED", "DEPOSITED", "CONSIGNED", "HANDED_OVER"];
    let from = WAY.iter().position(|step| *step == state).expect("a state");
    let states = WAY[from..].join("', '");
    let seen = format!(
        "SELECT count(DISTINCT message_id) FROM journal
         WHERE direction = 'out' AND state IN ('{states}')"
    );
    until("a step", || {
        (office.sql(&seen)[0].parse::<usize>().expect("a count") >= count).then_some(())
    });
}

/// Whatever is killed when, nothing is lost and nothing comes twice.
#[test]
fn kills_on_both_sides_lose_nothing_that_is_collected() {
    let [mut care, mut help] = one_closed();
    let actuals: Vec<_> = (1..=8).map(|number| withdrawal(HELP, number)).collect();
    let plans: Vec<_> = (1..=8).map(|number| withdrawal(CARE, number)).collect();
    help.start();
    care.start();
    for (round, (actual, plan)) in actuals.iter().zip(&plans).enumerate() {
        export(&help, actual);
        export(&care, plan);
        // Each time at another place on the way.
        let state = ["QUEUED", "CONSIGNED", "HANDED_OVER"][round % 3];
        let office = if round % 2 == 0 { &mut care } else { &mut help };
        wait_for_step(office, state, round + 1);
        office.kill();
        office.start();
    }
    until("all plans at the partner", || care.has_sent("HANDED_OVER", plans.len()));
    until("all actuals at the partner", || help.has_sent("HANDED_OVER", actuals.len()));
    assert_eq!(care.files("import-actuals"), together(&actuals), "INV5");
    assert_eq!(help.files("import"), together(&plans), "INV5");
    invariants::check(&care, &help, plans.len());
    invariants::check(&help, &care, actuals.len());
}
