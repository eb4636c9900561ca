//! What is held is told to both sides, and a person settles it with one command.

use std::fs;

use renkei::types::Digest;
use rusqlite::Connection;

use super::invariants;
use super::proof::{receipts, verified};
use super::units::{PLAN, Unit, export, sample, serial_of, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, running, until};
use crate::proof::{openssl_ok, put};

const SERIAL: &str = "20260520101500";

/// What a command prints, and its exit code.
pub(crate) fn says(office: &Office, arguments: &[&str]) -> (String, i32) {
    let output = office.command(arguments);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (said, output.status.code().expect("a code"))
}

/// A unit that lies in the recipient's hold folder, because a file of the name of one of its files
/// lay in the import folder; the name of that file, and the id under which it is held.
fn in_conflict(care: &Office, help: &Office) -> (Unit, String, String) {
    let unit = sample(PLAN, SERIAL);
    let name = unit.keys().nth(1).expect("several files").clone();
    fs::write(help.path("import").join(&name), "typed in by hand").expect("written");
    export(care, &unit);
    until("told to the sender", || care.has_sent("HELD_BY_RECIPIENT", 1));
    let (list, _) = says(help, &["hold", "list"]);
    assert!(list.contains("another file of the same name lies in the import folder"), "{list}");
    let id = list.lines().find_map(|line| line.strip_prefix("  to place it again: "));
    let id = id.and_then(|command| command.strip_prefix("renkei hold release "));
    let id = id.unwrap_or_else(|| panic!("no command in {list}")).to_owned();
    (unit, name, id)
}

#[test]
fn the_sender_sees_why_and_a_release_hands_over() {
    let [care, help] = running([CARE, HELP]);
    let (unit, name, id) = in_conflict(&care, &help);

    let (history, _) = says(&care, &["history"]);
    let why = "held at the partner (another file of the same name lies in the import folder)";
    assert!(history.contains(why), "{history}");
    let history = care.command_in("ja", &["history"]);
    let history = String::from_utf8(history.stdout).expect("UTF-8");
    assert!(history.contains("相手で保留中（取込フォルダーに同じ名前"), "{history}");
    assert!(says(&care, &["status"]).0.contains("held at the partner"));
    let proof = receipts(&care);
    let said = verified(&care, &proof.last().expect("receipts").2);
    assert_eq!(
        (&said["kind"], &said["result"]),
        (&"ContentHandoverFailure".into(), &"held".into())
    );
    let finding = &said["findings"][0];
    assert_eq!(
        (&finding["rule"], &finding["file"]),
        (&"import-name-taken".into(), &name.as_str().into())
    );

    let (status, _) = says(&help, &["status"]);
    assert!(status.contains(&id) && status.contains("renkei hold dismiss"), "{status}");
    let (shown, _) = says(&help, &["hold", "show", &id]);
    assert!(shown.contains(&name) && shown.contains("Not imported."), "{shown}");

    // The file is still in the way: it is held again, and that is told.
    assert_eq!(says(&help, &["hold", "release", &id]).1, 0);
    until("held again", || {
        let held = help.sql("SELECT count(*) FROM journal WHERE state = 'HELD'");
        (held == ["2"]).then_some(())
    });
    fs::remove_file(help.path("import").join(&name)).expect("removed");
    let (said, code) = says(&help, &["hold", "release", &id]);
    assert_eq!(code, 0, "{said}");
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
    assert!(help.sets("hold").is_empty(), "copies of what is imported");
    assert!(says(&help, &["hold", "list"]).0.contains("nothing is held"));
    assert_eq!(says(&help, &["hold", "release", &id]).1, 1, "nothing to release any more");
    let by = "SELECT count(*) FROM journal WHERE state = 'COMMITTED' AND detail LIKE 'released%'";
    assert_eq!(help.sql(by), ["2"]);
    invariants::check(&care, &help, 1);

    // The chain of receipts is whole for a third party.
    let message = care.sql("SELECT lower(hex(message_id)) FROM outgoing").remove(0);
    let message = format!(
        "{}-{}-{}-{}-{}",
        &message[..8],
        &message[8..12],
        &message[12..16],
        &message[16..20],
        &message[20..]
    );
    let out = care.path("proof");
    let out = out.to_str().expect("UTF-8");
    let (said, code) = says(&care, &["export", &message, "--out", out]);
    assert_eq!(code, 0, "{said}");
    let (said, code) = says(&care, &["verify", out]);
    assert_eq!(code, 0, "{said}");
}

/// As a node sees it that knows none of a kind that a newer partner issues.
#[test]
fn a_receipt_of_an_unknown_kind_keeps_no_other_back() {
    let [care, mut help] = running([CARE, HELP]);
    let (_, name, id) = in_conflict(&care, &help);
    help.kill();
    let (_, _, der) = receipts(&care).pop().expect("receipts");
    let mut said = verified(&care, &der);
    said["kind"] = "ContentHandoverPostponed".into();
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "content", serde_json::to_vec(&said).expect("JSON"));
    let keys = help.path("keys");
    let keys = keys.to_str().expect("UTF-8");
    let command = format!(
        "cms -sign -binary -cades -nodetach -in content -outform DER -out message
         -signer {keys}/signing.pem -inkey {keys}/signing.key"
    );
    openssl_ok(folder.path(), &command.split_whitespace().collect::<Vec<_>>());
    let der = fs::read(folder.path().join("message")).expect("signed");
    let store = Connection::open(help.path("data/renkei.db")).expect("a store");
    let stored = store.execute(
        "INSERT INTO receipts (origin, office, partner, message_id, kind, at, sha256, der)
         SELECT origin, office, partner, message_id, 'ContentHandoverPostponed', at, ?1, ?2
         FROM receipts ORDER BY id DESC LIMIT 1",
        (Digest::of(&der).as_raw(), &der),
    );
    assert_eq!(stored.expect("stored"), 1);
    drop(store);
    help.start();
    until("kept", || {
        let count = care.sql("SELECT count(*) FROM receipts WHERE origin = 'received'");
        (count == ["3"]).then_some(())
    });
    fs::remove_file(help.path("import").join(&name)).expect("removed");
    assert_eq!(says(&help, &["hold", "release", &id]).1, 0);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
}

#[test]
fn a_dismissal_is_a_signed_rejection() {
    let [care, help] = running([CARE, HELP]);
    let (_, name, id) = in_conflict(&care, &help);
    let held = format!("{SERIAL}_{CARE}_{HELP}");
    let wrong = says(&help, &["hold", "dismiss", &id, "--reason", "Mr. A"]);
    assert_eq!(wrong.1, 2, "{}", wrong.0);
    let (said, code) = says(&help, &["hold", "dismiss", &id, "--reason", "sent-twice", "--delete"]);
    assert_eq!(code, 0, "{said}");
    until("refused", || care.has_sent("REJECTED", 1));
    let detail = care.sql("SELECT detail FROM outgoing");
    assert_eq!(detail, ["dismissed-by-recipient,sent-twice"]);
    let (history, _) = says(&care, &["history"]);
    assert!(history.contains("refused by the recipient (a person at the recipient"), "{history}");
    let list = until("shown", || {
        let (list, _) = says(&care, &["hold", "list"]);
        list.contains("[dismissed-by-recipient]").then_some(list)
    });
    let sent = "sent, but the partner did not take it in";
    assert!(list.contains(sent) && !list.contains("  not sent"), "{list}");
    let folder = care.path("hold").join(&held);
    let report = fs::read_to_string(folder.join("report.txt")).expect("a report");
    assert!(report.contains("Ask the partner by telephone"), "{report}");
    assert!(!report.contains("care software"), "{report}");
    let proof = receipts(&care);
    let said = verified(&care, &proof.last().expect("receipts").2);
    assert_eq!(said["kind"], "Rejection");
    assert!(!help.sets("hold").contains_key(&held), "its copies are gone");
    assert_eq!(help.files("import").into_keys().collect::<Vec<_>>(), [name]);
    assert!(says(&help, &["hold", "list"]).0.contains("nothing is held"));
    assert_eq!(help.sql("SELECT state, detail FROM incoming"), ["REJECTED|dismissed-by-recipient"]);
}

/// A unit with a field too many in one file, and the id under which it is held.
fn broken(care: &Office) -> (Unit, String) {
    let good = withdrawal(CARE, 1);
    let mut bad = good.clone();
    for bytes in bad.values_mut() {
        *bytes = b"202407,271001,not a number,202606,x\r\n".to_vec();
    }
    export(care, &bad);
    let id = until("held", || {
        let rows = care.sql("SELECT 'h' || id FROM held WHERE settled_at IS NULL");
        rows.into_iter().next()
    });
    (good, id)
}

#[test]
fn a_held_set_of_ours_is_mended_and_released() {
    let [care, help] = running([CARE, HELP]);
    let (good, id) = broken(&care);
    let (status, _) = says(&care, &["status"]);
    assert!(status.contains(&format!("renkei hold release {id}")), "{status}");
    let folder = care.path("hold").join(format!("{}_{CARE}_{HELP}", serial_of(&good)));
    let (name, bytes) = good.first_key_value().expect("a file");
    assert!(status.contains(folder.to_str().expect("UTF-8")), "{status}");
    assert!(says(&care, &["hold", "show", &id]).0.contains("DLTPLAN"));

    // As it is it would be held again; a newer file of its name is never overwritten.
    fs::write(care.path("drop").join(format!(".{name}")), b"").expect("written");
    fs::write(folder.join(name), bytes).expect("mended");
    let (said, code) = says(&care, &["hold", "release", &id]);
    assert_eq!(code, 0, "{said}");
    until("sent", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), good);
    assert!(!folder.exists(), "nothing but its reports was left");
    assert!(says(&care, &["hold", "list"]).0.contains("nothing is held"));
    assert!(says(&care, &["history"]).0.contains("held, settled"), "the history keeps it");
}

#[test]
fn held_sets_are_settled_by_hand_or_by_themselves() {
    let [mut care, help] = offices([CARE, HELP]);
    care.start();
    let (good, id) = broken(&care);
    let (said, code) = says(&care, &["hold", "dismiss", &id]);
    assert_eq!(code, 0, "{said}");
    assert!(says(&care, &["hold", "list"]).0.contains("nothing is held"));
    let folder = care.path("hold").join(format!("{}_{CARE}_{HELP}", serial_of(&good)));
    assert!(folder.is_dir(), "its files stay");
    let (history, _) = says(&care, &["history", "--format", "json"]);
    let history: serde_json::Value = serde_json::from_str(&history).expect("JSON");
    assert_eq!(history["history"][0]["state"], "SETTLED");

    // Held again under the same 連番, and then exported anew by the care software.
    let (_, second) = broken(&care);
    assert_ne!(id, second);
    export(&care, &good);
    until("settled when it is on its way", || {
        (care.sql("SELECT settled FROM held ORDER BY id") == ["dismissed", "sent-again"])
            .then_some(())
    });

    // One whose folder somebody removed is listed no more, even while the node is off.
    let mut other = withdrawal(CARE, 2);
    for bytes in other.values_mut() {
        bytes.extend_from_slice(b"x\r\n");
    }
    export(&care, &other);
    let hold = care.path("hold").join(format!("{}_{CARE}_{HELP}", serial_of(&other)));
    until("held", || hold.is_dir().then_some(()));
    until("noted", || (care.sql("SELECT count(*) FROM held") == ["3"]).then_some(()));
    assert!(says(&care, &["status"]).0.contains("h3"));
    fs::remove_dir_all(&hold).expect("removed");
    care.kill();
    assert!(says(&care, &["hold", "list"]).0.contains("nothing is held"));
    drop(help);
}

/// As when a crash came between taking files and packing them, and the care software exported anew.
#[test]
fn taken_files_that_newer_ones_overtake_are_held_and_listed() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.start();
    care.kill();
    let newer = withdrawal(CARE, 1);
    let id = "0197b4e0-0000-7000-8000-000000000000";
    let work = care.path(".renkei-work-drop").join(id);
    fs::create_dir(&work).expect("made");
    for (name, bytes) in &newer {
        fs::write(work.join(name), &bytes[..bytes.len() - 2]).expect("written");
    }
    export(&care, &newer);
    care.start();
    let returned = care.path("hold").join(format!("{id}-returned"));
    until("held", || returned.join("report.txt").exists().then_some(()));
    until("noted", || (care.sql("SELECT reason FROM held") == ["overtaken-in-drop"]).then_some(()));
    help.start();
    until("sent", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), newer);
    // The newer ones are on their way, so nobody has to decide about the older ones.
    assert_eq!(care.sql("SELECT settled FROM held"), ["sent-again"]);
    assert_eq!(fs::read_dir(&returned).expect("kept").count(), newer.len() + 2);
}

#[test]
fn an_order_that_is_given_while_the_node_is_off_is_carried_out_at_its_start() {
    let [mut care, help] = offices([CARE, HELP]);
    care.start();
    let (_, id) = broken(&care);
    care.kill();
    let (said, code) = says(&care, &["hold", "dismiss", &id]);
    assert!(said.contains("when it starts") && code == 3, "{code}: {said}");
    let control = care.path("data/control");
    let stranger = control.join("0197b4e0-0000-7000-8000-000000000000.order");
    fs::write(&stranger, b"\xff{\"schema\":").expect("written");
    care.start();
    until("settled", || (care.sql("SELECT settled FROM held") == ["dismissed"]).then_some(()));
    until("answered", || (!stranger.exists()).then_some(()));
    assert!(care.is_alive());
    let (said, code) = says(&care, &["reload"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(care.sql("SELECT count(*) FROM journal WHERE state = 'RELOAD'"), ["1"]);
    assert_eq!(says(&care, &["hold", "release", "h99"]).1, 1);
    assert_eq!(says(&care, &["retry"]).1, 1, "nothing waits");
    assert_eq!(says(&care, &["retry", "nobody"]).1, 2);
    drop(help);
}

/// What is held for one reason can be lost for another: the sender hears of it and can send it again.
#[test]
fn a_held_package_whose_bytes_are_lost_is_sent_again() {
    let [care, mut help] = running([CARE, HELP]);
    let (unit, name, id) = in_conflict(&care, &help);
    help.kill();
    let store = Connection::open(help.path("data/renkei.db")).expect("a store");
    let zeroed = store.execute("UPDATE payloads SET bytes = zeroblob(length(bytes))", ());
    assert_eq!(zeroed.expect("zeroed"), 1);
    drop(store);
    fs::remove_file(help.path("import").join(&name)).expect("removed");
    help.start();
    let (said, code) = says(&help, &["hold", "release", &id]);
    assert!(said.contains("renkei retry") && code == 1, "{code}: {said}");
    until("told to the sender", || {
        let detail = care.sql("SELECT detail FROM outgoing WHERE state = 'HELD_BY_RECIPIENT'");
        (detail == ["store-damaged"]).then_some(())
    });
    let (said, code) = says(&care, &["retry", &id]);
    assert_eq!(code, 0, "{said}");
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
}
