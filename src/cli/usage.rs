//! What is wrong with a command line, in the reader's language: what was written, what is expected,
//! and what may have been meant.

use std::ffi::OsString;
use std::process::ExitCode;
use std::str::FromStr;

use clap::CommandFactory as _;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, EXIT_FAILED, EXIT_USAGE, output};
use crate::types::nearest::is_slip;
use crate::types::{Lang, ServiceMonth};

/// What an argument wants whose values are no short list, by its name, `--name` or `NAME`: in
/// Japanese and in English.
const EXPECTED: &[(&str, &str, &str)] = &[
    ("--days", "1 から 3650 までの整数", "a whole number from 1 to 3650"),
    ("--expect", "30 桁の数字（5 桁ずつ 6 組）", "30 digits, in six groups of five"),
    ("--from", PARTY.0, PARTY.1),
    ("--limit", "0 以上の整数", "a whole number"),
    (
        "--listen",
        "IP アドレス:ポート（例 0.0.0.0:8443）",
        "an address and a port, such as 0.0.0.0:8443",
    ),
    ("--month", "年月（例 2026-04、202604）", "a month, such as 2026-04 or 202604"),
    ("--office", OFFICE.0, OFFICE.1),
    ("--partner", OFFICE.0, OFFICE.1),
    ("--people", "1 以上の整数", "a whole number from 1"),
    (
        "--pin",
        "事業所番号=証明書の SHA-256（16 進 64 桁）",
        "an office number, = and the SHA-256 of a certificate, 64 hexadecimal digits",
    ),
    ("--records", "1 以上の整数", "a whole number from 1"),
    ("--seed", "0 以上の整数", "a whole number"),
    (
        "--serial",
        "連番（年月日時分秒、14 桁。例 20260401101500）",
        "a file serial: date and time in 14 digits, such as 20260401101500",
    ),
    (
        "--service-types",
        "サービス種類コード（2 桁。例 43、複数は 43,46）",
        "service types of 2 characters, such as 43 or 43,46",
    ),
    ("--since", "日付（例 2026-04-01）", "a date, such as 2026-04-01"),
    ("--to", PARTY.0, PARTY.1),
    (
        "--types",
        "事業所番号=サービス種類（例 1370000026=11）",
        "an office number, = and a service type, such as 1370000026=11",
    ),
    (
        "--url",
        "https://ホスト名:ポート（例 https://renkei.example.jp:8443）",
        "https://host:port without a path, such as https://renkei.example.jp:8443",
    ),
    (
        "ID",
        "renkei hold list の ID（例 h12、またはメッセージ ID）",
        "an id of renkei hold list: such as h12, or a message id",
    ),
    (
        "MESSAGE_ID",
        "メッセージ ID（renkei history の一番右の欄にあります）",
        "a message id, the last column of renkei history",
    ),
    (
        "NAME",
        "名前（文字・数字で始まる 40 文字まで。記号は . _ - @ と間の空白）",
        "a name of up to 40 letters and digits, with . _ - @ and single spaces between them",
    ),
    ("PARTNER", OFFICE.0, OFFICE.1),
    ("OFFICE", OFFICE.0, OFFICE.1),
];

const OFFICE: (&str, &str) =
    ("事業所番号（数字または英大文字 10 桁）", "an office number: 10 digits or capital letters");

const PARTY: (&str, &str) = (
    "事業所番号:サービス種類（例 1370000018:43）",
    "an office number, : and a service type, such as 1370000018:43",
);

/// The editions as arguments name them.
pub(super) const EDITIONS: &[&str] = &["v3", "v4.1"];

/// A month as people write it: 2026-04, or 202604.
pub(super) fn month(text: &str) -> Result<ServiceMonth, String> {
    let digits: String = text.chars().filter(|character| *character != '-').collect();
    ServiceMonth::from_bytes(digits.as_bytes()).map_err(|_| "YYYY-MM".to_owned())
}

/// Takes only these values, which help and mistakes list.
pub(super) fn choices<T>(names: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>())
}

/// Prints what clap found wrong, or the help that was asked for.
pub(super) fn answer(error: &clap::Error, arguments: &[OsString], lang: Lang) -> ExitCode {
    if !error.use_stderr() {
        let printed = output::line(help(error, lang).trim_end());
        return if printed.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILED) };
    }
    output::error(text(error, &command_of(arguments), lang).trim_end());
    ExitCode::from(EXIT_USAGE)
}

/// What is wrong, or the help of a command that cannot do without arguments.
fn text(error: &clap::Error, command: &str, lang: Lang) -> String {
    match (error.kind(), lang) {
        (ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, _) => help(error, lang),
        (ErrorKind::ValueValidation, Lang::En) => english(error, command),
        (_, Lang::En) => error.to_string(),
        (_, Lang::Ja) => japanese(error, command),
    }
}

fn help(error: &clap::Error, lang: Lang) -> String {
    match lang {
        Lang::En => error.to_string(),
        Lang::Ja => error.to_string().replace("[OPTIONS]", "[オプション]"),
    }
}

/// A value that does not parse: the reasons of parsers are written for programs.
fn english(error: &clap::Error, command: &str) -> String {
    let context = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    match expected(error, &argument, Lang::En) {
        None => error.to_string(),
        Some(expected) => format!(
            "error: invalid value '{value}' for '{argument}'\n  [expected: {expected}]\n\n\
             For more information, try '{command} --help'."
        ),
    }
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
    lines.push(match error.kind() {
        ErrorKind::UnknownArgument => format!("{argument} という引数はありません。"),
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand);
            format!("{name} というコマンドはありません。")
        }
        ErrorKind::MissingSubcommand => "コマンドを指定してください。".to_owned(),
        ErrorKind::MissingRequiredArgument => {
            format!("{} を指定してください。", argument.replace(", ", "、"))
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            format!("{argument} に値を指定してください。")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("{argument} に {value} は指定できません。")
        }
        ErrorKind::TooManyValues => {
            format!("{argument} に値は付けられません（{value} が指定されました）。")
        }
        ErrorKind::ArgumentConflict => {
            let others = context(ContextKind::PriorArg).replace(", ", "、");
            if others.is_empty() || others == argument {
                format!("{argument} は 1 回だけ指定できます。")
            } else {
                format!("{argument} と {others} は、一緒に指定できません。")
            }
        }
        ErrorKind::InvalidUtf8 => "引数に、文字として読めないものがあります。".to_owned(),
        _ => format!("コマンドの書き方に誤りがあります。\n{}", error.to_string().trim_end()),
    });
    if let Some(ContextValue::Strings(commands)) = error.get(ContextKind::ValidSubcommand)
        && error.kind() == ErrorKind::MissingSubcommand
    {
        lines.push(format!("指定できるもの: {}", commands.join("、")));
    }
    lines
        .extend(expected(error, &argument, Lang::Ja).map(|text| format!("指定できるもの: {text}")));
    lines.extend(meant(error).map(|text| format!("もしかして: {text}")));
    format!("{}\n\n詳しくは {command} --help をご覧ください。", lines.join("\n"))
}

/// What may stand there.
fn expected(error: &clap::Error, argument: &str, lang: Lang) -> Option<String> {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => {
            Some(values.join(lang.pick("、", ", ")))
        }
        _ if error.kind() == ErrorKind::ValueValidation => {
            // `--since <DATE>`, `<OFFICE>`
            let name = argument.split_whitespace().next().unwrap_or_default();
            let name = name.trim_matches(|c| matches!(c, '<' | '>' | '[' | ']' | '.'));
            let found = EXPECTED.iter().find(|(known, ..)| *known == name);
            found.map(|(_, ja, en)| lang.pick(ja, en).to_owned())
        }
        _ => None,
    }
}

/// What may have been meant.
fn meant(error: &clap::Error) -> Option<String> {
    let kinds =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let given =
        [ContextKind::InvalidArg, ContextKind::InvalidSubcommand, ContextKind::InvalidValue];
    kinds.into_iter().zip(given).find_map(|(kind, given)| {
        let given = error.get(given).map(ToString::to_string).unwrap_or_default();
        let near: Vec<&str> = match error.get(kind)? {
            ContextValue::String(text) => vec![text],
            ContextValue::Strings(texts) => texts.iter().map(String::as_str).collect(),
            _ => return None,
        };
        let near: Vec<&str> = near.into_iter().filter(|known| is_near(&given, known)).collect();
        (!near.is_empty()).then(|| near.join("、"))
    })
}

/// Whether one word may be a slip for another, values behind `=` aside.
fn is_near(given: &str, known: &str) -> bool {
    let word = |text: &str| text.split('=').next().unwrap_or_default().to_owned();
    is_slip(&word(given), &word(known))
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
mod tests;
