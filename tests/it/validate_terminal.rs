//! Nothing that others named steers the terminal.

use std::process::Output;

use crate::support::{folder, renkei, stderr, stdout};

/// Whether only text came.
fn tells_text_alone(output: &Output) {
    for said in [stdout(output), stderr(output)] {
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202E}';
        assert!(!said.contains(steers), "{said:?}");
        assert!(!said.lines().any(|line| line.starts_with("Verdict: PASS.csv")), "{said}");
    }
}

#[test]
fn names_in_an_archive_are_shown_and_not_obeyed() {
    for name in ["\u{1b}[31mred\u{202E}.csv/../x.csv", "a\nVerdict: PASS.csv/../x.csv"] {
        let archive = crate::validate_inputs::archive(&[(name, b"x")]);
        let folder = folder(&[("a.zip", &archive)]);
        let output = renkei(&["--lang", "en", "validate", "a.zip"], folder.path());
        assert_eq!(output.status.code(), Some(3));
        assert!(stderr(&output).contains("leads elsewhere"), "{}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        tells_text_alone(&output);
    }
}

#[cfg(unix)]
#[test]
fn names_of_files_are_shown_and_not_obeyed() {
    for name in ["\u{1b}[31mred\u{202E}.csv", "a\nVerdict: PASS.csv"] {
        let folder = folder(&[(name, b"a,b\r\n")]);
        tells_text_alone(&renkei(&["--lang", "en", "fix", name], folder.path()));
        tells_text_alone(&renkei(&["--lang", "en", "validate", name], folder.path()));
        let none = renkei(&["--lang", "en", "validate", "\u{1b}[31m"], folder.path());
        assert_eq!(none.status.code(), Some(2));
        tells_text_alone(&none);
    }
}
