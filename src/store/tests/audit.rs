//! What is kept of who looked at what.

use super::super::{Account, AuditEntry, AuditFilter, AuditRow};
use super::*;
use crate::types::Personal;

fn entry(who: &str, what: &str, people: &[&str], second: i64) -> AuditEntry {
    AuditEntry {
        at: Timestamp::from_second(1_800_000_000 + second).expect("in range"),
        who: who.to_owned(),
        account: Account::User,
        address: "127.0.0.1".to_owned(),
        what: what.to_owned(),
        about: "h1".to_owned(),
        people: people.iter().map(|person| Personal::new((*person).to_owned())).collect(),
    }
}

fn at(second: i64) -> Option<Timestamp> {
    Timestamp::from_second(1_800_000_000 + second).ok()
}

#[tokio::test]
async fn who_saw_whom_can_be_asked() {
    let folder = private_folder();
    let store = open(&folder);
    let entries = vec![
        entry("hanako", "view-held", &["0000000001", "0000000002"], 0),
        entry("taro", "view-held", &["0000000002"], 1),
        entry("taro", "login", &[], 2),
    ];
    store.audit(entries).await.expect("written");
    let ask = async |filter: AuditFilter| {
        let rows = store.audited(AuditFilter { limit: 10, ..filter }).await.expect("read");
        let tell = |row: &AuditRow| format!("{} {} {}", row.entry.who, row.entry.what, row.people);
        rows.iter().map(tell).collect::<Vec<_>>()
    };
    let all = ["taro login 0", "taro view-held 1", "hanako view-held 2"];
    assert_eq!(ask(AuditFilter::default()).await, all);
    let person = |number: &str| AuditFilter {
        person: Some(Personal::new(number.to_owned())),
        ..AuditFilter::default()
    };
    assert_eq!(ask(person("0000000002")).await, &all[1..]);
    assert_eq!(ask(person("0000000001")).await, &all[2..]);
    assert_eq!(ask(person("000000000_")).await, [""; 0]);
    let taro = AuditFilter { who: Some("taro".to_owned()), ..AuditFilter::default() };
    assert_eq!(ask(taro.clone()).await, &all[..2]);
    assert_eq!(ask(AuditFilter { what: Some("login".to_owned()), ..taro }).await, &all[..1]);
    let times = AuditFilter { since: at(1), until: at(2), ..AuditFilter::default() };
    assert_eq!(ask(times).await, &all[1..2]);
    let rows = store.audited(AuditFilter { limit: 1, ..AuditFilter::default() }).await;
    let newest = rows.expect("read")[0].id;
    assert_eq!(
        ask(AuditFilter { before: Some(newest), ..AuditFilter::default() }).await,
        &all[1..]
    );

    let later = at(2).expect("in range");
    store.purge(later, later, now()).await.expect("purged");
    assert_eq!(ask(AuditFilter::default()).await, &all[..1]);
    assert_eq!(ask(person("0000000002")).await, [""; 0]);
    drop(store);
    let connection = Connection::open(database(folder.path())).expect("open");
    let left: i64 = connection
        .query_row("SELECT count(*) FROM audit_people", [], |row| row.get(0))
        .expect("counted");
    assert_eq!(left, 0, "no number stays behind");
}

#[tokio::test]
async fn more_people_than_are_named_are_counted() {
    let folder = private_folder();
    let store = open(&folder);
    let numbers: Vec<String> = (0..2_500).map(|number| format!("{number:010}")).collect();
    let people: Vec<&str> = numbers.iter().map(String::as_str).collect();
    store.audit(vec![entry("hanako", "view-held", &people, 0)]).await.expect("written");
    let rows = store.audited(AuditFilter { limit: 10, ..AuditFilter::default() }).await;
    let row = rows.expect("read").pop().expect("a row");
    assert_eq!((row.people, row.entry.people.len()), (2_500, 2_000));
}
