//! `renkei print`: care plans as the paper forms, in HTML that prints.

mod sources;

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::setup::{self, ConfigArg};
use super::{EXIT_NO, UsageError, copies, output, unfinished, usage};
use crate::disk::{self, Readers};
use crate::forms::{self, Drawing, Names, NamesError, UserForms};
use crate::rules;
use crate::rules::render::visible_line;
use crate::types::{
    DayStart, FormChoices, Honorific, Lang, Personal, PreventionPaper, PrintedNotes, Slip, io_text,
};
use anyhow::Context as _;
use sources::Sources;

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Args {
    /// HTML を書き出すフォルダー（なければ作ります）
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// 利用者ごとに 1 つのファイルにします
    #[arg(long)]
    each: bool,
    /// 同じ名前のファイルがあれば置き換えます
    #[arg(long)]
    force: bool,
    /// 前の版のファイル。変わったところを示します（複数指定可）
    #[arg(long, value_name = "SET")]
    against: Vec<PathBuf>,
    /// 検査の指摘を欄に示し、様式の下に一覧します
    #[arg(long)]
    findings: bool,
    /// 利用者名の敬称（既定は、第1表〜第3表が殿（dono）、ほかは様（sama））
    #[arg(long, value_name = "WORD", value_parser = usage::choices::<Honorific>(&["usual", "sama", "dono"]))]
    honorific: Option<Honorific>,
    /// 第3表の 1 日の始まり（時。既定は 0）
    #[arg(long, value_name = "HOUR", value_parser = usage::choices::<DayStart>(&["0", "4"]))]
    day_start: Option<DayStart>,
    /// 第6表・第7表の控えの種類（利用者、居宅介護支援事業者の控え、サービス事業者。既定は利用者（user））
    #[arg(long, value_name = "COPY", value_parser = usage::choices::<Slip>(&["user", "file", "provider"]))]
    slip: Option<Slip>,
    /// 介護予防サービス・支援計画書を、A3 1 枚ではなく A4 2 枚にします
    #[arg(long)]
    two_a4: bool,
    /// 欄のない項目（付記）を、コード類も含めてすべて印刷します
    #[arg(long)]
    all_notes: bool,
    /// サービスの名称の一覧（CSV、列はサービスコード,名称）
    #[arg(long, value_name = "FILE")]
    services: Option<PathBuf>,
    /// 保険者の名称の一覧（CSV、列は保険者番号,名称）
    #[arg(long, value_name = "FILE")]
    insurers: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArg,
    /// ファイル、フォルダー、ZIP ファイル、メッセージ ID、renkei hold list の ID（送信単位ごとそろえて指定します）
    #[arg(required = true, value_name = "SET")]
    sets: Vec<PathBuf>,
}

impl Args {
    /// What was asked for, over what the office chose.
    fn choices(&self, usual: FormChoices) -> FormChoices {
        FormChoices {
            honorific: self.honorific.unwrap_or(usual.honorific),
            day_start: self.day_start.unwrap_or(usual.day_start),
            printed_notes: if self.all_notes { PrintedNotes::All } else { usual.printed_notes },
            slip: self.slip.unwrap_or(usual.slip),
            prevention_paper: if self.two_a4 {
                PreventionPaper::TwoA4
            } else {
                usual.prevention_paper
            },
        }
    }
}

/// A file to write.
struct Page<'d> {
    name: String,
    users: &'d [UserForms],
    notes: &'d [Personal<String>],
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let spec = setup::spec()?;
    let services = args.services.as_deref().map(|path| names(path, lang)).transpose()?;
    let insurers = args.insurers.as_deref().map(|path| names(path, lang)).transpose()?;
    let sources = Sources::read(&args.sets, &args.config, lang)?;
    let files = sources.as_files();
    let report = args.findings.then(|| rules::check(spec, &files, &rules::Options::default()));
    let options = forms::Options {
        choices: args.choices(sources.usual),
        services: services.as_ref(),
        insurers: insurers.as_ref(),
        findings: report.as_ref().map_or(&[], |report| &report.findings),
    };
    let mut faults = sources.faults.clone();
    let drawing = if args.against.is_empty() {
        forms::draw(spec, &files, &options)
    } else {
        let before = Sources::read(&args.against, &args.config, lang)?;
        faults.extend(before.faults.iter().cloned());
        forms::compare(spec, &before.as_files(), &files, &options)
    };
    for fault in &faults {
        output::error(fault);
    }
    let sheets: usize = drawing.users.iter().map(|user| user.forms.len()).sum();
    if sheets == 0 {
        output::error(lang.pick(
            "様式に描けるものがありません。",
            "there is nothing that a form can be drawn of",
        ));
        if drawing.notes.is_empty() {
            return Ok(ExitCode::from(EXIT_NO));
        }
        // Why there is nothing stands in the notes, which say what files say: in a page, as always.
    }
    let pages = pages(&drawing, args.each);
    write(args, &pages, lang)?;
    output::line(&told(&pages, args, &drawing, lang))?;
    if let Some(others) = others(&args.out, &pages, lang)? {
        output::line(&others)?;
    }
    let whole = faults.is_empty() && drawing.notes.is_empty();
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}

/// A list of names.
fn names(path: &Path, lang: Lang) -> anyhow::Result<Names> {
    let shown = path.display();
    let broken = |why: String| {
        UsageError(match lang {
            Lang::Ja => format!("名称の一覧 {shown} を読めません: {why}。"),
            Lang::En => format!("cannot read the list of names {shown}: {why}"),
        })
    };
    let bytes = copies::read_file(path).map_err(|error| broken(io_text(&error, lang)))?;
    let names = Names::parse(&bytes).map_err(|error| {
        broken(match (error, lang) {
            (NamesError::Line { line }, Lang::Ja) => {
                format!("{line} 行目にコードと名称がありません")
            }
            (NamesError::Encoding, Lang::Ja) => "UTF-8 で保存してください".to_owned(),
            (error, Lang::En) => error.to_string(),
        })
    })?;
    Ok(names)
}

/// One page for all, or one for each person; the names of files say nothing about people.
fn pages(drawing: &Drawing, each: bool) -> Vec<Page<'_>> {
    let (users, notes) = (drawing.users.as_slice(), drawing.notes.as_slice());
    if !each {
        return vec![Page { name: "forms.html".to_owned(), users, notes }];
    }
    let digits = users.len().to_string().len().max(3);
    let with_forms = users.chunks(1).filter(|user| user.iter().any(|user| !user.forms.is_empty()));
    let mut pages: Vec<Page<'_>> = (1..)
        .zip(with_forms)
        .map(|(number, users)| Page {
            name: format!("forms-{number:0digits$}.html"),
            users,
            notes: &[],
        })
        .collect();
    if !notes.is_empty() {
        pages.push(Page { name: "forms-notes.html".to_owned(), users: &[], notes });
    }
    pages
}

/// Writes the pages. Without `--force` nothing is written where one of them is there already.
fn write(args: &Args, pages: &[Page<'_>], lang: Lang) -> anyhow::Result<()> {
    let shown = args.out.display();
    fs::create_dir_all(&args.out).with_context(|| shown.to_string())?;
    for page in pages.iter().filter(|_| !args.force) {
        let path = args.out.join(&page.name);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
            Ok(_) => {
                let path = path.display();
                return Err(UsageError(match lang {
                    Lang::Ja => format!(
                        "{path} がすでにあります。置き換えるときは --force を付けてください。"
                    ),
                    Lang::En => format!("{path} is there already; replace it with --force"),
                })
                .into());
            }
        }
    }
    for page in pages {
        let path = args.out.join(&page.name);
        let html = forms::page("ケアプラン帳票", page.users, page.notes);
        let written = if args.force {
            unfinished::replace(&path, html.as_bytes())
        } else {
            unfinished::whole(|| disk::create(&path, html.as_bytes(), Readers::AsUsual))
        };
        written.with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// What lies beside the pages and is none of them, though an earlier run called it so: somebody who
/// prints the folder would print people of another time with them.
fn others(folder: &Path, pages: &[Page<'_>], lang: Lang) -> anyhow::Result<Option<String>> {
    let shown = || folder.display().to_string();
    let mut others = Vec::new();
    for entry in fs::read_dir(folder).with_context(shown)? {
        let name = entry.with_context(shown)?.file_name();
        let Some(name) = name.to_str() else { continue };
        let is_page = name == "forms.html"
            || name.starts_with("forms-")
                && Path::new(name).extension().is_some_and(|end| end == "html");
        if is_page && pages.iter().all(|page| page.name != name) {
            others.push(name.to_owned());
        }
    }
    let Some(first) = others.iter().min() else { return Ok(None) };
    let (first, count) = (visible_line(first), others.len());
    Ok(Some(match lang {
        Lang::Ja => format!(
            "以前に書き出したファイルが {count} 件残っています（{first} など）。不要であれば削除してください。"
        ),
        Lang::En => format!(
            "{count} file(s) of an earlier run are still there, such as {first}; delete them if they are not needed"
        ),
    }))
}

/// What was written, and for whom each file is.
fn told(pages: &[Page<'_>], args: &Args, drawing: &Drawing, lang: Lang) -> String {
    let mut lines = Vec::new();
    for page in pages {
        let path = args.out.join(&page.name);
        let sheets: usize = page.users.iter().map(|user| user.forms.len()).sum();
        let changes: usize =
            page.users.iter().flat_map(|user| &user.forms).map(|form| form.changes.len()).sum();
        let whom = match page.users {
            [user] if args.each => visible_line(&masked(user.insured.reveal())),
            users => match lang {
                Lang::Ja => format!("{} 人", users.len()),
                Lang::En => format!("{} person(s)", users.len()),
            },
        };
        let mut line = match lang {
            Lang::Ja => format!("{}: {whom}、{sheets} 様式", path.display()),
            Lang::En => format!("{}: {whom}, {sheets} form(s)", path.display()),
        };
        if !args.against.is_empty() {
            let _ = match lang {
                Lang::Ja => write!(line, "、変更 {changes} か所"),
                Lang::En => write!(line, ", {changes} change(s)"),
            };
        }
        lines.push(line);
    }
    if !drawing.notes.is_empty() {
        lines.push(match lang {
            Lang::Ja => format!(
                "様式に描いていないものが {} 件あります（最初のページ、--each では forms-notes.html に書きました）。",
                drawing.notes.len()
            ),
            Lang::En => format!(
                "{} thing(s) are on no form; the first page tells, with --each forms-notes.html",
                drawing.notes.len()
            ),
        });
    }
    lines.join("\n")
}

/// 被保険者番号 with all but its last three characters hidden, as reports show it.
fn masked(number: &str) -> String {
    let count = number.chars().count();
    let hidden = count.saturating_sub(3);
    let shown: String = number.chars().skip(hidden).collect();
    format!("{}{shown}", "*".repeat(hidden.min(10)))
}
