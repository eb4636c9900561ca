//! What was sent is taken back before it is placed, whichever way it went.

use std::fs;

use bytes::Bytes;
use jiff::SignedDuration;
use renkei::link::SendError;
use renkei::package::{Recall, Receipt};
use renkei::types::MessageId;

use super::collecting::one_closed;
use super::held::says;
use super::proof::{receipts, verified};
use super::real_relay::around_relay;
use super::rogue::{Parcel, Rogue};
use super::scripted::Scripted;
use super::units::{PLAN, Unit, export, sample, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, running, until};

const SERIAL: &str = "20260520101500";

/// A unit of which the recipient has another file in its import folder, so that it is held there.
pub(super) fn in_the_way(help: &Office) -> Unit {
    let unit = sample(PLAN, SERIAL);
    let name = unit.keys().nth(1).expect("several files");
    fs::write(help.path("import").join(name), "typed in by hand").expect("written");
    unit
}

/// The id of the last package that an office has sent.
pub(crate) fn sent_id(care: &Office) -> String {
    let id = care.sql("SELECT lower(hex(message_id)) FROM outgoing ORDER BY sequence DESC LIMIT 1");
    let hex = &id[0];
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn recall(office: &Office, id: &str) -> (String, i32) {
    says(office, &["recall", id, "--yes"])
}

/// Takes a package back, and waits until that is so.
pub(super) fn taken_back(office: &Office, id: &str) {
    let (said, code) = recall(office, id);
    assert_eq!(code, 0, "{said}");
    until("taken back", || is_recalled(office));
}

fn is_recalled(office: &Office) -> Option<()> {
    office.has_sent("RECALLED", 1)
}

/// The last receipt is a rejection that says so, and it holds for anybody with `openssl`.
fn proves_it(care: &Office) {
    let all = receipts(care);
    let said = verified(care, &all.last().expect("receipts").2);
    assert_eq!(said["kind"], "Rejection");
    assert_eq!(said["findings"][0]["rule"], "recalled");
    assert_eq!(said["previous"].is_string(), all.len() > 1);
}

#[test]
fn what_is_held_at_the_partner_is_taken_back_on_both_sides() {
    let [care, help] = running([CARE, HELP]);
    export(&care, &in_the_way(&help));
    until("held", || care.has_sent("HELD_BY_RECIPIENT", 1));
    let id = sent_id(&care);
    let before = help.files("import");
    // Nobody sits there who could be asked, also where programs read the answer.
    for command in [&["recall", &id][..], &["recall", &id, "--json"]] {
        let (said, code) = says(&care, command);
        assert!(code == 2 && said.contains("--yes"), "{said}");
    }
    assert!(care.has_sent("HELD_BY_RECIPIENT", 1).is_some(), "nothing was done");
    let (said, code) = recall(&care, &id);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("taken back"), "{said}");
    assert_eq!(care.sql("SELECT state, detail FROM outgoing"), ["RECALLED|recalled"]);
    assert_eq!(help.sql("SELECT state, detail, place FROM incoming"), ["RECALLED|recalled|gone"]);
    for (of, state) in [(&care, "taken back"), (&help, "taken back by the sender")] {
        let history = says(of, &["history"]).0;
        assert!(history.contains(state) && history.contains("given back"), "{history}");
        assert!(!history.contains("rejection"), "nobody refused it: {history}");
    }
    assert!(says(&help, &["hold", "list"]).0.contains("nothing is held"));
    until("no copies", || help.sets("hold").is_empty().then_some(()));
    assert_eq!(help.files("import"), before);
    proves_it(&care);
    let by = care.sql("SELECT count(*) FROM journal WHERE detail LIKE 'recall-asked%'");
    assert_eq!(by, ["1"]);

    // Asked once more it is still so, and the partner cannot place it any more.
    let (said, code) = recall(&care, &id);
    assert_eq!(code, 0, "{said}");
    let (_, code) = says(&help, &["hold", "release", &id]);
    assert_eq!(code, 1);
    // The recipient has sent nothing under this id.
    assert_eq!(recall(&help, &id).1, 1);
    // What comes behind it is not held up.
    let next = withdrawal(CARE, 1);
    export(&care, &next);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
}

#[test]
fn what_is_in_the_import_folder_cannot_be_taken_back() {
    let [care, help] = running([CARE, HELP]);
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let (said, code) = recall(&care, &sent_id(&care));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("too late") && said.contains("Ring up"), "{said}");
    assert_eq!(care.sql("SELECT state FROM outgoing"), ["HANDED_OVER"]);
    assert_eq!(help.files("import"), unit, "INV5");
}

/// A partner that was off is told before the package could come, and never gets it.
#[test]
fn what_never_came_is_taken_back_when_the_partner_is_there() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.set("timing", "order_wait", "\"10m\"");
    care.start();
    export(&care, &withdrawal(CARE, 1));
    until("an attempt", || {
        let failed = care.sql("SELECT count(*) FROM outgoing WHERE failures > 0");
        (failed == ["1"]).then_some(())
    });
    let (said, code) = recall(&care, &sent_id(&care));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("has not answered"), "{said}");
    assert_eq!(care.sql("SELECT state FROM outgoing"), ["RECALL_ASKED"]);
    assert!(says(&care, &["history"]).0.contains("asked to be given back"));
    // It is asked still after a kill.
    care.kill();
    help.start();
    care.start();
    until("taken back", || is_recalled(&care));
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["0"]);
    assert_eq!(help.sql("SELECT count(*) FROM recalled"), ["1"]);
    assert!(help.files("import").is_empty());
    proves_it(&care);
    // A second one goes its way: no number is missing.
    export(&care, &withdrawal(CARE, 2));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
}

/// The ones behind it do not wait until the partner has given its number up.
#[test]
fn nobody_waits_for_a_number_that_was_taken_back_in_the_queue() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.set("timing", "order_wait", "\"10m\"");
    care.start();
    leaves_out_the_second(&care);
    help.start();
    until("handed over", || care.has_sent("HANDED_OVER", 2));
    until("told", || (care.sql("SELECT number_only FROM recalls") == ["2"]).then_some(()));
    assert_eq!(help.sql("SELECT sequence FROM recalled"), ["2"]);

    let [mut care, mut help] = one_closed();
    care.set("timing", "order_wait", "\"10m\"");
    help.start();
    leaves_out_the_second(&help);
    care.start();
    until("handed over to whom comes", || help.has_sent("HANDED_OVER", 2));
    until("told", || (help.sql("SELECT number_only FROM recalls") == ["2"]).then_some(()));
}

/// Three packages wait, and the one in the middle is taken back.
fn leaves_out_the_second(sender: &Office) {
    let mut ids = Vec::new();
    for number in 1..=3 {
        export(sender, &withdrawal(sender.number, number));
        let packed = || {
            let count = sender.sql("SELECT count(*) FROM outgoing");
            (count == [number.to_string()]).then(|| sent_id(sender))
        };
        ids.push(until("packed", packed));
    }
    let (said, code) = recall(sender, &ids[1]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("the partner has nothing of it"), "{said}");
    assert_eq!(sender.sql("SELECT number_only FROM recalls"), ["1"]);
}

/// Nobody has fetched it, so that nobody is asked.
#[test]
fn what_never_left_is_taken_back_at_once() {
    let [_care, mut help] = one_closed();
    help.start();
    export(&help, &withdrawal(HELP, 1));
    until("queued", || help.has_sent("QUEUED", 1));
    let (said, code) = recall(&help, &sent_id(&help));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("the partner has nothing of it"), "{said}");
    assert_eq!(help.sql("SELECT state, detail FROM outgoing"), ["RECALLED|taken-back"]);
    assert_eq!(help.sql("SELECT count(*) FROM receipts"), ["0"]);
}

#[test]
fn who_comes_for_it_gives_it_back() {
    let [mut care, mut help] = one_closed();
    care.start();
    help.start();
    let actual = withdrawal(HELP, 1);
    let name = actual.keys().next().expect("a file");
    fs::write(care.path("import-actuals").join(name), "typed in by hand").expect("written");
    export(&help, &actual);
    until("held", || help.has_sent("HELD_BY_RECIPIENT", 1));
    let (said, code) = recall(&help, &sent_id(&help));
    assert_eq!(code, 0, "{said}");
    until("taken back", || is_recalled(&help));
    assert_eq!(care.sql("SELECT state FROM incoming"), ["RECALLED"]);
    proves_it(&help);
}

/// A relay keeps the request, and nothing of the package is fetched any more.
#[test]
fn a_relay_keeps_the_request_until_the_partner_comes() {
    let (mut relay, [mut care, mut help]) = around_relay();
    // So that the relay knows it.
    help.start();
    care.start();
    let first = withdrawal(CARE, 1);
    export(&care, &first);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    help.kill();
    export(&care, &withdrawal(CARE, 2));
    until("kept", || care.has_sent("DEPOSITED", 1));
    let (said, code) = recall(&care, &sent_id(&care));
    assert_eq!(code, 0, "{said}");
    care.has_sent("RECALL_ASKED", 1).expect("not answered yet");
    until("at the relay", || {
        let left = care.sql("SELECT attempts FROM recalls");
        (left != ["0"]).then_some(())
    });
    relay.kill();
    relay.start();
    care.kill();
    care.start();
    help.start();
    until("taken back", || is_recalled(&care));
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["1"]);
    assert_eq!(help.files("import"), first);
    let said = verified(&care, &receipts(&care).last().expect("receipts").2);
    assert_eq!(said["findings"][0]["rule"], "recalled");
}

#[test]
fn what_was_fetched_from_a_relay_is_taken_back() {
    let (_relay, [mut care, mut help]) = around_relay();
    care.start();
    help.start();
    export(&care, &in_the_way(&help));
    until("held", || care.has_sent("HELD_BY_RECIPIENT", 1));
    let (said, code) = recall(&care, &sent_id(&care));
    assert_eq!(code, 0, "{said}");
    until("taken back", || is_recalled(&care));
    assert_eq!(help.sql("SELECT state FROM incoming"), ["RECALLED"]);
    proves_it(&care);
}

/// What was given up is not asked for: nobody knows what became of it.
#[test]
fn what_was_given_up_cannot_be_taken_back() {
    let [mut care, _help] = offices([CARE, HELP]);
    care.set("timing", "expiry", "\"2s\"");
    care.start();
    export(&care, &withdrawal(CARE, 1));
    until("given up", || care.has_sent("EXPIRED", 1));
    let (said, code) = recall(&care, &sent_id(&care));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("in no state"), "{said}");
    assert_eq!(care.sql("SELECT count(*) FROM recalls"), ["0"]);
}

/// Whose software is older is rung up, and what it has signed is what the sender sees.
#[test]
fn a_partner_that_takes_no_requests_is_rung_up() {
    let [mut care, help] = offices([CARE, HELP]);
    let partner = Scripted::start(&help, &care, |_| Ok(()));
    care.start();
    export(&care, &withdrawal(CARE, 1));
    until("taken", || care.has_sent("CONSIGNED", 1));
    let (said, code) = recall(&care, &sent_id(&care));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("takes no recalls"), "{said}");
    let state = care.sql("SELECT state, detail FROM outgoing");
    assert_eq!(state, ["CONSIGNED|recall-unsupported"]);
    assert_eq!(partner.puts().len(), 1);
}

/// The code of the refusal of a request.
fn refusal(answer: Result<Option<Bytes>, SendError>) -> String {
    match answer {
        Err(SendError::Refused { problem } | SendError::Busy { problem, .. }) => {
            problem.code.to_owned()
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
}

pub(super) fn asking_for(parcel: &Parcel) -> Recall {
    let now = Rogue::now();
    Recall::of(&parcel.open().reference(), 1, now, now + SignedDuration::from_hours(24))
}

/// Only who has sent a package and signs for it gets it back, and nothing else changes.
#[test]
fn forged_and_foreign_requests_are_refused_with_their_codes() {
    const BATH: &str = "2770000045";
    let [care, mut help, bath] = offices([CARE, HELP, BATH]);
    help.start();
    let [sender, stranger] = [&care, &bath].map(Rogue::of);
    let unit = in_the_way(&help);
    let parcel = sender.parcel(&help, &unit, 1, |_| {});
    sender.put(&help, &parcel).expect("taken");
    until("held", || (help.sql("SELECT state FROM incoming") == ["HELD"]).then_some(()));
    let recall = asking_for(&parcel);

    let answer = stranger.recall(&help, parcel.id, &recall);
    assert_eq!(refusal(answer), "certificate-not-allowed", "said by another office");
    let answer = Rogue::between(&care, &bath).recall(&help, parcel.id, &recall);
    assert_eq!(refusal(answer), "certificate-wrong-office", "signed by another office");
    let answer = sender.recall(&help, MessageId::new(Rogue::now()), &recall);
    assert_eq!(refusal(answer), "id-mismatch");
    let answer = sender.recall_with(&help, parcel.id, Bytes::from_static(b"please"));
    assert_eq!(refusal(answer), "bad-signature");
    let other = Recall { package_sha256: recall.manifest_sha256, ..recall.clone() };
    assert_eq!(refusal(sender.recall(&help, parcel.id, &other)), "id-taken");
    let over = Recall {
        at: recall.at - SignedDuration::from_hours(9),
        expires_at: recall.at,
        ..recall.clone()
    };
    assert_eq!(refusal(sender.recall(&help, parcel.id, &over)), "package-expired");
    let never = Recall { expires_at: recall.at, ..recall.clone() };
    assert_eq!(refusal(sender.recall(&help, parcel.id, &never)), "bad-recall");
    assert_eq!(help.sql("SELECT state FROM incoming"), ["HELD"]);
    assert_eq!(help.sql("SELECT count(*) FROM recalled"), ["0"]);

    let granted = sender.recall(&help, parcel.id, &recall).expect("granted").expect("a receipt");
    let (said, _) = Receipt::stated(&granted, &renkei::package::Limits::default()).expect("one");
    assert_eq!((said.kind.as_str(), said.codes().as_str()), ("Rejection", "recalled"));
    let again = sender.recall(&help, parcel.id, &recall).expect("granted").expect("a receipt");
    assert_eq!(again, granted, "the same receipt");
    assert_eq!(help.sql("SELECT state FROM incoming"), ["RECALLED"]);
    // It is answered so when it is put again.
    let repeated = sender.put(&help, &parcel).expect("answered");
    assert!(repeated.repeated);
}

/// Whoever is killed when: both sides say the same in the end, and nothing is placed that was given back.
#[test]
fn kills_on_both_sides_leave_one_answer() {
    let [mut care, mut help] = running([CARE, HELP]);
    for number in 1..=6 {
        let unit = withdrawal(CARE, number);
        // Where the partner is off, it cannot be there: it comes back in any case. Otherwise it may be
        // on its way, there, or placed.
        let is_off = number % 2 == 0;
        if is_off {
            help.kill();
        }
        export(&care, &unit);
        let newest = format!(
            "SELECT lower(hex(message_id)) FROM outgoing
             WHERE (SELECT count(*) FROM outgoing) = {number} ORDER BY rowid DESC LIMIT 1"
        );
        let hex = until("packed", || care.sql(&newest).pop());
        let id = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
        recall(&care, &id);
        if number % 3 == 0 {
            care.kill();
            care.start();
        }
        if !is_off {
            help.kill();
        }
        help.start();
        let state = format!("SELECT state FROM outgoing WHERE message_id = x'{hex}'");
        let state = until("decided", || {
            let state = care.sql(&state).pop()?;
            ["RECALLED", "HANDED_OVER"].contains(&state.as_str()).then_some(state)
        });
        let placed = unit.keys().all(|name| help.path("import").join(name).exists());
        let none = unit.keys().all(|name| !help.path("import").join(name).exists());
        assert!(if state == "HANDED_OVER" { placed } else { none }, "{number}: {state}");
        assert!(!is_off || state == "RECALLED", "{number}: {state}");
    }
}
