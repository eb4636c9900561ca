//! Partners that are away, or whose certificates are not in order.

use renkei::certs::TestCa;
use renkei::package::Usage;

use super::invariants;
use super::proof::{receipts, verified};
use super::units::{PLAN, Unit, export, export_all, sample, together, withdrawal};
use crate::harness::{CARE, DAY, HELP, Office, offices, quoted, running, until};
use crate::proof::{long, office};

fn stdout(office: &Office, arguments: &[&str]) -> String {
    let output = office.command(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_partner_that_comes_back_gets_everything_at_once() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.start();
    let units: Vec<_> = (1..=5).map(|number| withdrawal(CARE, number)).collect();
    export_all(&care, &units);
    // After the second failure the queue pauses for a minute.
    let pause = "SELECT max(next_at) FROM outgoing WHERE state = 'QUEUED' AND failures > 1";
    let until_then: i64 = until("two failures", || care.sql(pause)[0].parse().ok());
    assert_eq!(care.sql("SELECT count(*) FROM outgoing WHERE state = 'QUEUED'"), ["5"]);
    let detail = care.sql("SELECT DISTINCT detail FROM outgoing WHERE failures > 1");
    assert_eq!(detail, ["peer-unreachable"]);
    assert!(stdout(&care, &["status"]).contains("waiting to be sent"));
    let history = stdout(&care, &["history"]);
    assert!(history.contains("(the partner cannot be reached) [peer-unreachable]"), "{history}");

    // Its first sign of life, here a package of its own, ends the pause.
    help.start();
    let actual = withdrawal(HELP, 1);
    export(&help, &actual);
    until("everything at the partner", || care.has_sent("HANDED_OVER", units.len()));
    until("its own at us", || help.has_sent("HANDED_OVER", 1));
    let sent: i64 = care.sql("SELECT max(at) FROM journal WHERE state = 'CONSIGNED'")[0]
        .parse()
        .expect("a time");
    assert!(sent < until_then, "nobody noticed that the partner is back");
    assert_eq!(help.files("import"), together(&units));
    assert_eq!(care.files("import-actuals"), actual);
    invariants::check(&care, &help, units.len());
    invariants::check(&help, &care, 1);
    assert!(!stdout(&care, &["status"]).contains("waiting"));
}

/// What passes through a proxy of the system would be read there, or not arrive.
#[cfg(target_os = "linux")]
#[test]
fn a_proxy_of_the_system_is_not_used() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let nobody = "http://127.0.0.1:1";
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        care.set_variable(name, nobody);
    }
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    help.start();
    care.start();
    until("the unit at the partner", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
}

#[test]
fn a_wrong_certificate_keeps_packages_back_until_it_is_mended() {
    let mut pair = offices([CARE, HELP]);
    let foreign = TestCa::new("another CA", long()).expect("a CA");
    let foreign = |number| {
        foreign.issue(office(number), Usage::Tls, &["127.0.0.1"], long()).expect("a certificate")
    };
    let of_another_office = pair[0].issue(DAY, Usage::Tls);
    let cases = [
        (1, &foreign(HELP), "peer-certificate-not-accepted"),
        (1, &of_another_office, "peer-certificate-not-accepted"),
        (0, &foreign(CARE), "own-certificate-not-accepted"),
        (0, &of_another_office, "peer-refuses:not-a-partner"),
    ];
    let mut arrived = Unit::new();
    for (number, (wrong, certificate, reason)) in (1_u32..).zip(cases) {
        pair[wrong].put_identity("tls", certificate);
        pair.iter_mut().for_each(Office::start);
        let unit = withdrawal(CARE, number);
        export(&pair[0], &unit);
        until(reason, || {
            let open = "SELECT state, detail FROM outgoing WHERE state <> 'HANDED_OVER'";
            (pair[0].sql(open) == [format!("QUEUED|{reason}")]).then_some(())
        });
        assert_eq!(pair[1].files("import"), arrived, "something leaked");
        let taken = pair[1].sql("SELECT count(*) FROM incoming");
        assert_eq!(taken, [arrived.len().to_string()], "something was taken");
        assert!(pair.iter_mut().all(Office::is_alive));
        pair.iter_mut().for_each(Office::kill);

        let mended = pair[wrong].issue(pair[wrong].number, Usage::Tls);
        pair[wrong].put_identity("tls", &mended);
        // The recipient first: the sender tries at its start, and then not soon again.
        pair.iter_mut().rev().for_each(Office::start);
        arrived.extend(unit);
        until("arrived when mended", || pair[0].has_sent("HANDED_OVER", arrived.len()));
        assert_eq!(pair[1].files("import"), arrived);
        pair.iter_mut().for_each(Office::kill);
    }
}

#[test]
fn a_partner_that_mends_its_certificate_is_noticed_when_it_calls() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let foreign = TestCa::new("another CA", long()).expect("a CA");
    let foreign =
        foreign.issue(office(HELP), Usage::Tls, &["127.0.0.1"], long()).expect("a certificate");
    help.put_identity("tls", &foreign);
    care.start();
    help.start();
    let units = [sample(PLAN, "20260520101500"), withdrawal(CARE, 1)];
    export_all(&care, &units);
    until("kept back", || {
        let query = "SELECT DISTINCT state, max(detail) FROM outgoing";
        (care.sql(query) == ["QUEUED|peer-certificate-not-accepted"]).then_some(())
    });
    help.kill();
    help.put_identity("tls", &help.issue(HELP, Usage::Tls));
    help.start();
    export(&help, &withdrawal(HELP, 1));
    until("everything arrived", || care.has_sent("HANDED_OVER", units.len()));
    assert_eq!(help.files("import"), together(&units));
}

#[test]
fn a_partner_that_is_not_registered_any_more_is_told_and_waits() {
    let [mut care, mut help] = running([CARE, HELP]);
    help.kill();
    help.forget_peer(CARE);
    help.start();
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    until("refused", || {
        let rows = care.sql("SELECT state, detail FROM outgoing");
        (rows == ["QUEUED|peer-refuses:not-a-partner"]).then_some(())
    });
    assert!(help.is_alive() && help.files("import").is_empty());
    // It answered, so it is not said to be out of reach.
    until("told", || {
        let said = stdout(&care, &["status"]);
        (said.contains("partner-refuses") && !said.contains("partner-unreachable")).then_some(())
    });
    assert!(
        stdout(&care, &["history"])
            .contains("(the partner does not take it: the sender is no registered partner)")
    );
    assert!(care.is_alive());
}

#[test]
fn a_package_without_a_receipt_in_time_expires_with_a_receipt_of_ours() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("timing", "expiry", quoted("2s"));
    care.start();
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    until("given up", || care.has_sent("EXPIRED", 1));
    let [(origin, kind, der)] = &until("signed", || {
        let receipts = receipts(&care);
        (!receipts.is_empty()).then_some(receipts)
    })[..] else {
        panic!("expected one receipt");
    };
    assert_eq!((origin.as_str(), kind.as_str()), ("issued", "Expiry"));
    let said = verified(&care, der);
    assert_eq!((&said["result"], &said["sender"]["office"]), (&"expired".into(), &CARE.into()));
    assert!(stdout(&care, &["history"]).contains("given up, no receipt in time"));
    until("nothing waits for the partner", || {
        (!stdout(&care, &["status"]).contains("partner-unreachable")).then_some(())
    });
    // It stays given up: nothing is delivered behind the back of the office.
    help.start();
    export(&help, &withdrawal(HELP, 1));
    until("another exchange", || help.has_sent("HANDED_OVER", 1));
    assert!(help.files("import").is_empty());
    assert_eq!(care.sql("SELECT state FROM outgoing"), ["EXPIRED"]);
    assert!(care.sets("sent").is_empty(), "nobody got it");
}
