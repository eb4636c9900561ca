//! `renkei validate` in all its forms, `renkei rules` and `renkei explain`: the real program,
//! judged by parsers of others.

mod catalogue;
mod formats;
mod profiles;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::schema;

/// A send unit with defects, in a folder of its own.
struct Set {
    folder: tempfile::TempDir,
}

const NAME: &str = "UP2KYO_1370000018_43_1370000026_11_20260326101500.CSV";
const DELETION: &str = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";

impl Set {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).expect("written");
        }
        Self { folder }
    }

    /// 第1〜3表 whose free texts mean something to programs, and a name that nobody shall see.
    fn hostile() -> Self {
        let mut set = Vec::new();
        for entry in fs::read_dir(sample("care-plan")).expect("the sample") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            set.push((name, fs::read(&path).expect("readable")));
        }
        let up1 = set.iter_mut().find(|(name, _)| name.starts_with("UP1KYO")).expect("UP1KYO");
        // The name of the user without quotes: a warning that shows the name.
        let first = up1.1.iter().position(|byte| *byte == b'"').expect("a quote");
        let length = up1.1[first + 1..].iter().position(|byte| *byte == b'"').expect("a quote");
        up1.1.splice(first..first + length + 2, SECRET.bytes());
        let up2 = set.iter_mut().find(|(name, _)| name.starts_with("UP2KYO")).expect("UP2KYO");
        let first = up2.1.iter().position(|byte| *byte == b'"').expect("a quote");
        up2.1.splice(first + 1..=first, *b"=<script>&'\x01");
        let files: Vec<_> = set.iter().map(|(name, bytes)| (name.as_str(), &**bytes)).collect();
        Self::new(&files)
    }

    /// One deletion with these lines.
    fn deletion(bytes: &[u8]) -> Self {
        Self::new(&[(DELETION, bytes)])
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.file(name), text).expect("written");
        self.file(name)
    }
}

/// Free text that is an item of its own without quotes.
const SECRET: &str = "HIMITSU Hanako";

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/samples").join(name)
}

fn renkei<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_renkei")).args(arguments).output().expect("it runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// `renkei validate` over a folder.
fn validate(path: &Path, arguments: &[&str]) -> Output {
    let path = path.to_str().expect("text");
    renkei(["validate"].iter().chain(arguments).chain([&path]))
}

fn json(path: &Path, arguments: &[&str]) -> Value {
    let output = validate(path, &[arguments, &["--format", "json"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    schema::check_document(&report);
    report
}
