//! What `renkei status` and `renkei history` say beside a node that runs.

use serde_json::Value;

use super::units::{ACTUAL, PLAN, export, sample, withdrawal};
use crate::harness::{CARE, HELP, Office, running, until};

fn stdout(office: &Office, arguments: &[&str]) -> String {
    let output = office.command(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(office: &Office, arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(office, arguments)).expect("JSON")
}

#[test]
fn status_and_history_tell_what_happened() {
    let [care, help] = running([CARE, HELP]);
    assert!(stdout(&care, &["status"]).contains("nothing was sent or received yet"));
    let plan = sample(PLAN, "20260520101500");
    export(&care, &plan);
    until("the plan", || care.has_sent("HANDED_OVER", 1));
    export(&help, &sample(ACTUAL, "20260702090000"));
    until("the actuals", || help.has_sent("HANDED_OVER", 1));
    care.drop_file("unknown.txt", b"x");
    until("held", || (care.sql("SELECT count(*) FROM held") == ["1"]).then_some(()));

    let status = stdout(&care, &["status"]);
    for part in ["in the partner's import folder", "in our import folder", HELP, "held", "_unknown"]
    {
        assert!(status.contains(part), "{part}: {status}");
    }
    let status = json(&care, &["status", "--json"]);
    assert_eq!(status["schema"], "renkei.status/1");
    let counts: Vec<_> = status["counts"]
        .as_array()
        .expect("counts")
        .iter()
        .map(|row| (row["direction"].as_str(), row["state"].as_str(), row["count"].as_u64()))
        .collect();
    let handed_over = Some("HANDED_OVER");
    assert_eq!(counts, [(Some("in"), handed_over, Some(1)), (Some("out"), handed_over, Some(1))]);
    assert_eq!(status["held"].as_array().map(Vec::len), Some(1));
    assert_eq!(json(&care, &["hold", "list", "--json"])["held"], status["held"]);

    let history = json(&care, &["history", "--format", "json"]);
    assert_eq!(history["schema"], "renkei.history/1");
    let rows = history["history"].as_array().expect("rows");
    assert_eq!(rows.len(), 3, "newest first: held, in, out");
    let states: Vec<_> = rows.iter().map(|row| row["state"].as_str().expect("a state")).collect();
    assert_eq!(states, ["HELD", "HANDED_OVER", "HANDED_OVER"]);
    let sent = &rows[2];
    assert_eq!((&sent["direction"], &sent["partner"]), (&"out".into(), &HELP.into()));
    assert_eq!(sent["serial"], "20260520101500");
    let receipts: Vec<_> = sent["receipts"].as_array().expect("receipts").iter().collect();
    assert_eq!(receipts, ["ContentConsignment", "ContentHandover"]);
    let files = sent["unit"]["files"].as_array().expect("files");
    assert_eq!(files.len(), plan.len());
    for file in files {
        let bytes = &plan[file["name"].as_str().expect("a name")];
        let digest = renkei::types::Digest::of(bytes).to_string();
        assert_eq!(file["sha256"], digest.as_str());
    }
    assert!(!history.to_string().contains("unknown.txt"), "names of strangers stay in the folder");

    let text = stdout(&care, &["history"]);
    assert!(text.contains("consignment・handover") && text.contains("20260702090000"), "{text}");
    let csv = stdout(&care, &["history", "--format", "csv"]);
    let csv = csv.strip_prefix('\u{feff}').expect("a mark for Excel");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let records: Vec<_> = reader.records().map(|record| record.expect("CSV")).collect();
    assert_eq!(records.len(), 3);
    assert!(records[2][9].contains(plan.first_key_value().expect("a file").0));

    let rows = |arguments: &[&str]| {
        let arguments = [&["history", "--format", "json"], arguments].concat();
        json(&care, &arguments)["history"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(rows(&["--limit", "1"]), 1);
    assert_eq!(rows(&["--partner", HELP]), 2);
    assert_eq!(rows(&["--office", HELP]), 0);
    assert_eq!(rows(&["--since", "2999-01-01"]), 0);
}

#[test]
fn the_commands_say_when_there_is_nothing_to_read() {
    let [care] = crate::harness::offices([CARE]);
    let output = care.command(&["history"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no store in"));
    export(&care, &withdrawal(CARE, 1));
    assert!(!care.path("data").exists(), "reading makes no store");
}
