//! `--lang` and `node.lang`: one story for all commands that read a configuration.

use crate::harness::{CARE, HELP, Office, offices, quoted};
use crate::support::{folder, renkei, stderr, stdout};

/// Whether a text for people is Japanese. Names of offices and folders of the tests are not.
fn is_japanese(text: &str) -> bool {
    text.contains(|c: char| matches!(c, 'ぁ'..='ん' | 'ァ'..='ヶ' | '一'..='龠'))
}

/// Commands with a configuration that say something whether a node runs or not.
const COMMANDS: &[&[&str]] = &[
    &["run", "--check"],
    &["status"],
    &["history"],
    &["hold", "list"],
    &["hold", "show", "h1"],
    &["hold", "release", "h1"],
    &["hold", "dismiss", "h1"],
    &["retry"],
    &["retry", "no-number"],
    &["reload"],
    &["export", "01890a5d-ac96-774b-bcce-b302099a8057", "--out", "proof"],
    &["verify", "absent"],
    &["convert", "absent", "--to", "v3"],
];

fn said(office: &Office, arguments: &[&str]) -> String {
    let config = office.write_config();
    let arguments = [arguments, &["--config", config.to_str().expect("UTF-8")]].concat();
    let output = renkei(&arguments, &office.path(""));
    stdout(&output) + &stderr(&output)
}

#[test]
fn every_command_speaks_the_language_of_its_configuration_unless_it_is_told_another() {
    let [mut care, _] = offices([CARE, HELP]);
    // A store, without which most have little to say.
    care.start();
    care.kill();
    for (lang, other) in [("en", "ja"), ("ja", "en")] {
        care.set("node", "lang", quoted(lang));
        for command in COMMANDS {
            let text = said(&care, command);
            assert_eq!(is_japanese(&text), lang == "ja", "{command:?} by node.lang: {text}");
            let text = said(&care, &[*command, &["--lang", other]].concat());
            assert_eq!(is_japanese(&text), other == "ja", "{command:?} by --lang: {text}");
        }
    }
}

#[test]
fn a_mistake_in_the_configuration_is_told_in_its_language() {
    let folder = folder(&[
        ("unknown.toml", b"[node]\nlang = \"en\"\nlistn = \"0.0.0.0:1\"\n"),
        ("syntax.toml", b"[node]\nlang = \"en\"\nlisten = \n"),
        ("encoding.toml", b"[node]\nlang = \"en\"\n# \x90\xdd\x92\xe8\n"),
    ]);
    for config in ["unknown.toml", "syntax.toml", "encoding.toml"] {
        for command in [&["run"][..], &["run", "--check"], &["status"]] {
            let output = renkei(&[command, &["--config", config]].concat(), folder.path());
            let text = stdout(&output) + &stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{text}");
            assert!(!is_japanese(&text), "{command:?} {config}: {text}");
        }
    }
    let output = renkei(&["status", "--config", "absent.toml"], folder.path());
    assert!(is_japanese(&stderr(&output)), "{}", stderr(&output));
}
