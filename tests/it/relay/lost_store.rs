//! A store that is lost, or is another one, is noticed and never begun anew in silence.

use std::fs;

use super::harness::{Relay, World, renkei};

/// What `renkei relay` says that does not start, with its exit code.
pub(super) fn refused(relay: &Relay, more: &[&str]) -> (Option<i32>, String) {
    let config = relay.config();
    let all =
        [&["relay", "--lang", "en", "--config", config.to_str().expect("UTF-8")], more].concat();
    let ended = renkei(&all);
    (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
}

#[cfg(unix)]
#[test]
fn a_file_that_is_gone_or_another_one_is_refused_until_the_operator_says_so() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    let file = relay.folder.join("data/relay.db");
    // No command makes a store.
    for command in ["status", "list"] {
        let asked = relay.run(&[command]);
        let said = String::from_utf8_lossy(&asked.stderr).into_owned();
        assert_eq!(asked.status.code(), Some(2), "{said}");
        assert!(said.contains(file.to_str().expect("UTF-8")), "{said}");
    }
    for command in ["approve", "refuse", "forget"] {
        assert_eq!(relay.run(&[command, "1370000018"]).status.code(), Some(2), "{command}");
    }
    assert!(!file.exists());

    relay.start();
    relay.stop();
    let status = relay.run(&["status"]);
    let said = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.status.success() && said.contains(file.to_str().expect("UTF-8")), "{status:?}");
    relay.start();
    relay.stop();
    let aside = relay.folder.join("aside.db");
    fs::rename(&file, &aside).expect("moved away");
    let (code, said) = refused(&relay, &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("there is no store") && said.contains("--new-store"), "{said}");
    assert!(!file.exists(), "nothing was made");
    let asked = relay.run(&["status"]);
    assert_eq!((asked.status.code(), file.exists()), (Some(2), false));
    // Another one has been put there.
    let mut other = Relay::new(&world, "other", "");
    other.start();
    other.stop();
    fs::copy(other.folder.join("data/relay.db"), &file).expect("copied");
    let (code, said) = refused(&relay, &[]);
    assert!(code == Some(2) && said.contains("is not the one"), "{said}");
    fs::remove_file(&file).expect("removed");
    fs::rename(&aside, &file).expect("put back");
    relay.start();
    relay.stop();
    fs::remove_file(&file).expect("removed");
    relay.arguments = vec!["--new-store"];
    relay.start();
    relay.stop();
    relay.arguments.clear();
    relay.start();
}

#[cfg(unix)]
#[test]
fn an_empty_database_in_the_place_of_the_store_is_refused() {
    let cluster = super::cluster::Cluster::start();
    let world = World::new();
    let store = |database: &str| format!("[store]\npostgres = \"{}\"", cluster.url_of(database));
    cluster.sql("CREATE DATABASE other");
    let mut relay = Relay::new(&world, "relay", &store("postgres"));
    let tables = |database: &str| {
        let sql = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
        cluster.sql_of(database, sql).trim().to_owned()
    };
    let asked = relay.run(&["status"]);
    assert_eq!((asked.status.code(), tables("postgres").as_str()), (Some(2), "0"), "{asked:?}");
    relay.start();
    relay.stop();
    let config = fs::read_to_string(relay.config()).expect("there");
    let other = config.replace(&cluster.url(), &cluster.url_of("other"));
    fs::write(relay.config(), &other).expect("written");
    let (code, said) = refused(&relay, &[]);
    assert!(code == Some(2) && said.contains("/other"), "{said}");
    assert_eq!(tables("other"), "0");
    relay.arguments = vec!["--new-store"];
    relay.start();
    relay.stop();
    relay.arguments.clear();
    relay.start();
    relay.stop();
    // What cannot be reached is named.
    for (to, word) in [
        (cluster.url_of("nowhere"), "no database of this name"),
        ("postgresql://renkei@127.0.0.1:9/renkei".to_owned(), "127.0.0.1:9/renkei"),
        (
            "postgresql://renkei@db.example.jp/renkei?sslmode=verify-full".to_owned(),
            "sslmode=require",
        ),
    ] {
        fs::write(relay.config(), config.replace(&cluster.url(), &to)).expect("written");
        let (_, said) = refused(&relay, &[]);
        assert!(said.contains(word), "{to}: {said}");
    }
}
