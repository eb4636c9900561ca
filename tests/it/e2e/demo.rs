//! `renkei demo --once`: everything with no preparation.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use renkei::types::FileName;

use crate::harness::{name_of, until, visible};

fn samples() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/samples")
}

/// All files below a folder by name.
fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for path in visible(folder) {
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.insert(name_of(&path), fs::read(&path).expect("read"));
        }
    }
    found
}

fn demo(arguments: &[&str], folder: &Path) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_renkei"));
    command.args(["--lang", "en", "demo", "--once", "--dir"]).arg(folder).args(arguments);
    let output = command.output().expect("the program runs");
    let said = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    (output, said)
}

/// The folders of the offices of a demo.
fn homes(folder: &Path) -> Vec<std::path::PathBuf> {
    visible(folder).into_iter().filter(|path| name_of(path) != "relay").collect()
}

/// Every file lies in the import folder of the office that its name says, and nowhere else.
fn has_arrived(folder: &Path, sent: &BTreeMap<String, Vec<u8>>) {
    let mut imported = BTreeMap::new();
    for home in homes(folder) {
        let files = files_below(&home.join("import"));
        for name in files.keys() {
            let name = FileName::parse(name).expect("a name of the standard");
            assert_eq!(name.recipient.as_str(), name_of(&home));
        }
        imported.extend(files);
        assert!(visible(&home.join("drop")).is_empty());
    }
    assert!(imported == *sent, "imported: {:?}", imported.keys());
}

#[test]
fn the_built_in_samples_arrive() {
    let folder = tempfile::tempdir().expect("a folder");
    let (output, said) = demo(&[], folder.path());
    assert_eq!(output.status.code(), Some(0), "{said}\n{output:?}");
    has_arrived(folder.path(), &files_below(&samples()));
    let units = visible(&samples()).len();
    assert!(said.contains(&format!("All {units} units are in the partners' import")), "{said}");
    assert_eq!(said.matches("handover").count(), units, "{said}");
    for home in visible(folder.path()) {
        let health = fs::read_to_string(home.join("data/health.json")).expect("a node ran here");
        let health: serde_json::Value = serde_json::from_str(&health).expect("JSON");
        assert_eq!(health["notices"], serde_json::json!([]), "nothing is to be looked after");
    }
}

/// No office can be reached, and all the same everything arrives; what the relay kept is told apart.
#[test]
fn the_built_in_samples_arrive_over_a_relay() {
    let folder = tempfile::tempdir().expect("a folder");
    let (output, said) = demo(&["--relay"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{said}\n{output:?}");
    let sent = files_below(&samples());
    has_arrived(folder.path(), &sent);
    let units = visible(&samples()).len();
    assert!(said.contains(&format!("The relay kept {units} units")), "{said}");
    assert!(said.contains(&format!("All {units} units are in the partners' import")), "{said}");
    assert!(said.contains("kept by the relay (ms)") && said.contains("arrived (ms)"), "{said}");
    for home in homes(folder.path()) {
        let config = fs::read_to_string(home.join("renkei.toml")).expect("a configuration");
        let node = config.split("[page]").next().expect("a node");
        assert!(!node.contains("listen") && !config.contains("[[peer]]"), "{config}");
        assert!(!visible(&home.join("partners")).is_empty(), "joined by card");
        let health = fs::read_to_string(home.join("data/health.json")).expect("a node ran here");
        let health: serde_json::Value = serde_json::from_str(&health).expect("JSON");
        assert_eq!(health["notices"], serde_json::json!([]), "nothing is to be looked after");
    }
    // What it kept, it gave away, and could not read.
    let relay = folder.path().join("relay");
    let config = relay.join("relay.toml");
    let asked = Command::new(env!("CARGO_BIN_EXE_renkei"))
        .args(["--lang", "en", "relay", "status", "--config"])
        .arg(&config)
        .output()
        .expect("the program runs");
    let told = String::from_utf8_lossy(&asked.stdout).into_owned();
    assert!(told.contains("packages that wait: 0"), "{told} {asked:?}");
    for kept in files_below(&relay).values() {
        for (name, bytes) in &sent {
            let line = bytes.get(..64).unwrap_or(bytes);
            assert!(memchr::memmem::find(kept, line).is_none(), "{name} in the clear");
            assert!(memchr::memmem::find(kept, name.as_bytes()).is_none(), "{name} by name");
        }
    }
    // Once more in the same folder, the plain way: nothing of the cards is in its way.
    let again = tempfile::tempdir().expect("a folder");
    let unit = again.path().join("actual");
    fs::create_dir(&unit).expect("a folder");
    let name = "UPJSK_202606_2770000029_11_2770000011_43_20260702090100.CSV";
    let bytes = &sent["UPJSK_202606_2770000029_11_2770000011_43_20260702090000.CSV"];
    fs::write(unit.join(name), bytes).expect("written");
    let (output, said) = demo(&["--input", again.path().to_str().expect("UTF-8")], folder.path());
    assert_eq!(output.status.code(), Some(0), "{said}\n{output:?}");
    assert!(said.contains("All 1 units") && !said.contains("relay"), "{said}");
}

#[test]
fn units_of_a_folder_arrive_and_broken_ones_are_held() {
    let folder = tempfile::tempdir().expect("a folder");
    let (input, dir) = (folder.path().join("input"), folder.path().join("demo"));
    let mut sent = BTreeMap::new();
    for sample in ["care-plan", "usage-17", "actual"] {
        let below = input.join("some").join(sample);
        fs::create_dir_all(&below).expect("a folder");
        for path in visible(&samples().join(sample)) {
            let bytes = fs::read(&path).expect("read");
            fs::write(below.join(name_of(&path)), &bytes).expect("written");
            sent.insert(name_of(&path), bytes);
        }
    }
    fs::write(input.join("README.md"), "no file of the standard").expect("written");
    let input_text = input.to_str().expect("UTF-8");
    let (output, said) = demo(&["--input", input_text], &dir);
    assert_eq!(output.status.code(), Some(0), "{said}\n{output:?}");
    has_arrived(&dir, &sent);

    let broken = "UPJSK_202606_2770000029_11_2770000011_43_20260702100000.CSV";
    fs::write(input.join(broken), "202407,271001,not a number\r\n").expect("written");
    let dir = folder.path().join("again");
    let (output, said) = demo(&["--input", input_text], &dir);
    assert_eq!(output.status.code(), Some(1), "{said}\n{output:?}");
    has_arrived(&dir, &sent);
    let held = dir.join("2770000029/hold/20260702100000_2770000029_2770000011");
    let names: Vec<_> = visible(&held).iter().map(|path| name_of(path)).collect();
    assert_eq!(names, [broken, "report.html", "report.json", "report.txt"], "{said}");
    assert!(said.contains("3 of 4 units arrived") && said.contains("held ["), "{said}");
}

#[test]
fn an_input_without_units_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    let empty = folder.path().join("empty");
    let (output, _) =
        demo(&["--input", empty.to_str().expect("UTF-8")], &folder.path().join("demo"));
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no file with a name of the standard"), "{said}");
}

/// Whoever tries something out changes the configuration of an office, and sees what comes of it.
#[test]
fn its_offices_follow_their_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut running = Command::new(env!("CARGO_BIN_EXE_renkei"))
        .args(["demo", "--no-browser", "--dir"])
        .arg(folder.path())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program runs");
    let home = folder.path().join("2770000029");
    let store = home.join("data/renkei.db");
    let asks = |sql: &str| {
        let store = rusqlite::Connection::open(&store).ok()?;
        store.query_row(sql, [], |row| row.get::<_, String>(0)).ok()
    };
    let health = || fs::read_to_string(home.join("data/health.json")).ok();
    until("it runs", || health().filter(|health| health.contains("\"running\"")));
    fs::create_dir(home.join("downloads")).expect("a folder");
    let config = home.join("renkei.toml");
    let text = fs::read_to_string(&config).expect("a configuration");
    let changed = text.replacen("drop = ", "downloads = \"downloads\"\ndrop = ", 1);
    fs::write(&config, changed).expect("written");
    let folder = until("taken up", || asks("SELECT folder FROM downloads"));
    assert!(folder.ends_with("downloads"), "{folder}");
    running.kill().expect("killed");
    running.wait().expect("ended");
}
