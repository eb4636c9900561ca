//! `renkei fix`: corrected copies of files.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use serde::Serialize;

use super::copies::{self, Copy};
use super::{EXIT_NO, UsageError, output, setup};
use crate::record::{Quoting, ms932};
use crate::repair::{self, Change, ChangeCounts, FixOptions, Fixed, Unusable, fix_text, unusable};
use crate::rules::render::{visible, visible_line};
use crate::spec::{Glyphs, Spec};
use crate::types::{FileName, Lang, io_text};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 直した写しを書き出すフォルダー（省くと、直すところを示すだけです）
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// 自事業所の置き換え表（CSV、列は from,to）。書かれた文字は承認済みとして置き換えます
    #[arg(long, value_name = "FILE")]
    glyphs: Option<PathBuf>,
    /// 内蔵の表にある、形の似た文字への置き換え（𠮷→吉 など）を承認します
    #[arg(long)]
    approve_glyphs: bool,
    /// 写しの引用符の形（strict は標準仕様のとおり自由記述だけ、all はすべて、minimal は必要なときだけ）
    #[arg(long, value_enum, value_name = "STYLE")]
    quoting: Option<Style>,
    /// 出力の形式
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// 直すファイル、またはフォルダー（下の階層も調べます）
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

/// A style of quoting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Style {
    Strict,
    All,
    Minimal,
}

impl Style {
    const fn quoting(self) -> Quoting {
        match self {
            Self::Strict => Quoting::Strict,
            Self::All => Quoting::All,
            Self::Minimal => Quoting::Minimal,
        }
    }

    /// Writes a copy in this style. One that still has errors in its form stays as it is: that is told,
    /// and what its quotes mean is not certain.
    fn apply(self, spec: &Spec, fixed: &mut Fixed) {
        let bare = fixed.name.rsplit('/').next().unwrap_or_default();
        let name = FileName::parse(bare).ok().filter(|name| !name.kind.is_image());
        if let Some((name, bytes)) = name.zip(fixed.bytes.as_deref())
            && let Ok(copy) = repair::requote(spec, &name, bytes, self.quoting())
        {
            fixed.bytes = Some(copy);
        }
    }
}

/// The report as programs read it.
#[derive(Serialize)]
struct FixReport<'r> {
    schema: &'static str,
    counts: ChangeCounts,
    /// Changes that are counted and not listed.
    omitted: u64,
    files: Vec<Row<'r>>,
    changes: Vec<&'r Change>,
}

#[derive(Serialize)]
struct Row<'r> {
    #[serde(flatten)]
    fixed: &'r Fixed,
    counts: ChangeCounts,
    /// Whether the copy was written.
    written: bool,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let spec = setup::spec()?;
    let office = args.glyphs.as_deref().map(|path| office_list(path, lang)).transpose()?;
    let options = FixOptions { office: office.as_ref(), approve_shipped: args.approve_glyphs };
    let inputs = copies::read(&args.paths, lang)?;
    let mut all = Vec::with_capacity(inputs.len());
    for input in &inputs {
        let bare = input.name.rsplit('/').next().unwrap_or_default();
        let mut fixed = repair::fix(spec, bare, &input.bytes, &options);
        fixed.name.clone_from(&input.name);
        for change in &mut fixed.changes.list {
            change.place.file = Some(input.name.clone());
        }
        if let Some(style) = args.quoting {
            style.apply(spec, &mut fixed);
        }
        all.push(fixed);
    }
    if let Some(folder) = &args.out {
        let copy = |fixed| {
            let Fixed { name, bytes, .. }: &Fixed = fixed;
            Some(Copy { name, bytes: bytes.as_deref()? })
        };
        let ready: Vec<Copy<'_>> = all.iter().filter_map(copy).collect();
        copies::write(folder, &ready, lang)?;
    }
    match args.format {
        Format::Text => {
            // Names come from others; the copies are written, so only the screen needs them now.
            for fixed in &mut all {
                fixed.name = visible_line(&fixed.name);
            }
            output::line(visible(text(&all, args.out.is_some(), lang).trim_end()).as_str())?;
        }
        Format::Json => output::line(&json(&all, args.out.is_some())?)?,
    }
    let bad = all.iter().any(|fixed| fixed.bytes.is_none() || !fixed.remaining.is_empty());
    Ok(if bad { ExitCode::from(EXIT_NO) } else { ExitCode::SUCCESS })
}

fn office_list(path: &Path, lang: Lang) -> anyhow::Result<Glyphs> {
    let shown = path.display();
    let bytes = copies::read_file(path).map_err(|error| {
        let why = io_text(&error, lang);
        UsageError(match lang {
            Lang::Ja => format!("置き換え表 {shown} を読めません: {why}。"),
            Lang::En => format!("cannot read the list {shown}: {why}"),
        })
    })?;
    let broken = |what: &dyn fmt::Display| {
        UsageError(match lang {
            Lang::Ja => format!("置き換え表 {shown} に誤りがあります。\n{what}"),
            Lang::En => format!("the list {shown} has problems\n{what}"),
        })
    };
    // Spreadsheets save CSV as UTF-8 with a mark, or as MS932.
    let text = match std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes)) {
        Ok(text) => text.to_owned(),
        Err(_) => ms932::decode(&bytes)
            .ok_or_else(|| broken(&lang.pick("UTF-8 で保存してください。", "save it as UTF-8")))?,
    };
    let glyphs = Glyphs::office(&shown.to_string(), &text).map_err(|error| broken(&error))?;
    let problems: Vec<String> = unusable(&glyphs)
        .into_iter()
        .map(|problem| match (problem, lang) {
            (Unusable::NeedsNoSubstitute(from), Lang::Ja) => {
                format!("  {from}: MS932 にある文字なので、置き換えません。")
            }
            (Unusable::NeedsNoSubstitute(from), Lang::En) => {
                format!("  {from}: MS932 has it; it is not replaced")
            }
            (Unusable::SubstituteNotInMs932(from), Lang::Ja) => {
                format!("  {from}: 置き換え先の文字も MS932 にありません。")
            }
            (Unusable::SubstituteNotInMs932(from), Lang::En) => {
                format!("  {from}: MS932 does not have the substitute either")
            }
        })
        .collect();
    if problems.is_empty() { Ok(glyphs) } else { Err(broken(&problems.join("\n")).into()) }
}

fn text(all: &[Fixed], writes: bool, lang: Lang) -> String {
    let mut text: String = all.iter().map(|fixed| fix_text(fixed, lang)).collect();
    let ready = all.iter().filter(|fixed| fixed.bytes.is_some()).count();
    let waiting = all.len() - ready;
    text.push('\n');
    let closing = match (lang, writes) {
        (Lang::Ja, true) => format!("{ready} ファイルを書き出しました。"),
        (Lang::En, true) => format!("{ready} files written."),
        (Lang::Ja, false) => {
            format!("{ready} ファイルを書き出せます（--out でフォルダーを指定してください）。")
        }
        (Lang::En, false) => format!("{ready} files can be written (name a folder with --out)."),
    };
    text.push_str(&closing);
    if waiting > 0 {
        let _ = match lang {
            Lang::Ja => write!(text, "\n{waiting} ファイルは書き出しません。"),
            Lang::En => write!(text, "\n{waiting} files are not written."),
        };
    }
    let sum = sum(all);
    if sum.proposed > 0 {
        text.push_str(lang.pick(
            "\n[要承認] の置き換えでよければ --approve-glyphs を付けて、別の文字にする場合は --glyphs で置き換え表を指定して、もう一度実行してください。",
            "\nTo take the substitutes marked [to approve], run again with --approve-glyphs; for others bring a list with --glyphs.",
        ));
    }
    if sum.blocked > 0 {
        text.push_str(lang.pick(
            "\n[不可] の文字は、介護ソフトで別の文字に直すか、--glyphs の置き換え表に加えてください。",
            "\nMend what is marked [blocked] in the care software, or add the characters to a list for --glyphs.",
        ));
    }
    text
}

fn sum(all: &[Fixed]) -> ChangeCounts {
    let mut sum = ChangeCounts::default();
    for fixed in all {
        sum.add(fixed.changes.counts);
    }
    sum
}

fn json(all: &[Fixed], writes: bool) -> anyhow::Result<String> {
    let row = |fixed| {
        let Fixed { changes, bytes, .. }: &Fixed = fixed;
        Row { fixed, counts: changes.counts, written: writes && bytes.is_some() }
    };
    let report = FixReport {
        schema: "renkei.fix/1",
        counts: sum(all),
        omitted: all.iter().map(|fixed| fixed.changes.omitted()).sum(),
        files: all.iter().map(row).collect(),
        changes: all.iter().flat_map(|fixed| &fixed.changes.list).collect(),
    };
    serde_json::to_string_pretty(&report).context("report")
}
