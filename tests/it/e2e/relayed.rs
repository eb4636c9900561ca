//! Offices that are joined by a relay alone, be it as it should or hostile.

use renkei::types::MessageId;

use super::cards::join_each_other;
use super::collecting::wait_for_step;
use super::double_relay::{DoubleRelay, Vice};
use super::held::says;
use super::invariants;
use super::recall::sent_id;
use super::rogue::{Parcel, Rogue};
use super::units::{ACTUAL, PLAN, USAGE, Unit, export, sample, together, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, quoted, until};

/// Two offices with a relay between them, which have joined by their cards. `open` says whether the
/// second one can be reached as well.
fn with_relay(open: bool) -> ([Office; 2], DoubleRelay) {
    let [mut care, mut help] = offices([CARE, HELP]);
    let relay = DoubleRelay::new(&care);
    for office in [&mut care, &mut help] {
        relay.serve(office);
        office.close();
    }
    care.forget_peer(HELP);
    help.forget_peer(CARE);
    if open {
        let address = format!("127.0.0.1:{}", help.port);
        help.set("node", "listen", quoted(&address));
        help.set("node", "url", quoted(format!("https://{address}")));
    }
    join_each_other([&care, &help]);
    ([care, help], relay)
}

/// Whether an office is told something under this code.
fn tells(office: &Office, code: &str) -> Option<()> {
    let said = office.command(&["status"]).stdout;
    String::from_utf8(said).expect("UTF-8").contains(code).then_some(())
}

fn is_deposited(office: &Office, count: usize) -> Option<()> {
    let steps = "SELECT count(DISTINCT message_id) FROM journal WHERE state = 'DEPOSITED'";
    (office.sql(steps) == [count.to_string()]).then_some(())
}

/// Whatever the relay did, the first office has nothing at its partner but what is there.
fn nothing_is_wrong(care: &Office, help: &Office, units: &[Unit]) {
    assert_eq!(help.files("import"), together(units), "INV5");
    let delivered = "SELECT count(*) FROM outgoing WHERE state IN ('CONSIGNED', 'HANDED_OVER')";
    assert_eq!(care.sql(delivered), [units.len().to_string()]);
}

#[test]
fn two_offices_without_a_port_exchange_over_a_relay() {
    let ([mut care, mut help], relay) = with_relay(false);
    let plans = [sample(PLAN, "20260520101500"), sample(USAGE, "20260520111500")];
    let actuals = [sample(ACTUAL, "20260702090000")];
    for unit in &plans {
        export(&care, unit);
    }
    care.start();
    until("plans at the relay", || is_deposited(&care, plans.len()));
    assert_eq!(relay.counts(), (plans.len(), 0));
    // It is no delivery, and nobody is told that it is one.
    let history = String::from_utf8(care.command(&["history"]).stdout).expect("UTF-8");
    assert!(history.contains("kept by the relay"), "{history}");
    assert_eq!(care.sql("SELECT count(*) FROM receipts WHERE origin = 'received'"), ["0"]);

    for unit in &actuals {
        export(&help, unit);
    }
    help.start();
    until("all plans at the partner", || care.has_sent("HANDED_OVER", plans.len()));
    until("all actuals at the partner", || help.has_sent("HANDED_OVER", actuals.len()));
    assert_eq!(help.files("import"), together(&plans), "INV5");
    assert_eq!(care.files("import-actuals"), together(&actuals), "INV5");
    invariants::check(&care, &help, plans.len());
    invariants::check(&help, &care, actuals.len());
    // What the relay had says nothing of people.
    let seen = relay.seen();
    for (_, bytes) in plans.iter().flatten() {
        let line = &bytes[bytes.len() / 2..bytes.len() / 2 + 16];
        assert!(!seen.windows(line.len()).any(|part| part == line), "in the clear at the relay");
    }
}

#[test]
fn kills_lose_nothing_that_goes_by_a_relay() {
    let ([mut care, mut help], _relay) = with_relay(false);
    care.start();
    help.start();
    let plans: Vec<_> = (1..=6).map(|number| withdrawal(CARE, number)).collect();
    for (round, plan) in plans.iter().enumerate() {
        export(&care, plan);
        let state = ["QUEUED", "DEPOSITED", "CONSIGNED"][round % 3];
        wait_for_step(&care, state, round + 1);
        let office = if round % 2 == 0 { &mut care } else { &mut help };
        office.kill();
        office.start();
    }
    until("all plans at the partner", || care.has_sent("HANDED_OVER", plans.len()));
    assert_eq!(help.files("import"), together(&plans), "INV5");
    invariants::check(&care, &help, plans.len());
}

#[test]
fn it_goes_directly_first_and_by_the_relay_where_that_fails() {
    let ([mut care, mut help], relay) = with_relay(true);
    let (first, second) = (withdrawal(CARE, 1), withdrawal(CARE, 2));
    care.start();
    help.start();
    export(&care, &first);
    until("a plan at the partner", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(relay.counts(), (0, 0), "nothing went by the relay");
    help.kill();
    export(&care, &second);
    until("a plan at the relay", || is_deposited(&care, 1));
    help.start();
    until("both at the partner", || care.has_sent("HANDED_OVER", 2));
    nothing_is_wrong(&care, &help, &[first, second]);
    invariants::check(&care, &help, 2);
}

/// What comes by both ways is placed once.
#[test]
fn a_package_that_comes_twice_is_placed_once() {
    let ([mut care, mut help], relay) = with_relay(true);
    relay.turns(Vice::Replays);
    let plan = withdrawal(CARE, 1);
    care.start();
    export(&care, &plan);
    until("a plan at the relay", || is_deposited(&care, 1));
    help.start();
    until("a plan at the partner", || care.has_sent("HANDED_OVER", 1));
    let id = care.sql("SELECT lower(hex(message_id)) FROM outgoing").remove(0);
    let id: MessageId =
        uuid::Uuid::parse_str(&id).expect("an id").to_string().parse().expect("one");
    // Again by the relay, which lists it although it was taken.
    let listed = relay.listed(id);
    help.kill();
    help.start();
    until("listed once more", || (relay.listed(id) > listed).then_some(()));
    // And the same bytes directly.
    let out = care.path("outside/proof");
    let out = out.to_str().expect("UTF-8");
    let exported = care.command(&["export", &id.to_string(), "--out", out]);
    assert!(exported.status.success(), "{exported:?}");
    care.kill();
    let bytes = std::fs::read(care.path("outside/proof/package.zip")).expect("exported");
    let parcel = Parcel { id, bytes: bytes.into() };
    let again = Rogue::of(&care).put(&help, &parcel).expect("answered");
    assert!(again.repeated, "the recipient knows it");
    // What comes later is all that is new.
    care.start();
    let more = withdrawal(CARE, 2);
    export(&care, &more);
    until("another at the partner", || care.has_sent("HANDED_OVER", 2));
    let steps = |state: &str| {
        let journal = "SELECT count(*) FROM journal WHERE direction = 'in' AND state =";
        help.sql(&format!("{journal} '{state}'"))
    };
    assert_eq!((steps("COMMITTED"), steps("PLACED")), (vec!["2".to_owned()], vec!["2".to_owned()]));
    nothing_is_wrong(&care, &help, &[plan, more]);
}

#[test]
fn what_a_relay_signs_wrongly_is_no_deposit() {
    for vice in [Vice::ForgesAcceptance, Vice::AcceptsAnother] {
        let ([mut care, mut help], relay) = with_relay(false);
        relay.turns(vice);
        let plan = withdrawal(CARE, 1);
        export(&care, &plan);
        care.start();
        let noted = "SELECT count(*) FROM outgoing WHERE state = 'QUEUED' AND failures > 0 AND detail <> ''";
        until("an attempt that failed", || (care.sql(noted) == ["1"]).then_some(()));
        assert_eq!(care.sql("SELECT count(*) FROM deposits"), ["0"], "{vice:?}");
        // The package is there all the same, and the recipient's receipt counts when it comes.
        relay.turns(Vice::None);
        help.start();
        care.command(&["retry"]);
        until("a plan at the partner", || care.has_sent("HANDED_OVER", 1));
        nothing_is_wrong(&care, &help, &[plan]);
    }
}

#[test]
fn what_a_relay_changed_or_swapped_is_told_and_taken_by_nobody() {
    for vice in [Vice::Flips, Vice::Swaps] {
        let ([mut care, mut help], relay) = with_relay(false);
        relay.turns(vice);
        let plans = [withdrawal(CARE, 1), withdrawal(CARE, 2)];
        for unit in &plans {
            export(&care, unit);
        }
        care.start();
        until("plans at the relay", || is_deposited(&care, 2));
        help.start();
        until("a fault that is told", || tells(&help, "mailbox-unreadable"));
        nothing_is_wrong(&care, &help, &[]);
        let unread = "SELECT count(*) FROM unreadable";
        until("both known", || (help.sql(unread) == ["2"]).then_some(()));
        if vice == Vice::Swaps {
            // Its own bytes were never bad.
            relay.turns(Vice::None);
            help.kill();
            help.start();
            until("both at the partner", || care.has_sent("HANDED_OVER", 2));
            nothing_is_wrong(&care, &help, &plans);
        }
    }
}

/// What does not open has no receipt: a relay that breaks bytes would get a rejection of what is right.
/// So the sender hears that nobody answers, in time to do something.
#[test]
fn a_sender_hears_that_nobody_answers_what_a_relay_broke() {
    let ([mut care, mut help], relay) = with_relay(false);
    relay.turns(Vice::Flips);
    care.set("timing", "expiry", quoted("30s"));
    export(&care, &withdrawal(CARE, 1));
    care.start();
    until("a plan at the relay", || is_deposited(&care, 1));
    help.start();
    until("a fault that is told", || tells(&help, "mailbox-unreadable"));
    assert!(tells(&care, "partner-silent").is_none(), "there is still time");
    until("told to the sender", || tells(&care, "partner-silent"));
    assert_eq!(care.sql("SELECT state FROM outgoing"), ["DEPOSITED"], "before it is given up");
    assert_eq!(help.sql("SELECT count(*) FROM receipts"), ["0"], "nothing is signed about it");
    until("a package that is given up", || care.has_sent("EXPIRED", 1));
    until("no word of it any more", || tells(&care, "partner-silent").is_none().then_some(()));
    nothing_is_wrong(&care, &help, &[]);
}

#[test]
fn what_a_relay_drops_is_never_called_delivered() {
    let ([mut care, mut help], relay) = with_relay(false);
    relay.turns(Vice::Drops);
    care.set("timing", "expiry", quoted("8s"));
    export(&care, &withdrawal(CARE, 1));
    care.start();
    help.start();
    until("a plan at the relay, as it says", || is_deposited(&care, 1));
    until("a package that is given up", || care.has_sent("EXPIRED", 1));
    nothing_is_wrong(&care, &help, &[]);
}

#[test]
fn receipts_that_a_relay_makes_up_move_nothing() {
    let ([mut care, mut help], relay) = with_relay(false);
    let (first, second) = (withdrawal(CARE, 1), withdrawal(CARE, 2));
    care.start();
    help.start();
    export(&care, &first);
    until("a plan at the partner", || care.has_sent("HANDED_OVER", 1));
    help.kill();
    relay.turns(Vice::ForgesReceipts);
    export(&care, &second);
    until("a plan at the relay", || is_deposited(&care, 2));
    until("a receipt that was passed over", || {
        care.log().contains("a receipt was passed over").then_some(())
    });
    assert_eq!(care.has_sent("DEPOSITED", 1), Some(()));
    relay.turns(Vice::None);
    help.start();
    care.kill();
    care.start();
    until("both at the partner", || care.has_sent("HANDED_OVER", 2));
    nothing_is_wrong(&care, &help, &[first, second]);
}

#[test]
fn cards_that_a_relay_makes_up_replace_nothing() {
    let ([mut care, mut help], relay) = with_relay(false);
    relay.turns(Vice::LiesAboutCards);
    care.start();
    help.start();
    until("a card that was refused", || tells(&care, "card-not-trusted"));
    let plan = withdrawal(CARE, 1);
    export(&care, &plan);
    until("a plan at the partner", || care.has_sent("HANDED_OVER", 1));
    nothing_is_wrong(&care, &help, &[plan]);
}

/// A relay can keep a request back, and cannot make one.
#[test]
fn a_relay_hides_a_request_and_makes_none() {
    let ([mut care, mut help], relay) = with_relay(false);
    relay.turns(Vice::InventsRecalls);
    let first = withdrawal(CARE, 1);
    care.start();
    help.start();
    export(&care, &first);
    let disbelieves = || help.log().contains("a recall that was fetched is not believed");
    until("a request that is not believed", || disbelieves().then_some(()));
    assert_eq!(help.sql("SELECT count(*) FROM recalled"), ["0"]);
    care.has_sent("DEPOSITED", 1).expect("nobody has signed anything about it");
    relay.turns(Vice::HidesRecalls);
    help.kill();
    help.start();
    until("a plan at the partner", || care.has_sent("HANDED_OVER", 1));
    nothing_is_wrong(&care, &help, std::slice::from_ref(&first));

    help.kill();
    let second = withdrawal(CARE, 2);
    export(&care, &second);
    until("a plan at the relay", || care.has_sent("DEPOSITED", 1));
    let (said, code) = says(&care, &["recall", &sent_id(&care), "--yes"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("has not answered"), "{said}");
    help.start();
    until("placed, as nobody knew", || care.has_sent("HANDED_OVER", 2));
    let last = "SELECT detail FROM outgoing ORDER BY sequence DESC LIMIT 1";
    assert_eq!(care.sql(last), ["recall-too-late"]);
    nothing_is_wrong(&care, &help, &[first, second]);
}

/// What a relay makes up in the name of a partner is no fault of the partner: it is believed and served
/// as before, and the relay is left alone for a while.
#[test]
fn what_a_relay_makes_up_in_a_name_is_charged_to_the_relay() {
    let ([mut care, mut help], relay) = with_relay(true);
    help.set("limits", "partner_rate", quoted("12MiB"));
    help.set("limits", "package_size", quoted("2MiB"));
    help.set("limits", "file_size", quoted("1MiB"));
    relay.turns(Vice::Litters(CARE.parse().expect("an office")));
    help.start();
    until("a relay that is left alone", || tells(&help, "mailbox-paused"));
    let fetched = relay.fetched();
    assert!((12..40).contains(&fetched), "{fetched}");
    let told = "SELECT count(*) FROM unreadable";
    assert_eq!(help.sql(told), [fetched.to_string()], "nothing is fetched twice");
    let said = String::from_utf8(help.command(&["status"]).stdout).expect("UTF-8");
    assert_eq!(said.matches("mailbox-unreadable").count(), 1, "{said}");

    let plan = withdrawal(CARE, 1);
    export(&care, &plan);
    care.start();
    until("a plan at the partner", || care.has_sent("HANDED_OVER", 1));
    assert!(tells(&help, "partner-rate-exceeded").is_none());
    nothing_is_wrong(&care, &help, &[plan]);
    assert_eq!(relay.fetched(), fetched);
}

#[test]
fn a_relay_that_lists_for_ever_keeps_nobody_busy() {
    let ([mut care, mut help], relay) = with_relay(false);
    let plan = withdrawal(CARE, 1);
    export(&care, &plan);
    care.start();
    help.start();
    until("a plan at the partner", || care.has_sent("HANDED_OVER", 1));
    let id: MessageId = sent_id(&care).parse().expect("an id");
    relay.turns(Vice::Relists);
    let first = relay.listed(id);
    until("listed once more", || (relay.listed(id) > first).then_some(()));
    let (begun, first) = (std::time::Instant::now(), relay.listed(id));
    until("listed five times more", || (relay.listed(id) >= first + 5).then_some(()));
    // However fast the machine is: it waits a second between questions that bring nothing.
    assert!(begun.elapsed() > std::time::Duration::from_secs(3), "{:?}", begun.elapsed());
    nothing_is_wrong(&care, &help, &[plan]);
}
