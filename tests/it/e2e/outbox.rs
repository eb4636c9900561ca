//! Partners without a node: what a person uploads to the WEB service or sends on paper.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use renkei::types::Digest;

use super::units::{USAGE, Unit, export, sample, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, quoted, until};

const FIRST: &str = "20260601100000";
const SECOND: &str = "20260601110000";

/// An office whose partner is reached by a person.
fn by_hand(channel: &str) -> Office {
    let [mut care, _] = offices([CARE, HELP]);
    care.forget_url(HELP);
    care.set_peer(HELP, "channel", quoted(channel));
    care
}

fn folder(channel: &str, unit: &str) -> String {
    format!("outbox/{channel}/{HELP}/{unit}")
}

fn said(office: &Office, command: &[&str]) -> (Option<i32>, String) {
    let output = office.command(command);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (output.status.code(), text + &String::from_utf8_lossy(&output.stderr))
}

/// What lies in the outbox once it is whole.
fn laid(office: &Office, at: &str) -> Unit {
    until("laid", || office.path(at).is_dir().then(|| office.files(at)))
}

fn state_is(office: &Office, state: &str) {
    until(state, || office.has_sent(state, 1));
}

#[test]
fn a_set_for_the_web_service_lies_ready_until_a_person_notes_it() {
    let mut care = by_hand("web");
    care.start();
    let unit = sample(USAGE, FIRST);
    export(&care, &unit);
    let name = format!("{FIRST}_{CARE}_1");
    let at = folder("web", &name);
    let mut found = laid(&care, &at);
    let archive = found.remove(&format!("{name}.zip")).expect("a ZIP");
    let sheet = found.remove("check-sheet.html").expect("a sheet");
    let sheet = String::from_utf8(sheet).expect("UTF-8");
    assert_eq!(found, unit, "the files as they were exported");
    assert!(unit.keys().all(|file| sheet.contains(file)), "{sheet}");
    assert!(sheet.contains(HELP) && sheet.contains(FIRST), "{sheet}");
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("a ZIP");
    for (file, bytes) in &unit {
        let mut entry = archive.by_name(file).expect("in the ZIP");
        let mut read = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut read).expect("read");
        assert_eq!(Digest::of(&read), Digest::of(bytes), "{file}");
    }
    assert_eq!(archive.len(), unit.len());
    until("nothing in the drop folder", || care.files("drop").is_empty().then_some(()));
    assert!(care.sets("sent").is_empty(), "nobody has uploaded it yet");

    // The lowest file serial comes first, whichever was exported first.
    export(&care, &withdrawal(CARE, 1));
    until("the second", || care.has_sent("TO_UPLOAD", 2));
    let (code, listed) = said(&care, &["outbox", "list"]);
    let places = [listed.find("20260601000001"), listed.find(FIRST)];
    assert!(code == Some(0) && places[0].is_some() && places[0] < places[1], "{listed}");

    let (code, json) = said(&care, &["outbox", "list", "--json"]);
    assert!(code == Some(0) && json.contains("renkei.outbox/1") && json.contains(&name), "{json}");
    let (code, exchange) = said(&care, &["history", "--format", "exchange"]);
    assert!(code == Some(0) && exchange.contains("renkei.exchange/1"), "{exchange}");
    // One with a lower file serial still waits.
    let (code, told) = said(&care, &["web", "done", &name]);
    assert!(code == Some(2) && told.contains("hand over the lowest file serial first"), "{told}");
    assert!(told.contains("--yes") && care.has_sent("TO_UPLOAD", 2).is_some(), "{told}");
    let (code, told) = said(&care, &["web", "done", &name, "--yes"]);
    assert!(code == Some(0) && told.contains("noted as uploaded to the WEB service\n"), "{told}");
    let set = format!("service use slip (K2)  2026-06  file serial {FIRST}");
    assert!(told.contains(&format!("for {HELP}")) && told.contains(&set), "{told}");
    // The other is older now than what is there.
    let (code, told) = said(&care, &["web", "done", "20260601000001"]);
    assert!(code == Some(2) && told.contains("a later file serial was handed over"), "{told}");
    until("out of the outbox", || (!care.path(&at).exists()).then_some(()));
    let sent = format!("sent/{FIRST}_{CARE}_{HELP}");
    until("a copy in sent", || (care.files(&sent) == unit).then_some(()));
    let id = care.sql(&format!("SELECT hex(message_id) FROM outgoing WHERE serial = '{FIRST}'"));
    let id = id[0].parse::<uuid::Uuid>().expect("an id").to_string();
    for again in [&name, FIRST, &id] {
        let (code, told) = said(&care, &["outbox", "done", again]);
        let is_kind = told.contains("nothing is left to be done") && told.contains("at 20");
        assert!(code == Some(0) && is_kind, "{told}");
    }
    let (code, told) = said(&care, &["outbox", "done", SECOND]);
    assert!(code == Some(1) && told.contains("nothing of this name waits"), "{told}");
    // From the WEB service it cannot be taken back here: it is said what can be done.
    let (code, told) = said(&care, &["recall", &id, "--yes"]);
    let says_how = told.contains(FIRST) && told.contains("Cancel what has the same file serial");
    assert!(code == Some(1) && says_how, "{told}");
    let (_, listed) = said(&care, &["outbox", "list"]);
    assert!(!listed.contains(&name), "{listed}");
    let steps = care
        .sql(&format!("SELECT state, detail FROM journal WHERE serial = '{FIRST}' ORDER BY id"));
    assert_eq!(steps.len(), 3, "{steps:?}");
    assert_eq!(steps[..2], ["PACKED|", "TO_UPLOAD|"]);
    assert!(steps[2].starts_with("UPLOADED|handed-by-person"), "{steps:?}");
    assert_eq!(care.sql("SELECT count(*) FROM receipts"), ["0"], "nobody signed for it");
    let (_, history) = said(&care, &["history"]);
    assert!(history.contains("uploaded, as a person noted"), "{history}");
}

#[test]
fn what_waits_survives_kills_and_a_person_who_tidies_up() {
    let mut care = by_hand("web");
    care.start();
    let unit = sample(USAGE, FIRST);
    export(&care, &unit);
    state_is(&care, "TO_UPLOAD");
    care.kill();
    let at = folder("web", &format!("{FIRST}_{CARE}_1"));
    let _ = fs::remove_dir_all(care.path(&at));
    care.start();
    let found = laid(&care, &at);
    assert!(unit.iter().all(|(name, bytes)| found.get(name) == Some(bytes)));
    care.kill();
    // The order stands until the node runs again.
    let (code, _) = said(&care, &["web", "done", FIRST]);
    assert_eq!(code, Some(3));
    care.start();
    state_is(&care, "UPLOADED");
    care.kill();
    care.start();
    until("out of the outbox", || (!care.path(&at).exists()).then_some(()));
    until("a copy in sent", || (care.sets("sent").len() == 1).then_some(()));
    assert_eq!(care.sql("SELECT count(*) FROM journal WHERE state = 'UPLOADED'"), ["1"]);
}

#[test]
fn a_set_that_is_exported_again_takes_the_place_of_the_one_that_waits() {
    let mut care = by_hand("web");
    care.start();
    export(&care, &sample(USAGE, FIRST));
    laid(&care, &folder("web", &format!("{FIRST}_{CARE}_1")));
    export(&care, &sample(USAGE, FIRST));
    laid(&care, &folder("web", &format!("{FIRST}_{CARE}_2")));
    let first = care.path(&folder("web", &format!("{FIRST}_{CARE}_1")));
    until("one of them", || (!first.exists()).then_some(()));
    state_is(&care, "TO_UPLOAD");
    state_is(&care, "SUPERSEDED");
}

#[test]
fn a_set_for_paper_is_printed_with_a_cover_that_names_no_user() {
    let mut care = by_hand("paper");
    care.start();
    export(&care, &sample(USAGE, SECOND));
    let name = format!("{SECOND}_{CARE}_1");
    let at = folder("paper", &name);
    let found = laid(&care, &at);
    let names: Vec<_> = found.keys().map(String::as_str).collect();
    assert_eq!(names.first(), Some(&"fax-cover.html"));
    assert!(
        names.len() > 1
            && names
                .iter()
                .all(|name| Path::new(name).extension().is_some_and(|end| end == "html")),
        "{names:?}"
    );
    let text = |name: &str| String::from_utf8(found[name].clone()).expect("UTF-8");
    let cover = text("fax-cover.html");
    assert!(cover.contains(HELP) && cover.contains(CARE), "{cover}");
    // 被保険者番号 of the sample stands on the forms.
    let forms = text("forms-001.html");
    for form in ["サービス提供票</", "サービス提供票別表"] {
        assert!(forms.contains(form), "what an office that provides services gets: {forms}");
    }
    for form in ["サービス利用票（兼", "サービス利用票別表"] {
        assert!(!forms.contains(form), "that is the copy of the user: {forms}");
    }
    let insured = forms.split("被保険者番号 <bdi>").nth(1).and_then(|rest| rest.split('<').next());
    let insured = insured.expect("a number");
    assert!(insured.len() >= 10 && !cover.contains(insured), "{cover}");
    let (code, told) = said(&care, &["outbox", "done", SECOND]);
    assert_eq!(code, Some(0));
    assert!(told.contains(SECOND) && told.ends_with("noted as sent on paper\n"), "{told}");
    state_is(&care, "SENT_ON_PAPER");
    until("out of the outbox", || (!care.path(&at).exists()).then_some(()));
}

#[test]
fn wrong_sets_are_held_as_for_any_partner() {
    let mut care = by_hand("web");
    care.start();
    let mut unit = withdrawal(CARE, 1);
    for bytes in unit.values_mut() {
        bytes.truncate(9);
    }
    export(&care, &unit);
    until("held", || (care.sets("hold").len() == 1).then_some(()));
    assert!(!care.path("outbox").exists());
    assert_eq!(care.sql("SELECT count(*) FROM outgoing"), ["0"]);
}
