//! What waits while a certificate ends or the clock is wrong, and what was signed before.

use jiff::{SignedDuration, Timestamp};
use renkei::certs::{Issued, TestCa, Validity};
use renkei::link::{Refusal, SendError};
use renkei::package::{Limits, Receipt, Usage};
use renkei::types::code::RefusalCode;
use renkei::types::{Clock, Digest};

use super::collecting::one_closed;
#[cfg(target_os = "linux")]
use super::real_relay::around_relay;
use super::rogue::Rogue;
use super::scripted::Scripted;
use super::units::{export, withdrawal};
#[cfg(target_os = "linux")]
use crate::harness::faketime;
use crate::harness::{CARE, HELP, Office, offices, until};
use crate::proof::{long, office, trust_in};

/// How long a certificate is still good: enough to start and to sign.
const LEFT: i64 = 10;

fn now() -> Timestamp {
    Clock::system().now()
}

fn issue(of: &Office, seconds: i64) -> Issued {
    let at = |seconds: i64| now() + SignedDuration::from_secs(seconds);
    let validity = Validity { not_before: at(-3600), not_after: at(seconds) };
    let issued = of.world.authority.issue(office(of.number), Usage::Signing, &[], validity);
    issued.expect("a certificate")
}

/// Waits until a certificate of the test has ended.
fn end_of_certificates(at: Timestamp) {
    until("the end of the certificate", || (now() > at).then_some(()));
}

fn renewed(of: &Office) {
    let before = of.log().matches("were read again").count();
    of.put_identity("signing", &issue(of, 3600));
    until("renewed", || (of.log().matches("were read again").count() > before).then_some(()));
}

/// Everything arrived, each unit once, in its order and without a gap.
fn arrived_in_order(care: &Office, help: &Office, count: usize) {
    until("everything at the partner", || care.has_sent("HANDED_OVER", count));
    let numbers: Vec<String> = (1..=count).map(|number| number.to_string()).collect();
    let placed =
        "SELECT sequence FROM incoming JOIN journal ON journal.message_id = incoming.message_id
         WHERE journal.state = 'PLACED' AND direction = 'in' ORDER BY journal.id";
    assert_eq!(help.sql(placed), numbers);
    assert_eq!(help.files("import").len() + help.files("import-actuals").len(), count);
}

#[test]
fn what_was_signed_before_the_end_is_delivered_after_the_renewal() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let end = now() + SignedDuration::from_secs(LEFT + 1);
    care.put_identity("signing", &issue(&care, LEFT));
    care.start();
    for number in 1..=3 {
        export(&care, &withdrawal(CARE, number));
    }
    until("packed", || care.has_sent("QUEUED", 3));
    end_of_certificates(end);
    renewed(&care);
    help.start();
    arrived_in_order(&care, &help, 3);
    // Those that were refused are told as what they are, and the new ones name them.
    care.has_sent("SUPERSEDED", 3).expect("three that were replaced");
    let history = care.command_in("ja", &["history", "--format", "csv"]);
    let history = String::from_utf8(history.stdout).expect("UTF-8");
    assert_eq!(history.matches("作り直し済み").count(), 3, "{history}");
    let details = care.sql(
        "SELECT count(*) FROM journal AS old JOIN outgoing AS new ON old.detail = 'superseded-by-' ||
             lower(substr(hex(new.message_id), 1, 8) || '-' || substr(hex(new.message_id), 9, 4)
             || '-' || substr(hex(new.message_id), 13, 4) || '-' || substr(hex(new.message_id), 17, 4)
             || '-' || substr(hex(new.message_id), 21))
         WHERE new.state = 'HANDED_OVER'",
    );
    assert_eq!(details, ["3"]);
}

/// Whether the partner has it already cannot be asked at that moment: that is no refusal, after which
/// it would wait for long.
#[test]
fn what_cannot_be_asked_yet_is_asked_again_soon() {
    let [mut care, help] = offices([CARE, HELP]);
    let end = now() + SignedDuration::from_secs(LEFT + 1);
    let former = issue(&care, LEFT);
    care.put_identity("signing", &former);
    care.start();
    export(&care, &withdrawal(CARE, 1));
    until("packed", || care.has_sent("QUEUED", 1));
    end_of_certificates(end);
    renewed(&care);
    let sha256 = Digest::of(former.certificate().expect("one"));
    let partner = Scripted::start(&help, &care, move |package| {
        if package.manifest().sender.certificate == Some(sha256) {
            return Err(Refusal::plain(RefusalCode::CERTIFICATE_EXPIRED));
        }
        Ok(())
    });
    partner.keeps_receipts(true);
    assert_eq!(care.command(&["retry", HELP]).status.code(), Some(0));
    until("told as what it is", || {
        (care.sql("SELECT detail FROM outgoing") == ["peer-busy:busy"]).then_some(())
    });
    partner.keeps_receipts(false);
    until("delivered", || care.has_sent("CONSIGNED", 1));
    care.has_sent("SUPERSEDED", 1).expect("the former one");
}

/// In a pinned pair the former certificate is unknown as soon as the partner has the new one.
#[test]
fn what_was_signed_before_a_renewal_is_delivered_though_only_the_new_pin_is_known() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let unknown = TestCa::new("Unknown", long()).expect("a CA");
    let own = || unknown.issue(office(CARE), Usage::Signing, &[], long()).expect("issued");
    care.put_identity("signing", &own());
    care.start();
    export(&care, &withdrawal(CARE, 1));
    until("packed", || care.has_sent("QUEUED", 1));
    let new = own();
    care.put_identity("signing", &new);
    until("renewed", || care.log().contains("were read again").then_some(()));
    let pin = Digest::of(new.certificate().expect("one"));
    help.set_peer(CARE, "signing_certificates", format!("[\"{pin}\"]"));
    help.start();
    export(&care, &withdrawal(CARE, 2));
    arrived_in_order(&care, &help, 2);
}

/// The partner has it, and only the receipt was lost: whatever ended since, it may have it again.
#[test]
fn a_package_that_came_before_is_answered_after_its_certificate_ended() {
    let [care, mut help] = offices([CARE, HELP]);
    help.start();
    let end = now() + SignedDuration::from_secs(LEFT + 1);
    care.put_identity("signing", &issue(&care, LEFT));
    let rogue = Rogue::of(&care);
    let parcel = rogue.parcel(&help, &withdrawal(CARE, 1), 1, |_| {});
    let late = rogue.parcel(&help, &withdrawal(CARE, 2), 2, |_| {});
    let first = rogue.put(&help, &parcel).expect("taken");
    end_of_certificates(end);
    let again = rogue.put(&help, &parcel).expect("answered again");
    assert!(again.repeated);
    assert_eq!(again.receipt, first.receipt);
    let (status, code, _) = rogue.refusal(&help, &late);
    assert_eq!((status, code.as_str()), (403, "certificate-expired"), "a new one is not taken");
}

/// A receipt that nobody believes any more is given out signed anew, one by one and in pages.
#[test]
fn receipts_are_signed_anew_when_their_certificate_has_ended() {
    let [care, mut help] = offices([CARE, HELP]);
    let end = now() + SignedDuration::from_secs(LEFT + 1);
    help.put_identity("signing", &issue(&help, LEFT));
    help.start();
    let rogue = Rogue::of(&care);
    let parcel = rogue.parcel(&help, &withdrawal(CARE, 1), 1, |_| {});
    let first = rogue.put(&help, &parcel).expect("taken").receipt;
    until("handed over", || {
        let done = help.sql("SELECT count(*) FROM incoming WHERE state = 'HANDED_OVER'");
        (done == ["1"]).then_some(())
    });
    end_of_certificates(end);
    let kinds = || {
        let page = rogue.receipts(&help, CARE).expect("a page");
        let open = |der: &[u8]| {
            let trust = trust_in(&[&help.world.authority]);
            Receipt::open(der, &trust, &Limits::default(), now())
        };
        let believed = page.receipts.iter().filter_map(|entry| open(&entry.receipt).ok());
        let believed: Vec<_> = believed.collect();
        let kinds: Vec<_> = believed.iter().map(|it| it.receipt.kind.as_str()).collect();
        // Each names the one before it, so that those who have only these have all.
        let names_former =
            believed.windows(2).all(|two| two[1].receipt.previous == Some(two[0].sha256));
        assert!(names_former, "{believed:?}");
        (kinds, page.receipts.len())
    };
    assert_eq!(kinds(), (vec![], 2), "nobody can sign at the moment");
    match rogue.put(&help, &parcel) {
        Err(SendError::Busy { problem, .. }) => {
            assert_eq!(problem.code, "own-certificate-not-valid");
        }
        other => panic!("{other:?}"),
    }
    renewed(&help);
    let again = rogue.put(&help, &parcel).expect("answered again");
    assert!(again.repeated);
    assert_ne!(again.receipt, first);
    let signed = vec!["ContentConsignment", "ContentHandover"];
    assert_eq!(kinds(), (signed.clone(), 4));
    assert_eq!(rogue.put(&help, &parcel).expect("the same").receipt, again.receipt);
    assert_eq!(kinds(), (signed, 4), "and not again and again");
}

/// The clock of a node that is yet to start: what the file says that is returned, at any time.
#[cfg(target_os = "linux")]
fn set_clock(of: &mut Office, shift: &str) -> std::path::PathBuf {
    let file = of.path("shift");
    std::fs::write(&file, shift).expect("written");
    of.set_variable("LD_PRELOAD", &faketime());
    of.set_variable("FAKETIME_TIMESTAMP_FILE", file.to_str().expect("UTF-8"));
    of.set_variable("FAKETIME_NO_CACHE", "1");
    of.set_variable("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    file
}

/// A PC whose clock is a week ahead when it starts for the first time.
#[cfg(target_os = "linux")]
#[test]
fn what_was_made_in_a_wrong_future_is_made_anew_when_the_clock_is_right() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.start();
    care.set_variable("LD_PRELOAD", &faketime());
    care.set_variable("FAKETIME", "+8d");
    care.set_variable("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    care.start();
    export(&care, &withdrawal(CARE, 1));
    export(&care, &withdrawal(CARE, 2));
    until("refused", || {
        let details = care.sql("SELECT detail FROM outgoing WHERE detail <> ''");
        details.iter().any(|detail| detail.contains("clock-ahead")).then_some(())
    });
    care.kill();
    care.clear_variables();
    care.start();
    export(&care, &withdrawal(CARE, 3));
    arrived_in_order(&care, &help, 3);
}

/// Nobody asks for receipts that go where their package was fetched, and one that is not believed there
/// would never be.
#[test]
fn receipts_that_are_put_where_their_package_was_fetched_are_signed_anew_too() {
    const SECONDS: i64 = 40;
    let [mut care, mut help] = one_closed();
    let end = now() + SignedDuration::from_secs(SECONDS + 1);
    care.put_identity("signing", &issue(&care, SECONDS));
    care.start();
    help.start();
    let (import, away) = (care.path("import-actuals"), care.path("away"));
    std::fs::rename(&import, &away).expect("renamed");
    export(&help, &withdrawal(HELP, 1));
    until("consigned", || help.has_sent("CONSIGNED", 1));
    help.kill();
    std::fs::rename(&away, &import).expect("renamed");
    // It looks at once whether its folders are there again.
    care.kill();
    care.start();
    let placed = "SELECT count(*) FROM journal WHERE direction = 'in' AND state = 'PLACED'";
    until("placed", || (care.sql(placed) == ["1"]).then_some(()));
    end_of_certificates(end);
    renewed(&care);
    help.start();
    until("handed over", || help.has_sent("HANDED_OVER", 1));
}

/// A relay that refuses what was made in the future is the only one that can be asked for the time.
#[cfg(target_os = "linux")]
#[test]
fn what_a_relay_refused_because_of_a_wrong_clock_is_made_anew_too() {
    let (_relay, [mut care, mut help]) = around_relay();
    help.start();
    care.set_variable("LD_PRELOAD", &faketime());
    care.set_variable("FAKETIME", "+8d");
    care.set_variable("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    care.start();
    export(&care, &withdrawal(CARE, 1));
    export(&care, &withdrawal(CARE, 2));
    until("refused", || {
        let details = care.sql("SELECT detail FROM outgoing WHERE detail <> ''");
        details.iter().any(|detail| detail.contains("clock-ahead")).then_some(())
    });
    care.kill();
    care.clear_variables();
    care.start();
    export(&care, &withdrawal(CARE, 3));
    arrived_in_order(&care, &help, 3);
}

/// The clock of a recipient leaps while it runs: it refuses nothing for good and dates nothing wrongly.
#[cfg(target_os = "linux")]
#[test]
fn a_recipient_whose_clock_leaps_asks_to_come_again() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let shift = set_clock(&mut help, "+0");
    help.start();
    care.start();
    export(&care, &withdrawal(CARE, 1));
    until("delivered", || care.has_sent("HANDED_OVER", 1));
    std::fs::write(&shift, "+8d").expect("written");
    export(&care, &withdrawal(CARE, 2));
    until("told to come again", || {
        let details = care.sql("SELECT detail FROM outgoing WHERE state = 'QUEUED'");
        (details == ["peer-busy:clock-in-doubt"]).then_some(())
    });
    until("told here", || help.log().contains("the clock shows").then_some(()));
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["1"]);
    std::fs::write(&shift, "+0").expect("written");
    arrived_in_order(&care, &help, 2);
    let wrong = care.sql("SELECT count(*) FROM journal WHERE state IN ('EXPIRED', 'SUPERSEDED')");
    assert_eq!(wrong, ["0"]);
}

/// The clock of a recipient was wrong, and is set right by a leap: nobody can be asked, but what a
/// partner has just made shows it.
#[cfg(target_os = "linux")]
#[test]
fn what_a_partner_has_just_made_confirms_the_clock() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let shift = set_clock(&mut help, "-2d");
    // Where the partner is reached is not known.
    help.set_peer(CARE, "url", "\"https://127.0.0.1:9\"".to_owned());
    help.start();
    std::fs::write(&shift, "+0").expect("written");
    until("in doubt", || help.log().contains("the clock shows").then_some(()));
    care.start();
    export(&care, &withdrawal(CARE, 1));
    until("consigned and placed", || {
        let placed = help.sql("SELECT count(*) FROM incoming WHERE state = 'HANDED_OVER'");
        (placed == ["1"]).then_some(())
    });
    assert!(help.log().contains("a partner's package confirms our clock"));
}

/// A sender that was away while the certificate of its partner ended has the whole proof afterwards.
#[test]
fn proof_is_whole_although_its_receipts_were_signed_anew() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let end = now() + SignedDuration::from_secs(LEFT + 1);
    help.put_identity("signing", &issue(&help, LEFT));
    help.start();
    care.start();
    // Held there, and released while the sender is away.
    let unit = withdrawal(CARE, 1);
    let in_the_way = help.path("import").join(unit.keys().next().expect("a file"));
    std::fs::write(&in_the_way, "typed in by hand").expect("written");
    export(&care, &unit);
    until("held", || care.has_sent("HELD_BY_RECIPIENT", 1));
    let id = care.sql("SELECT lower(hex(message_id)) FROM outgoing").remove(0);
    let id = uuid::Uuid::parse_str(&id).expect("an id").to_string();
    care.kill();
    std::fs::remove_file(&in_the_way).expect("removed");
    assert!(help.command(&["hold", "release", &id]).status.success());
    until("handed over", || {
        let done = help.sql("SELECT count(*) FROM incoming WHERE state = 'HANDED_OVER'");
        (done == ["1"]).then_some(())
    });
    assert!(now() < end, "its receipt is signed with the certificate that ends");
    end_of_certificates(end);
    renewed(&help);
    care.start();
    until("told", || care.has_sent("HANDED_OVER", 1));
    for office in [&care, &help] {
        let out = office.path("proof");
        let out = out.to_str().expect("UTF-8");
        for command in [&["export", &id, "--out", out][..], &["verify", out]] {
            let output = office.command(command);
            assert_eq!(output.status.code(), Some(0), "{} {command:?}: {output:?}", office.number);
        }
    }
}

/// The first receipt was signed with the former certificate, the second with the new one.
#[test]
fn an_ended_receipt_before_a_good_one_is_signed_anew_as_well() {
    let [care, mut help] = offices([CARE, HELP]);
    let end = now() + SignedDuration::from_secs(LEFT + 1);
    help.put_identity("signing", &issue(&help, LEFT));
    help.start();
    let rogue = Rogue::of(&care);
    let (import, away) = (help.path("import"), help.path("import-away"));
    std::fs::rename(&import, &away).expect("renamed");
    let parcel = rogue.parcel(&help, &withdrawal(CARE, 1), 1, |_| {});
    let first = rogue.put(&help, &parcel).expect("taken").receipt;
    end_of_certificates(end);
    renewed(&help);
    std::fs::rename(&away, &import).expect("renamed");
    until("handed over", || {
        let done = help.sql("SELECT count(*) FROM incoming WHERE state = 'HANDED_OVER'");
        (done == ["1"]).then_some(())
    });
    let again = rogue.put(&help, &parcel).expect("answered").receipt;
    assert_ne!(again, first);
    let trust = trust_in(&[&help.world.authority]);
    let believed = Receipt::open(&again, &trust, &Limits::default(), now()).expect("believed");
    assert_eq!(believed.receipt.kind.as_str(), "ContentConsignment");
}
