//! An office on a relay that was written from the paper, and one that runs the program.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::tools::said;
use super::{Keys, Partner, prove};
use crate::e2e::real_relay::RealRelay;
use crate::e2e::units::{Unit, export};
use crate::harness::{CARE, HELP, RENKEI, offices, until};
use crate::support::sample;
use crate::tools::{here, tool};

#[test]
fn an_office_that_was_written_from_the_paper_exchanges_over_a_relay() {
    let Some(python) = tool("python") else { return };
    let [mut care, help] = offices([CARE, HELP]);
    let relay = RealRelay::new(&care);
    relay.serves(&mut care);
    care.forget_peer(HELP);
    let keys = Keys::Pinned.make(&[HELP]);
    let mut help = Partner::new(help, &keys);
    let [tls, signing] = ["tls.pem", "signing.pem"].map(|name| relay.path(name));
    help.set("relay", json!({ "url": relay.url(), "tls": tls, "signing": signing }));
    help.write_settings();
    let run = |arguments: &[&str]| {
        let script = here("tests/foreign/relayed.py");
        said(Command::new(&python).arg("-B").arg(script).arg(help.path("")).args(arguments))
    };
    let text = |path: std::path::PathBuf| path.to_str().expect("UTF-8").to_owned();

    // Both join by card; its digits are computed by either side.
    let [theirs, ours] = ["help.card", "care.card"].map(|name| text(help.path(name)));
    let written = care.command(&["card", "--out", &ours]);
    assert!(written.status.success(), "{written:?}");
    run(&["card", &theirs]);
    run(&["join", &ours]);
    let digits = run(&["digits", &ours]);
    let (of_cards, of_certificate) = digits.trim().split_once('\n').expect("two lines");
    let added = care.command(&["partner", "add", &theirs, "--expect", of_cards]);
    assert!(added.status.success(), "{added:?}");
    // The relay does not know it, and takes it in by its card.
    assert_eq!(run(&["introduce"]).trim(), "202");
    said(
        Command::new(RENKEI)
            .args(["relay", "approve", HELP, "--digits", of_certificate, "--config"])
            .arg(relay.path("relay.toml")),
    );

    let plan: Unit = sample("usage-11").into_iter().collect();
    let actual: Unit = sample("actual").into_iter().collect();
    export(&care, &plan);
    care.start();
    let mut arguments = vec!["exchange".to_owned()];
    for (name, bytes) in &actual {
        let path = help.path(name);
        fs::write(&path, bytes).expect("written");
        arguments.push(text(path));
    }
    let done = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let done: Value = serde_json::from_str(&done).expect("JSON");
    let both = ["ContentConsignment", "ContentHandover"];
    let expected =
        json!({ "card": 204, "left": [202, 200], "took": both, "then": 410, "receipts": both });
    assert_eq!(done, expected);
    until("the plan is with the partner", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.imported(), plan);
    assert_eq!(care.files("import-actuals"), actual);
    assert_eq!(prove(&care), 2);
}
