//! Lists, and who is found in them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::index::plans;
use super::super::unit::Column;
use super::*;
use crate::contents::{Contents, Document, Mention, Person, PersonKey, When};
use crate::types::{HeldId, Personal};

/// A package for `partner`, of a kind and a month, made `second` seconds after the others.
pub(super) fn sent(number: u64, partner: u32, kind: &str, month: &str) -> NewOutgoing {
    let months = if month.is_empty() { Vec::new() } else { vec![month.parse().expect("a month")] };
    NewOutgoing {
        partner: office(partner),
        unit: UnitSummary { kind: kind.to_owned(), months, ..unit() },
        serial: format!("2026032610{:04}", number % 10_000).parse().expect("a serial"),
        ..outgoing(number, Bytes::from(number.to_be_bytes().to_vec()))
    }
}

pub(super) fn contents(people: &[(&str, &str, &str)]) -> Contents {
    let person = |(insured, name, kana): &(&str, &str, &str)| Person {
        key: PersonKey::parse(b"131016", insured.as_bytes()).expect("a person"),
        name: (!name.is_empty()).then(|| Personal::new((*name).to_owned())),
        kana: (!kana.is_empty()).then(|| Personal::new((*kana).to_owned())),
        mentions: BTreeSet::from([Mention {
            document: Document::Plan,
            withdrawn: false,
            when: Some(When::Month("202604".parse().expect("a month"))),
        }]),
        birth: None,
        actuals: BTreeMap::new(),
    };
    Contents { people: people.iter().map(person).collect(), ..Contents::default() }
}

pub(super) async fn follow(store: &Store) {
    while store.follow_journal().await.expect("followed").has_more {}
}

/// Looks into the newest package that nobody has looked into.
pub(super) async fn look_into(store: &Store, people: &[(&str, &str, &str)]) {
    let unread = store.unread(1).await.expect("read")[0];
    let found = vec![(unread.entry, ReadContents::Found(contents(people)))];
    store.note_contents(found).await.expect("noted");
}

pub(super) async fn page(store: &Store, filter: ListFilter) -> ListPage {
    store.list(filter, PageStart::Newest, 50).await.expect("a page")
}

fn ids(page: &ListPage) -> Vec<MessageId> {
    page.rows.iter().filter_map(|row| row.line.message_id).collect()
}

pub(super) fn text(text: &str) -> ListFilter {
    ListFilter { text: SearchText::new(text), ..ListFilter::default() }
}

#[tokio::test]
async fn a_list_shows_what_is_asked_for() {
    let folder = private_folder();
    let store = open(&folder);
    let mut made = Vec::new();
    for (number, partner, kind, month) in
        [(1, 2, "K1", ""), (2, 2, "K2", "202604"), (3, 3, "K2", "202605"), (4, 3, "3-2", "202604")]
    {
        let new = sent(number, partner, kind, month);
        made.push(new.id);
        let at = now() + jiff::SignedDuration::from_secs(i64::try_from(number).expect("small"));
        store.pack(new, at).await.expect("packed");
    }
    let came = MessageId::new(now());
    store.commit(incoming(came, b"theirs", b"receipt"), now()).await.expect("committed");
    let held = HeldRow {
        at: now(),
        office: office(1),
        partner: None,
        serial: None,
        unit: unit(),
        reason: "L1-CSV-001".into(),
        folder: "x".into(),
    };
    store.hold(held).await.expect("held");
    follow(&store).await;

    let all = page(&store, ListFilter::default()).await;
    assert_eq!((all.rows.len(), all.count), (6, Count::Exactly(6)));
    assert_eq!((all.newer, all.older), (None, None));
    assert_eq!(all.waiting, Count::Exactly(5), "the held set has no package");
    let is_found = async |filter: ListFilter| ids(&page(&store, filter).await);
    let of = |which| ListFilter { which, ..ListFilter::default() };
    let newest_first =
        |places: &[usize]| places.iter().map(|place| made[*place]).collect::<Vec<_>>();
    assert_eq!(is_found(of(Which::Sent)).await, newest_first(&[3, 2, 1, 0]));
    assert_eq!(is_found(of(Which::Received)).await, [came]);
    let month = Some("202604".parse().expect("a month"));
    assert_eq!(is_found(ListFilter { month, ..of(Which::All) }).await, newest_first(&[3, 1]));
    let kinds = vec!["K2".to_owned(), "3-2".to_owned()];
    let filter = ListFilter { kinds, partner: Some(office(3)), ..of(Which::All) };
    assert_eq!(is_found(filter).await, newest_first(&[3, 2]));
    let since = Some(now() + jiff::SignedDuration::from_secs(2));
    let until = Some(now() + jiff::SignedDuration::from_secs(4));
    assert_eq!(
        is_found(ListFilter { since, until, ..of(Which::All) }).await,
        newest_first(&[2, 1])
    );
    assert_eq!(is_found(ListFilter { office: Some(office(9)), ..of(Which::All) }).await, []);
    assert_eq!(is_found(text("2026032610000")).await, newest_first(&[3, 2, 1, 0]));
    assert_eq!(is_found(text("20260326100003")).await, newest_first(&[2]));
    let id = made[1].to_string();
    assert_eq!(is_found(text(&id)).await, newest_first(&[1]));
    assert!(is_found(text(id.get(..13).expect("36 characters"))).await.contains(&made[1]));

    let waiting = page(&store, of(Which::Held)).await;
    assert_eq!(waiting.rows.len(), 1);
    assert_eq!(waiting.rows[0].held, Some(HeldId::Set(1)));
    assert_eq!(waiting.rows[0].line.detail, "L1-CSV-001");
    store.settle(1, Settled::Dismissed, String::new(), now()).await.expect("settled");
    assert!(page(&store, of(Which::Held)).await.rows.is_empty(), "at once");
    let settled = ListFilter { states: vec![State::Set(HeldSet::Settled)], ..of(Which::All) };
    assert_eq!(page(&store, settled).await.rows.len(), 1);

    // The state follows, and what is shown of it is never old.
    let queued = ListFilter { states: vec![State::Out(OutgoingState::Queued)], ..of(Which::All) };
    assert_eq!(page(&store, queued.clone()).await.rows.len(), 4);
    let event = OutgoingEvent::Receipt(OutgoingReceipt::Handover);
    let proof = receipt(Origin::Received, ReceiptKind::ContentHandover, b"signed");
    store.outgoing_event(made[0], event, String::new(), Some(proof), now()).await.expect("event");
    let oldest = page(&store, of(Which::Sent)).await.rows.pop().expect("a row");
    assert_eq!(oldest.line.state, State::Out(OutgoingState::HandedOver));
    assert_eq!(oldest.line.receipts, [ReceiptKind::ContentHandover]);
    follow(&store).await;
    assert_eq!(page(&store, queued).await.rows.len(), 3);
}

#[tokio::test]
async fn pages_follow_each_other_both_ways() {
    let folder = private_folder();
    let store = open(&folder);
    let mut made = Vec::new();
    for number in 1..=7 {
        let new = sent(number, 2, if number == 4 { "K1" } else { "K2" }, "");
        made.push(new.id);
        store.pack(new, now()).await.expect("packed");
    }
    follow(&store).await;
    made.remove(3);
    made.reverse();
    let filter = ListFilter { kinds: vec!["K2".to_owned()], ..ListFilter::default() };
    let turn = |start| store.list(filter.clone(), start, 2);
    let mut seen = Vec::new();
    let mut start = PageStart::Newest;
    let last = loop {
        let page = turn(start).await.expect("a page");
        assert_eq!(page.count, Count::Exactly(6));
        seen.extend(ids(&page));
        match page.older {
            Some(older) => start = older,
            None => break page,
        }
    };
    assert_eq!(seen, made);
    let before = turn(last.newer.expect("there are newer ones")).await.expect("a page");
    assert_eq!(ids(&before), made[2..4]);
    let first = turn(before.newer.expect("there are newer ones")).await.expect("a page");
    assert_eq!((ids(&first), first.newer), (made[..2].to_vec(), None));

    // Somebody stays on a page that has nothing on it any more.
    let below_all = turn(PageStart::Below("1".parse().expect("an entry"))).await.expect("a page");
    assert!(below_all.rows.is_empty() && below_all.older.is_none());
    let newer = turn(below_all.newer.expect("there are newer ones")).await.expect("a page");
    assert_eq!(ids(&newer), made[4..]);
    for bad in ["", "-1", "x", "99999999999999999999", "1 OR 1"] {
        assert!(bad.parse::<EntryId>().is_err(), "{bad}");
    }
}

#[tokio::test]
async fn people_are_found_by_number_name_and_kana() {
    let folder = private_folder();
    let store = open(&folder);
    let mut made = Vec::new();
    for (number, people) in [
        (1, &[("0000900011", "髙例　花子", "ﾀｶﾚｲ ﾊﾅｺ"), ("0000900029", "見本 太郎", "ミホン")][..]),
        (2, &[("0000900011", "", "")]),
        (3, &[("H000000037", "予行 ハル", "")]),
    ] {
        let new = sent(number, 2, "K2", "202604");
        made.push(new.id);
        store.pack(new, now()).await.expect("packed");
        follow(&store).await;
        look_into(&store, people).await;
    }
    let is_found = async |what: &str| ids(&page(&store, text(what)).await);
    for both in ["高例花子", "たかれい", "ﾊﾅ", "0000900011", "900011"] {
        assert_eq!(is_found(both).await, [made[1], made[0]], "{both}");
    }
    assert_eq!(is_found("見本").await, [made[0]]);
    assert_eq!(is_found("ｈ0000").await, [made[2]]);
    assert_eq!(is_found("予行ハル").await, [made[2]]);
    for nobody in ["100%", "_", "0000900011\n", "花子見本", "髙例花子ﾀｶﾚｲ"] {
        let expected = if nobody.starts_with("00009") { 2 } else { 0 };
        assert_eq!(is_found(nobody).await.len(), expected, "{nobody}");
    }
    assert!(SearchText::new(" \u{3000}").is_none());

    let found = page(&store, text("ミホン")).await;
    let [row] = &found.rows[..] else { panic!("{found:?}") };
    assert_eq!((row.people_count, row.contents), (2, ContentsState::Read));
    assert_eq!(row.people[0].name.reveal(), "見本 太郎", "the one that was looked for is first");
    assert!(!format!("{found:?}").contains("見本"));
    let unnamed = page(&store, text("0000900011")).await;
    assert_eq!(unnamed.rows[0].people[0].name.reveal(), "髙例　花子", "named by another package");
    assert_eq!(unnamed.waiting, Count::Exactly(0));
}

#[tokio::test]
async fn the_newest_package_says_what_somebody_is_called() {
    let folder = private_folder();
    let store = open(&folder);
    let at = |second| now() + jiff::SignedDuration::from_secs(second);
    for (number, second) in [(1, 1), (2, 3), (3, 2)] {
        store.pack(sent(number, 2, "K1", ""), at(second)).await.expect("packed");
        follow(&store).await;
    }
    // The last one is looked into first, as always.
    look_into(&store, &[("0000900011", "間の 名", "ｱｲﾀﾞ")]).await;
    look_into(&store, &[("0000900011", "今の 名", "")]).await;
    look_into(&store, &[("0000900011", "昔の 名", "ﾑｶｼ")]).await;
    let found = page(&store, text("900011")).await;
    let person = &found.rows[0].people[0];
    assert_eq!((person.name.reveal().as_str(), found.rows.len()), ("今の 名", 3));
    assert!(page(&store, text("間の")).await.rows.is_empty());
}

#[tokio::test]
async fn people_go_with_the_last_package_about_them() {
    let folder = private_folder();
    let store = open(&folder);
    let [first, second] = [1, 2].map(|number| sent(number, 2, "K2", ""));
    let ids = [first.id, second.id];
    for new in [first, second] {
        store.pack(new, now()).await.expect("packed");
    }
    follow(&store).await;
    look_into(&store, &[("0000900011", "架空 一", "")]).await;
    look_into(&store, &[("0000900011", "架空 一", ""), ("0000900029", "架空 二", "")]).await;
    let event = OutgoingEvent::Receipt(OutgoingReceipt::Handover);
    let later = now() + jiff::SignedDuration::from_secs(1);
    for (id, at, people, entries) in [(ids[0], now(), 1, 1), (ids[1], now(), 0, 0)] {
        let proof = receipt(Origin::Received, ReceiptKind::ContentHandover, b"signed");
        store.outgoing_event(id, event, String::new(), Some(proof), at).await.expect("event");
        store.purge(later, Timestamp::MIN, now()).await.expect("purged");
        assert_eq!(
            page(&store, text("架空")).await.rows.len(),
            entries + 1,
            "kept as the record is"
        );
        store.purge(later, later, now()).await.expect("purged");
        follow(&store).await;
        assert_eq!(page(&store, ListFilter::default()).await.rows.len(), entries);
        let count = store.with_reader(|connection| {
            let count = |table: &str| {
                let sql = format!("SELECT count(*) FROM {table}");
                connection.query_row(&sql, (), |row| row.get::<_, i64>(0))
            };
            Ok((count("people")?, count("mentions")?))
        });
        assert_eq!(count.expect("counted"), (people, people));
    }
}

#[tokio::test]
async fn what_is_gone_or_damaged_is_marked() {
    let folder = private_folder();
    let store = open(&folder);
    for number in 1..=3 {
        store.pack(sent(number, 2, "K2", ""), now()).await.expect("packed");
    }
    follow(&store).await;
    let unread = store.unread(9).await.expect("read");
    assert!(unread.windows(2).all(|pair| pair[0].entry > pair[1].entry), "the newest first");
    let cut = Contents { is_cut: true, ..contents(&[("0000900011", "", "")]) };
    let found = [ReadContents::Found(cut), ReadContents::Unreadable, ReadContents::Gone];
    let found: Vec<_> = unread.iter().map(|unread| unread.entry).zip(found).collect();
    store.note_contents(found.clone()).await.expect("noted");
    // Once is enough.
    store.note_contents(found).await.expect("noted");
    assert!(store.unread(9).await.expect("read").is_empty());
    let states: Vec<_> =
        page(&store, ListFilter::default()).await.rows.iter().map(|row| row.contents).collect();
    assert_eq!(states, [ContentsState::Cut, ContentsState::Unreadable, ContentsState::Gone]);
}

/// Whatever is asked for, SQLite walks through the entries from one end and sorts nothing.
#[tokio::test]
async fn no_list_is_sorted() {
    let folder = private_folder();
    let store = open(&folder);
    let of = |which| ListFilter { which, ..ListFilter::default() };
    let filters = [
        (of(Which::All), "INTEGER PRIMARY KEY (rowid"),
        (of(Which::Sent), "INTEGER PRIMARY KEY (rowid"),
        (ListFilter { office: Some(office(1)), ..of(Which::Held) }, "entries_state (state=? AND"),
        (
            ListFilter { partner: Some(office(2)), ..of(Which::All) },
            "entries_partner (partner=? AND",
        ),
        (text("2026"), "INTEGER PRIMARY KEY (rowid"),
        (text("架空"), "INTEGER PRIMARY KEY (rowid"),
    ];
    for (filter, way) in filters {
        for start in [PageStart::Newest, PageStart::Above("5".parse().expect("an entry"))] {
            let plan = store.with_reader(|connection| plans::of_walk(connection, &filter, start));
            let plan = plan.expect("a plan");
            assert!(plan[0].starts_with("SEARCH e USING ") && plan[0].contains(way), "{plan:?}");
            assert!(plan.iter().all(|step| !step.contains("ORDER BY")), "{plan:?}");
        }
    }
}

/// `cargo test --release --lib lists::many -- --ignored --nocapture`
#[tokio::test]
#[ignore = "measures"]
async fn many_packages_are_listed_quickly() {
    const PACKAGES: i64 = 100_000;
    const PEOPLE: i64 = 4_000;
    const EACH: i64 = 30;
    let folder = private_folder();
    let store = open(&folder);
    fill(&folder, &store, (PACKAGES, PEOPLE, EACH)).await;
    let of = |which| ListFilter { which, ..ListFilter::default() };
    let rare = Some("201901".parse().expect("a month"));
    let cases: [(&str, ListFilter); 12] = [
        ("everything", of(Which::All)),
        ("sent", of(Which::Sent)),
        ("held: none", of(Which::Held)),
        ("a month that nobody has", ListFilter { month: rare, ..of(Which::All) }),
        ("a partner", ListFilter { partner: Some(office(7)), ..of(Which::All) }),
        ("a number", text("0000001234")),
        ("part of a number", text("123")),
        ("a name of one", text("架空 777")),
        ("a name of many", text("架空")),
        ("a name of nobody", text("いない")),
        ("many, few months", ListFilter { month: rare, ..text("架空") }),
        ("a message id", text("0190aaaa")),
    ];
    for (name, filter) in cases {
        let mut slowest = std::time::Duration::ZERO;
        let mut rows = 0;
        for _ in 0..5 {
            let begun = crate::types::Clock::running();
            let page = store.list(filter.clone(), PageStart::Newest, 50).await.expect("a page");
            slowest = slowest.max(begun.elapsed());
            rows = page.rows.len();
        }
        println!("{name}: {rows} rows, {slowest:?}");
        assert!(slowest < std::time::Duration::from_millis(100), "{name} took {slowest:?}");
    }
}

/// Fills the lists as the node would have in years.
async fn fill(folder: &TempDir, store: &Store, (packages, people, each): (i64, i64, i64)) {
    let new = sent(1, 2, "K2", "202604");
    store.pack(new, now()).await.expect("packed");
    follow(store).await;
    let mut connection = Connection::open(database(folder.path())).expect("open");
    let transaction = connection.transaction().expect("begun");
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        transaction.prepare_cached(sql).expect("SQL").execute(values).expect("written");
    };
    for person in 1..=people {
        let (number, key) =
            (format!("{person:010}"), format!("{person:010}\n架空{person}\nカクウ"));
        let sql = "INSERT INTO people VALUES (?1, '131016', ?2, 'x', 'x', 0, ?3)";
        run(sql, rusqlite::params![person, number, key]);
    }
    for entry in 2..=packages {
        let partner = office(u32::try_from(entry % 60).expect("small"));
        let direction = if entry % 3 == 0 { "in" } else { "out" };
        let id = Column(MessageId::new(now()));
        run(
            "INSERT INTO entries SELECT ?1, ?4, office, ?2, ?3, NULL, at + ?1, serial, kind,
                 months, state, 'read' FROM entries WHERE id = 1",
            rusqlite::params![entry, Column(partner), id, direction],
        );
        let table = if direction == "in" {
            "INSERT INTO incoming (sender, message_id, office, sequence, serial, unit, state,
                 failures, next_at, detail, created_at, changed_at, package_sha256,
                 manifest_sha256, place)
             SELECT ?2, ?1, office, ?3, serial, unit, 'HANDED_OVER', 0, 0, '', created_at,
                 created_at, package_sha256, manifest_sha256, 'gone' FROM outgoing WHERE rowid = 1"
        } else {
            "INSERT INTO outgoing SELECT ?1, office, ?2, ?3, serial, unit, 'HANDED_OVER', 0, 0, '',
                 created_at, created_at, created_at, package_sha256, manifest_sha256, 'gone', NULL,
                 0 FROM outgoing WHERE rowid = 1"
        };
        run(table, rusqlite::params![id, Column(partner), entry]);
        for place in 0..each {
            let person = (entry * 7 + place * 131) % people + 1;
            let sql = "INSERT INTO mentions VALUES (?1, ?2, 'plan', 0, 202604)";
            run(sql, rusqlite::params![entry, person]);
        }
    }
    transaction.commit().expect("committed");
}
