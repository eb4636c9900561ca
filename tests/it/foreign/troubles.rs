//! What goes wrong between the node and the partner.

use std::fs;

use serde_json::json;

use super::{Keys, Partner, handed_over, prove};
use crate::e2e::units::{Unit, export, together, withdrawal};
use crate::harness::{CARE, DAY, HELP, Office, offices, until, visible};
use crate::support::sample;

/// A node and a partner that pin each other; neither runs yet.
fn pair() -> (Office, Partner) {
    let [mut care, help] = offices([CARE, HELP]);
    let keys = Keys::Pinned.make(&[HELP]);
    let mut help = Partner::new(help, &keys);
    help.add_peer(&care, &care, &["tls", "signing"]);
    help.pin_at(&mut care);
    (care, help)
}

#[test]
fn a_partner_refuses_and_holds() {
    let (mut care, mut help) = pair();
    help.set("editions", json!(["v4.1"]));
    let [old, usage] =
        ["v3-usage", "usage-11"].map(|name| sample(name).into_iter().collect::<Unit>());
    let taken = usage.keys().next().expect("a file");
    help.start();
    fs::write(help.path("import").join(taken), b"another").expect("written");
    export(&care, &old);
    export(&care, &usage);
    care.start();
    until("refused", || care.has_sent("REJECTED", 1));
    until("told that it is held", || care.has_sent("HELD_BY_RECIPIENT", 1));
    fs::remove_file(help.path("import").join(taken)).expect("removed");
    handed_over(&care, 1);
    assert_eq!(help.imported(), usage);
    assert_eq!(prove(&care), 2);
}

/// Each side is told by `retry` and `scope` of the other's problem, and goes on with what follows.
#[test]
fn what_either_side_refuses_for_good_is_put_once() {
    let [mut care, help, day] = offices([CARE, HELP, DAY]);
    let keys = Keys::Pinned.make(&[HELP]);
    let mut help = Partner::new(help, &keys);
    help.add_peer(&care, &care, &["tls", "signing"]);
    // The node of one office is taken for that of another too.
    help.add_peer(&day, &care, &["tls"]);
    help.pin_at(&mut care);
    help.set("limits", json!({ "package_bytes": 4096 }));
    // The number of what was refused never comes.
    help.set("order_wait", json!(1));
    let large: Unit = sample("usage-11").into_iter().collect();
    let small = withdrawal(CARE, 1);
    let own = withdrawal(HELP, 1);
    let of_day: Unit =
        own.iter().map(|(name, bytes)| (name.replace(CARE, DAY), bytes.clone())).collect();
    let refused = help.send(&of_day, None);
    help.send(&own, None);
    help.start();
    export(&care, &large);
    export(&care, &small);
    care.start();
    until("refused by the partner", || care.has_sent("REFUSED", 1));
    handed_over(&care, 1);
    assert_eq!(help.imported(), small);
    let detail = care.sql("SELECT detail FROM outgoing WHERE state = 'REFUSED'");
    assert_eq!(detail, ["peer-refuses:too-large"]);
    until("the other package of the partner", || {
        let states = help.states();
        states.iter().any(|(_, state)| state == "ContentHandover").then_some(())
    });
    assert_eq!(care.files("import-actuals"), own);
    assert!(help.states().contains(&(refused, "not-our-package".to_owned())));
    let said = fs::read_to_string(help.path("log-1")).expect("a log");
    assert_eq!(said.matches("refused: 413 too-large").count(), 1, "{said}");
    assert_eq!(said.matches("422 not-our-package").count(), 1, "{said}");
}

/// A wrong clock at the partner costs no proof, and both are told.
#[test]
fn a_partner_whose_clock_is_wrong() {
    let (mut care, mut help) = pair();
    let told = |care: &Office| {
        let status = care.command(&["status", "--json"]).stdout;
        let status: serde_json::Value = serde_json::from_slice(&status).expect("JSON");
        let notices = status["notices"].as_array().expect("notices");
        notices.iter().any(|notice| notice["code"] == "partner-clock-differs")
    };
    help.set("clock_ahead", json!(3600));
    help.start();
    export(&care, &withdrawal(CARE, 1));
    care.start();
    handed_over(&care, 1);
    until("told", || told(&care).then_some(()));
    let id = care.sql("SELECT lower(hex(message_id)) FROM outgoing").remove(0);
    let id = uuid::Uuid::parse_str(&id).expect("an id").to_string();
    let out = care.path("proof");
    let out = out.to_str().expect("UTF-8");
    for arguments in [&["export", &id, "--out", out][..], &["verify", out]] {
        let output = care.command(arguments);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{said}");
        let notes = said.lines().filter(|line| line.starts_with("note: receipts/"));
        assert_eq!(notes.count(), 2, "{said}");
    }
    help.kill();
    help.set("clock_ahead", json!(0));
    help.start();
    export(&care, &withdrawal(CARE, 2));
    handed_over(&care, 2);
    until("mended", || (!told(&care)).then_some(()));
    let output = care.command(&["verify", out]);
    assert_eq!(output.status.code(), Some(0), "proof holds afterwards too");
}

#[test]
fn nothing_is_lost_or_doubled_when_either_side_is_killed() {
    let (mut care, mut help) = pair();
    let plans: Vec<_> = (1..=6).map(|number| withdrawal(CARE, number)).collect();
    let actuals: Vec<_> = (1..=6).map(|number| withdrawal(HELP, number)).collect();
    for unit in &actuals {
        help.send(unit, None);
    }
    for unit in &plans {
        export(&care, unit);
    }
    help.start();
    care.start();
    until("a package at the partner", || (!visible(&help.path("in")).is_empty()).then_some(()));
    help.kill();
    help.start();
    let come = "SELECT count(*) FROM incoming";
    until("a package at the node", || (care.sql(come) != ["0"]).then_some(()));
    care.kill();
    care.start();
    handed_over(&care, plans.len());
    until("all actuals", || help.has_sent("ContentHandover", actuals.len()));
    assert_eq!(help.imported(), together(&plans));
    assert_eq!(care.files("import-actuals"), together(&actuals));
    let placed = "SELECT count(*) FROM journal WHERE state = 'PLACED'";
    assert_eq!(care.sql(placed), [actuals.len().to_string()]);
    for (id, _) in help.states() {
        let kinds: Vec<_> = help.receipts(&id).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["ContentConsignment", "ContentHandover"]);
    }
    assert_eq!(prove(&care), plans.len() + actuals.len());
}
