//! What is wrong with a command line, in the reader's language: what was written, what is expected,
//! and what may have been meant.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, EXIT_FAILED, EXIT_USAGE, output};
use crate::types::Lang;

/// What an argument wants whose values are no short list, by its name: `--name` or `NAME`.
const EXPECTED: &[(&str, &str)] = &[
    (
        "--format",
        "text、json、ndjson、junit、sarif、csv、html、github（後に =ファイル名 を付けられます）",
    ),
    ("--from", "事業所番号:サービス種類（例 1370000018:43）"),
    ("--kind", "ファイルの種類（例 UPPLAN）"),
    ("--limit", "0 以上の整数"),
    ("--month", "年月（例 202604）"),
    ("--office", OFFICE),
    ("--partner", OFFICE),
    ("--people", "1 以上の整数"),
    ("--pin", "事業所番号=証明書の SHA-256（16 進 64 桁）"),
    ("--records", "1 以上の整数"),
    ("--seed", "0 以上の整数"),
    ("--serial", "連番（年月日時分秒、14 桁。例 20260401101500）"),
    ("--since", "日付（例 2026-04-01）"),
    ("--to", "v3 か v4.1（renkei new では 事業所番号:サービス種類、例 1370000026:11）"),
    ("--types", "事業所番号=サービス種類（例 1370000026=11）"),
    ("--edition", "v3 か v4.1"),
    ("--lang", "ja か en"),
    ("ID", "renkei hold list の ID（例 h12、またはメッセージ ID）"),
    ("--reason", "英小文字・数字・ハイフンの符号（例 duplicate）"),
    ("PARTNER|ID", "相手の事業所番号、またはメッセージ ID"),
    ("MESSAGE_ID", "メッセージ ID（renkei history の一番右の欄にあります）"),
    ("OFFICE", OFFICE),
];

const OFFICE: &str = "事業所番号（数字または英大文字 10 桁）";

/// Prints what clap found wrong, or the help that was asked for.
pub(super) fn answer(error: &clap::Error, arguments: &[OsString], lang: Lang) -> ExitCode {
    if !error.use_stderr() {
        let help = match lang {
            Lang::En => error.to_string(),
            Lang::Ja => error.to_string().replace("[OPTIONS]", "[オプション]"),
        };
        let printed = output::line(help.trim_end());
        return if printed.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILED) };
    }
    let text = match lang {
        Lang::En => error.to_string(),
        Lang::Ja => japanese(error, &command_of(arguments)),
    };
    output::error(text.trim_end());
    ExitCode::from(EXIT_USAGE)
}

/// The command with those above it, as far as the arguments name one: `renkei certs request`.
fn command_of(arguments: &[OsString]) -> String {
    let cli = Cli::command();
    let (mut command, mut path) = (&cli, "renkei".to_owned());
    for argument in arguments.iter().skip(1).filter_map(|argument| argument.to_str()) {
        let Some(below) = command.find_subcommand(argument) else { continue };
        command = below;
        path.push(' ');
        path.push_str(command.get_name());
    }
    path
}

fn japanese(error: &clap::Error, command: &str) -> String {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    let mut lines = Vec::new();
    match error.kind() {
        ErrorKind::UnknownArgument => lines.push(format!("{argument} という引数はありません。")),
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand);
            lines.push(format!("{name} というコマンドはありません。"));
        }
        ErrorKind::MissingRequiredArgument => {
            lines.push(format!("{argument} を指定してください。"));
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            lines.push(format!("{argument} に値を指定してください。"));
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            lines.push(format!("{argument} に {value} は指定できません。"));
        }
        ErrorKind::ArgumentConflict => {
            lines.push(format!("{argument} は、ほかの引数と一緒に指定できません。"));
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            return error.to_string();
        }
        _ => lines.push(error.to_string()),
    }
    lines.extend(expected(error, &argument).map(|text| format!("指定できるもの: {text}")));
    lines.extend(meant(error).map(|text| format!("もしかして: {text}")));
    format!("{}\n\n詳しくは {command} --help をご覧ください。", lines.join("\n"))
}

/// What may stand there.
fn expected(error: &clap::Error, argument: &str) -> Option<String> {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => Some(values.join("、")),
        _ if error.kind() == ErrorKind::ValueValidation => {
            // `--since <DATE>`, `<OFFICE>`
            let name = argument.split_whitespace().next().unwrap_or_default();
            let name = name.trim_matches(|c| matches!(c, '<' | '>' | '[' | ']' | '.'));
            let found = EXPECTED.iter().find(|(known, _)| *known == name);
            found.map(|(_, text)| (*text).to_owned())
        }
        _ => None,
    }
}

/// What may have been meant.
fn meant(error: &clap::Error) -> Option<String> {
    let kinds =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) if !texts.is_empty() => Some(texts.join("、")),
        _ => None,
    })
}

/// The values of an argument that takes only some, and its default, as a part of a Japanese help
/// text.
pub(super) fn values(argument: &clap::Arg) -> String {
    let possible = argument.get_possible_values();
    let possible: Vec<_> = possible.iter().map(clap::builder::PossibleValue::get_name).collect();
    let defaults = argument.get_default_values().iter().filter_map(|value| value.to_str());
    let defaults = defaults.collect::<Vec<_>>().join(" ");
    match (possible.is_empty(), defaults.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!("（初期値 {defaults}）"),
        (false, true) => format!("（{}）", possible.join("、")),
        (false, false) => format!("（{}。初期値 {defaults}）", possible.join("、")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::super::help;
    use super::*;

    /// Every command with the words that call it.
    fn commands(command: &Command, path: &[String], found: &mut Vec<(Vec<String>, Command)>) {
        found.push((path.to_vec(), command.clone()));
        for below in command.get_subcommands() {
            let path: Vec<_> = path.iter().cloned().chain([below.get_name().to_owned()]).collect();
            commands(below, &path, found);
        }
    }

    fn said(arguments: &[&str]) -> String {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let command = help::localised(Cli::command(), Lang::Ja);
        let error = command.try_get_matches_from(&arguments).expect_err("refused");
        japanese(&error, &command_of(&arguments))
    }

    #[test]
    fn a_mistake_is_told_with_what_may_stand_there_and_what_was_meant() {
        let said_format = said(&["renkei", "validate", "--format", "xml", "x"]);
        for part in ["--format", "xml は指定できません", "junit、sarif", "renkei validate --help"]
        {
            assert!(said_format.contains(part), "{part}: {said_format}");
        }
        let said_since = said(&["renkei", "history", "--since", "2026/04/01"]);
        assert!(said_since.contains("例 2026-04-01"), "{said_since}");
        let said_office = said(&["renkei", "certs", "request", "12345"]);
        assert!(said_office.contains("10 桁") && said_office.contains("renkei certs request"));
        let said_level = said(&["renkei", "rules", "--level", "L9"]);
        assert!(said_level.contains("L1、L2、L3"), "{said_level}");
        for (arguments, meant) in [
            (&["renkei", "valdate"][..], "もしかして: validate"),
            (&["renkei", "validate", "--fromat", "json", "x"], "もしかして: --format"),
        ] {
            let said = said(arguments);
            assert!(said.contains(meant), "{said}");
        }
    }

    /// A new argument that takes only some values needs its line in [`EXPECTED`].
    #[test]
    fn every_argument_says_what_it_expects() {
        let mut all = Vec::new();
        commands(&Cli::command(), &["renkei".to_owned()], &mut all);
        let mut refused = 0;
        for (path, command) in all {
            for argument in command.get_arguments().filter(|one| one.get_action().takes_values()) {
                let mut words = path.clone();
                words.extend(argument.get_long().map(|long| format!("--{long}")));
                words.push("\u{1}".to_owned());
                let Err(error) = Cli::command().try_get_matches_from(&words) else { continue };
                let kinds = [ErrorKind::InvalidValue, ErrorKind::ValueValidation];
                if kinds.contains(&error.kind()) {
                    let told = japanese(&error, "renkei");
                    assert!(told.contains("指定できるもの: "), "{words:?}: {told}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 20, "{refused}");
    }
}
