//! A store that is not the one that it was.

use std::fs;
use std::path::Path;

use super::*;

fn terms(home: &Path, beginning: Beginning) -> Terms {
    Terms { home: Some(home.to_owned()), beginning, ..Terms::default() }
}

fn opened(data: &Path, home: &Path, beginning: Beginning) -> Result<Store, &'static str> {
    Store::open(data, &terms(home, beginning)).map_err(|error| error.code())
}

async fn filled(data: &Path, home: &Path) -> Store {
    let store = opened(data, home, Beginning::AsItWas).expect("a new store");
    for sequence in 1..=3 {
        store.pack(outgoing(sequence, Bytes::from_static(b"x")), now()).await.expect("packed");
    }
    store.keep_record(true).expect("kept");
    store
}

fn rows(store: &Store) -> i64 {
    let count = |connection: &Connection| {
        Ok(connection.query_row("SELECT count(*) FROM outgoing", (), |row| row.get(0))?)
    };
    store.with_reader(count).expect("read")
}

/// The files of the data folder as a killed process leaves them.
fn left_by_a_kill(from: &Path, to: &Path) {
    fs::create_dir(to).expect("made");
    #[cfg(unix)]
    fs::set_permissions(to, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("set");
    for name in ["renkei.db", "renkei.db-wal", "store-id"] {
        fs::copy(from.join(name), to.join(name)).expect("copied");
    }
}

#[tokio::test]
async fn what_was_lost_is_refused_and_nothing_is_touched() {
    type Harm = fn(&Path);
    let harms: [(&str, Harm, &str); 5] = [
        (
            "emptied",
            |data| {
                fs::write(data.join("renkei.db"), "").expect("written");
                fs::remove_file(data.join("renkei.db-wal")).expect("removed");
            },
            "store-emptied",
        ),
        (
            "deleted",
            |data| {
                fs::remove_file(data.join("renkei.db")).expect("removed");
                fs::remove_file(data.join("renkei.db-wal")).expect("removed");
            },
            "store-missing",
        ),
        (
            "log alone",
            |data| fs::remove_file(data.join("renkei.db")).expect("removed"),
            "store-log-alone",
        ),
        (
            "log deleted",
            |data| fs::remove_file(data.join("renkei.db-wal")).expect("removed"),
            "store-older",
        ),
        (
            "log of noise",
            |data| {
                let length = fs::metadata(data.join("renkei.db-wal")).expect("there").len();
                let noise = vec![0x5A; usize::try_from(length).expect("small")];
                fs::write(data.join("renkei.db-wal"), noise).expect("written");
            },
            "store-older",
        ),
    ];
    for (name, harm, code) in harms {
        let root = TempDir::new().expect("a folder");
        let (live, home) = (root.path().join("live"), root.path().join("home"));
        fs::create_dir(&home).expect("made");
        drop(opened(&live, &home, Beginning::AsItWas).expect("a new store"));
        // The tables are in the database, the rows only in its log.
        let store = filled(&live, &home).await;
        let data = root.path().join("data");
        left_by_a_kill(&live, &data);
        drop(store);
        harm(&data);
        let files = |data: &Path| {
            ["renkei.db", "renkei.db-wal"]
                .map(|name| fs::read(data.join(name)).ok().filter(|bytes| !bytes.is_empty()))
        };
        let before = files(&data);
        assert_eq!(opened(&data, &home, Beginning::AsItWas).err(), Some(code), "{name}");
        assert!(files(&data) == before, "{name}: something was changed");
        let accepted = opened(&data, &home, Beginning::Accepted);
        assert_eq!(accepted.is_ok(), code == "store-older", "{name}");
        drop(accepted);
        let anew = opened(&data, &home, Beginning::Anew).expect("a new store");
        assert_eq!(rows(&anew), 0, "{name}");
        drop(anew);
        drop(opened(&data, &home, Beginning::AsItWas).expect("the new one is known"));
    }
}

#[tokio::test]
async fn a_truncated_log_is_noticed() {
    let root = TempDir::new().expect("a folder");
    let (live, data) = (root.path().join("live"), root.path().join("data"));
    drop(opened(&live, root.path(), Beginning::AsItWas).expect("a new store"));
    let store = filled(&live, root.path()).await;
    left_by_a_kill(&live, &data);
    drop(store);
    let log = fs::File::options().write(true).open(data.join("renkei.db-wal")).expect("a log");
    let length = log.metadata().expect("there").len();
    log.set_len(length - 8_000).expect("cut");
    let refused = opened(&data, root.path(), Beginning::AsItWas).err();
    assert_eq!(refused, Some("store-older"));
}

#[tokio::test]
async fn a_data_folder_that_is_away_is_not_made_anew() {
    let root = TempDir::new().expect("a folder");
    let (data, away) = (root.path().join("data"), root.path().join("away"));
    drop(filled(&data, root.path()).await);
    fs::rename(&data, &away).expect("moved");
    let refused = opened(&data, root.path(), Beginning::AsItWas).err();
    assert_eq!((refused, data.exists()), (Some("store-missing"), false));
    // Another store in its place is noticed too.
    drop(filled(&data.with_file_name("other"), &away).await);
    fs::rename(data.with_file_name("other"), &data).expect("moved");
    let refused = opened(&data, root.path(), Beginning::AsItWas).err();
    assert_eq!(refused, Some("store-another"));
    fs::remove_dir_all(&data).expect("removed");
    fs::rename(&away, &data).expect("back");
    assert_eq!(rows(&opened(&data, root.path(), Beginning::AsItWas).expect("the same")), 3);
}

#[cfg(unix)]
#[tokio::test]
async fn a_store_that_goes_while_it_is_open_takes_nothing_until_it_is_back() {
    let root = TempDir::new().expect("a folder");
    let (data, away) = (root.path().join("data"), root.path().join("away"));
    let store = filled(&data, root.path()).await;
    fs::rename(&data, &away).expect("moved");
    let gone = |result: Result<(), StoreError>| result.map_err(|error| error.code());
    for length in [1, 2 << 20] {
        let package = Bytes::from(vec![7; length]);
        let packed = store.pack(outgoing(4, package), now()).await;
        assert_eq!(gone(packed), Err("store-gone"));
    }
    assert_eq!(gone(store.keep_record(true)), Err("store-gone"));
    assert!(!data.exists(), "made anew");
    // Another database in its place is none of ours.
    drop(open_at(&data));
    let read = store.queued(office(1), office(2), now(), 10).await.map(|_| ());
    assert_eq!(gone(read), Err("store-gone"));
    fs::remove_dir_all(&data).expect("removed");
    fs::rename(&away, &data).expect("back");
    store.pack(outgoing(4, Bytes::from_static(b"x")), now()).await.expect("packed");
    assert_eq!(rows(&store), 4);
}

#[cfg(unix)]
fn open_at(data: &Path) -> Store {
    Store::open(data, &Terms::default()).expect("a store")
}

#[cfg(unix)]
#[test]
fn a_data_folder_of_others_is_refused_and_the_files_are_closed() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = private_folder();
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
    };
    drop(open(&folder));
    set(&database(folder.path()), 0o644);
    set(folder.path(), 0o755);
    let error = Store::open(folder.path(), &Terms::default()).map(|_| ()).expect_err("refused");
    assert_eq!(error.code(), "store-exposed");
    assert!(error.to_string().contains("chmod 700"), "{error}");
    set(folder.path(), 0o700);
    let _store = open(&folder);
    for name in ["renkei.db", "renkei.db-wal", "renkei.lock", "store-id"] {
        let mode = fs::metadata(folder.path().join(name)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
