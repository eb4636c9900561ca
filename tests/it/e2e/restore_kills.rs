//! A node that is lost in the middle of its work and put back by a command that is killed, too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use renkei::certs::files::Access;

use super::units::{export, withdrawal};
use crate::harness::{CARE, HELP, Office, name_of, offices, quoted, until, visible};
use crate::support::renkei;

const PASSPHRASE: &str = "correct horse battery staple\n";

/// Where a backup is unpacked.
const UNFINISHED: &str = "restore.unfinished";

fn restoring(office: &Office, to: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_renkei"));
    command.args(["--lang", "en", "restore"]).arg(office.path("saved.zip.age"));
    command.arg("--to").arg(to);
    command.arg("--passphrase-file").arg(office.path("keys/passphrase.txt"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Kills it as soon as a path is there. Whoever is too slow for that finds it ended.
fn kill_when(mut child: Child, path: &Path) {
    while fs::symlink_metadata(path).is_err() && child.try_wait().expect("a child").is_none() {
        std::thread::yield_now();
    }
    let _ = child.kill();
    child.wait().expect("ended");
}

/// Whether what is there can be taken for a node.
fn looks_whole(to: &Path) -> bool {
    to.join("renkei.toml").exists()
}

fn is_whole(to: &Path) -> bool {
    let names = ["renkei.toml", "data/renkei.db", "keys/tls.key", "keys/signing.key"];
    names.iter().all(|name| to.join(name).is_file()) && !to.join(UNFINISHED).exists()
}

#[test]
fn a_node_comes_back_whatever_is_killed() {
    let [mut care, mut help] = offices([CARE, HELP]);
    // The numbers of a node that is put back go on above those that it may have used.
    help.set("timing", "order_wait", quoted("2s"));
    care.set("timing", "order_wait", quoted("2s"));
    help.start();
    care.start();
    care.put_key_file("passphrase.txt", PASSPHRASE, Access::Secret);
    // Backed up while packages are on their way in both directions.
    let sent = 12;
    for number in 1..=sent {
        export(&care, &withdrawal(CARE, number));
        export(&help, &withdrawal(HELP, number));
    }
    let saved = care.path("saved.zip.age");
    let arguments = ["backup", "--keys", "--out", saved.to_str().expect("UTF-8")];
    let passphrase = care.path("keys/passphrase.txt");
    let passphrase = ["--passphrase-file", passphrase.to_str().expect("UTF-8")];
    let output = care.command(&[&arguments[..], &passphrase].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // What came after it, and is lost with the computer.
    export(&care, &withdrawal(CARE, sent + 1));
    until("handed over", || care.has_sent("HANDED_OVER", usize::try_from(sent + 1).expect("few")));
    until("handed over", || help.has_sent("HANDED_OVER", usize::try_from(sent).expect("few")));
    care.kill();

    // Killed at several moments, each time with a folder of its own.
    let moments = [
        UNFINISHED.to_owned(),
        format!("{UNFINISHED}/data/renkei.db"),
        format!("{UNFINISHED}/keys/tls.key"),
        format!("{UNFINISHED}/.renkei-whole"),
        "data".to_owned(),
        "keys".to_owned(),
        "renkei.toml".to_owned(),
    ];
    let mut cut = 0;
    for (number, moment) in moments.iter().enumerate() {
        let to = care.path(&format!("restored-{number}"));
        let child = restoring(&care, &to).spawn().expect("the program runs");
        kill_when(child, &to.join(moment));
        if to.join(UNFINISHED).exists() && !looks_whole(&to) {
            cut += 1;
            let config = to.join("renkei.toml");
            let config = config.to_str().expect("UTF-8");
            let run = renkei(&["--lang", "en", "run", "--config", config], &to);
            assert_eq!(run.status.code(), Some(2), "{moment}: {run:?}");
            let said = String::from_utf8_lossy(&run.stderr).into_owned();
            assert!(said.contains("Run the same renkei restore again"), "{said}");
        }
        if looks_whole(&to) {
            assert!(to.join("data/renkei.db").is_file(), "{moment}: half a node");
        }
        if !is_whole(&to) {
            let again = restoring(&care, &to).status().expect("the program runs");
            assert_eq!(again.code(), Some(0), "{moment}");
        }
        assert!(is_whole(&to), "{moment}: {:?}", visible(&to));
    }
    assert!(cut >= 2, "only {cut} of {} were cut off", moments.len());

    // The last of them goes on as the node.
    let to = care.path(&format!("restored-{}", moments.len() - 1));
    goes_on(&mut care, &mut help, &to, sent);
}

/// Puts what was restored in the place of what was lost, and has it exchange more.
fn goes_on(care: &mut Office, help: &mut Office, restored: &Path, sent: u32) {
    let data = care.path("data");
    fs::remove_dir_all(&data).expect("the disk is gone");
    fs::rename(restored.join("data"), &data).expect("put back");
    // On another computer nothing tells of the store that was lost.
    let records = fs::read_dir(care.path("")).expect("listed");
    let records: Vec<PathBuf> = records.map(|entry| entry.expect("an entry").path()).collect();
    for record in records.iter().filter(|path| name_of(path).starts_with(".renkei-store-")) {
        fs::remove_file(record).expect("removed");
    }
    // The care software of that computer has not lost what it imported.
    care.start();
    export(care, &withdrawal(CARE, sent + 2));
    export(help, &withdrawal(HELP, sent + 1));
    let came = (sent + 2).to_string();
    until("all is there", || {
        let open = care.sql("SELECT count(*) FROM outgoing WHERE state <> 'HANDED_OVER'");
        let came_here = help.sql("SELECT count(*) FROM incoming WHERE state = 'HANDED_OVER'");
        let theirs = help.sql("SELECT count(*) FROM outgoing WHERE state <> 'HANDED_OVER'");
        (open == ["0"] && came_here == [came.clone()] && theirs == ["0"]).then_some(())
    });
    let sequences = help.sql("SELECT sequence FROM incoming ORDER BY sequence");
    let distinct: BTreeSet<_> = sequences.iter().collect();
    assert_eq!(sequences.len(), distinct.len(), "no number twice: {sequences:?}");
    let placed =
        help.sql("SELECT count(*) FROM journal WHERE direction = 'in' AND state = 'PLACED'");
    assert_eq!(placed, [came], "each once");
    // The partner has nothing to settle and nothing to say.
    assert_eq!(help.sql("SELECT count(*) FROM held"), ["0"]);
    until("that the partner is back", || {
        let status = help.command(&["status", "--json"]);
        let status: serde_json::Value = serde_json::from_slice(&status.stdout).expect("JSON");
        (status["notices"] == serde_json::json!([])).then_some(())
    });
    let verified = care.command(&["verify", "--all"]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}
