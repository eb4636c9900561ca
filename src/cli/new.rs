//! `renkei new`: sets of invented people, for import tests and measurements.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::unfinished::Unfinished;
use super::usage::{EDITIONS, choices, month};
use super::{UsageError, output, setup};
use crate::spec::Spec;
use crate::synth::{self, Content, Party, Request, SynthError, SynthFile};
use crate::types::{Edition, FileKind, FileSerial, Lang, ServiceMonth, io_text};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 作る送信単位（K1、K2、Y1、3-2 など。all はその版のすべて）
    #[arg(long, value_name = "ID", required_unless_present = "kind", conflicts_with = "kind")]
    unit: Option<String>,
    /// 送信単位でなく、この種類のファイル 1 つだけを作ります（性能測定用。UPPLAN など）
    #[arg(long, value_name = "KIND", value_parser = kinds(), requires = "records")]
    kind: Option<FileKind>,
    /// 標準仕様の版
    #[arg(long, value_name = "EDITION", value_parser = choices::<Edition>(EDITIONS), default_value = "v4.1")]
    edition: Edition,
    /// 利用者の人数
    #[arg(long, value_name = "N", default_value_t = 10, hide_default_value = true)]
    people: u64,
    /// --kind で作るレコードの数
    #[arg(long, value_name = "N", requires = "kind")]
    records: Option<u64>,
    /// サービス提供年月（既定は v4.1 が 202604、v3 が 202401）
    #[arg(long, value_name = "YYYYMM", value_parser = month)]
    month: Option<ServiceMonth>,
    /// 同じ数なら同じ内容、違う数なら別の利用者になります
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true)]
    seed: u64,
    /// ファイル連番（既定は年月と --seed から決めます）
    #[arg(long, value_name = "YYYYMMDDHHMMSS")]
    serial: Option<FileSerial>,
    /// 送信元の事業所番号とサービス種類コード（例 1370000018:43）
    #[arg(long, value_name = "NUMBER:TYPE")]
    from: Option<Party>,
    /// 送信先の事業所番号とサービス種類コード（例 1370000026:11）
    #[arg(long, value_name = "NUMBER:TYPE")]
    to: Option<Party>,
    /// 書き込むフォルダー（なければ作ります。同じ名前のファイルには上書きしません）
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let spec = setup::spec()?;
    let mut files = Vec::new();
    for request in requests(args, spec, lang)? {
        let made = synth::files(spec, &request);
        files.extend(made.map_err(|error| UsageError(explain(&error, lang)))?);
    }
    fs::create_dir_all(&args.out).with_context(|| format!("{}", args.out.display()))?;
    let (count, mut records) = (files.len(), 0);
    for file in files {
        let path = args.out.join(file.name().to_string());
        records += write(file, &path).map_err(|error| failed(&path, &error, lang))?;
    }
    let out = args.out.display();
    output::line(&match lang {
        Lang::Ja => format!(
            "{count} ファイル（{records} レコード）を {out} に書きました。人も事業所も架空のものです。"
        ),
        Lang::En => format!("wrote {count} file(s), {records} record(s) to {out}; all is invented"),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The kinds that are made alone; pictures belong to a send unit.
fn kinds() -> impl TypedValueParser<Value = FileKind> {
    let known = FileKind::ALL.iter().filter(|kind| !kind.is_image()).map(|kind| kind.prefix());
    PossibleValuesParser::new(known)
        .try_map(|text| FileKind::from_prefix(&text).ok_or("no kind of file"))
}

/// One request per send unit.
fn requests(args: &Args, spec: &Spec, lang: Lang) -> Result<Vec<Request>, UsageError> {
    let refused = |error| UsageError(explain(&error, lang));
    let one = |content| {
        let mut request = Request::usual(spec, args.edition, content).map_err(refused)?;
        request.from = args.from.unwrap_or(request.from);
        request.to = args.to.unwrap_or(request.to);
        request.month = args.month.unwrap_or(request.month);
        request.serial = args.serial;
        request.seed = args.seed;
        Ok(request)
    };
    if let (Some(kind), Some(records)) = (args.kind, args.records) {
        return Ok(vec![one(Content::Kind { kind, records })?]);
    }
    let unit = |id: &str| one(Content::Unit { id: id.to_owned(), people: args.people });
    match args.unit.as_deref() {
        Some("all") if args.from.is_some() || args.to.is_some() || args.serial.is_some() => {
            let text = lang.pick(
                "--unit all では送信単位ごとに事業所と連番が違うため、--from、--to、--serial を指定できません。",
                "with --unit all offices and serials differ from unit to unit: leave out --from, --to and --serial",
            );
            Err(UsageError(text.to_owned()))
        }
        Some("all") => spec.units(args.edition).map(|known| unit(&known.id)).collect(),
        id => Ok(vec![unit(id.unwrap_or_default())?]),
    }
}

/// Writes one file as it is made; returns the number of its records. What cannot be finished is
/// removed.
fn write(mut file: SynthFile, path: &Path) -> io::Result<u64> {
    let (unfinished, mut out) = Unfinished::create(path)?;
    file.by_ref().try_for_each(|piece| {
        let piece = piece.map_err(io::Error::other)?;
        out.write_all(&piece)
    })?;
    unfinished.keep();
    Ok(file.records())
}

fn failed(path: &Path, error: &io::Error, lang: Lang) -> anyhow::Error {
    let path = path.display();
    if error.kind() != io::ErrorKind::AlreadyExists {
        return anyhow::anyhow!("{path}: {}", io_text(error, lang));
    }
    let text = match lang {
        Lang::Ja => format!("{path} はすでにあります。上書きはしません。"),
        Lang::En => format!("{path} exists already and is not overwritten"),
    };
    UsageError(text).into()
}

/// What cannot be made, and what can.
fn explain(error: &SynthError, lang: Lang) -> String {
    if lang == Lang::En {
        return error.to_string();
    }
    match error {
        SynthError::UnknownUnit { edition, known } => {
            format!("{edition} の送信単位は {}、またはすべてを作る all です。", known.join("、"))
        }
        SynthError::KindNotInEdition { kind, edition } => {
            format!("{edition} に {kind} はありません。")
        }
        SynthError::Picture => "画像は送信単位 Y1 か Y2 で作ります。".to_owned(),
        SynthError::MonthOutsideEdition { edition, month } => {
            format!("{month} は {edition} を使う年月ではありません。")
        }
        SynthError::NoCareManager { code } => format!(
            "ケアマネジャー側のサービス種類コードは 43、46、AF のどれかです（{code} が指定されました）。"
        ),
        SynthError::NotExchanged { code } => {
            format!("サービス種類 {code} は連携の対象ではありません。")
        }
        SynthError::WrongSide { preventive } => {
            let side = if *preventive { "介護予防" } else { "介護給付" };
            format!(
                "指定された事業所は{side}のものですが、この送信単位は{side}のものではありません。"
            )
        }
        SynthError::NotLocal => "AF と組み合わせるのは総合事業（A1〜A8）です。".to_owned(),
        SynthError::Serial => "ファイル連番は実在する日時（YYYYMMDDHHMMSS）です。".to_owned(),
        SynthError::Size => {
            format!("人数とレコード数は 1 から {} までです。", Request::MOST_PEOPLE)
        }
        SynthError::Party(_) => {
            "事業所は 1370000018:43 のように、番号と種類で指定します。".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_speaks_japanese() {
        let code = "11".parse().expect("a code");
        let month = "202604".parse().expect("a month");
        let (edition, kind) = (Edition::V3, FileKind::Up3kyo);
        for error in [
            SynthError::UnknownUnit { edition, known: vec!["3-1".to_owned()] },
            SynthError::KindNotInEdition { kind, edition },
            SynthError::Picture,
            SynthError::MonthOutsideEdition { edition, month },
            SynthError::NoCareManager { code },
            SynthError::NotExchanged { code },
            SynthError::WrongSide { preventive: true },
            SynthError::NotLocal,
            SynthError::Serial,
            SynthError::Size,
            SynthError::Party(crate::synth::ParsePartyError),
        ] {
            assert!(!explain(&error, Lang::Ja).is_ascii(), "{error}");
            assert!(!explain(&error, Lang::En).is_empty());
        }
    }
}
