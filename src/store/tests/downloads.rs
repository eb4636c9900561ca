//! Sets that a person downloaded.

use std::path::Path;

use super::*;

#[tokio::test]
async fn a_folder_is_looked_into_from_the_first_time_on() {
    let folder = private_folder();
    let store = open(&folder);
    let (one, other) = (Path::new("/home/a/Downloads"), Path::new("/home/b/Downloads"));
    let later = now() + jiff::SignedDuration::from_hours(1);
    assert_eq!(store.downloads_since(office(1), one, now()).await.expect("read"), now());
    assert_eq!(store.downloads_since(office(1), one, later).await.expect("read"), now());
    assert_eq!(store.downloads_since(office(1), other, later).await.expect("read"), later);
    assert_eq!(store.downloads_since(office(2), one, later).await.expect("read"), later);
}

#[tokio::test]
async fn a_downloaded_set_has_no_receipt_and_waits_for_no_number() {
    let folder = private_folder();
    let store = open(&folder);
    let id = MessageId::new(now());
    let downloaded = NewIncoming {
        sequence: 0,
        receipt: None,
        came_by: CameBy::Web,
        ..incoming(id, b"downloaded", b"")
    };
    // The first of the sender's numbers is missing.
    let sent = NewIncoming { sequence: 2, ..incoming(MessageId::new(now()), b"sent", b"der") };
    for new in [downloaded.clone(), sent] {
        assert_eq!(store.commit(new, now()).await.expect("committed"), CommitAnswer::New);
    }
    let waiting = store.unplaced(office(1), office(2), 9).await.expect("read");
    let waiting: Vec<_> =
        waiting.iter().map(|one| (one.row.came_by, one.missing_since.is_some())).collect();
    assert_eq!(waiting, [(CameBy::Web, false), (CameBy::Renkei, true)]);
    let found = store.came_before(office(1), office(2), serial()).await.expect("read");
    let found: Vec<_> = found.iter().map(|set| (set.came_by, set.state)).collect();
    assert_eq!(found.len(), 2);
    assert!(found.contains(&(CameBy::Web, IncomingState::Committed)));
    assert!(store.issued_about(office(1), office(2), id).await.expect("read").is_empty());
    let history = store.history(HistoryFilter { limit: 9, ..HistoryFilter::default() });
    let history = history.await.expect("read");
    assert!(history.iter().any(|row| row.came_by == Some(CameBy::Web)));
}

/// What has begun to be placed under a 連番 is ended before another set of it begins.
#[tokio::test]
async fn of_one_serial_what_has_begun_comes_first() {
    let folder = private_folder();
    let store = open(&folder);
    let sent = incoming(MessageId::new(now()), b"sent", b"der");
    let downloaded = NewIncoming {
        sequence: 0,
        receipt: None,
        came_by: CameBy::Web,
        ..incoming(MessageId::new(now()), b"downloaded", b"")
    };
    for new in [sent.clone(), downloaded.clone()] {
        store.commit(new, now()).await.expect("committed");
    }
    let first = async || {
        let waiting = store.unplaced(office(1), office(2), 9).await.expect("read");
        waiting.first().map(|one| one.row.id)
    };
    assert_eq!(first().await, Some(downloaded.id));
    store.begin_placing(vec![(sent.sender, sent.id)]).await.expect("begun");
    assert_eq!(first().await, Some(sent.id));
}
