//! The node as a process: how it starts, refuses to start, and stops.

use std::net::TcpListener;
use std::process::Output;
use std::time::{Duration, Instant};

use super::units::{export, export_all, withdrawal};
#[cfg(unix)]
use crate::harness::visible;
use crate::harness::{CARE, HELP, offices, running, until};

fn refused(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

#[cfg(unix)]
#[test]
fn stops_in_time_with_packages_in_flight_and_goes_on_later() {
    let [mut care, mut help] = offices([CARE, HELP]);
    // In place of the partner there is somebody who takes connections and says nothing.
    let tarpit = TcpListener::bind(("127.0.0.1", help.port)).expect("the port is free");
    care.start();
    let units: Vec<_> = (1..=20).map(|number| withdrawal(CARE, number)).collect();
    export_all(&care, &units);
    let (caller, _) = tarpit.accept().expect("an attempt");
    let asked = Instant::now();
    let status = care.stop();
    assert!(asked.elapsed() <= Duration::from_secs(10), "it took {:?}", asked.elapsed());
    assert_eq!(status.code(), Some(0));
    assert!(care.log().contains("stopped"));
    drop((caller, tarpit));

    help.start();
    care.start();
    until("all of them", || care.has_sent("HANDED_OVER", units.len()));
    assert_eq!(help.files("import"), super::units::together(&units));
    super::invariants::check(&care, &help, units.len());
}

/// To ask another process to stop takes more on Windows than the standard library can do, so the
/// node runs in this one. What the process does when it is asked (`stop_signal`) is left out.
#[cfg(windows)]
#[test]
fn stops_in_time_with_packages_in_flight_and_goes_on_later() {
    use renkei::config::Config;
    use renkei::node::{Consent, Node};
    use renkei::spec::Spec;
    use renkei::types::Clock;

    let [mut care, mut help] = offices([CARE, HELP]);
    let tarpit = TcpListener::bind(("127.0.0.1", help.port)).expect("the port is free");
    let path = care.write_config();
    let text = std::fs::read_to_string(&path).expect("written");
    let config = Config::parse(&text, &care.path("")).expect("valid");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let spec = Spec::builtin().expect("consistent");
    let node = runtime
        .block_on(Node::start(config, spec, Clock::system(), Consent::default()))
        .expect("it runs");
    let units: Vec<_> = (1..=20).map(|number| withdrawal(CARE, number)).collect();
    export_all(&care, &units);
    let (caller, _) = tarpit.accept().expect("an attempt");
    let asked = Instant::now();
    runtime.block_on(node.stop());
    assert!(asked.elapsed() <= Duration::from_secs(10), "it took {:?}", asked.elapsed());
    drop((caller, tarpit, runtime));

    help.start();
    care.start();
    until("all of them", || care.has_sent("HANDED_OVER", units.len()));
    assert_eq!(help.files("import"), super::units::together(&units));
    super::invariants::check(&care, &help, units.len());
}

/// Stopping in the middle of everything, again and again, costs nothing either.
#[cfg(unix)]
#[test]
fn stops_between_any_two_steps() {
    let [mut care, mut help] = running([CARE, HELP]);
    let units: Vec<_> = (1..=30).map(|number| withdrawal(CARE, number)).collect();
    for part in units.chunks(6) {
        export_all(&care, part);
        assert_eq!(care.stop().code(), Some(0));
        care.start();
        assert_eq!(help.stop().code(), Some(0));
        help.start();
    }
    until("all of them", || {
        // Its own package is the sign of life that ends a pause.
        let number = u32::try_from(help.sql("SELECT id FROM journal").len()).expect("few");
        if visible(&help.path("drop")).is_empty() && care.has_sent("HANDED_OVER", 30).is_none() {
            export(&help, &withdrawal(HELP, number));
        }
        care.has_sent("HANDED_OVER", 30)
    });
    until("everything at rest", || {
        let open = help.sql("SELECT count(*) FROM outgoing WHERE state <> 'HANDED_OVER'");
        (open == ["0"]).then_some(())
    });
    assert_eq!(help.files("import"), super::units::together(&units));
    super::invariants::check(&care, &help, units.len());
}

#[test]
fn a_broken_configuration_is_refused_with_every_problem() {
    let [mut care] = offices([CARE]);
    for (section, key, value) in [
        ("node", "colour", "\"blue\""),
        ("node", "listen", "\"somewhere\""),
        ("timing", "settle", "2"),
        ("limits", "file_size", "\"many\""),
        ("office", "number", "\"12\""),
    ] {
        care.set(section, key, value);
    }
    let said = refused(&care.command(&["run"]));
    for problem in
        ["node.colour", "node.listen", "timing.settle", "limits.file_size", "office.number"]
    {
        assert!(said.contains(problem), "{problem} is missing: {said}");
    }
    assert_eq!(said.matches("line ").count(), 5, "{said}");
    assert!(!care.path("data").exists(), "nothing was begun");
}

#[test]
fn everything_that_hinders_the_start_is_told_at_once() {
    let [mut care, help] = running([CARE, HELP]);
    care.kill();
    care.set("node", "listen", format!("\"127.0.0.1:{}\"", help.port));
    care.set("office", "drop", "\"nowhere\"");
    care.set("office", "import_actuals", "\"keys/tls.pem\"");
    care.set("tls", "key", "\"keys/signing.key\"");
    care.set("office", "signing_certificate", "\"keys/gone.pem\"");
    let said = refused(&care.command(&["run"]));
    for part in [
        &format!("office {CARE} drop [folder-missing]"),
        &format!("office {CARE} import_actuals [folder-"),
        "tls [certificate-unusable]",
        &format!("office {CARE} signing_certificate [certificate-unusable]"),
        "node.listen [cannot-listen]",
    ] {
        assert!(said.contains(part), "{part} is missing: {said}");
    }
}

#[test]
fn a_second_node_on_the_same_data_is_refused() {
    let [mut care, mut help] = running([CARE, HELP]);
    let said = refused(&care.command(&["run"]));
    assert!(said.contains("[store-in-use]") && said.contains("another renkei uses"), "{said}");
    let said = refused(&care.command_in("ja", &["run"]));
    assert!(said.contains("別の renkei が使用中です"), "{said}");
    // The first one has not noticed anything.
    export(&care, &withdrawal(CARE, 1));
    crate::harness::until("sent", || care.has_sent("HANDED_OVER", 1));
    assert!(care.is_alive() && help.is_alive());
}
