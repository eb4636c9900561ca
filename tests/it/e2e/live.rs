//! A node goes by its configuration as it is now: what changes is taken up while packages flow, as a
//! whole or not at all.

use std::fs;
use std::process::Output;
use std::time::{Duration, Instant};

use renkei::certs::TestCa;
use renkei::folder::{DropFolder, ScanLimits};
use renkei::package::Usage;
use renkei::types::{Digest, MessageId};

use super::invariants;
use super::units::{Unit, export, export_all, together, withdrawal};
use crate::harness::{
    CARE, DAY, HELP, Office, free_port, offices, quoted, running, until, until_within, visible,
};
use crate::proof::{long, office};

/// A change is taken up within so long, on a computer that has nothing else to do.
const SOON: Duration = Duration::from_secs(5);

/// Many packages take their time.
const LONG: Duration = Duration::from_mins(3);

fn withdrawals(numbers: std::ops::RangeInclusive<u32>) -> Vec<Unit> {
    numbers.map(|number| withdrawal(CARE, number)).collect()
}

/// The same as [`withdrawal`], from [`CARE`] to [`DAY`].
fn to_day(number: u32) -> Unit {
    let unit = withdrawal(CARE, number).into_iter();
    unit.map(|(name, bytes)| (name.replace(&format!("{HELP}_11"), &format!("{DAY}_15")), bytes))
        .collect()
}

fn says(office: &Office, arguments: &[&str]) -> (String, i32) {
    let Output { status, stdout, stderr } = office.command(arguments);
    let said = [stdout, stderr].concat();
    (String::from_utf8(said).expect("UTF-8"), status.code().expect("it ended"))
}

fn notices(office: &Office) -> Vec<(String, String)> {
    let health = fs::read_to_string(office.path("data/health.json")).unwrap_or_default();
    let Ok(health) = serde_json::from_str::<serde_json::Value>(&health) else { return Vec::new() };
    let notices = health["notices"].as_array().cloned().unwrap_or_default();
    let text =
        |notice: &serde_json::Value, key: &str| notice[key].as_str().unwrap_or_default().to_owned();
    notices.iter().map(|notice| (text(notice, "code"), text(notice, "en"))).collect()
}

pub(super) fn stands(office: &Office, code: &str) -> Option<String> {
    notices(office).into_iter().find(|(standing, _)| standing == code).map(|(_, text)| text)
}

/// Has a node take up its configuration, be it by itself a moment before; `part` is in the log then.
fn takes_up(office: &Office, part: &str) -> String {
    let (said, code) = says(office, &["reload"]);
    assert_eq!(code, 0, "{said}");
    assert!(office.log().contains(part), "{part}: {said}");
    said
}

/// Waits until a part of the log has come; it is not there yet.
fn until_logged(office: &Office, part: &str) {
    until(part, || office.log().contains(part).then_some(()));
}

fn delivered(office: &Office, partner: &str, count: usize) -> Option<()> {
    let rows = office.sql(&format!(
        "SELECT count(*) FROM outgoing WHERE partner = '{partner}' AND state = 'HANDED_OVER'"
    ));
    (rows == [count.to_string()]).then_some(())
}

#[test]
fn a_partner_is_added_while_packages_flow() {
    let [mut care, mut help, mut day] = offices([CARE, HELP, DAY]);
    care.forget_peer(DAY);
    for node in [&mut care, &mut help, &mut day] {
        node.start();
    }
    let units = withdrawals(1..=200);
    export_all(&care, &units[..100]);
    care.remember_peer(DAY, day.port);
    care.write_config();
    let changed = Instant::now();
    export_all(&care, &units[100..]);
    until_logged(&care, &format!("keys=\"peer {DAY} added\""));
    // Others have the processors too.
    assert!(changed.elapsed() < 4 * SOON, "it took {:?}", changed.elapsed());
    export(&care, &to_day(1));
    until_within(LONG, "all of them", || delivered(&care, HELP, 200));
    until("the one for the new partner", || delivered(&care, DAY, 1));
    assert_eq!(help.files("import"), together(&units));
    assert_eq!(day.files("import"), to_day(1));
    invariants::check(&care, &help, 200);
    invariants::check(&care, &day, 1);
    let noted = care.sql("SELECT partner, detail FROM journal WHERE state = 'CHANGED'");
    assert_eq!(noted, [format!("{DAY}|peer {DAY} added")]);
}

#[test]
fn a_partner_moves_to_another_port_while_packages_flow() {
    let [mut care, mut help] = running([CARE, HELP]);
    let units = withdrawals(1..=200);
    export_all(&care, &units[..120]);
    until("some of them", || {
        let rows = care.sql("SELECT count(*) FROM outgoing WHERE state = 'HANDED_OVER'");
        rows[0].parse::<usize>().is_ok_and(|count| count >= 5).then_some(())
    });
    help.kill();
    let port = free_port();
    help.set("node", "listen", quoted(format!("127.0.0.1:{port}")));
    help.start();
    care.set_peer(HELP, "url", quoted(format!("https://127.0.0.1:{port}")));
    care.write_config();
    export_all(&care, &units[120..]);
    until_within(LONG, "all of them", || delivered(&care, HELP, 200));
    assert!(care.log().contains(&format!("peer {HELP} url")));
    assert_eq!(help.files("import"), together(&units));
    invariants::check(&care, &help, 200);
}

#[test]
fn what_waits_for_a_partner_that_is_removed_stays_and_is_told() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.start();
    let units = withdrawals(1..=10);
    export_all(&care, &units);
    until("packed", || (care.sql("SELECT count(*) FROM outgoing") == ["10"]).then_some(()));
    care.forget_peer(HELP);
    care.write_config();
    let told = until("told", || stands(&care, "queued-without-partner"));
    assert!(told.contains("10 packages") && told.contains(HELP), "{told}");
    assert_eq!(stands(&care, "partner-unreachable"), None, "nobody asks it any more");
    // What comes for it now is held, and says why.
    export(&care, &withdrawal(CARE, 11));
    until("held", || (visible(&care.path("hold")).len() == 1).then_some(()));
    let (said, code) = says(&care, &["status"]);
    assert!(code == 0 && said.contains("queued-without-partner"), "{said}");

    help.start();
    care.remember_peer(HELP, help.port);
    care.write_config();
    until("all of them", || delivered(&care, HELP, 10));
    until("over", || stands(&care, "queued-without-partner").is_none().then_some(()));
    assert_eq!(help.files("import"), together(&units));
    invariants::check(&care, &help, 10);
}

#[test]
fn a_drop_folder_moves_while_packages_flow() {
    let [mut care, mut help] = running([CARE, HELP]);
    let units = withdrawals(1..=60);
    export_all(&care, &units[..50]);
    let former = care.path("drop");
    fs::create_dir_all(care.path("drop-2")).expect("a folder");
    care.set("office", "drop", quoted("drop-2"));
    care.write_config();
    until_logged(&care, &format!("office {CARE} drop"));
    // What nobody had taken yet lies where it was put; a person moves it.
    assert_eq!(fs::read_dir(care.path(".renkei-work-drop")).expect("listed").count(), 0);
    for path in visible(&former) {
        let name = path.file_name().expect("a name").to_owned();
        fs::rename(&path, care.path("drop-2").join(name)).expect("moved");
    }
    for unit in &units[50..] {
        for (name, bytes) in unit {
            let beside = care.path("outside").join(name);
            fs::write(&beside, bytes).expect("written");
            fs::rename(beside, care.path("drop-2").join(name)).expect("moved");
        }
    }
    until_within(LONG, "all of them", || delivered(&care, HELP, 60));
    assert_eq!(help.files("import"), together(&units));
    invariants::check(&care, &help, 60);
    assert!(help.is_alive() && care.is_alive());
}

#[test]
fn a_wrong_change_keeps_the_former_state_as_a_whole_until_it_is_mended() {
    let [mut care, mut help] = running([CARE, HELP]);
    let right = fs::read_to_string(care.path("renkei.toml")).expect("read");
    // One mistake, beside a change that is right: without the partner.
    let (before, _) = right.split_once("[[peer]]").expect("a partner");
    let wrong = before.replace("settle = \"100ms\"", "settle = 5");
    assert_ne!(wrong, before);
    fs::write(care.path("renkei.toml"), &wrong).expect("written");
    let told = until("told", || stands(&care, "configuration-not-applied"));
    let line = wrong.lines().position(|line| line == "settle = 5").expect("there") + 1;
    assert!(told.contains(&format!("line {line}: timing.settle")), "{told}");
    let ordered = |arguments: &[&str]| {
        // `Office::command` would write the configuration anew.
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_renkei"));
        command
            .args(["--lang", "en"])
            .args(arguments)
            .arg("--config")
            .arg(care.path("renkei.toml"));
        let Output { status, stdout, .. } = command.output().expect("it runs");
        (String::from_utf8(stdout).expect("UTF-8"), status.code().expect("it ended"))
    };
    let (said, code) = ordered(&["reload"]);
    assert!(code == 1 && said.contains("timing.settle"), "{code}: {said}");
    let (said, code) = ordered(&["status"]);
    assert!(code == 0 && said.contains("configuration-not-applied"), "{code}: {said}");
    assert!(said.contains("timing.settle"), "{said}");
    export(&care, &withdrawal(CARE, 1));
    until("it still sends", || delivered(&care, HELP, 1));

    // No file at all, or not a word in it, is no configuration either.
    for broken in ["", "[node\n"] {
        fs::write(care.path("renkei.toml"), broken).expect("written");
        until("told", || {
            let told = stands(&care, "configuration-not-applied")?;
            (!told.contains("timing.settle")).then_some(())
        });
    }
    fs::remove_file(care.path("renkei.toml")).expect("removed");
    export(&care, &withdrawal(CARE, 2));
    until("it still sends", || delivered(&care, HELP, 2));
    fs::write(care.path("renkei.toml"), right).expect("written");
    until("over", || stands(&care, "configuration-not-applied").is_none().then_some(()));
    assert!(care.sql("SELECT 1 FROM journal WHERE state = 'CHANGED'").is_empty());
    assert!(help.is_alive() && care.is_alive());
}

#[test]
fn a_change_whose_folder_is_missing_is_taken_up_when_it_is_there() {
    let [mut care, mut help] = running([CARE, HELP]);
    help.forget_peer(CARE);
    help.set("office", "import", quoted("import-2"));
    let (said, code) = says(&help, &["reload"]);
    assert!(code == 1 && said.contains("[folder-missing]"), "{code}: {said}");
    // Nothing of it holds: the partner is still one.
    export(&care, &withdrawal(CARE, 1));
    until("handed over", || delivered(&care, HELP, 1));
    assert_eq!(help.files("import"), withdrawal(CARE, 1));
    help.remember_peer(CARE, care.port);
    help.write_config();
    fs::create_dir_all(help.path("import-2")).expect("a folder");
    until_logged(&help, &format!("keys=\"office {HELP} import\""));
    export(&care, &withdrawal(CARE, 2));
    until("handed over", || delivered(&care, HELP, 2));
    assert_eq!(help.files("import-2"), withdrawal(CARE, 2));
    invariants::check(&care, &help, 2);
    assert!(care.is_alive());
}

#[test]
fn what_needs_a_restart_is_told_by_its_keys() {
    let [mut care, help] = running([CARE, HELP]);
    let port = care.port;
    care.set("node", "listen", quoted(format!("127.0.0.1:{}", free_port())));
    care.set("node", "log_json", "true");
    care.set("timing", "expiry", quoted("3d"));
    let said = takes_up(&care, "keys=\"timing.expiry\"");
    assert!(said.contains("node.listen, node.log_json"), "{said}");
    let told = until("told", || stands(&care, "restart-needed"));
    assert!(told.contains("node.listen, node.log_json") && !told.contains("timing"), "{told}");
    export(&help, &withdrawal(HELP, 1));
    until("it still listens", || help.has_sent("HANDED_OVER", 1));
    care.set("node", "listen", quoted(format!("127.0.0.1:{port}")));
    care.set("node", "log_json", "false");
    let (said, _) = says(&care, &["reload"]);
    assert!(!said.contains("node.listen"), "{said}");
    until("over", || stands(&care, "restart-needed").is_none().then_some(()));
}

#[test]
fn limits_and_times_hold_from_the_next_use_on() {
    let [mut care, mut help] = running([CARE, HELP]);
    export(&care, &withdrawal(CARE, 1));
    until("handed over", || delivered(&care, HELP, 1));
    care.set("limits", "file_size", quoted("10B"));
    care.set("limits", "in_flight", "3");
    care.set("limits", "connections", "70");
    care.set("limits", "store_size", quoted("1GiB"));
    care.set("timing", "set_wait", quoted("2s"));
    let keys = [
        "timing.set_wait",
        "limits.file_size",
        "limits.connections",
        "limits.in_flight",
        "limits.store_size",
    ];
    takes_up(&care, &keys.join(", "));
    export(&care, &withdrawal(CARE, 2));
    until("held", || (visible(&care.path("hold")).len() == 1).then_some(()));
    care.set("limits", "file_size", quoted("1MiB"));
    assert_eq!(says(&care, &["reload"]).1, 0);
    export(&care, &withdrawal(CARE, 3));
    until("handed over", || delivered(&care, HELP, 2));
    // What the partner grants is asked of it anew.
    help.set("limits", "package_size", quoted("100B"));
    help.set("limits", "file_size", quoted("100B"));
    assert_eq!(says(&help, &["reload"]).1, 0);
    export(&care, &withdrawal(CARE, 4));
    until("refused", || care.has_sent("REFUSED", 1));
    assert!(help.is_alive());
}

#[test]
fn certificates_and_lists_that_are_named_anew_are_in_use() {
    let [mut care, mut help] = running([CARE, HELP]);
    let issued = care.issue(CARE, Usage::Signing);
    let sha256 = Digest::of(issued.certificate().expect("one")).to_string();
    care.put_identity("other", &issued);
    care.set("office", "signing_certificate", quoted("keys/other.pem"));
    let (said, code) = says(&care, &["reload"]);
    assert!(code == 1 && said.contains("certificate-unusable"), "without its key: {said}");
    care.set("office", "signing_key", quoted("keys/other.key"));
    takes_up(&care, &format!("keys=\"office {CARE} signing_certificate\""));
    assert!(care.log().contains(&sha256));
    export(&care, &withdrawal(CARE, 1));
    until("handed over", || delivered(&care, HELP, 1));

    // Somebody whom another authority vouches for is a partner when that is named.
    let authority = TestCa::new("another CA", long()).expect("a CA");
    for (name, usage) in [("tls", Usage::Tls), ("signing", Usage::Signing)] {
        let issued = authority.issue(office(HELP), usage, &["127.0.0.1"], long()).expect("issued");
        help.put_identity(name, &issued);
    }
    let root = renkei::certs::certificates_to_pem(&[authority.certificate().clone()]);
    for node in [&mut care, &mut help] {
        node.put_key_file("ca-2.pem", &root, renkei::certs::files::Access::Public);
        node.set("tls", "roots", "[\"keys/ca.pem\", \"keys/ca-2.pem\"]");
        assert_eq!(says(node, &["reload"]).1, 0);
    }
    export(&care, &withdrawal(CARE, 2));
    until("handed over", || delivered(&care, HELP, 2));
    // And none any more when it is not.
    care.set("tls", "roots", "[\"keys/ca.pem\"]");
    let before = care.log().matches("keys=\"tls.roots\"").count();
    assert_eq!(before, 1);
    care.write_config();
    until("taken up", || (care.log().matches("keys=\"tls.roots\"").count() == 2).then_some(()));
    export(&care, &withdrawal(CARE, 3));
    until("refused", || stands(&care, "partner-unreachable"));
    assert_eq!(delivered(&care, HELP, 3), None);
}

#[test]
fn an_office_comes_and_goes() {
    let [mut care, mut help, day] = offices([CARE, HELP, DAY]);
    help.forget_peer(DAY);
    care.start();
    help.start();
    export_all(&care, &withdrawals(1..=20));
    // From now on it is the node of another office too.
    help.host(&day);
    help.write_config();
    care.set_peer(DAY, "url", quoted(format!("https://127.0.0.1:{}", help.port)));
    care.set_peer(DAY, "tls_certificates", {
        let chain = renkei::certs::load_certificates(&help.path("keys/tls.pem"));
        format!("[\"{}\"]", Digest::of(&chain.expect("certificates")[0]))
    });
    care.write_config();
    until_logged(&help, &format!("office {DAY} added"));
    export(&care, &to_day(1));
    until("all of them", || delivered(&care, HELP, 20));
    until("the one for the new office", || delivered(&care, DAY, 1));
    assert_eq!(day.files("import"), to_day(1));
    assert!(help.is_alive());
}

/// A node that is killed in the middle of a change goes on by the new configuration, with everything.
#[test]
fn a_kill_in_the_middle_of_a_change_costs_nothing() {
    let [mut care, mut help] = running([CARE, HELP]);
    let units = withdrawals(1..=60);
    for (turn, part) in units.chunks(10).enumerate() {
        let folder = care.path(&format!("drop-{turn}"));
        fs::create_dir_all(&folder).expect("a folder");
        export_all(&care, part);
        care.set("office", "drop", quoted(format!("drop-{turn}")));
        care.write_config();
        // At another moment each time.
        let moment = Duration::from_millis(350 * u64::try_from(turn).expect("few"));
        let written = Instant::now();
        until("its moment", || (written.elapsed() >= moment).then_some(()));
        care.kill();
        care.start();
        // What is in the former folder a person moves to the new one.
        for path in visible(&care.path("drop")) {
            let name = path.file_name().expect("a name").to_owned();
            fs::rename(&path, folder.join(name)).expect("moved");
        }
        care.set("office", "drop", quoted("drop"));
        care.write_config();
        until("at home again", || {
            let all = visible(&folder);
            for path in all {
                let name = path.file_name().expect("a name").to_owned();
                let _ = fs::rename(&path, care.path("drop").join(name));
            }
            care.log().contains(&format!("office {CARE} drop")).then_some(())
        });
        for path in visible(&folder) {
            let name = path.file_name().expect("a name").to_owned();
            fs::rename(&path, care.path("drop").join(name)).expect("moved");
        }
    }
    until_within(LONG, "all of them", || delivered(&care, HELP, 60));
    assert_eq!(help.files("import"), together(&units));
    invariants::check(&care, &help, 60);
    assert!(help.is_alive());
}

/// Files that a node had taken when it was killed are not lost with the folder that it had then.
#[test]
fn what_was_taken_from_a_former_drop_folder_comes_back_there() {
    let [mut care, mut help] = running([CARE, HELP]);
    care.kill();
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    // As far as the node comes before it is killed.
    let (drop, work) = (care.path("drop"), care.path(".renkei-work-drop"));
    let folder = DropFolder::open(&drop, &work).expect("opened");
    let seen = folder.scan(&ScanLimits { files: 100 }).expect("scanned").files;
    let claim = folder.claim(MessageId::new(jiff::Timestamp::now()), &seen);
    assert!(claim.is_ok() && visible(&drop).is_empty());
    fs::create_dir_all(care.path("drop-2")).expect("a folder");
    care.set("office", "drop", quoted("drop-2"));
    care.start();
    until("given back", || (care.files("drop") == unit).then_some(()));
    until_logged(&care, "files stay in a drop folder that is not looked into any more");
    let left = care.sql("SELECT dropped FROM work_folders");
    assert!(left.len() == 1 && left[0].ends_with("drop-2"), "{left:?}");
    assert!(help.is_alive());
}
