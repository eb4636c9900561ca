//! Every command and option of the command line, as clap knows it.

use std::collections::BTreeSet;

use clap::Command;

use super::super::help;
use super::*;

const LANGS: [Lang; 2] = [Lang::Ja, Lang::En];

type Words = &'static [&'static str];

/// Every command with the words that call it.
fn commands(command: &Command, path: &[String], found: &mut Vec<(Vec<String>, Command)>) {
    found.push((path.to_vec(), command.clone()));
    for below in command.get_subcommands() {
        let path: Vec<_> = path.iter().cloned().chain([below.get_name().to_owned()]).collect();
        commands(below, &path, found);
    }
}

fn all(lang: Lang) -> Vec<(Vec<String>, Command)> {
    let mut whole = help::localised(Cli::command(), lang);
    whole.build();
    let mut found = Vec::new();
    commands(&whole, &["renkei".to_owned()], &mut found);
    assert!(found.len() > 25, "{} commands", found.len());
    found
}

fn refused(arguments: &[&str], lang: Lang) -> clap::Error {
    let command = help::localised(Cli::command(), lang);
    command.try_get_matches_from(arguments).expect_err("refused")
}

fn said(arguments: &[&str], lang: Lang) -> String {
    let words: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    text(&refused(arguments, lang), &command_of(&words), lang)
}

/// Each kind of mistake that clap tells of a command line like ours, with what has to be said.
#[test]
fn every_kind_of_mistake_is_told_with_reason_choices_and_hint() {
    use ErrorKind as Kind;
    let cases: &[(Words, Kind, Words, Words)] = &[
        (
            &["valdate"],
            Kind::InvalidSubcommand,
            &["valdate というコマンドはありません", "もしかして: validate"],
            &["'valdate'", "'validate'"],
        ),
        (
            &["hold", "lst"],
            Kind::InvalidSubcommand,
            &["もしかして: list", "renkei hold --help"],
            &["'list'"],
        ),
        (
            &["--lang", "ja"],
            Kind::MissingSubcommand,
            &["コマンドを指定してください", "指定できるもの: validate、fix、"],
            &["validate, fix, "],
        ),
        (
            &["validate", "--fromat", "json", "x"],
            Kind::UnknownArgument,
            &["--fromat という引数はありません", "もしかして: --format"],
            &["'--fromat'", "'--format'"],
        ),
        (
            &["validate"],
            Kind::MissingRequiredArgument,
            &["<PATH>... を指定してください", "renkei validate --help"],
            &["<PATH>..."],
        ),
        (
            &["new"],
            Kind::MissingRequiredArgument,
            &["--out <DIR>、--unit <ID> を指定してください"],
            &["--out <DIR>", "--unit <ID>"],
        ),
        (
            &["validate", "--format", "xml", "x"],
            Kind::InvalidValue,
            &["--format <FORMAT[=FILE]> に xml は指定できません", "junit、sarif"],
            &["'xml'", "junit, sarif"],
        ),
        (
            &["validate", "--format"],
            Kind::InvalidValue,
            &["--format <FORMAT[=FILE]> に値を指定してください", "junit、sarif"],
            &["a value is required", "junit, sarif"],
        ),
        (
            &["history", "--since", "2026/04/01"],
            Kind::ValueValidation,
            &["--since <DATE> に 2026/04/01 は指定できません", "例 2026-04-01", "renkei history"],
            &["'2026/04/01'", "such as 2026-04-01", "renkei history --help"],
        ),
        (
            &["certs", "request", "12345"],
            Kind::ValueValidation,
            &["<OFFICE> に 12345 は", "10 桁", "renkei certs request --help"],
            &["'12345'", "10 digits or capital letters"],
        ),
        (
            &["validate", "--mask=yes", "x"],
            Kind::TooManyValues,
            &["--mask に値は付けられません（yes が"],
            &["'yes'", "'--mask'"],
        ),
        (
            &["validate", "--mask", "--mask", "x"],
            Kind::ArgumentConflict,
            &["--mask は 1 回だけ指定できます"],
            &["multiple times"],
        ),
        (
            &["new", "--unit", "K1", "--kind", "UPPLAN", "--out", "x"],
            Kind::ArgumentConflict,
            &["--unit <ID> と --kind <KIND> は、一緒に指定できません"],
            &["cannot be used with"],
        ),
    ];
    for (arguments, kind, ja, en) in cases {
        let arguments = [&["renkei"], *arguments].concat();
        for (lang, parts) in [(Lang::Ja, ja), (Lang::En, en)] {
            assert_eq!(refused(&arguments, lang).kind(), *kind, "{arguments:?}");
            let said = said(&arguments, lang);
            for part in *parts {
                assert!(said.contains(part), "{arguments:?}: {part} in {said}");
            }
            assert!(lang == Lang::En || !said.contains("error:"), "{said}");
        }
    }
    assert!(said(&["renkei", "hold"], Lang::Ja).contains("使い方: renkei hold [オプション]"));
}

#[test]
fn only_slips_have_a_suggestion() {
    assert!(is_near("jsno", "json") && is_near("--fromat", "--format") && is_near("lst", "list"));
    assert!(!is_near("xml", "html") && !is_near("tcsh", "zsh"));
    for arguments in
        [&["renkei", "validate", "--format", "xml", "x"], &["renkei", "completions", "tcsh"][..]]
    {
        let said = said(arguments, Lang::Ja);
        assert!(!said.contains("もしかして"), "{said}");
    }
}

#[test]
fn a_negative_number_is_told_as_one() {
    let said = said(&["renkei", "history", "--limit", "-1"], Lang::Ja);
    assert!(said.contains("0 以上の整数"), "{said}");
}

#[cfg(unix)]
#[test]
fn what_is_no_text_is_told() {
    use std::os::unix::ffi::OsStringExt as _;
    let odd = OsString::from_vec(b"\xFF".to_vec());
    let words = [OsString::from("renkei"), OsString::from("explain"), odd];
    let command = help::localised(Cli::command(), Lang::Ja);
    let error = command.try_get_matches_from(&words).expect_err("refused");
    let said = text(&error, &command_of(&words), Lang::Ja);
    assert!(said.starts_with("引数に、文字として読めないもの"), "{said}");
}

/// A new argument that takes only some values needs its row in [`EXPECTED`].
#[test]
fn every_argument_says_what_it_expects() {
    for lang in LANGS {
        let mut refused = 0;
        for (path, command) in all(lang) {
            for argument in command.get_arguments().filter(|one| one.get_action().takes_values()) {
                let mut words = path.clone();
                words.extend(argument.get_long().map(|long| format!("--{long}")));
                words.push("\u{1}".to_owned());
                let Err(error) = help::localised(Cli::command(), lang).try_get_matches_from(&words)
                else {
                    continue;
                };
                let kinds = [ErrorKind::InvalidValue, ErrorKind::ValueValidation];
                if kinds.contains(&error.kind()) {
                    let told = text(&error, "renkei", lang);
                    let heads = ["指定できるもの: ", "[possible values: ", "[expected: "];
                    assert!(heads.iter().any(|head| told.contains(head)), "{words:?}: {told}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 20, "{refused}");
    }
}

#[test]
fn every_row_of_what_is_expected_is_used() {
    let mut used = BTreeSet::new();
    for (_, command) in all(Lang::En) {
        for argument in command.get_arguments() {
            let listed = !argument.get_possible_values().is_empty();
            let name = match argument.get_long() {
                Some(long) => format!("--{long}"),
                None => argument.get_id().as_str().to_uppercase(),
            };
            used.extend((!listed).then_some(name));
        }
    }
    for (name, ja, en) in EXPECTED {
        assert!(used.contains(*name), "{name} is no argument, or lists its values");
        assert!(!ja.is_ascii() && en.is_ascii(), "{name}");
    }
}

/// `--help` of every command lists every value of every option, and the default.
#[test]
fn help_lists_every_value() {
    for lang in LANGS {
        let mut listed = 0;
        for (path, mut command) in all(lang) {
            let help = command.render_help().to_string();
            // Lines are broken to the width of the terminal.
            let help: String = help.split_whitespace().collect::<Vec<_>>().join(" ");
            for argument in command.get_arguments() {
                let name = argument.get_long().unwrap_or(argument.get_id().as_str());
                assert!(help.contains(name) || argument.is_positional(), "{path:?} {name}: {help}");
                if !argument.get_action().takes_values() {
                    continue;
                }
                let values: Vec<String> = argument
                    .get_possible_values()
                    .iter()
                    .map(|value| value.get_name().to_owned())
                    .collect();
                let together = values.join(lang.pick("、", ", "));
                let broken = help.replace("、 ", "、");
                assert!(broken.contains(&together), "{path:?} {name}: {together} in {help}");
                listed += usize::from(!values.is_empty());
            }
        }
        assert!(listed > 25, "{listed}");
    }
}

#[test]
fn help_is_given_for_every_command_as_a_word_and_as_an_option() {
    for lang in LANGS {
        for (path, _) in all(lang) {
            let words = |texts: &[&str]| texts.iter().map(OsString::from).collect::<Vec<_>>();
            let below: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
            let asked = help::as_option(
                &Cli::command(),
                words(&[&["renkei", "help"], below.as_slice()].concat()),
            );
            let command = help::localised(Cli::command(), lang);
            let error = command.try_get_matches_from(&asked).expect_err("help");
            assert_eq!(error.kind(), ErrorKind::DisplayHelp, "{path:?}");
            let shown = super::help(&error, lang);
            assert!(shown.contains(lang.pick("使い方: ", "Usage: ")), "{path:?}: {shown}");
            assert!(lang == Lang::En || !shown.contains("[OPTIONS]"), "{shown}");
        }
    }
}
