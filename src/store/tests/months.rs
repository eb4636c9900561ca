//! Months, versions of plans, one package, and counts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};

use super::lists::{follow, sent};
use super::*;
use crate::contents::{Contents, Document, Mention, Person, PersonKey, When};
use crate::types::{Personal, ServiceMonth};

const APRIL: &str = "202604";

fn month(text: &str) -> ServiceMonth {
    text.parse().expect("a month")
}

fn about(insurer: &str, insured: &str, mention: Mention) -> Contents {
    let person = Person {
        key: PersonKey::parse(insurer.as_bytes(), insured.as_bytes()).expect("a person"),
        name: Some(Personal::new(format!("架空 {insured}"))),
        kana: None,
        mentions: BTreeSet::from([mention]),
        birth: None,
        actuals: BTreeMap::new(),
    };
    Contents { people: vec![person], ..Contents::default() }
}

fn of_month(document: Document, withdrawn: bool, of: &str) -> Mention {
    Mention { document, withdrawn, when: Some(When::Month(month(of))) }
}

fn of_day(day: Date, withdrawn: bool) -> Mention {
    Mention { document: Document::CarePlan, withdrawn, when: Some(When::Day(day)) }
}

/// Looks into the package that came last.
async fn note(store: &Store, contents: Contents) -> EntryId {
    follow(store).await;
    let [unread] = store.unread(2).await.expect("read")[..] else { panic!("not one") };
    let found = vec![(unread.entry, ReadContents::Found(contents))];
    store.note_contents(found).await.expect("noted");
    unread.entry
}

/// Sends something about somebody to `partner`.
async fn send(
    store: &Store,
    number: u64,
    partner: u32,
    contents: Contents,
) -> (MessageId, EntryId) {
    let of = contents.people[0].mentions.first().and_then(|mention| mention.when);
    let of = match of {
        Some(When::Month(month)) => month.to_string(),
        Some(When::Day(_)) | None => String::new(),
    };
    let new = sent(number, partner, "K2", &of);
    let id = new.id;
    store.pack(new, now()).await.expect("packed");
    (id, note(store, contents).await)
}

/// Receives something of a month about somebody.
async fn receive(
    store: &Store,
    serial: &str,
    package: &'static [u8],
    contents: Contents,
) -> EntryId {
    let id = MessageId::new(now());
    let new = NewIncoming {
        unit: UnitSummary { months: vec![month(APRIL)], ..unit() },
        serial: serial.parse().expect("a serial"),
        ..incoming(id, package, package)
    };
    store.commit(new, now()).await.expect("committed");
    note(store, contents).await
}

async fn deliver(store: &Store, id: MessageId) {
    let event = OutgoingEvent::Receipt(OutgoingReceipt::Handover);
    let der: &'static [u8] = id.as_bytes().to_vec().leak();
    let proof = receipt(Origin::Received, ReceiptKind::ContentHandover, der);
    store.outgoing_event(id, event, String::new(), Some(proof), now()).await.expect("event");
    follow(store).await;
}

#[tokio::test]
async fn a_month_tells_what_is_missing() {
    use Document::{Actual, Plan};
    let folder = private_folder();
    let store = open(&folder);
    let who = [1, 2, 3, 4, 5].map(|person| format!("000090000{person}"));
    let [with_both, with_plan, with_march, withdrawn, elsewhere] = &who;
    let plan = |who: &str, of| about("131016", who, of_month(Plan, false, of));
    send(&store, 1, 2, plan(with_both, APRIL)).await;
    let (_, planned) = send(&store, 2, 2, plan(with_plan, APRIL)).await;
    send(&store, 3, 2, plan(with_march, "202603")).await;
    send(&store, 4, 2, plan(withdrawn, APRIL)).await;
    send(&store, 5, 2, about("131016", withdrawn, of_month(Plan, true, APRIL))).await;
    receive(
        &store,
        "20260501000000",
        b"1",
        about("131016", with_both, of_month(Actual, false, APRIL)),
    )
    .await;
    // The service office writes another insurer.
    send(&store, 6, 2, plan(elsewhere, APRIL)).await;
    receive(
        &store,
        "20260501000001",
        b"2",
        about("999999", elsewhere, of_month(Actual, false, APRIL)),
    )
    .await;

    let lines = store.month(office(1), month(APRIL)).await.expect("read");
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.person.key.insured().to_owned(), line.partner, line.missing()))
        .collect();
    let partner = office(2);
    let expected = [
        (with_both.clone(), partner, None),
        (with_plan.clone(), partner, Some(Missing::ActualToCome)),
        (with_march.clone(), partner, Some(Missing::PlanToSend)),
        (elsewhere.clone(), partner, None),
    ];
    assert_eq!(told, expected);
    let waits = lines[1].plan.expect("a plan");
    assert_eq!(waits, Brought { direction: Direction::Out, entry: planned });

    // Actuals that are taken back are missing again; those of an older 連番 do not count.
    receive(
        &store,
        "20260501000003",
        b"3",
        about("131016", with_both, of_month(Actual, true, APRIL)),
    )
    .await;
    receive(
        &store,
        "20260501000002",
        b"4",
        about("131016", with_both, of_month(Actual, false, APRIL)),
    )
    .await;
    let lines = store.month(office(1), month(APRIL)).await.expect("read");
    assert_eq!(lines[0].missing(), Some(Missing::ActualToCome));
    assert!(store.month(office(2), month(APRIL)).await.expect("read").is_empty());

    let packages = store.month_packages((office(1), office(2)), month(APRIL), 100);
    let serials: Vec<_> =
        packages.await.expect("read").iter().map(|package| package.serial.to_string()).collect();
    assert_eq!(serials.len(), 9);
    assert!(serials.is_sorted());
    let last = store.month_packages((office(1), office(2)), month(APRIL), 1).await.expect("read");
    assert_eq!(last[0].serial.as_str(), "20260501000003");
}

#[tokio::test]
async fn a_service_office_sees_its_own_side() {
    let folder = private_folder();
    let store = open(&folder);
    let plan = about("131016", "0000900011", of_month(Document::Plan, false, APRIL));
    receive(&store, "20260325000000", b"1", plan).await;
    let missing = async |of| {
        let lines = store.month(office(1), month(of)).await.expect("read");
        lines.iter().map(MonthLine::missing).collect::<Vec<_>>()
    };
    assert_eq!(missing(APRIL).await, [Some(Missing::ActualToSend)]);
    assert_eq!(missing("202605").await, [Some(Missing::PlanToCome)]);
    let actual = about("131016", "0000900011", of_month(Document::Actual, false, APRIL));
    let (id, _) = send(&store, 1, 2, actual).await;
    assert_eq!(missing(APRIL).await, [None]);

    // What was given up did not arrive.
    let expired = OutgoingEvent::Tick;
    let late = now() + jiff::SignedDuration::from_hours(48);
    store.outgoing_event(id, expired, "expired".into(), None, late).await.expect("event");
    follow(&store).await;
    assert_eq!(missing(APRIL).await, [Some(Missing::ActualToSend)]);

    // Nor did what the partner refused for good.
    let actual = about("131016", "0000900011", of_month(Document::Actual, false, APRIL));
    let (id, _) = send(&store, 2, 2, actual).await;
    assert_eq!(missing(APRIL).await, [None]);
    let refused = OutgoingEvent::Failed(Failure::RefusedForGood);
    store.outgoing_event(id, refused, "refused".into(), None, now()).await.expect("event");
    follow(&store).await;
    assert_eq!(missing(APRIL).await, [Some(Missing::ActualToSend)]);
}

#[tokio::test]
async fn the_newest_plan_and_who_lacks_it_are_known() {
    let folder = private_folder();
    let store = open(&folder);
    let [old, new] = [date(2025, 10, 1), date(2026, 4, 1)];
    let plan = |day| about("131016", "0000900011", of_day(day, false));
    let versions = async || {
        let found =
            store.plan_versions(office(1), Document::CarePlan, month(APRIL)).await.expect("read");
        let [one] = <[PlanVersions; 1]>::try_from(found).expect("one person");
        one
    };
    for (number, partner) in [(1, 2), (2, 3), (3, 4)] {
        let (id, _) = send(&store, number, partner, plan(old)).await;
        deliver(&store, id).await;
    }
    let (id, newest) = send(&store, 4, 2, plan(new)).await;
    let underway = versions().await;
    assert_eq!((underway.newest, underway.package), (new, newest));
    let two = underway.holders[0];
    assert_eq!((two.partner, two.has, two.on_its_way), (office(2), Some(old), Some(new)));
    deliver(&store, id).await;
    // Partner 4 does not serve the person any more; partner 5 has slips and no plan.
    let (gone, _) = send(&store, 5, 4, about("131016", "0000900011", of_day(old, true))).await;
    deliver(&store, gone).await;
    let slip =
        |withdrawn, of| about("131016", "0000900011", of_month(Document::Plan, withdrawn, of));
    send(&store, 6, 5, slip(false, APRIL)).await;
    // Nor has who refused the slips, whose slips were withdrawn, or are of another month.
    let (refused, _) = send(&store, 8, 6, slip(false, APRIL)).await;
    let event = OutgoingEvent::Failed(Failure::RefusedForGood);
    store.outgoing_event(refused, event, "refused".into(), None, now()).await.expect("event");
    send(&store, 9, 7, slip(false, APRIL)).await;
    send(&store, 10, 7, slip(true, APRIL)).await;
    let mut of_two = sent(11, 8, "K2", APRIL);
    of_two.unit.months.push(month("202603"));
    store.pack(of_two, now()).await.expect("packed");
    note(&store, slip(false, "202603")).await;

    let found = versions().await;
    let holders: Vec<_> = found.holders.iter().map(|held| (held.partner, held.has)).collect();
    assert_eq!(holders, [(office(2), Some(new)), (office(3), Some(old)), (office(5), None)]);
    let lacking: Vec<_> = found.lacking().map(|held| held.partner).collect();
    assert_eq!(lacking, [office(3), office(5)]);

    // An older plan that is sent later is not the newest.
    let (id, _) = send(&store, 7, 3, plan(old)).await;
    deliver(&store, id).await;
    assert_eq!(versions().await.newest, new);
    let support = store.plan_versions(office(1), Document::SupportPlan, month(APRIL));
    assert!(support.await.expect("read").is_empty());
}

#[tokio::test]
async fn one_package_is_told_with_everything_but_its_bytes() {
    let folder = private_folder();
    let store = open(&folder);
    let plan = about("131016", "0000900011", of_day(date(2026, 4, 1), false));
    let (id, entry) = send(&store, 1, 2, plan).await;
    deliver(&store, id).await;
    let details = store.details(entry).await.expect("there");
    assert_eq!(details.row.people.len(), 1);
    let steps: Vec<_> = details.steps.iter().map(|step| step.step.as_str()).collect();
    assert_eq!(steps, ["PACKED", "QUEUED", "HANDED_OVER"]);
    let [proof] = &details.receipts[..] else { panic!("{details:?}") };
    let expected = (Origin::Received, Some(ReceiptKind::ContentHandover), None);
    assert_eq!((proof.origin, proof.kind, proof.signed_with), expected, "no CMS at all");
    let facts = details.package.expect("a package");
    assert_eq!((facts.sequence, facts.is_kept), (1, true));

    let held = HeldRow {
        at: now(),
        office: office(1),
        partner: Some(office(2)),
        serial: None,
        unit: unit(),
        reason: "L1-CSV-001".into(),
        folder: "20260326-x".into(),
    };
    store.hold(held).await.expect("held");
    let set = store
        .list(ListFilter { which: Which::Held, ..ListFilter::default() }, PageStart::Newest, 1)
        .await
        .expect("a page");
    let details = store.details(set.rows[0].entry).await.expect("there");
    assert_eq!((details.folder.as_str(), details.package), ("20260326-x", None));
    let absent = store.details("999".parse().expect("an entry")).await;
    assert!(matches!(absent, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn senders_that_chose_one_id_have_their_own_steps() {
    let folder = private_folder();
    let store = open(&folder);
    let id = MessageId::new(now());
    let [one, other] = [2, 3].map(|sender| NewIncoming {
        sender: office(sender),
        ..incoming(id, b"theirs", if sender == 2 { b"one" } else { b"two" })
    });
    let steps = async |entry| store.details(entry).await.expect("there").steps.len();
    store.commit(one, now()).await.expect("committed");
    let entry = note(&store, Contents::default()).await;
    let before = steps(entry).await;
    store.commit(other, now()).await.expect("committed");
    follow(&store).await;
    assert!(before > 0);
    assert_eq!(steps(entry).await, before);
}

#[tokio::test]
async fn traffic_is_counted_by_office() {
    let folder = private_folder();
    let store = open(&folder);
    let ago = |hours| now() - jiff::SignedDuration::from_hours(hours);
    for (number, hours) in [(1, 800), (2, 100), (3, 1), (4, 0)] {
        let new = sent(number, 2, "K2", APRIL);
        let id = new.id;
        store.pack(new, ago(hours)).await.expect("packed");
        if number < 4 {
            deliver(&store, id).await;
        }
    }
    let id = MessageId::new(now());
    store.commit(incoming(id, b"theirs", b"receipt"), now()).await.expect("committed");
    follow(&store).await;
    let traffic = store.traffic(ago(10), ago(500)).await.expect("counted");
    let today = Traffic { sent: 2, to_hand: 0, delivered: 1, received: 1 };
    let in_month = Traffic { sent: 3, to_hand: 0, delivered: 2, received: 1 };
    assert_eq!(traffic, [OfficeTraffic { office: office(1), today, month: in_month }]);

    let person = about("131016", "0000900011", of_month(Document::Plan, false, APRIL));
    let unread = store.unread(9).await.expect("read");
    let found = unread.iter().map(|unread| (unread.entry, ReadContents::Found(person.clone())));
    store.note_contents(found.collect()).await.expect("noted");
    let people = store.people_in_packages(office(1), ago(500)).await.expect("counted");
    assert_eq!(people, 3, "two were delivered and one came");
}
