//! What one job reads, while others write.

use std::thread;

use super::*;

fn sets(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("SELECT count(*) FROM incoming", (), |row| row.get(0))?)
}

/// A package of the same sender that arrives meanwhile, seen by the second of two statements alone,
/// would let those behind it be placed before it.
#[test]
fn what_comes_between_two_statements_is_seen_by_neither() {
    let folder = private_folder();
    let store = open(&folder);
    let arrive = |store: Store| {
        let new = incoming(MessageId::new(now()), b"package", b"receipt");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(store.commit(new, now())).expect("committed")
    };
    let seen = store.with_reader(|connection| {
        let before = sets(connection)?;
        let writing = store.clone();
        let arrived = thread::spawn(move || arrive(writing)).join().expect("no panic");
        assert_eq!(arrived, CommitAnswer::New);
        Ok((before, sets(connection)?))
    });
    assert_eq!(seen.expect("read"), (0, 0));
    assert_eq!(store.with_reader(sets).expect("read"), 1, "the next one sees it");
}
