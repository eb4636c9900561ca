//! An office that opens no port: it asks its partner for what waits there.

use super::attachments::put;
use super::invariants;
use super::rogue::identity;
use super::units::{ACTUAL, PLAN, USAGE, export, sample, together, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, quoted, until};
use crate::link::harness::Identity;
use crate::link::hostile::{Raw, status_of};

/// The first opens no port, and the second does not know where it is.
pub(super) fn one_closed() -> [Office; 2] {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.close();
    help.forget_url(CARE);
    [care, help]
}

#[test]
fn who_opens_no_port_sends_and_collects() {
    let [mut care, mut help] = one_closed();
    let plans = [sample(PLAN, "20260520101500"), sample(USAGE, "20260520111500")];
    let actuals = [withdrawal(HELP, 1), sample(ACTUAL, "20260702090000")];
    for unit in &plans {
        export(&care, unit);
    }
    for unit in &actuals {
        export(&help, unit);
    }
    care.start();
    help.start();
    until("all plans at the partner", || care.has_sent("HANDED_OVER", plans.len()));
    until("all actuals at the partner", || help.has_sent("HANDED_OVER", actuals.len()));
    assert_eq!(help.files("import"), together(&plans), "INV5");
    assert_eq!(care.files("import-actuals"), together(&actuals), "INV5");
    invariants::check(&care, &help, plans.len());
    invariants::check(&help, &care, actuals.len());
    let sockets = std::fs::read_to_string(format!("/proc/{}/net/tcp", care.pid()));
    let port = format!(":{:04X} 00000000:0000 0A", care.port);
    assert!(!sockets.expect("a process").contains(&port), "it listens");
    let told = String::from_utf8(help.command(&["partner", "list"]).stdout).expect("UTF-8");
    assert!(told.contains("the partner collects it"), "{told}");
    let told = String::from_utf8(care.command(&["run", "--check"]).stdout).expect("UTF-8");
    assert!(!told.contains("peer-without-way"), "{told}");
}

/// Waits until so many packages of an office have got to a state, or beyond it.
pub(super) fn wait_for_step(office: &Office, state: &str, count: usize) {
    const WAY: [&str; 4] = ["QUEUED", "DEPOSITED", "CONSIGNED", "HANDED_OVER"];
    let from = WAY.iter().position(|step| *step == state).expect("a state");
    let states = WAY[from..].join("', '");
    let seen = format!(
        "SELECT count(DISTINCT message_id) FROM journal
         WHERE direction = 'out' AND state IN ('{states}')"
    );
    until("a step", || {
        (office.sql(&seen)[0].parse::<usize>().expect("a count") >= count).then_some(())
    });
}

/// Whatever is killed when, nothing is lost and nothing comes twice.
#[test]
fn kills_on_both_sides_lose_nothing_that_is_collected() {
    let [mut care, mut help] = one_closed();
    let actuals: Vec<_> = (1..=8).map(|number| withdrawal(HELP, number)).collect();
    let plans: Vec<_> = (1..=8).map(|number| withdrawal(CARE, number)).collect();
    help.start();
    care.start();
    for (round, (actual, plan)) in actuals.iter().zip(&plans).enumerate() {
        export(&help, actual);
        export(&care, plan);
        // Each time at another place on the way.
        let state = ["QUEUED", "CONSIGNED", "HANDED_OVER"][round % 3];
        let office = if round % 2 == 0 { &mut care } else { &mut help };
        wait_for_step(office, state, round + 1);
        office.kill();
        office.start();
    }
    until("all plans at the partner", || care.has_sent("HANDED_OVER", plans.len()));
    until("all actuals at the partner", || help.has_sent("HANDED_OVER", actuals.len()));
    assert_eq!(care.files("import-actuals"), together(&actuals), "INV5");
    assert_eq!(help.files("import"), together(&plans), "INV5");
    invariants::check(&care, &help, plans.len());
    invariants::check(&help, &care, actuals.len());
}

/// Answers that nobody reads take little, and those of one partner no more than its share.
#[cfg(target_os = "linux")]
#[test]
fn whoever_asks_for_much_and_reads_nothing_takes_its_share_of_memory() {
    const MIB: u64 = 1024;
    let [mut care, mut help] = one_closed();
    for (key, size) in [("package_size", "32MiB"), ("file_size", "32MiB"), ("body_memory", "64MiB")]
    {
        help.set("limits", key, quoted(size));
    }
    let large = [b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n", vec![7; 18 << 20].as_slice()].concat();
    put(&help, &format!("{CARE}/large.pdf"), &large);
    help.start();
    until("a package that waits", || help.has_sent("QUEUED", 1));
    let id = super::recall::sent_id(&help);
    let keys = identity(&care, "tls");
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], help.port));
    let idle = help.memory("VmRSS:");
    let ask = |method: &str, range: &str| {
        format!(
            "{method} /v1/mailbox/{id}?office={CARE}&sender={HELP} HTTP/1.1\r\nhost: x\r\n{range}\r\n"
        )
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (mut open, mut heads) = (Vec::new(), Vec::new());
        for _ in 0..24 {
            let shown = Identity { certificate: keys.chain()[0].clone(), key: keys.key() };
            let raw = Raw::connect(address, Some(&shown), &[&rustls::version::TLS13]).await;
            let mut raw = raw.expect("connected");
            heads.push(raw.one_head(ask("GET", "").as_bytes()).await.expect("a head"));
            open.push(raw);
        }
        let granted = heads.iter().filter(|head| status_of(head) == 200).count();
        let refused = heads.iter().filter(|head| status_of(head) == 429).count();
        assert_eq!(granted + refused, 24, "{heads:?}");
        // A quarter of the half of 64 MiB, a piece of 1 MiB of each.
        assert!((4..=8).contains(&granted), "{granted}");
        // Of an answer without a body nothing is in memory.
        let shown = Identity { certificate: keys.chain()[0].clone(), key: keys.key() };
        let raw = Raw::connect(address, Some(&shown), &[&rustls::version::TLS13]).await;
        let head = raw.expect("connected").one_head(ask("HEAD", "").as_bytes()).await;
        assert_eq!(status_of(&head.expect("a head")), 200);
        drop(open);
        // Whoever goes away gives its part back.
        let begun = std::time::Instant::now();
        loop {
            assert!(begun.elapsed() < std::time::Duration::from_mins(1), "it never came back");
            let raw = Raw::connect(address, Some(&shown), &[&rustls::version::TLS13]).await;
            let range = "range: bytes=0-\r\n";
            let head = raw.expect("connected").one_head(ask("GET", range).as_bytes()).await;
            let head = head.expect("a head");
            if status_of(&head) == 206 {
                let digest = |name: &str| {
                    let line = head.lines().find(|line| line.starts_with(name)).expect("a digest");
                    line.rsplit_once(' ').expect("a value").1.to_owned()
                };
                assert_eq!(digest("content-digest"), digest("repr-digest"), "all of it");
                break;
            }
        }
    });
    let peak = help.memory("VmHWM:");
    assert!(peak < idle + 64 * MIB, "{peak} KiB from {idle} KiB");
    care.start();
    until("fetched all the same", || help.has_sent("HANDED_OVER", 1));
}
