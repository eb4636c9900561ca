//! `renkei convert` from outside: there and back, losses, service types.

use std::fs;

use crate::support::{folder, json, renkei, sample, stderr, stdout};

const V41: &str = "UPJSK_202606_2770000029_11_2770000011_43_20260702090000.CSV";
const V3: &str = "UPJSK_202606_2770000029_2770000011_20260702090000.CSV";

/// A folder with a sample in `in`.
fn with_sample(name: &str) -> tempfile::TempDir {
    let set = sample(name);
    let files: Vec<(String, Vec<u8>)> =
        set.into_iter().map(|(file, bytes)| (format!("in/{file}"), bytes)).collect();
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    folder(&files)
}

#[test]
fn there_and_back_gives_the_same_bytes() {
    let folder = with_sample("actual");
    let there = renkei(&["convert", "--to", "v3", "in", "--out", "old"], folder.path());
    assert_eq!(there.status.code(), Some(0), "{}{}", stdout(&there), stderr(&there));
    assert!(stdout(&there).contains(&format!("{V41} → {V3}")), "{}", stdout(&there));
    assert_eq!(renkei(&["validate", "old"], folder.path()).status.code(), Some(0));
    fs::write(folder.path().join("partners.toml"), "\"2770000029\" = [\"11\", \"15\"]\n")
        .expect("a list");
    let types = ["--partners", "partners.toml", "--types", "2770000029=11"];
    let arguments = [&["convert", "--to", "v4.1", "old", "--out", "new"][..], &types].concat();
    let back = renkei(&arguments, folder.path());
    assert_eq!(back.status.code(), Some(0), "{}{}", stdout(&back), stderr(&back));
    let original = fs::read(folder.path().join("in").join(V41)).expect("the original");
    assert_eq!(fs::read(folder.path().join("new").join(V41)).expect("a copy"), original);
}

#[test]
fn losses_need_consent() {
    let folder = with_sample("usage-17");
    let run = |more: &[&str]| {
        let arguments = ["convert", "--to", "v3", "in", "--out", "out", "--format", "json"];
        renkei(&[&arguments, more].concat(), folder.path())
    };
    let refused = run(&[]);
    assert_eq!(refused.status.code(), Some(1));
    let report = json(&refused);
    assert_eq!(
        (&report["schema"], &report["written"]),
        (&"renkei.convert/1".into(), &false.into())
    );
    let loss = &report["losses"][0];
    assert_eq!(loss["kind"], "item-not-in-edition");
    assert!(loss["count"].as_u64() > Some(0) && loss["item_name"].is_string());
    assert!(!folder.path().join("out").exists());
    let allowed = run(&["--allow-loss"]);
    assert_eq!(allowed.status.code(), Some(0));
    assert_eq!(json(&allowed)["written"], true);
    assert_eq!(renkei(&["validate", "out"], folder.path()).status.code(), Some(0));
}

#[test]
fn files_of_the_new_edition_alone_are_left_out() {
    let folder = with_sample("care-plan");
    let refused = renkei(&["convert", "--to", "v3", "in", "--out", "out"], folder.path());
    assert_eq!(refused.status.code(), Some(1));
    assert!(stdout(&refused).contains("UP3KYO") && stdout(&refused).contains("--allow-loss"));
    let all = ["convert", "--to", "v3", "in", "--out", "out", "--allow-loss"];
    assert_eq!(renkei(&all, folder.path()).status.code(), Some(0));
    assert_eq!(renkei(&["validate", "out"], folder.path()).status.code(), Some(0));
    let back = ["--lang", "en", "convert", "--to", "v4.1", "out", "--types", "2770000029=11"];
    let back = renkei(&back, folder.path());
    assert_eq!(back.status.code(), Some(1));
    assert!(stdout(&back).contains("needs this file"), "{}", stdout(&back));

    let folder = with_sample("basic-info");
    let nothing = ["convert", "--to", "v3", "in", "--out", "out", "--allow-loss"];
    let nothing = renkei(&nothing, folder.path());
    assert_eq!(nothing.status.code(), Some(1));
    assert!(!folder.path().join("out").exists());
}

#[test]
fn offices_without_a_service_type_are_listed() {
    let folder = with_sample("v3-usage");
    let run = |more: &[&str]| {
        renkei(&[&["convert", "--to", "v4.1", "in", "--out", "out"], more].concat(), folder.path())
    };
    let unknown = run(&[]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("2770000029"), "{}", stderr(&unknown));
    fs::write(folder.path().join("bad.toml"), "2770000029 = 11\n").expect("a list");
    assert_eq!(run(&["--partners", "bad.toml"]).status.code(), Some(2));
    assert_eq!(run(&["--types", "2770000029=111"]).status.code(), Some(2));
    fs::write(folder.path().join("good.toml"), "2770000029 = \"11\"\n").expect("a list");
    let good = run(&["--partners", "good.toml"]);
    assert_eq!(good.status.code(), Some(0), "{}{}", stdout(&good), stderr(&good));
    assert_eq!(renkei(&["validate", "out"], folder.path()).status.code(), Some(0));
}

#[test]
fn only_sets_without_errors_are_converted() {
    let folder = with_sample("usage-11");
    let entry = fs::read_dir(folder.path().join("in")).expect("a folder").next();
    fs::remove_file(entry.expect("a file").expect("an entry").path()).expect("removed");
    let output = renkei(&["convert", "--to", "v3", "in", "--out", "out"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("L6-UNIT-001"), "{}", stdout(&output));
    assert!(!folder.path().join("out").exists());
}
