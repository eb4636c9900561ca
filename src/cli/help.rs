//! Help in the reader's language.
//!
//! The texts beside the arguments are Japanese; the English ones stand in one table. A test
//! makes sure that none is missing.

mod english;

use std::ffi::OsString;

use clap::{ColorChoice, Command};

use super::usage;
use crate::types::Lang;
use english::ENGLISH;

const HELP_JA: &str = "{before-help}{about}\n\n使い方: {usage}\n\n{all-args}{after-help}";
const HELP_EN: &str = "{before-help}{about}\n\nUsage: {usage}\n\n{all-args}{after-help}";

/// The language that the arguments ask for, read before they are parsed, so that even a usage
/// error speaks it.
pub(super) fn lang_of(arguments: &[OsString]) -> Lang {
    let texts: Vec<_> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let english =
        texts.contains(&"--lang=en") || texts.windows(2).any(|pair| pair == ["--lang", "en"]);
    if english { Lang::En } else { Lang::Ja }
}

/// `renkei help COMMAND` is what many programs call `renkei COMMAND --help`; `help` may stand
/// wherever a command is expected.
pub(super) fn as_option(whole: &Command, mut arguments: Vec<OsString>) -> Vec<OsString> {
    let mut command = whole;
    let mut place = 1;
    while let Some(word) = arguments.get(place).and_then(|argument| argument.to_str()) {
        if word == "help" && command.has_subcommands() {
            arguments.remove(place);
            arguments.push("--help".into());
            break;
        }
        // The language may stand before the command.
        place += match command.find_subcommand(word) {
            Some(below) => {
                command = below;
                1
            }
            None if word == "--lang" => 2,
            None if word.starts_with("--lang=") => 1,
            None => break,
        };
    }
    arguments
}

/// The command without what is hidden, for completions and manual pages.
pub(super) fn public(command: Command, lang: Lang) -> Command {
    let whole = localised(command, lang);
    let shown = whole.get_subcommands().filter(|below| !below.is_hide_set()).cloned();
    Command::new("renkei")
        .version(env!("CARGO_PKG_VERSION"))
        .about(whole.get_about().cloned().unwrap_or_default())
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .subcommand_help_heading(lang.pick("コマンド", "Commands"))
        .subcommand_value_name(lang.pick("コマンド", "COMMAND"))
        .args(whole.get_arguments().cloned())
        .subcommands(shown)
}

/// The command with its texts in the language.
pub(super) fn localised(command: Command, lang: Lang) -> Command {
    let command = command.color(ColorChoice::Never);
    translate(command, lang, "")
}

/// `path` names the command with those above it.
fn translate(mut command: Command, lang: Lang, path: &str) -> Command {
    let top = path.is_empty();
    command = command
        .help_template(lang.pick(HELP_JA, HELP_EN))
        .subcommand_help_heading(lang.pick("コマンド", "Commands"))
        .subcommand_value_name(lang.pick("コマンド", "COMMAND"))
        .disable_help_flag(true)
        .arg(
            clap::Arg::new("help")
                .long("help")
                .short('h')
                .action(clap::ArgAction::Help)
                .help("この説明を表示します"),
        );
    if top {
        command = command.disable_version_flag(true).disable_help_subcommand(true).arg(
            clap::Arg::new("version")
                .long("version")
                .short('V')
                .action(clap::ArgAction::Version)
                .help("版を表示します"),
        );
    }
    if let (Lang::En, Some(text)) = (lang, english(path, None)) {
        command = command.about(text).long_about(None);
    }
    let (options, arguments) = (lang.pick("オプション", "Options"), lang.pick("引数", "Arguments"));
    command = command.mut_args(|argument| {
        let heading = if argument.is_positional() { arguments } else { options };
        let argument = argument.help_heading(heading);
        match english(path, Some(&label(&argument))) {
            Some(text) if lang == Lang::En => argument.help(text).long_help(None),
            _ if lang == Lang::Ja => with_values(argument),
            _ => argument,
        }
    });
    command.mut_subcommands(|subcommand| {
        let path = format!("{path} {}", subcommand.get_name());
        translate(subcommand, lang, path.trim_start())
    })
}

/// A Japanese help text with the values of the argument and its default.
fn with_values(argument: clap::Arg) -> clap::Arg {
    if !argument.get_action().takes_values() {
        return argument;
    }
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let help = format!("{help}{}", usage::values(&argument));
    argument.help(help).hide_default_value(true).hide_possible_values(true)
}

/// How an argument is called in the table: `--name` or `NAME`.
fn label(argument: &clap::Arg) -> String {
    match argument.get_long() {
        Some(long) => format!("--{long}"),
        None => argument.get_id().as_str().to_uppercase(),
    }
}

fn english(command: &str, argument: Option<&str>) -> Option<&'static str> {
    row(command, argument).map(|(_, text)| *text)
}

/// The row of a command, or of an argument: its own, or that of all that are called so.
fn row(command: &str, argument: Option<&str>) -> Option<&'static (&'static str, &'static str)> {
    let find = |key: &str| ENGLISH.iter().find(|(name, _)| *name == key);
    match argument {
        None => find(command),
        Some(argument) => find(format!("{command} {argument}").trim()).or_else(|| find(argument)),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    /// Every text of the command tree in both languages, with its place.
    fn texts(lang: Lang) -> Vec<(String, String)> {
        fn collect(command: &Command, path: &str, found: &mut Vec<(String, String)>) {
            let text = |text: Option<&clap::builder::StyledStr>| {
                text.map(ToString::to_string).unwrap_or_default()
            };
            found.push((path.to_owned(), text(command.get_about())));
            for argument in command.get_arguments() {
                found.push((format!("{path} {}", label(argument)), text(argument.get_help())));
            }
            for subcommand in command.get_subcommands() {
                collect(subcommand, &format!("{path} {}", subcommand.get_name()), found);
            }
        }
        let mut found = Vec::new();
        collect(&localised(Cli::command(), lang), "", &mut found);
        found
    }

    #[test]
    fn every_text_speaks_both_languages() {
        for ((place, ja), (_, en)) in texts(Lang::Ja).into_iter().zip(texts(Lang::En)) {
            assert!(!ja.is_ascii(), "{place}: no Japanese text: {ja:?}");
            assert!(!en.is_empty() && en.is_ascii(), "{place}: no English text: {en:?}");
        }
    }

    #[test]
    fn help_is_a_command_too() {
        let arguments = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let whole = Cli::command();
        for (asked, meant) in [
            (&["renkei", "help"][..], &["renkei", "--help"][..]),
            (&["renkei", "help", "certs", "request"], &["renkei", "certs", "request", "--help"]),
            (&["renkei", "certs", "help", "request"], &["renkei", "certs", "request", "--help"]),
            (
                &["renkei", "--lang", "en", "help", "fix"],
                &["renkei", "--lang", "en", "fix", "--help"],
            ),
            (&["renkei", "--lang=en", "help"], &["renkei", "--lang=en", "--help"]),
            (&["renkei", "explain", "help"], &["renkei", "explain", "help"]),
            (&["renkei", "validate", "x", "help"], &["renkei", "validate", "x", "help"]),
        ] {
            assert_eq!(as_option(&whole, arguments(asked)), arguments(meant));
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        localised(Cli::command(), Lang::Ja).debug_assert();
    }

    /// A row that no command and no argument takes is dead, one that is hidden behind another too.
    #[test]
    fn no_english_text_is_dead() {
        fn collect(command: &Command, path: &str, taken: &mut Vec<&'static str>) {
            taken.extend(row(path, None).map(|(name, _)| *name));
            for argument in command.get_arguments() {
                taken.extend(row(path, Some(&label(argument))).map(|(name, _)| *name));
            }
            for subcommand in command.get_subcommands() {
                let path = format!("{path} {}", subcommand.get_name());
                collect(subcommand, path.trim_start(), taken);
            }
        }
        let mut taken = Vec::new();
        collect(&localised(Cli::command(), Lang::En), "", &mut taken);
        for (name, _) in ENGLISH {
            assert!(taken.contains(name), "nothing takes the text of {name:?}");
        }
        let mut names: Vec<_> = ENGLISH.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ENGLISH.len(), "a name stands twice");
    }
}
