//! `renkei convert`: sets in the other edition.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::copies::{self, Copy};
use super::fix::Format;
use super::usage::{EDITIONS, choices};
use super::{EXIT_NO, UsageError, output, setup};
use crate::repair::{
    Conversion, ConvertError, Converted, Gap, Loss, OfficeTypes, conversion_text, convert,
};
use crate::rules::{self, Counts, Options, SourceFile};
use crate::types::{Edition, Lang, OfficeNumber, ServiceType, io_text};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 変換先の版
    #[arg(long, value_name = "EDITION", value_parser = choices::<Edition>(EDITIONS))]
    to: Edition,
    /// 変換したファイルを書き出すフォルダー（省くと、変換で失われるものを示すだけです）
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// 事業所のサービス種類コード（v4.1 のファイル名に使います。何度でも指定できます）
    #[arg(long, value_name = "OFFICE=TYPE", value_parser = office_type)]
    types: Vec<(OfficeNumber, ServiceType)>,
    /// 事業所とサービス種類コードの一覧（TOML、事業所番号 = 種類コード）
    #[arg(long, value_name = "FILE")]
    partners: Option<PathBuf>,
    /// 事業所のサービス種類コードを、この設定ファイルから読みます
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// 失われる値や足りないファイルがあっても書き出します
    #[arg(long)]
    allow_loss: bool,
    /// 出力の形式
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// 変換するファイル、またはフォルダー（送信単位ごとにそろえてください）
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

fn office_type(text: &str) -> Result<(OfficeNumber, ServiceType), String> {
    let wrong = || "OFFICE=TYPE (1370000026=11)".to_owned();
    let (office, code) = text.split_once('=').ok_or_else(wrong)?;
    Ok((office.parse().map_err(|_| wrong())?, code.parse().map_err(|_| wrong())?))
}

/// The report as programs read it.
#[derive(Serialize)]
struct ConvertReport<'r> {
    schema: &'static str,
    to: Edition,
    files: &'r [Converted],
    losses: &'r [Loss],
    gaps: &'r [Gap],
    /// What the checks find in the result.
    findings: Counts,
    written: bool,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let spec = setup::spec()?;
    let types = types(args, lang)?;
    let inputs = copies::read(&args.paths, lang)?;
    let sources: Vec<SourceFile<'_>> =
        inputs.iter().map(|input| SourceFile { name: &input.name, bytes: &input.bytes }).collect();
    let before = rules::check(spec, &sources, &Options::default());
    if before.has_errors() {
        output::line(rules::text(&before, lang, true).trim_end())?;
        output::error(lang.pick(
            "renkei: 変換の前に、上の誤りを直してください。文字コードや改行などは renkei fix で直せます。",
            "renkei: mend these errors first; renkei fix helps with encoding, line ends and the like",
        ));
        return Ok(ExitCode::from(EXIT_NO));
    }
    let conversion = convert(spec, &sources, args.to, &types)
        .map_err(|error| UsageError(refusal(&error, lang)))?;
    let after = rules::check(spec, &conversion.sources(), &Options::default());
    let complete = conversion.is_clean() && !after.has_errors();
    let accepted = !conversion.files.is_empty() && (complete || args.allow_loss);
    let written = args.out.is_some() && accepted;
    if let (Some(folder), true) = (&args.out, accepted) {
        let copy = |file| {
            let Converted { name, bytes, .. }: &Converted = file;
            Copy { name, bytes }
        };
        let ready: Vec<Copy<'_>> = conversion.files.iter().map(copy).collect();
        copies::write(folder, &ready, lang)?;
    }
    match args.format {
        Format::Json => {
            let report = ConvertReport {
                schema: "renkei.convert/1",
                to: args.to,
                files: &conversion.files,
                losses: &conversion.losses,
                gaps: &conversion.gaps,
                findings: after.counts,
                written,
            };
            output::line(&serde_json::to_string_pretty(&report).context("report")?)?;
        }
        Format::Text => {
            let mut text = text(&conversion, lang);
            // What is missing explains the errors, unless there is nothing missing.
            if after.has_errors() && conversion.gaps.is_empty() {
                text.push_str(&rules::text(&after, lang, true));
            }
            text.push_str(closing(args, &conversion, written, accepted, lang));
            output::line(text.trim_end())?;
        }
    }
    Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}

fn text(conversion: &Conversion, lang: Lang) -> String {
    let mut text = String::new();
    for file in &conversion.files {
        let note =
            if file.unchanged { lang.pick("（そのまま）", " (as it was)") } else { "" };
        let _ = writeln!(text, "{} → {}{note}", file.from, file.name);
    }
    text.push_str(&conversion_text(&conversion.losses, &conversion.gaps, conversion.to, lang));
    text
}

fn closing(
    args: &Args,
    conversion: &Conversion,
    written: bool,
    accepted: bool,
    lang: Lang,
) -> &'static str {
    let untouched = conversion.losses.is_empty()
        && conversion.files.iter().all(|file| file.unchanged)
        && !written;
    if conversion.files.is_empty() {
        lang.pick("変換できるファイルがありません。", "There is nothing that can be converted.")
    } else if untouched {
        lang.pick("すべて、すでに変換先の版です。", "All files are of that edition already.")
    } else if written {
        lang.pick("書き出しました。", "Written.")
    } else if accepted {
        lang.pick(
            "変換できます（--out でフォルダーを指定してください）。",
            "This can be converted (name a folder with --out).",
        )
    } else if args.allow_loss {
        ""
    } else {
        lang.pick(
            "書き出していません。上の内容でよければ --allow-loss を付けて実行してください。",
            "Nothing was written. If this is acceptable, run again with --allow-loss.",
        )
    }
}

/// The service types from the arguments, the list of partners and the configuration; what stands
/// in a nearer place replaces what stands in a farther one.
fn types(args: &Args, lang: Lang) -> anyhow::Result<OfficeTypes> {
    let mut types = OfficeTypes::new();
    if let Some(path) = &args.config {
        let config = setup::config(path, lang)?;
        let offices = config.offices.into_iter().map(|own| (own.number, own.service_types));
        let peers = config.peers.into_iter().map(|peer| (peer.office, peer.service_types));
        types.extend(offices.chain(peers));
    }
    if let Some(path) = &args.partners {
        types.extend(partners(path, lang)?);
    }
    let mut own = OfficeTypes::new();
    for (office, code) in &args.types {
        own.entry(*office).or_default().push(*code);
    }
    types.extend(own);
    Ok(types)
}

/// One service type or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    One(ServiceType),
    Several(Vec<ServiceType>),
}

fn partners(path: &Path, lang: Lang) -> Result<OfficeTypes, UsageError> {
    let broken = |what: String| {
        let path = path.display();
        UsageError(match lang {
            Lang::Ja => format!(
                "事業所の一覧 {path} を読めません（{what}）。\"1370000026\" = [\"11\"] の形で書いてください。"
            ),
            Lang::En => format!(
                "cannot read the list of partners {path}: {what}; write \"1370000026\" = [\"11\"]"
            ),
        })
    };
    let bytes = copies::read_file(path).map_err(|error| broken(io_text(&error, lang)))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        broken(lang.pick("文字コードが UTF-8 ではありません", "it is not UTF-8").to_owned())
    })?;
    let listed: BTreeMap<OfficeNumber, Listed> =
        toml::from_str(&text).map_err(|error| broken(error.message().to_owned()))?;
    let several = |listed| match listed {
        Listed::One(code) => vec![code],
        Listed::Several(codes) => codes,
    };
    Ok(listed.into_iter().map(|(office, listed)| (office, several(listed))).collect())
}

/// What cannot be converted, and which arguments help.
fn refusal(error: &ConvertError, lang: Lang) -> String {
    let hint = match error {
        ConvertError::UnknownTypes { .. } => lang.pick(
            "--types 事業所番号=種類コード、--partners、--config のいずれかで指定してください。",
            "; name them with --types OFFICE=TYPE, --partners or --config",
        ),
        ConvertError::SeveralTypes { .. } => lang.pick(
            "--types 事業所番号=種類コード で指定してください。",
            " Name it with --types OFFICE=TYPE.",
        ),
        ConvertError::Name { .. } | ConvertError::Record { .. } | ConvertError::SameName { .. } => {
            ""
        }
    };
    error.text(lang) + hint
}
