//! What a store of a relay must do, whichever it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use renkei::link::MailboxItemName;
use renkei::package::ReceiptKind;
use renkei::relay::store::{
    Candidate, CleanedUp, Deposit, Deposited, Found, NewRecall, NewReceipt, PIECE, PutRecall,
    PutReceipt, Quota, RelayStore, Retention, SLICE, SqliteStore, Standing,
};
use renkei::types::{Digest, Hashed, MessageId, OfficeNumber};

use crate::proof::office;

pub(super) const QUOTA: Quota = Quota { bytes: 100 << 20, messages: 10_000, beside: 100 << 20 };

/// More than all receipts of a test.
const PAGE: usize = 1 << 20;

pub(super) fn start() -> Timestamp {
    "2026-11-30T00:00:00Z".parse().expect("a time")
}

pub(super) fn deposit(sender: &str, recipient: &str, content: &[u8]) -> Deposit {
    let message_id = MessageId::new(start());
    Deposit {
        sender: office(sender),
        recipient: office(recipient),
        message_id,
        package_sha256: Digest::of(content),
        sealed: Hashed::from(Bytes::from(content.to_vec())),
        key_id: "one".to_owned(),
        stored_at: start(),
        expires_at: start() + SignedDuration::from_hours(24),
        acceptance: Bytes::from(format!("acceptance of {message_id}")),
    }
}

pub(super) fn name(of: &Deposit) -> MailboxItemName {
    MailboxItemName { office: of.recipient, sender: of.sender, id: of.message_id }
}

pub(super) fn receipt(of: &Deposit, kind: ReceiptKind, text: &str) -> NewReceipt {
    NewReceipt {
        of: name(of),
        kind,
        package_sha256: of.package_sha256,
        receipt: Bytes::from(text.to_owned()),
        at: start(),
    }
}

async fn body<S: RelayStore>(store: &S, of: &Deposit) -> Vec<u8> {
    let found = store.find(name(of), start()).await.expect("found");
    let Found::Waiting { body, size, first, .. } = found else { panic!("it waits") };
    let begun = store.slice(body, 0).await.expect("read").expect("a slice");
    assert_eq!(first, begun, "what is found and what is read");
    let mut bytes = Vec::new();
    while bytes.len() as u64 != size {
        let start = bytes.len() as u64;
        let slice = store.slice(body, start).await.expect("read").expect("a slice");
        assert!(!slice.is_empty() && start / SLICE == (start + slice.len() as u64 - 1) / SLICE);
        bytes.extend_from_slice(&slice);
    }
    let middle = size / 2;
    let slice = store.slice(body, middle).await.expect("read").expect("a slice");
    assert!(bytes[usize::try_from(middle).expect("small")..].starts_with(&slice));
    assert!(store.slice(body, size).await.expect("read").is_none_or(|past| past.is_empty()));
    bytes
}

async fn bytes_kept<S: RelayStore>(store: &S, of: OfficeNumber) -> (u64, u64) {
    let all = store.offices().await.expect("offices");
    let row = all.into_iter().find(|row| row.number == of).expect("known");
    (row.bytes, row.messages)
}

/// Every check has offices of its own, so that all run on one store.
async fn all<S: RelayStore>(store: S) {
    let store = Arc::new(store);
    keeps_what_is_left(&*store).await;
    answers_repeats(&*store).await;
    seals_anew(&*store).await;
    keeps_to_the_quota(&*store).await;
    hands_receipts_back(&*store).await;
    super::beside::is_read_in_pages(&*store).await;
    hides_what_is_asked_back(&*store).await;
    knows_offices(&*store).await;
    super::strangers::take_places_from_themselves_alone(&*store).await;
    takes_one_of_many(&store).await;
    never_hides_a_position(&store).await;
    // Last, as they clear away everything.
    clears_away(&*store).await;
    super::beside::is_counted_where_it_comes_from(&*store).await;
}

async fn keeps_what_is_left<S: RelayStore>(store: &S) {
    let small = deposit("1000000001", "1000000002", b"small");
    let large: Vec<u8> = (0..u32::try_from(PIECE).expect("small") * 2 + 77)
        .map(|place| u8::try_from(place * 7 % 251).expect("a byte"))
        .collect();
    let large = deposit("1000000001", "1000000002", &large);
    let other = deposit("1000000001", "1000000003", b"other");
    for new in [&small, &large, &other] {
        assert_eq!(store.deposit(new.clone(), QUOTA).await.expect("kept"), Deposited::New);
        assert_eq!(body(store, new).await, new.sealed.bytes().to_vec());
    }
    let waiting = store.waiting(office("1000000002"), 0, 10, start()).await.expect("listed");
    let ids: Vec<_> = waiting.iter().map(|item| item.message_id).collect();
    assert_eq!(ids, [small.message_id, large.message_id]);
    assert!(waiting[0].position < waiting[1].position && waiting[1].position < 1 << 53);
    assert_eq!(waiting[1].sha256, large.sealed.sha256());
    assert_eq!(waiting[1].size, PIECE * 2 + 77);
    let after = waiting[0].position;
    let rest = store.waiting(office("1000000002"), after, 10, start()).await.expect("listed");
    assert_eq!(rest, waiting[1..]);
    let first = store.waiting(office("1000000002"), 0, 1, start()).await.expect("listed");
    assert_eq!(first, waiting[..1]);
    let late = small.expires_at;
    assert!(store.waiting(office("1000000002"), 0, 9, late).await.expect("listed").is_empty());
    assert_eq!(store.find(name(&small), late).await.expect("found"), Found::Gone);
    let elsewhere = MailboxItemName { office: office("1000000003"), ..name(&small) };
    assert_eq!(store.find(elsewhere, start()).await.expect("found"), Found::Never);
    let sizes = [&small, &large, &other].map(|one| one.sealed.bytes().len() as u64);
    assert_eq!(bytes_kept(store, small.sender).await, (sizes.iter().sum(), 3));
}

async fn answers_repeats<S: RelayStore>(store: &S) {
    let first = deposit("1000000011", "1000000012", b"once");
    store.deposit(first.clone(), QUOTA).await.expect("kept");
    let again = Deposit { acceptance: Bytes::from_static(b"another"), ..first.clone() };
    let repeated = store.deposit(again, QUOTA).await.expect("answered");
    assert_eq!(repeated, Deposited::Repeated(first.acceptance.clone()));
    let other = Deposit { package_sha256: Digest::of(b"other"), ..first.clone() };
    assert_eq!(store.deposit(other, QUOTA).await.expect("answered"), Deposited::Different);
    let elsewhere = Deposit { recipient: office("1000000014"), ..first.clone() };
    assert_eq!(store.deposit(elsewhere, QUOTA).await.expect("answered"), Deposited::Different);
    // The same id of another sender is another package.
    let stranger = Deposit { sender: office("1000000013"), ..first.clone() };
    assert_eq!(store.deposit(stranger, QUOTA).await.expect("kept"), Deposited::New);
    assert_eq!(bytes_kept(store, first.sender).await, (4, 1));
}

async fn seals_anew<S: RelayStore>(store: &S) {
    let first = deposit("1000000021", "1000000022", b"sealed to the first key");
    store.deposit(first.clone(), QUOTA).await.expect("kept");
    let before = store.waiting(first.recipient, 0, 9, start()).await.expect("listed");
    let Found::Waiting { body: old, .. } = store.find(name(&first), start()).await.expect("found")
    else {
        panic!("it waits")
    };
    let anew = Deposit {
        sealed: Hashed::from(Bytes::from_static(b"to the second")),
        key_id: "two".to_owned(),
        acceptance: Bytes::from_static(b"of the bytes that lie there now"),
        ..first.clone()
    };
    let answer = store.deposit(anew.clone(), QUOTA).await.expect("kept");
    assert_eq!(answer, Deposited::Repeated(anew.acceptance.clone()));
    let again = Deposit { acceptance: Bytes::from_static(b"not this one"), ..anew.clone() };
    let answer = store.deposit(again, QUOTA).await.expect("answered");
    assert_eq!(answer, Deposited::Repeated(anew.acceptance.clone()));
    assert_eq!(body(store, &anew).await, b"to the second");
    let after = store.waiting(first.recipient, 0, 9, start()).await.expect("listed");
    assert_eq!(after.len(), 1);
    assert!(after[0].position > before[0].position, "whoever passed it over sees it again");
    assert_eq!(store.slice(old, 0).await.expect("read"), None, "no bytes of both are mixed");
    assert_eq!(bytes_kept(store, first.sender).await, (13, 1));
    // Once the recipient has it, nothing is replaced.
    let consigned = receipt(&first, ReceiptKind::ContentConsignment, "has it");
    assert_eq!(store.put_receipt(consigned, QUOTA).await.expect("kept"), PutReceipt::New);
    store.deposit(first.clone(), QUOTA).await.expect("answered");
    assert_eq!(body(store, &anew).await, b"to the second");
}

async fn keeps_to_the_quota<S: RelayStore>(store: &S) {
    let quota = Quota { bytes: 10, messages: 2, beside: 1 << 20 };
    let put = |content: &'static [u8]| {
        let new = deposit("1000000031", "1000000032", content);
        async move { (store.deposit(new.clone(), quota).await.expect("answered"), new) }
    };
    assert_eq!(put(b"more than ten").await.0, Deposited::Full);
    let (kept, first) = put(b"12345").await;
    assert_eq!(kept, Deposited::New);
    assert_eq!(put(b"123456").await.0, Deposited::Full);
    assert_eq!(put(b"1").await.0, Deposited::New);
    assert_eq!(put(b"2").await.0, Deposited::Full, "two packages");
    // Sealed anew, it may not grow beyond the quota either.
    let large = Deposit {
        sealed: Hashed::from(Bytes::from_static(b"much more.")),
        key_id: "two".to_owned(),
        ..first.clone()
    };
    assert_eq!(store.deposit(large, quota).await.expect("answered"), Deposited::Full);
    assert_eq!(body(store, &first).await, b"12345");
    let last = receipt(&first, ReceiptKind::Rejection, "not wanted");
    store.put_receipt(last, QUOTA).await.expect("kept");
    assert_eq!(put(b"12345678").await.0, Deposited::New, "what was taken makes room");
}

async fn hides_what_is_asked_back<S: RelayStore>(store: &S) {
    let of = deposit("1000000051", "1000000052", b"content");
    let other = deposit("1000000051", "1000000052", b"behind it");
    let ask = |text: &'static str| NewRecall {
        of: name(&of),
        package_sha256: of.package_sha256,
        recall: Bytes::from_static(text.as_bytes()),
        at: start(),
        over: start(),
    };
    let put = |new: NewRecall| async { store.put_recall(new, QUOTA).await.expect("answered") };
    assert_eq!(put(ask("one")).await, PutRecall::Unknown);
    for new in [&of, &other] {
        store.deposit(new.clone(), QUOTA).await.expect("kept");
    }
    let list = || async { store.waiting(of.recipient, 0, 9, start()).await.expect("listed") };
    let before = list().await;
    let wrong = NewRecall { package_sha256: Digest::of(b"other"), ..ask("one") };
    assert_eq!(put(wrong).await, PutRecall::Mismatch);
    let elsewhere = MailboxItemName { office: office("1000000053"), ..name(&of) };
    assert_eq!(put(NewRecall { of: elsewhere, ..ask("one") }).await, PutRecall::Unknown);
    assert_eq!(store.recall(name(&of), start()).await.expect("read"), None);
    assert!(before.iter().all(|item| !item.recalled));

    assert_eq!(put(ask("one")).await, PutRecall::New);
    let asked = list().await;
    let told: Vec<_> = asked.iter().map(|item| (item.message_id, item.recalled)).collect();
    assert_eq!(told, [(other.message_id, false), (of.message_id, true)], "listed anew");
    assert!(asked[1].position > before[1].position, "whoever passed it over sees it again");
    assert_eq!(put(ask("one")).await, PutRecall::Settled);
    assert_eq!(list().await, asked);
    assert_eq!(store.find(name(&of), start()).await.expect("found"), Found::Gone);
    let recall = || async { store.recall(name(&of), start()).await.expect("read") };
    assert_eq!(recall().await, Some(Bytes::from_static(b"one")));
    assert_eq!(put(ask("two")).await, PutRecall::New, "signed anew");
    assert_eq!(recall().await, Some(Bytes::from_static(b"two")));
    assert_eq!(store.recall(name(&of), of.expires_at).await.expect("read"), None);
    // Sealed anew it stays hidden.
    let anew = Deposit { key_id: "two".to_owned(), ..of.clone() };
    store.deposit(anew, QUOTA).await.expect("answered");
    assert_eq!(store.find(name(&of), start()).await.expect("found"), Found::Gone);

    let rejected = receipt(&of, ReceiptKind::Rejection, "given back");
    assert_eq!(store.put_receipt(rejected, QUOTA).await.expect("kept"), PutReceipt::New);
    assert_eq!(list().await.len(), 1);
    assert_eq!(recall().await, None);
    assert_eq!(put(ask("three")).await, PutRecall::Settled);

    // Nobody comes for what is over, whether it was cleared away already or not.
    let before = |hours| start() - SignedDuration::from_hours(hours);
    let over = Deposit { expires_at: before(1), ..deposit("1000000051", "1000000052", b"over") };
    store.deposit(over.clone(), QUOTA).await.expect("kept");
    let ask = |by| NewRecall {
        of: name(&over),
        package_sha256: over.package_sha256,
        over: by,
        ..ask("please")
    };
    assert_eq!(put(ask(before(1))).await, PutRecall::Over);
    let retention = Retention { now: before(1), forget: before(2), abandon: before(2) };
    assert_eq!(store.clean_up(retention).await.expect("cleaned up").expired, 1);
    assert_eq!(put(ask(before(2))).await, PutRecall::Over);
    let retention = Retention { forget: before(1), ..retention };
    assert_eq!(store.clean_up(retention).await.expect("cleaned up").forgotten, 1);
    assert_eq!(put(ask(before(2))).await, PutRecall::Unknown);
}

async fn hands_receipts_back<S: RelayStore>(store: &S) {
    let of = deposit("1000000041", "1000000042", b"content");
    store.deposit(of.clone(), QUOTA).await.expect("kept");
    let sender = of.sender;
    let put = |new: NewReceipt| async { store.put_receipt(new, QUOTA).await.expect("answered") };
    let consigned = receipt(&of, ReceiptKind::ContentConsignment, "one");
    assert_eq!(put(consigned.clone()).await, PutReceipt::New);
    assert_eq!(put(consigned.clone()).await, PutReceipt::Repeated);
    let stranger = MailboxItemName { office: office("1000000043"), ..name(&of) };
    assert_eq!(put(NewReceipt { of: stranger, ..consigned.clone() }).await, PutReceipt::Unknown);
    let other = NewReceipt { package_sha256: Digest::of(b"other"), ..consigned.clone() };
    assert_eq!(put(other).await, PutReceipt::Mismatch);
    assert_eq!(store.waiting(of.recipient, 0, 9, start()).await.expect("listed").len(), 1);
    assert_eq!(put(receipt(&of, ReceiptKind::ContentHandover, "two")).await, PutReceipt::New);
    assert!(store.waiting(of.recipient, 0, 9, start()).await.expect("listed").is_empty());
    assert_eq!(store.find(name(&of), start()).await.expect("found"), Found::Gone);
    assert_eq!(bytes_kept(store, sender).await, (0, 0));
    // Signed anew, it is taken too, and nothing is counted twice.
    assert_eq!(put(receipt(&of, ReceiptKind::ContentHandover, "anew")).await, PutReceipt::New);
    assert_eq!(bytes_kept(store, sender).await, (0, 0));
    let all = store.receipts(sender, 0, 9, PAGE).await.expect("collected");
    let texts: Vec<_> = all.iter().map(|entry| entry.receipt.clone()).collect();
    assert_eq!(texts, ["one", "two", "anew"]);
    let rest = store.receipts(sender, all[0].position, 1, PAGE).await.expect("collected");
    assert_eq!(rest, all[1..2]);
    for number in 0..20 {
        let text = format!("failure {number}");
        let put = put(receipt(&of, ReceiptKind::ContentHandoverFailure, &text)).await;
        assert_eq!(put == PutReceipt::TooMany, number >= 16, "{number}");
    }
}

async fn knows_offices<S: RelayStore>(store: &S) {
    let one = office("1000000051");
    let card = |text: &'static str| Bytes::from_static(text.as_bytes());
    store.know(one).await.expect("known");
    assert_eq!(store.card(one).await.expect("read"), None);
    assert!(store.put_card(one, 5, card("five")).await.expect("kept"));
    assert!(!store.put_card(one, 5, card("other")).await.expect("answered"));
    assert!(!store.put_card(one, 4, card("older")).await.expect("answered"));
    assert_eq!(store.card(one).await.expect("read"), Some(card("five")));
    let candidate = |text: &'static str| Candidate {
        office: office("1000000052"),
        sha256: Digest::of(text.as_bytes()),
        card: card(text),
        signer: Digest::of(text.as_bytes()),
        site: "192.0.2.1".to_owned(),
        at: start(),
    };
    for text in ["a", "b", "a"] {
        store.introduce(candidate(text)).await.expect("kept");
    }
    assert_eq!(store.candidates().await.expect("listed").len(), 2);
    let approved = Some((7, card("a")));
    store.decide(office("1000000052"), Standing::Approved, approved).await.expect("decided");
    store.forget_candidates(office("1000000052")).await.expect("forgotten");
    assert!(store.candidates().await.expect("listed").is_empty());
    let rows = store.positions().await.expect("read");
    let row = rows.iter().find(|row| row.office == office("1000000052")).expect("known");
    assert_eq!((row.standing, row.serial), (Standing::Approved, 7));
    store.decide(one, Standing::Refused, None).await.expect("decided");
    let rows = store.offices().await.expect("read");
    let row = rows.iter().find(|row| row.number == one).expect("known");
    assert_eq!((row.standing, row.card.clone()), (Standing::Refused, Some(card("five"))));
}

/// The same package from many at once: one takes it in, all the others are told the same.
async fn takes_one_of_many<S: RelayStore>(store: &Arc<S>) {
    let new = deposit("1000000061", "1000000062", b"many at once");
    let puts = (0..200).map(|number| {
        let acceptance = Bytes::from(format!("acceptance {number}"));
        let (store, new) = (Arc::clone(store), Deposit { acceptance, ..new.clone() });
        tokio::spawn(async move { store.deposit(new, QUOTA).await.expect("answered") })
    });
    let (mut taken, mut told) = (0, BTreeSet::new());
    for put in puts.collect::<Vec<_>>() {
        match put.await.expect("no panic") {
            Deposited::New => taken += 1,
            Deposited::Repeated(acceptance) => _ = told.insert(acceptance),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((taken, told.len()), (1, 1));
    assert_eq!(store.waiting(new.recipient, 0, 9, start()).await.expect("listed").len(), 1);
}

/// Whoever asks on behind the last position that he saw gets everything, however many write at once,
/// also where two offices send to each other.
async fn never_hides_a_position<S: RelayStore>(store: &Arc<S>) {
    const EACH: usize = 60;
    let pairs = [("1000000071", "1000000072"), ("1000000072", "1000000071")];
    let writers: Vec<_> = pairs
        .into_iter()
        .flat_map(|pair| std::iter::repeat_n(pair, 3))
        .map(|(sender, recipient)| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                for _ in 0..EACH {
                    let new = deposit(sender, recipient, b"x");
                    assert_eq!(store.deposit(new, QUOTA).await.expect("kept"), Deposited::New);
                }
            })
        })
        .collect();
    let (mut after, mut seen) = (0, BTreeSet::new());
    let started = std::time::Instant::now();
    while seen.len() < 3 * EACH {
        assert!(started.elapsed() < crate::harness::PATIENCE, "{} of {}", seen.len(), 3 * EACH);
        let page = store.waiting(office("1000000072"), after, 10, start()).await.expect("listed");
        after = page.last().map_or(after, |last| last.position);
        seen.extend(page.iter().map(|item| item.message_id));
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.expect("no panic");
    }
}

async fn clears_away<S: RelayStore>(store: &S) {
    let kept = deposit("1000000081", "1000000082", b"stays");
    let kept = Deposit { expires_at: start() + SignedDuration::from_hours(48), ..kept };
    store.deposit(kept.clone(), QUOTA).await.expect("kept");
    let over = deposit("1000000083", "1000000084", b"comes again");
    store.deposit(over.clone(), QUOTA).await.expect("kept");
    let hours = |hours| start() + SignedDuration::from_hours(hours);
    let step = async |now, forget, abandon| {
        let mut sum = CleanedUp::default();
        loop {
            let done = store.clean_up(Retention { now, forget, abandon }).await.expect("cleaned");
            if done.is_nothing() {
                return sum;
            }
            sum.expired += done.expired;
            sum.forgotten += done.forgotten;
            sum.receipts += done.receipts;
        }
    };
    assert_eq!(step(hours(0), hours(-100), hours(-200)).await, CleanedUp::default());
    let done = step(hours(25), hours(-100), hours(-200)).await;
    assert!(done.expired > 300 && done.forgotten == 0, "{done:?}");
    assert_eq!(body(store, &kept).await, b"stays");
    assert_eq!(bytes_kept(store, office("1000000072")).await, (0, 0));
    let totals = store.totals().await.expect("counted");
    assert_eq!((totals.waiting, totals.bytes), (1, 5));
    // What comes again after its time is kept anew, with a word of its own.
    let again = Deposit {
        stored_at: hours(25),
        expires_at: hours(60),
        acceptance: Bytes::from_static(b"anew"),
        ..over.clone()
    };
    assert_eq!(store.deposit(again.clone(), QUOTA).await.expect("kept"), Deposited::New);
    assert_eq!(body(store, &again).await, b"comes again");
    assert_eq!(bytes_kept(store, again.sender).await, (11, 1));
    let last = receipt(&again, ReceiptKind::Rejection, "not wanted");
    assert_eq!(store.put_receipt(last, QUOTA).await.expect("kept"), PutReceipt::New);
    // Receipts that were collected go with the memory of their packages, others stay longer.
    let sender = office("1000000041");
    let all = store.receipts(sender, 0, 100, PAGE).await.expect("collected");
    store.collected(sender, all[1].position);
    let done = step(hours(26), hours(25), hours(-200)).await;
    assert!(done.forgotten > 300 && done.receipts >= 2, "{done:?}");
    assert_eq!(store.receipts(sender, 0, 100, PAGE).await.expect("collected").len(), all.len() - 2);
    step(hours(26), hours(25), hours(25)).await;
    assert!(store.receipts(sender, 0, 100, PAGE).await.expect("collected").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_does_what_a_store_must() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data").join("relay.db");
    let store = SqliteStore::open(&path).expect("opened");
    assert!(SqliteStore::open(&path).is_err(), "one relay at a time");
    let beside = SqliteStore::open_beside(&path).expect("a command beside it");
    beside.know(office("1000000099")).await.expect("known");
    assert_eq!(store.positions().await.expect("read").len(), 1);
    drop(beside);
    all(store).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn postgresql_does_what_a_store_must() {
    use renkei::relay::store::{Hint, PostgresSettings, PostgresStore};

    let cluster = super::cluster::Cluster::start();
    let settings =
        PostgresSettings { url: cluster.url(), password_file: None, root: None, connections: 8 };
    // Instances that begin at once bring the schema up to date once.
    let opened = tokio::join!(PostgresStore::open(&settings), PostgresStore::open(&settings));
    let (store, other) = (opened.0.expect("opened"), opened.1.expect("opened"));
    let (heard, mut hears) = tokio::sync::mpsc::channel(8);
    let listening = tokio::spawn(async move { other.listen(heard).await });
    let hint = Hint::Something(office("1000000099"));
    // It listens from some moment on.
    let told = async {
        loop {
            store.tell(&[hint, Hint::Offices]).await.expect("told");
            let heard = tokio::time::timeout(std::time::Duration::from_millis(200), hears.recv());
            if let Ok(heard) = heard.await {
                return heard;
            }
        }
    };
    let told = tokio::time::timeout(crate::harness::PATIENCE, told).await;
    assert_eq!(told.expect("in time"), Some(hint));
    drop(hears);
    listening.await.expect("it ends when nobody listens");
    all(store).await;
}

#[tokio::test]
async fn only_this_computer_is_reached_without_encryption() {
    use renkei::relay::store::{PostgresSettings, PostgresStore};

    for (url, root) in [
        ("postgresql://renkei@db.example.jp/renkei", None),
        ("postgresql://renkei@db.example.jp/renkei?sslmode=prefer", None),
        ("postgresql://renkei@db.example.jp/renkei?sslmode=require", None),
        ("nonsense", None),
    ] {
        let settings =
            PostgresSettings { url: url.to_owned(), password_file: None, root, connections: 1 };
        let error = PostgresStore::open(&settings).await.expect_err(url).to_string();
        assert!(error.contains("store."), "{url}: {error}");
    }
}
