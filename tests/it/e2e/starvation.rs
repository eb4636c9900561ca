//! Strangers and partners who take all they can get: the others go on, and the node stays small.

use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use renkei::types::{Digest, MessageId};
use tokio::runtime::Runtime;

use super::rogue::{Parcel, Rogue, identity};
use super::units::{Unit, export, withdrawal};
use crate::harness::{CARE, DAY, HELP, Office, offices, quoted, until};
use crate::link::harness::Identity as RawIdentity;
use crate::link::hostile::{Raw, status_of};

fn address(of: &Office) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], of.port))
}

/// Announces 128 MiB and sends 1 KiB every tenth of a second until it is stopped; the answer.
async fn upload_slowly(to: SocketAddr, tls: RawIdentity) -> String {
    let raw = Raw::connect(to, Some(&tls), &[&rustls::version::TLS13]).await;
    let mut raw = raw.expect("the authority is trusted");
    let head = format!(
        "PUT /v1/messages/{} HTTP/1.1\r\nhost: x\r\ncontent-type: application/zip\r\n\
         content-digest: sha-256=:{}=:\r\ncontent-length: 134217728\r\n\r\n",
        MessageId::new(Rogue::now()),
        "A".repeat(43)
    );
    let mut data = head.into_bytes();
    // Until the node goes away or says something; then a piece more meets a closed connection.
    while raw.send(&data).await.is_ok() {
        data = vec![b'P'; 1024];
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    raw.rest().await.unwrap_or_default()
}

/// Two slow uploads of `DAY` while `CARE` sends a unit to `HELP`; the answers to the uploads.
fn starve(help: &mut Office, care: &mut Office, day: &Office) -> Vec<String> {
    help.start();
    let runtime = Runtime::new().expect("a runtime");
    let uploads: Vec<_> = (0..2)
        .map(|_| {
            let tls = identity(day, "tls");
            let tls = RawIdentity { certificate: tls.chain()[0].clone(), key: tls.key() };
            runtime.spawn(upload_slowly(address(help), tls))
        })
        .collect();
    care.start();
    let unit = withdrawal(CARE, 1);
    export(care, &unit);
    until("a unit in spite of slow uploads", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
    uploads
        .into_iter()
        .map(|upload| {
            let ended = async { tokio::time::timeout(Duration::from_mins(1), upload).await };
            runtime.block_on(ended).expect("cut off within a minute").expect("no panic")
        })
        .collect()
}

#[test]
fn slow_uploads_of_strangers_hold_nobody_up() {
    let [mut care, mut help, day] = offices([CARE, HELP, DAY]);
    help.forget_peer(DAY);
    starve(&mut help, &mut care, &day);
    assert!(help.log().contains("not-a-partner"));
    assert!(!help.log().contains("busy"), "nobody was sent away");
}

#[test]
fn slow_uploads_of_a_partner_hold_no_other_up() {
    let [mut care, mut help, day] = offices([CARE, HELP, DAY]);
    for answer in starve(&mut help, &mut care, &day) {
        assert!(answer.is_empty() || status_of(&answer) == 408, "{answer}");
    }
    assert!(help.log().contains("too-slow"));
    assert!(!help.log().contains("busy"), "nobody was sent away");
}

/// Keeps 400 silent connections open and renews them until `stop`.
#[cfg(unix)]
fn crowd(at: SocketAddr, stop: &AtomicBool) {
    let mut crowd: Vec<TcpStream> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        if crowd.len() >= 400 {
            crowd.drain(..40);
        }
        match TcpStream::connect_timeout(&at, Duration::from_secs(1)) {
            Ok(silent) => crowd.push(silent),
            Err(_) => thread::yield_now(),
        }
        if crowd.len().is_multiple_of(40) {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[cfg(unix)]
fn in_a_crowd(which: &'static str, files: u32) -> Office {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.limit_open_files(which, files);
    help.start();
    let (at, stop) = (address(&help), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| crowd(at, &stop));
        // Set also when something below fails, or the crowd would never end.
        let passed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            care.start();
            export(&care, &withdrawal(CARE, 1));
            export(&help, &withdrawal(HELP, 1));
            until("a unit that comes in", || care.has_sent("HANDED_OVER", 1));
            until("a unit that goes out", || help.has_sent("HANDED_OVER", 1));
        }));
        stop.store(true, Ordering::Relaxed);
        passed.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    assert!(!help.log().contains("no connection could be taken"), "files were kept back");
    help
}

#[cfg(unix)]
#[test]
fn silent_connections_hold_nothing_up() {
    let help = in_a_crowd("-S", 256);
    assert!(!help.log().contains("few-open-files"), "the soft limit was raised");
}

#[cfg(unix)]
#[test]
fn few_open_files_are_kept_for_the_work() {
    let help = in_a_crowd("", 300);
    assert_eq!(help.log().matches("code=\"few-open-files\"").count(), 1);
}

/// A signed package of so many bytes that are no records.
fn noise(rogue: &Rogue, to: &Office, number: u32, bytes: usize) -> Parcel {
    let mut unit = withdrawal(CARE, number);
    for content in unit.values_mut() {
        let noise = (0_u32..).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]);
        content.extend(noise.take(bytes));
    }
    rogue.parcel(to, &unit, u64::from(number), |_| {})
}

fn size_of(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("listed");
    entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            if entry.path().is_dir() {
                size_of(&entry.path())
            } else {
                entry.metadata().map_or(0, |metadata| metadata.len())
            }
        })
        .sum()
}

#[test]
fn rejected_packages_are_not_kept_and_not_taken_for_ever() {
    let [care, mut help, day] = offices([CARE, HELP, DAY]);
    help.set("limits", "partner_rate", "\"24MiB\"");
    help.start();
    let rogue = Rogue::of(&care);
    let first = noise(&rogue, &help, 1, 2 << 20);
    rogue.put(&help, &first).expect("answered with a rejection");
    let before = size_of(&help.path("data"));
    let mut number = 1;
    let refusal = loop {
        number += 1;
        assert!(number < 40, "taken without an end");
        let parcel = noise(&rogue, &help, number, 2 << 20);
        match rogue.put(&help, &parcel) {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(number > 8, "refused too early");
    assert!(refusal.to_string().contains("429 partner-rate-exceeded"), "{refusal}");
    let grown = size_of(&help.path("data")) - before;
    // Most of it is the log of the database, which is cut now and then.
    assert!(grown < 4 << 20, "{grown} bytes for {number} rejected packages of 2 MiB");
    let kept = "SELECT DISTINCT place, payload IS NULL, length(manifest) > 100,
                    length(signature) > 100 FROM incoming";
    assert_eq!(help.sql(kept), ["gone|1|1|1"]);
    assert_eq!(help.sql("SELECT count(*) FROM receipts"), [(number - 1).to_string()]);
    // It is told once, however often it is tried again; and others go on.
    for _ in 0..5 {
        assert_eq!(rogue.refusal(&help, &first).1, "partner-rate-exceeded");
    }
    let told = help.log().lines().filter(|line| line.contains("sends more than")).count();
    assert_eq!(told, 1);
    let other = Rogue::of(&day);
    let names = |(name, bytes): (String, Vec<u8>)| {
        (name.replace(&format!("{CARE}_43"), &format!("{DAY}_15")), bytes)
    };
    let unit = withdrawal(CARE, 99).into_iter().map(names).collect();
    other.put(&help, &other.parcel(&help, &unit, 1, |_| {})).expect("another partner's package");
}

/// A partner that puts the certificate of another into its own card, by which both are known then, gains
/// nothing: what each sends counts as its own.
#[test]
fn who_shows_the_certificate_of_another_as_its_own_uses_up_nothing_of_the_other() {
    let [care, mut help, day] = offices([CARE, HELP, DAY]);
    help.set("limits", "partner_rate", quoted("12MiB"));
    let pins = [&care, &day].map(|of| quoted(Digest::of(&identity(of, "tls").chain()[0])));
    help.set_peer(CARE, "tls_certificates", format!("[{}]", pins.join(", ")));
    help.set_peer(DAY, "tls_certificates", format!("[{}]", pins[1]));
    help.start();
    let rogue = Rogue::of(&care);
    let mut number = 0;
    let refusal = loop {
        number += 1;
        assert!(number < 40, "taken without an end");
        let parcel = noise(&rogue, &help, number, 2 << 20);
        if let Err(error) = rogue.put(&help, &parcel) {
            break error;
        }
    };
    assert!(refusal.to_string().contains("429 partner-rate-exceeded"), "{refusal}");
    let other = Rogue::of(&day);
    let unit: Unit = withdrawal(CARE, 1)
        .into_iter()
        .map(|(name, bytes)| (name.replace(CARE, DAY), bytes))
        .collect();
    let parcel = other.parcel(&help, &unit, 1, |_| {});
    other.put(&help, &parcel).expect("answered: its own allowance is as it was");
}

#[test]
fn a_partner_fills_no_more_than_its_part_of_the_store() {
    let [care, mut help] = offices([CARE, HELP]);
    help.set("limits", "partner_store", "\"4KiB\"");
    help.start();
    let rogue = Rogue::of(&care);
    let first = rogue.parcel(&help, &withdrawal(CARE, 1), 1, |_| {});
    rogue.put(&help, &first).expect("taken");
    let refusals: Vec<_> = (2..6)
        .filter_map(|number| {
            let parcel = rogue.parcel(&help, &withdrawal(CARE, number), number.into(), |_| {});
            rogue.put(&help, &parcel).err().map(|error| error.to_string())
        })
        .collect();
    assert!(!refusals.is_empty());
    assert!(refusals.iter().all(|said| said.contains("507 partner-store-full")), "{refusals:?}");
    assert!(rogue.put(&help, &first).expect("a repeat is answered").repeated);
    assert_eq!(help.log().matches("code=\"partner-store-full\" about").count(), 1);
    // The limit is known again after a restart, and a larger one is enough.
    help.kill();
    help.start();
    let next = rogue.parcel(&help, &withdrawal(CARE, 7), 7, |_| {});
    assert_eq!(rogue.refusal(&help, &next).1, "partner-store-full");
    help.kill();
    help.set("limits", "partner_store", "\"1MiB\"");
    help.start();
    rogue.put(&help, &next).expect("taken");
}

#[cfg(target_os = "linux")]
#[test]
fn many_large_packages_at_a_time_need_little_memory() {
    const MIB: u64 = 1024;
    let [care, mut help] = offices([CARE, HELP]);
    help.set("limits", "package_size", "\"32MiB\"");
    help.set("limits", "file_size", "\"32MiB\"");
    help.set("limits", "body_memory", "\"64MiB\"");
    help.start();
    let rogue = Rogue::of(&care);
    let small = noise(&rogue, &help, 99, 2 << 20);
    rogue.put(&help, &small).expect("answered");
    let idle = help.memory("VmRSS:");
    let parcels: Vec<_> = (1..9).map(|number| noise(&rogue, &help, number, 28 << 20)).collect();
    thread::scope(|scope| {
        let help = &help;
        for parcel in &parcels {
            let rogue = Rogue::of(&care);
            // Those beyond its share are told to come again.
            scope.spawn(move || until("an answer", || rogue.put(help, parcel).ok().map(|_| ())));
        }
    });
    let (peak, after) = (help.memory("VmHWM:"), help.memory("VmRSS:"));
    println!("idle {idle} KiB, peak {peak} KiB, afterwards {after} KiB");
    // One is looked at at a time, in the half of the memory that is for large ones.
    assert!(peak < idle + 96 * MIB, "{peak} KiB from {idle} KiB");
    assert!(after < idle + 32 * MIB, "{after} KiB stay of {peak} KiB");
}
