//! What is written down of files that suit the care software.

use super::*;
use crate::config::ImportLayout;
use crate::record::Quoting;
use crate::transfer::IncomingEvent;
use crate::types::code;

fn plan(first: &str, last: &str) -> ImportPlan {
    ImportPlan {
        recipe: Recipe {
            folders: ImportLayout::Sender,
            one_user_per_set: true,
            quoting: Some(Quoting::All),
        },
        first_serial: first.parse().expect("14 digits"),
        last_serial: last.parse().expect("14 digits"),
        actuals: false,
        files: vec![PlacedCopy {
            name: "1300000002/A.CSV".to_owned(),
            of: "B.CSV".to_owned(),
            size: 3,
            sha256: Digest::of(b"abc"),
        }],
        whole_because: None,
    }
}

async fn placed(store: &Store, der: &'static [u8]) -> MessageId {
    let id = MessageId::new(now());
    store.commit(incoming(id, b"package", der), now()).await.expect("committed");
    id
}

#[tokio::test]
async fn what_was_written_first_stays_and_the_highest_serial_is_known() {
    let folder = private_folder();
    let store = open(&folder);
    let (office, sender) = (office(1), office(2));
    assert!(!store.has_import_plans(office).await.expect("read"));
    assert_eq!(store.last_placed_serial(office, sender).await.expect("read"), None);
    let id = placed(&store, b"one").await;
    let first = plan("20260401090000", "20260401090002");
    store.plan_import((office, sender, id), first.clone(), true).await.expect("written");
    let other = plan("20260501090000", "20260501090000");
    store.plan_import((office, sender, id), other, true).await.expect("nothing changes");
    assert_eq!(store.import_plan(sender, id).await.expect("read"), Some(first));
    let last = store.last_placed_serial(office, sender).await.expect("read");
    assert_eq!(last.map(|serial| serial.to_string()).as_deref(), Some("20260401090002"));
    assert!(store.has_import_plans(office).await.expect("read"));
    assert_eq!(store.last_placed_serial(sender, office).await.expect("read"), None);
}

#[tokio::test]
async fn a_set_is_waited_for_from_its_placing_until_it_is_taken() {
    let folder = private_folder();
    let store = open(&folder);
    let (office, sender) = (office(1), office(2));
    let id = placed(&store, b"one").await;
    let plan = plan("20260401090000", "20260401090000");
    store.plan_import((office, sender, id), plan, true).await.expect("written");
    let waits = async || store.awaited(office).await.expect("read").len();
    assert_eq!(waits().await, 0, "it is not there yet");
    let placed = IncomingEvent::FilesPlaced;
    let stored = store.incoming_event(sender, id, placed, IncomingNote::default(), now()).await;
    stored.expect("placed");
    assert_eq!(waits().await, 1);
    let set = (office, sender, id);
    store.taken(set, Some("hanako".to_owned()), now()).await.expect("written");
    assert_eq!(waits().await, 0);
    store.taken(set, Some("hanako".to_owned()), now()).await.expect("nothing to do");
    let connection = Connection::open(database(folder.path())).expect("open");
    let rows: u32 = connection
        .query_row(
            "SELECT count(*) FROM journal WHERE state = 'TAKEN'
             AND detail = 'taken-by-hand by hanako' AND direction = 'in'",
            (),
            |row| row.get(0),
        )
        .expect("read");
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn a_deletion_holds_back_what_comes_after_it_until_somebody_lets_it_in() {
    let folder = private_folder();
    let store = open(&folder);
    let (office, sender, why) = (office(1), office(2), code::DELETION_NEEDS_WORD);
    let id = placed(&store, b"one").await;
    let step = |event, note| store.incoming_event(sender, id, event, note, now());
    let lowest = async || store.lowest_held(office, sender, why).await.expect("read");
    let let_in = async || store.was_let_in(sender, id, why).await.expect("read");
    assert_eq!((lowest().await, let_in().await), (None, false));
    step(IncomingEvent::Withheld, IncomingNote::code(why)).await.expect("held");
    assert_eq!((lowest().await, let_in().await), (Some(serial()), false));
    // The sender repeats itself; that is nobody's word.
    step(IncomingEvent::Released, IncomingNote::code(code::SENT_AGAIN)).await.expect("again");
    assert_eq!((lowest().await, let_in().await), (None, false));
    step(IncomingEvent::Withheld, IncomingNote::code(why)).await.expect("held");
    let by = IncomingNote { by: "hanako".to_owned(), ..IncomingNote::code(code::RELEASED) };
    step(IncomingEvent::Released, by).await.expect("released");
    assert_eq!((lowest().await, let_in().await), (None, true));
}

#[tokio::test]
async fn plans_go_with_their_packages_and_are_found_by_their_indexes() {
    let folder = private_folder();
    let store = open(&folder);
    let id = placed(&store, b"one").await;
    let plan = plan("20260401090000", "20260401090000");
    store.plan_import((office(1), office(2), id), plan, true).await.expect("written");
    let connection = Connection::open(database(folder.path())).expect("open");
    for (question, index) in [
        (
            "SELECT last_serial FROM import_plans WHERE office = 'a' AND sender = 'b'
             ORDER BY last_serial DESC LIMIT 1",
            "import_plans_serial",
        ),
        ("SELECT * FROM import_plans WHERE awaited = 1 AND office = 'a'", "import_plans_awaited"),
        ("SELECT 1 FROM import_plans WHERE office = 'a'", "import_plans_serial"),
    ] {
        let plan: String = connection
            .query_row(&format!("EXPLAIN QUERY PLAN {question}"), (), |row| row.get("detail"))
            .expect("a plan");
        assert!(plan.contains(index), "{question}: {plan}");
    }
    connection.execute("DELETE FROM incoming", ()).expect("deleted");
    assert_eq!(store.import_plan(office(2), id).await.expect("read"), None);
}

/// Names of copies say whom a package is about.
#[tokio::test]
async fn a_plan_goes_with_what_its_sender_has_back() {
    let folder = private_folder();
    let store = open(&folder);
    let (office, sender) = (office(1), office(2));
    let id = placed(&store, b"consigned").await;
    let plan = plan("20260401090000", "20260401090000");
    store.plan_import((office, sender, id), plan, true).await.expect("written");
    let came = super::recall::came(id, b"package", Some(b"consigned"));
    let answer = store.recall_came(came, now()).await;
    assert_eq!(answer.expect("answered"), RecallAnswer::GivenBack);
    assert_eq!(store.import_plan(sender, id).await.expect("read"), None);
    assert_eq!(store.last_placed_serial(office, sender).await.expect("read"), None);
}
