//! Nothing that stands in the files is anywhere at the relay: not in what it keeps, tells or logs, and
//! not in the memory of its processes, from which a core dump would be made.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use renkei::package::ReceiptKind;

use super::cluster::Cluster;
use super::harness::{CANARY, Relay, World, is_anywhere, pair};
use crate::proof::{FILES, RECIPIENT, SENDER};

/// So much of the memory is looked at in one go.
const PART: usize = 1 << 20;

/// Which of these texts stand in the memory of a process: all of it that can be read, as in a dump.
fn in_memory<'t>(process: u32, texts: &[&'t str]) -> Vec<&'t str> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("its maps");
    let memory = File::open(format!("/proc/{process}/mem")).expect("its memory");
    let longest = texts.iter().map(|text| text.len()).max().unwrap_or_default();
    let mut found = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().expect("a range"), words.next().expect("rights"));
        // What is mapped from the program itself holds no data; the kernel's own cannot be read.
        if !rights.starts_with("rw") {
            continue;
        }
        let (begin, end) = range.split_once('-').expect("a range");
        let [begin, end] = [begin, end].map(|at| u64::from_str_radix(at, 16).expect("an address"));
        let mut at = begin;
        while at < end {
            let most = usize::try_from(end - at).unwrap_or(usize::MAX);
            // Parts overlap, so that no text lies across an end.
            let mut part = vec![0; most.min(PART + longest)];
            if let Ok(read) = memory.read_at(&mut part, at) {
                found.extend(
                    texts.iter().filter(|text| {
                        memchr::memmem::find(&part[..read], text.as_bytes()).is_some()
                    }),
                );
            }
            at += u64::try_from(PART).expect("small");
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Packages go over the relay; the body of each is held, fetched and deleted.
async fn use_it(world: &World, relay: &Relay) {
    let (sender, recipient, keys) = pair(world);
    recipient.mailbox(relay, 0, 0).await;
    for round in 0..12 {
        // Small ones, and some that take several pieces.
        let lines = if round % 4 == 3 { 30_000 } else { 1 };
        let package = sender.package_of(format!("202407,{CANARY}\r\n").repeat(lines).as_bytes());
        let id = package.manifest().message_id;
        let put = sender.deposit(relay, id, &keys.seal(&package)).await.expect("answered");
        assert_eq!(put.status, 202, "{put:?}");
        let fetched = recipient.fetch(relay, SENDER, id).await;
        assert_eq!(keys.open(fetched.body), *package.bytes());
        if round % 2 == 0 {
            let receipt = recipient.receipt(&package, ReceiptKind::ContentHandover);
            let put = recipient.put_receipt(relay, &package, "handover", receipt).await;
            assert_eq!(put.status, 201, "{put:?}");
        }
    }
}

fn is_clean(relay: &Relay, folders: &[&Path]) {
    let secret: Vec<_> = FILES.iter().map(|(name, _)| *name).chain([CANARY]).collect();
    // The search finds what is there.
    assert_eq!(in_memory(relay.id(), &[SENDER, RECIPIENT]).len(), 2);
    assert!(in_memory(relay.id(), &secret).is_empty(), "in the memory");
    let told = ["/metrics", "/healthz"].map(|path| relay.watch(path).expect("answered"));
    for text in secret {
        assert!(told.iter().all(|answer| !answer.contains(text)), "{text} is told");
        for folder in folders {
            assert!(!is_anywhere(folder, text), "{text} in {}", folder.display());
        }
    }
    assert!(folders.iter().any(|folder| is_anywhere(folder, SENDER)), "the search finds nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_files_is_in_the_folder_or_the_memory_of_a_relay() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    relay.start();
    use_it(&world, &relay).await;
    is_clean(&relay, &[&relay.folder]);
}

/// The folder of the database with its log of changes, too.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_files_is_in_postgresql() {
    let cluster = Cluster::start();
    let world = World::new();
    let store = format!("[store]\npostgres = \"{}\"", cluster.url());
    let mut relay = Relay::new(&world, "relay", &store);
    relay.start();
    use_it(&world, &relay).await;
    cluster.sql("CHECKPOINT");
    is_clean(&relay, &[&relay.folder, cluster.folder()]);
}
