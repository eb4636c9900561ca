//! `renkei print` from outside: what is written, what is not, and what it says.

use std::fs;
use std::io::{Cursor, Write as _};

use crate::support::{folder, renkei, sample, stderr, stdout};

/// A folder with the sample of a whole plan in `in`.
fn plan() -> tempfile::TempDir {
    let files = sample("care-plan");
    let named: Vec<_> = files.iter().map(|(name, bytes)| (format!("in/{name}"), bytes)).collect();
    let files: Vec<(&str, &[u8])> =
        named.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    folder(&files)
}

fn read(folder: &tempfile::TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).expect("a page in UTF-8")
}

#[test]
fn one_page_for_all_stands_alone() {
    let folder = plan();
    let output = renkei(&["print", "in", "--out", "out"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(
        stdout(&output).trim(),
        "out/forms.html: 1 人、3 様式".replace('/', std::path::MAIN_SEPARATOR_STR)
    );
    let page = read(&folder, "out/forms.html");
    for title in ["居宅サービス計画書（１）", "居宅サービス計画書（２）", "週間サービス計画表"]
    {
        assert!(page.contains(title), "{title}");
    }
    assert!(page.contains("@page fm-land"), "the style is in it");
    for elsewhere in ["http:", "https:", "<script", "<link", " src="] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
}

#[test]
fn nothing_is_overwritten_unless_asked() {
    let folder = plan();
    let run =
        |more: &[&str]| renkei(&[&["print", "in", "--out", "out"], more].concat(), folder.path());
    assert_eq!(run(&[]).status.code(), Some(0));
    fs::write(folder.path().join("out/forms.html"), "mine").expect("written");
    let refused = run(&[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("--force"), "{}", stderr(&refused));
    assert_eq!(read(&folder, "out/forms.html"), "mine");
    assert_eq!(run(&["--force"]).status.code(), Some(0));
    assert!(read(&folder, "out/forms.html").starts_with("<!DOCTYPE html>"));
}

#[test]
fn each_person_has_a_file_whose_name_says_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = renkei(&["new", "--unit", "K1", "--people", "3", "--out", "in"], folder.path());
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    let output = renkei(&["--lang", "en", "print", "in", "--each", "--out", "out"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.lines().all(|line| line.contains(": *******")), "numbers are masked: {text}");
    let mut names: Vec<_> = fs::read_dir(folder.path().join("out"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    assert_eq!(names, ["forms-001.html", "forms-002.html", "forms-003.html"]);
    let pages: Vec<String> =
        names.iter().map(|name| read(&folder, &format!("out/{name}"))).collect();
    assert!(pages.iter().all(|page| page.matches("<section class=\"fm-sheet").count() == 3));
}

#[test]
fn what_changed_since_another_version_is_shown() {
    let folder = plan();
    fs::create_dir(folder.path().join("old")).expect("a folder");
    for (name, bytes) in sample("care-plan") {
        let text = encoding_rs::SHIFT_JIS.decode(&bytes).0.replace("週３回", "週１回");
        let bytes = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
        fs::write(folder.path().join("old").join(name), bytes).expect("written");
    }
    let arguments = ["--lang", "en", "print", "in", "--against", "old", "--out", "out"];
    let output = renkei(&arguments, folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("1 change(s)"), "{}", stdout(&output));
    let page = read(&folder, "out/forms.html");
    assert!(page.contains("<del>週１回</del><ins>週３回</ins>"));
}

#[test]
fn a_zip_is_read_where_it_lies_and_its_findings_are_marked() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in sample("care-plan") {
        let text = encoding_rs::SHIFT_JIS
            .decode(&bytes)
            .0
            .replace(",20260401,20260401,", ",20260231,20260401,");
        let bytes = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("a file");
        archive.write_all(&bytes).expect("written");
    }
    let bytes = archive.finish().expect("an archive").into_inner();
    fs::write(folder.path().join("plan.zip"), bytes).expect("written");
    let output = renkei(&["print", "plan.zip", "--findings", "--out", "out"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = read(&folder, "out/forms.html");
    assert!(page.contains("20260231</bdi><sup class=\"fm-mark\">▲1</sup>"), "{page}");
    assert!(page.contains("L2-FMT-003"));
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let folder = plan();
    let path = folder.path().join("in");
    let first = sample("care-plan").into_iter().find(|(name, _)| name.starts_with("UP1KYO"));
    let (name, mut bytes) = first.expect("there");
    bytes.extend_from_slice(b"202407,271001\r\n");
    fs::write(path.join(name), bytes).expect("written");
    let output = renkei(&["print", "in", "--out", "out", "--each"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("1 件"), "{}", stdout(&output));
    assert!(read(&folder, "out/forms-notes.html").contains("項目の数"));

    fs::write(folder.path().join("names.csv"), "131011").expect("written");
    let broken = renkei(&["print", "in", "--out", "x", "--insurers", "names.csv"], folder.path());
    assert_eq!(broken.status.code(), Some(2));
    assert!(stderr(&broken).contains("names.csv") && stderr(&broken).contains("1 行目"));
    fs::write(folder.path().join("memo.txt"), "x").expect("written");
    let nothing = renkei(&["print", "memo.txt", "--out", "x"], folder.path());
    assert_eq!(nothing.status.code(), Some(1), "{}", stderr(&nothing));
    assert!(read(&folder, "x/forms.html").contains("memo.txt"), "why there is nothing is told");
    let absent = renkei(&["print", "absent", "--out", "x"], folder.path());
    assert_eq!(absent.status.code(), Some(2), "{}", stderr(&absent));
}

#[test]
fn pages_of_an_earlier_run_are_told() {
    let folder = plan();
    let made = renkei(&["new", "--unit", "K1", "--people", "3", "--out", "more"], folder.path());
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    let run = |set| {
        let arguments = ["--lang", "en", "print", set, "--each", "--force", "--out", "out"];
        let output = renkei(&arguments, folder.path());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    assert!(!run("more").contains("earlier run"));
    assert!(run("in").contains("2 file(s) of an earlier run"), "{}", run("in"));
    assert!(run("in").contains("forms-002.html"));
}

#[test]
fn a_number_in_a_file_does_not_steer_the_terminal() {
    let folder = plan();
    let files: Vec<_> = sample("care-plan");
    for (name, bytes) in files {
        let text =
            encoding_rs::SHIFT_JIS.decode(&bytes).0.replace("0000800013", "00008000\u{1b}[2");
        let bytes = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
        assert!(bytes.contains(&0x1b), "{name}");
        fs::write(folder.path().join("in").join(name), bytes).expect("written");
    }
    let output = renkei(&["print", "in", "--each", "--out", "out"], folder.path());
    let text = stdout(&output);
    assert!(text.contains("U+001B") && !text.contains('\u{1b}'), "{text:?}");
}
