//! What tests of single commands share.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use renkei::certs::files::{self, Access, Existing};
use serde_json::Value;

use crate::schema;

/// Runs the program in a folder.
pub(crate) fn renkei(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_renkei"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Standard output as JSON, which its schema takes.
pub(crate) fn json(output: &Output) -> Value {
    let text = stdout(output);
    let document = serde_json::from_str(&text);
    let document = document.unwrap_or_else(|error| panic!("{error}: {text}{}", stderr(output)));
    schema::check_document(&document);
    document
}

/// Writes what must be kept from others.
pub(crate) fn put_secret(path: &Path, text: &str) {
    files::write(path, text.as_bytes(), Access::Secret, Existing::Replace).expect("written");
}

/// A folder with files, by their paths in it.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

/// The files of a set of `spec/samples`, in the order of their names.
pub(crate) fn sample(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/samples").join(name);
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a sample")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("text");
            (name, fs::read(entry.path()).expect("readable"))
        })
        .collect();
    files.sort();
    files
}
