//! A signing certificate that ends while the node runs, and its renewal.

use jiff::Timestamp;
use renkei::certs::{Issued, Validity};
use renkei::package::Usage;
use renkei::types::Clock;

use super::collecting::one_closed;
use super::held::says;
use super::recall::sent_id;
use super::units::{export, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, until};
use crate::proof::office;

/// How long the certificate is still good: enough to start.
const LEFT: i64 = 8;

/// The same to start twice.
const LONGER: i64 = 16;

fn now() -> Timestamp {
    Clock::system().now()
}

fn issue(of: &Office, seconds: i64) -> Issued {
    let at = |seconds: i64| Timestamp::from_second(now().as_second() + seconds).expect("in range");
    let validity = Validity { not_before: at(-3600), not_after: at(seconds) };
    let issued = of.world.authority.issue(office(of.number), Usage::Signing, &[], validity);
    issued.expect("a certificate")
}

fn ended(of: &Office) {
    until("the end is told", || of.log().contains("own-certificate").then_some(()));
}

#[test]
fn files_stay_in_drop_until_the_certificate_is_renewed() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let end = now() + jiff::SignedDuration::from_secs(LEFT + 1);
    care.put_identity("signing", &issue(&care, LEFT));
    care.start();
    help.start();
    export(&care, &withdrawal(CARE, 1));
    until("sent while it was valid", || care.has_sent("HANDED_OVER", 1));
    until("its end", || (now() > end).then_some(()));
    let unit = withdrawal(CARE, 2);
    export(&care, &unit);
    until("told", || care.log().contains("packing-waits").then_some(()));
    assert_eq!(care.files("drop").len(), 1, "{}", care.log());
    assert_eq!(care.sql("SELECT count(*) FROM outgoing"), ["1"]);
    care.put_identity("signing", &issue(&care, 3600));
    until("sent after the renewal", || care.has_sent("HANDED_OVER", 2));
}

#[test]
fn a_recipient_without_a_valid_certificate_asks_to_come_again() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.put_identity("signing", &issue(&help, 1));
    let end = now() + jiff::SignedDuration::from_secs(2);
    until("its end", || (now() > end).then_some(()));
    care.start();
    help.start();
    ended(&help);
    export(&care, &withdrawal(CARE, 1));
    until("told to come again", || {
        let details = care.sql("SELECT detail FROM outgoing WHERE state = 'QUEUED'");
        (details == ["peer-busy:own-certificate-not-valid"]).then_some(())
    });
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["0"]);
    help.put_identity("signing", &issue(&help, 3600));
    // It greets its partners then, so that they do not wait for their next turn.
    until("delivered", || care.has_sent("HANDED_OVER", 1));
}

/// Whoever is not known yet is refused; what is dropped meanwhile does not pass what waits.
#[test]
fn what_is_refused_is_not_passed_by_what_comes_later() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.forget_peer(CARE);
    care.start();
    help.start();
    export(&care, &withdrawal(CARE, 1));
    until("refused", || {
        let details = care.sql("SELECT detail FROM outgoing WHERE detail <> ''");
        details.iter().any(|detail| detail.contains("not-a-partner")).then_some(())
    });
    help.kill();
    help.remember_peer(CARE, care.port);
    help.start();
    export(&care, &withdrawal(CARE, 2));
    until("both", || care.has_sent("HANDED_OVER", 2));
    let order = help.sql("SELECT serial FROM incoming ORDER BY created_at");
    let mut rising = order.clone();
    rising.sort();
    assert_eq!(order, rising);
}

/// Asks for the last package back with a certificate that ends before anybody hears of it.
fn asks_until_it_ends(of: &mut Office) {
    let end = now() + jiff::SignedDuration::from_secs(LONGER + 1);
    of.put_identity("signing", &issue(of, LONGER));
    of.start();
    export(of, &withdrawal(of.number, 1));
    until("an attempt, or nobody to attempt it with", || {
        let open = of.sql("SELECT count(*) FROM outgoing WHERE failures > 0 OR state = 'QUEUED'");
        (open == ["1"]).then_some(())
    });
    // As if it had left before, so that the partner has to be asked.
    of.kill();
    of.start();
    let (said, code) = says(of, &["recall", &sent_id(of), "--yes"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(of.sql("SELECT state FROM outgoing"), ["RECALL_ASKED"]);
    assert!(now() < end, "it was signed with the one that ends");
    until("its end", || (now() > end).then_some(()));
    of.put_identity("signing", &issue(of, 3600));
    until("the renewal", || of.log().contains("a new certificate was taken up").then_some(()));
}

/// As packages and receipts are.
#[test]
fn a_request_is_signed_anew_when_its_certificate_has_ended() {
    let [mut care, mut help] = offices([CARE, HELP]);
    asks_until_it_ends(&mut care);
    help.start();
    until("taken back", || care.has_sent("RECALLED", 1));
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["0"]);

    let [mut care, mut help] = one_closed();
    asks_until_it_ends(&mut help);
    care.start();
    until("taken back by whom comes for it", || help.has_sent("RECALLED", 1));
    assert_eq!(care.sql("SELECT count(*) FROM incoming"), ["0"]);
}
