//! The log never stands in the way of the exchange, and never grows without bounds.

#![cfg(unix)]

use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::units::{export_all, together, withdrawal};
use crate::harness::{CARE, HELP, Office, name_of, offices, running, until, visible};

const UNITS: u32 = 20;

/// Units of both sides arrive, and the node ends in time when it is asked.
fn exchanges_and_stops(care: &mut Office, help: &mut Office, round: u32) {
    let numbers = round * UNITS + 1..=(round + 1) * UNITS;
    let sent: Vec<_> = numbers.clone().map(|number| withdrawal(CARE, number)).collect();
    let answered: Vec<_> = numbers.map(|number| withdrawal(HELP, number)).collect();
    export_all(care, &sent);
    export_all(help, &answered);
    let all = sent.len() * usize::try_from(round + 1).expect("few");
    until("sent", || care.has_sent("HANDED_OVER", all));
    until("answered", || help.has_sent("HANDED_OVER", all));
    let files = help.files("import");
    assert!(together(&sent).keys().all(|name| files.contains_key(name)));
    let asked = Instant::now();
    assert_eq!(care.stop().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "it took {:?}", asked.elapsed());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_log_stops_nothing() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.start();
    let full = || File::options().write(true).open("/dev/full").expect("Linux has it");
    care.start_with(full().into(), full().into());
    exchanges_and_stops(&mut care, &mut help, 0);
}

#[test]
fn a_reader_of_the_log_that_went_away_stops_nothing() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.start();
    care.start_with(Stdio::piped(), Stdio::piped());
    care.close_pipes();
    exchanges_and_stops(&mut care, &mut help, 0);
}

#[test]
fn a_pipe_that_nobody_reads_stops_nothing() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("node", "log", "\"trace\"");
    help.start();
    care.start_with(Stdio::piped(), Stdio::piped());
    // Far more than a pipe holds.
    exchanges_and_stops(&mut care, &mut help, 0);
    help.kill();
    help.start();
    care.start_with(Stdio::piped(), Stdio::piped());
    exchanges_and_stops(&mut care, &mut help, 1);
}

#[test]
fn a_log_file_begins_anew_and_survives_its_folder() {
    let [mut care, mut help] = offices([CARE, HELP]);
    fs::create_dir(care.path("logs")).expect("made");
    for (key, value) in [
        ("log", "\"trace\""),
        ("log_file", "\"logs/renkei.log\""),
        ("log_rotate", "\"size\""),
        ("log_size", "\"16KiB\""),
        ("log_keep", "2"),
    ] {
        care.set("node", key, value);
    }
    help.start();
    care.start();
    let units: Vec<_> = (1..=UNITS).map(|number| withdrawal(CARE, number)).collect();
    export_all(&care, &units);
    until("sent", || care.has_sent("HANDED_OVER", units.len()));
    let names = ["renkei.log", "renkei.log.1", "renkei.log.2"];
    until("three files", || {
        let found: Vec<_> = visible(&care.path("logs")).iter().map(|path| name_of(path)).collect();
        (found == names).then_some(())
    });
    for name in names {
        let size = fs::metadata(care.path("logs").join(name)).map_or(0, |file| file.len());
        assert!(size <= 16 << 10, "{name}: {size}");
    }

    fs::rename(care.path("logs"), care.path("away")).expect("moved");
    let more: Vec<_> = (101..=110).map(|number| withdrawal(CARE, number)).collect();
    export_all(&care, &more);
    until("sent without a log", || care.has_sent("HANDED_OVER", units.len() + more.len()));
    fs::create_dir(care.path("logs")).expect("made");
    until("written again", || care.path("logs/renkei.log").exists().then_some(()));
    assert!(care.is_alive());

    care.kill();
    care.set("node", "log_file", "\"nowhere/renkei.log\"");
    let refused = care.command(&["run"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("node.log_file"));
}

/// One that the recipient can do nothing about is told of once, and stands in `status`.
#[test]
fn a_partner_that_is_off_is_a_line_and_a_notice() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.start();
    export_all(&care, &(1..=5).map(|number| withdrawal(CARE, number)).collect::<Vec<_>>());
    let status = || String::from_utf8(care.command(&["status"]).stdout).expect("UTF-8");
    until("told", || status().contains("partner-unreachable").then_some(()));
    let lines = care.log().lines().filter(|line| line.contains("WARN")).count();
    assert!(lines <= 2, "{}", care.log());
    help.start();
    until("sent", || care.has_sent("HANDED_OVER", 5));
    let status = || String::from_utf8(care.command(&["status"]).stdout).expect("UTF-8");
    until("over", || (!status().contains("partner-unreachable")).then_some(()));
}

#[test]
fn strangers_do_not_fill_the_log() {
    let [care] = running([CARE]);
    let before = care.log().lines().count();
    for _ in 0..300 {
        let mut stranger = TcpStream::connect(("127.0.0.1", care.port)).expect("connected");
        stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("written");
    }
    until("told", || care.log().contains("the TLS handshake failed").then_some(()));
    let said = care.log();
    let more = said.lines().skip(before).filter(|line| line.contains("INFO")).count();
    assert!(more <= 10, "{more} lines");
}
