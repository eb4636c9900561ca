//! Completions and manual pages, judged by the programs that read them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::support::{folder, renkei, stderr, stdout};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// Every command and option is in every script, in both languages.
#[test]
fn every_shell_gets_every_command() {
    let folder = folder(&[]);
    for shell in SHELLS {
        for lang in ["ja", "en"] {
            let output = renkei(&["completions", shell, "--lang", lang], folder.path());
            let script = stdout(&output);
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
            for word in ["validate", "hold", "dismiss", "rules-config"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
            // The scripts of the others complete no values.
            let values = ["bash", "fish", "zsh"].contains(&shell);
            assert!(!values || script.contains("conformance") && script.contains("junit"));
            assert!(!script.contains("rules-md"), "{shell}: what is hidden");
            if shell == "fish" {
                assert_eq!(script.contains("検査"), lang == "ja");
            }
        }
    }
    assert_eq!(renkei(&["completions", "cmd"], folder.path()).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn bash_completes() {
    let folder = folder(&[]);
    let script = folder.path().join("renkei.bash");
    fs::write(&script, stdout(&renkei(&["completions", "bash"], folder.path()))).expect("written");
    let complete = |words: &str, last: usize| {
        let program = format!(
            "set -eu; source {}; COMP_WORDS=({words}); COMP_CWORD={last}; \
             _renkei renkei \"${{COMP_WORDS[{last}]}}\" \"${{COMP_WORDS[{}]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            script.display(),
            last - 1
        );
        let output = Command::new("bash").args(["-c", &program]).output().expect("bash runs");
        assert!(output.status.success(), "{words}: {}", stderr(&output));
        stdout(&output).lines().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    assert_eq!(complete("renkei val", 1), words(&["validate"]));
    assert_eq!(complete("renkei hold rel", 2), words(&["release"]));
    assert_eq!(complete("renkei validate --sel", 2), words(&["--select"]));
    assert_eq!(complete("renkei validate --profile con", 3), words(&["conformance"]));
    assert!(complete("renkei validate --format ''", 3).contains("sarif"));
}

/// A page for each command that is not hidden, which the programs that show pages find nothing
/// wrong with.
#[test]
fn the_manual_pages_are_sound() {
    for (lang, heading, text) in [("ja", ".SH 名前", "適合試験"), ("en", ".SH NAME", "conformance")]
    {
        let folder = folder(&[]);
        let output = renkei(&["man", "pages/man1", "--lang", lang], folder.path());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let pages = folder.path().join("pages/man1");
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(&pages).expect("the folder") {
            let path = entry.expect("an entry").path();
            let page = fs::read_to_string(&path).expect("a page");
            assert!(page.contains(heading), "{page}");
            names.insert(path.file_name().expect("a name").to_string_lossy().into_owned());
            let path = path.to_str().expect("text");
            if cfg!(unix) {
                let shown = Command::new("groff")
                    .args(["-K", "utf8", "-man", "-Tutf8", "-ww", path])
                    .output()
                    .expect("groff runs");
                assert_eq!(stderr(&shown), "", "{path}");
                assert!(shown.status.success() && stdout(&shown).contains("renkei"), "{path}");
            }
        }
        for name in ["renkei.1", "renkei-validate.1", "renkei-hold-dismiss.1", "renkei-man.1"] {
            assert!(names.contains(name), "{name}: {names:?}");
        }
        assert!(!names.iter().any(|name| name.contains("dev")), "{names:?}");
        // Places where a line may end are not in the way of reading.
        let page = fs::read_to_string(pages.join("renkei-validate.1")).expect("a page");
        assert!(page.replace("\\:", "").contains(text), "{page}");
        // A second time they are replaced.
        assert_eq!(renkei(&["man", "pages/man1"], folder.path()).status.code(), Some(0));
    }
}
