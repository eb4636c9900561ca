//! What a partner refuses for good is told and waits for a person; what it asks to come again for
//! comes when it says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use renkei::link::Refusal;
use renkei::types::code::RefusalCode;

use super::held::says;
use super::rogue::Rogue;
use super::scripted::{Scripted, for_good, refuses};
use super::units::{export, export_all, serial_of, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, until};

fn units(count: u32) -> Vec<super::units::Unit> {
    (1..=count).map(|number| withdrawal(CARE, number)).collect()
}

/// What `hold list` says once something lies in the hold folder for this reason.
fn listed(care: &Office) -> String {
    until("listed", || {
        let (list, _) = says(care, &["hold", "list"]);
        list.contains("[refused-for-good]").then_some(list)
    })
}

#[test]
fn what_is_refused_for_good_is_put_once_told_and_sent_again_when_a_person_says_so() {
    let [mut care, help] = offices([CARE, HELP]);
    let units = units(4);
    let serial = serial_of(&units[0]);
    let partner = Scripted::start(&help, &care, refuses(&serial, for_good));
    export_all(&care, &units[..3]);
    care.start();
    until("refused", || care.has_sent("REFUSED", 1));
    until("the others", || care.has_sent("CONSIGNED", 2));
    assert_eq!(partner.puts_of(&serial).len(), 1, "it is of no use to try again");

    assert!(care.log().contains("the partner will never take a package"), "told in the log");
    let list = listed(&care);
    for told in [
        "stopped, because the partner does not accept it",
        "the package is larger than the recipient accepts [peer-refuses:too-large]",
        &format!("renkei retry {HELP}"),
    ] {
        assert!(list.contains(told), "{told}: {list}");
    }
    let (status, _) = says(&care, &["status"]);
    assert!(status.contains("not accepted by the partner, stopped"), "{status}");
    assert!(status.contains("[refused-for-good]") && !status.contains("next attempt"), "{status}");
    let (history, _) = says(&care, &["history"]);
    assert!(history.contains("[peer-refuses:too-large]"), "{history}");
    let history = care.command_in("ja", &["history"]);
    let history = String::from_utf8(history.stdout).expect("UTF-8");
    assert!(history.contains("相手が受け付けず停止中"), "{history}");
    // They are as their schemas say.
    for command in [&["history", "--format", "json"][..], &["status", "--json"]] {
        assert!(care.command(command).status.success(), "{command:?}");
    }
    let sets = care.sets("hold");
    let (folder, files) = sets.first_key_value().expect("a set");
    assert!(files.contains(units[0].keys().next().expect("a file")), "{files:?}");
    let report = std::fs::read_to_string(care.path("hold").join(folder).join("report.txt"));
    let id = partner.puts_of(&serial)[0].id.to_string();
    assert!(report.expect("a report").contains(&format!("renkei retry {id}")));

    // Whoever starts a node hurries everything but that.
    care.kill();
    care.start();
    export(&care, &units[3]);
    until("what came later", || care.has_sent("CONSIGNED", 3));
    assert_eq!(partner.puts_of(&serial).len(), 1);

    // A person who asks too early is told again.
    assert_eq!(says(&care, &["retry", HELP]).1, 0);
    let refused = "SELECT count(*) FROM journal WHERE state = 'REFUSED'";
    until("refused again", || (care.sql(refused) == ["2"]).then_some(()));
    assert_eq!(partner.puts_of(&serial).len(), 2);
    listed(&care);
    partner.says(|_| Ok(()));
    let (said, code) = says(&care, &["retry", &id]);
    assert_eq!(code, 0, "{said}");
    until("delivered", || care.has_sent("CONSIGNED", 4));
    until("settled", || {
        (says(&care, &["hold", "list"]).0.trim() == "nothing is held").then_some(())
    });
    assert_eq!(partner.puts_of(&serial).len(), 3);
}

#[test]
fn a_set_that_is_exported_again_takes_the_place_of_the_refused_one() {
    let [mut care, help] = offices([CARE, HELP]);
    let unit = withdrawal(CARE, 1);
    let serial = serial_of(&unit);
    let partner = Scripted::start(&help, &care, refuses(&serial, for_good));
    export(&care, &unit);
    care.start();
    listed(&care);
    partner.says(|_| Ok(()));
    export(&care, &unit);
    until("delivered", || care.has_sent("CONSIGNED", 1));
    care.has_sent("SUPERSEDED", 1).expect("the refused one");
    assert_eq!(says(&care, &["hold", "list"]).0.trim(), "nothing is held");
    assert_eq!(says(&care, &["retry"]).1, 1, "nothing waits");
    assert_eq!(partner.puts().len(), 2);
}

#[test]
fn a_partner_that_says_when_to_come_again_is_taken_at_its_word() {
    const ASKED: Duration = Duration::from_secs(2);
    /// By the schedule alone, the second attempt comes no earlier.
    const SCHEDULE: Duration = Duration::from_secs(15);
    let [mut care, help] = offices([CARE, HELP]);
    let unit = withdrawal(CARE, 1);
    let asked = AtomicUsize::new(0);
    let partner = Scripted::start(&help, &care, move |_| {
        if asked.fetch_add(1, Ordering::Relaxed) < 2 {
            Err(Refusal::plain(RefusalCode::BUSY).retry_after(ASKED))
        } else {
            Ok(())
        }
    });
    export(&care, &unit);
    care.start();
    until("delivered", || care.has_sent("CONSIGNED", 1));
    let puts = partner.puts();
    assert_eq!(puts.len(), 3);
    for two in puts.windows(2) {
        let waited = two[1].at.duration_since(two[0].at);
        assert!(waited >= ASKED && waited < SCHEDULE, "{waited:?}");
    }
}

/// Neither that it asks for its receipts, nor that something else goes through, is a word of the
/// partner that it may come earlier.
#[test]
fn a_partner_that_connects_shortens_no_wait_that_it_asked_for() {
    let [mut care, help] = offices([CARE, HELP]);
    let units = units(2);
    let partner = Scripted::start(&help, &care, |_| {
        Err(Refusal::plain(RefusalCode::BUSY).retry_after(Duration::from_mins(20)))
    });
    export_all(&care, &units);
    care.start();
    until("one attempt", || (partner.puts().len() == 1).then_some(()));
    let failed = "SELECT count(*) FROM outgoing WHERE failures > 0";
    until("noted", || (care.sql(failed) == ["1"]).then_some(()));
    let planned = "SELECT next_at FROM outgoing ORDER BY sequence";
    let before = care.sql(planned);
    let rogue = Rogue::of(&help);
    rogue.receipts(&care, HELP).expect("a page");
    // What the node does about it is over when it does the next thing.
    export(&care, &withdrawal(CARE, 3));
    until("the next one waits too", || care.has_sent("QUEUED", 3));
    rogue.receipts(&care, HELP).expect("a page");
    assert_eq!(care.sql(planned)[..2], before, "made due");
    assert_eq!(partner.puts().len(), 1, "it asked to come later");

    // Who says so at this end may know better.
    partner.says(|_| Ok(()));
    assert_eq!(says(&care, &["retry", HELP]).1, 0);
    until("delivered", || care.has_sent("CONSIGNED", 3));
}

#[test]
fn one_package_that_has_to_come_later_is_not_hurried_by_those_behind_it() {
    let [mut care, help] = offices([CARE, HELP]);
    let units = units(3);
    let serial = serial_of(&units[0]);
    let later = || {
        let refusal = Refusal::plain(RefusalCode::STORAGE_FULL).of_this_package();
        refusal.retry_after(Duration::from_mins(20))
    };
    let partner = Scripted::start(&help, &care, refuses(&serial, later));
    export_all(&care, &units);
    care.start();
    until("the others", || care.has_sent("CONSIGNED", 2));
    assert_eq!(partner.puts_of(&serial).len(), 1, "it asked to come later");
    care.has_sent("QUEUED", 1).expect("it waits");
    // Neither does a partner that was away and is back.
    partner.says(|package| {
        let serial = package.manifest().serial.to_string();
        if serial.ends_with('4') { Err(Refusal::plain(RefusalCode::BUSY)) } else { Ok(()) }
    });
    export(&care, &withdrawal(CARE, 4));
    let failed = "SELECT count(*) FROM outgoing WHERE state = 'QUEUED' AND failures > 0";
    until("a pause", || (care.sql(failed) == ["2"]).then_some(()));
    partner.says(|_| Ok(()));
    Rogue::of(&help).receipts(&care, HELP).expect("a page");
    until("the pause is over", || care.has_sent("CONSIGNED", 3));
    assert_eq!(partner.puts_of(&serial).len(), 1, "it asked to come later");
    care.has_sent("QUEUED", 1).expect("it waits");
}
