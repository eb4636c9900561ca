//! `renkei man`: the manual pages, from the texts of the help.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::{Cli, help, output};
use crate::types::Lang;

/// The headings of manual pages as Japanese ones have them.
const HEADINGS: &[(&str, &str)] = &[
    ("NAME", "名前"),
    ("SYNOPSIS", "書式"),
    ("DESCRIPTION", "説明"),
    ("OPTIONS", "オプション"),
    ("VERSION", "版"),
];

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 書き出すフォルダー（前に書き出したものは置き換えます）
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let dir = args.dir.display();
    fs::create_dir_all(&args.dir).with_context(|| dir.to_string())?;
    let mut command = help::public(Cli::command(), lang);
    // Gives the pages below the names by which they are called.
    command.build();
    let mut pages = 0;
    write(&command, &args.dir, &mut pages, lang)?;
    output::line(&match lang {
        Lang::Ja => {
            format!("{dir} に {pages} ページを書き出しました（例 man -l {dir}/renkei.1）。")
        }
        Lang::En => format!("wrote {pages} pages to {dir}; try man -l {dir}/renkei.1"),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn write(command: &Command, folder: &Path, pages: &mut u32, lang: Lang) -> anyhow::Result<()> {
    let version = concat!("renkei ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(version).manual("renkei");
    let mut page = Vec::new();
    man.render(&mut page)?;
    let mut page = String::from_utf8(page)?;
    if lang == Lang::Ja {
        page = japanese(&page);
    }
    let path = folder.join(man.get_filename());
    fs::write(&path, page).with_context(|| path.display().to_string())?;
    *pages += 1;
    command.get_subcommands().try_for_each(|below| write(below, folder, pages, lang))
}

/// The page with Japanese headings, and with places at which a line may end: the formatter knows
/// only blanks, and would stretch them.
fn japanese(page: &str) -> String {
    let mut text = String::with_capacity(page.len() * 2);
    for line in page.lines() {
        let heading = line.strip_prefix(".SH ");
        match heading.and_then(|name| HEADINGS.iter().find(|(english, _)| *english == name)) {
            Some((_, heading)) => text.extend([".SH ", heading]),
            None if line.starts_with('.') => text.push_str(line),
            None => {
                let mut characters = line.chars().peekable();
                while let Some(character) = characters.next() {
                    text.push(character);
                    let closing = |next: &char| "、。）」ー".contains(*next);
                    let opening = "（「".contains(character);
                    if !character.is_ascii() && !opening && !characters.peek().is_none_or(closing) {
                        text.push_str("\\:");
                    }
                }
            }
        }
        text.push('\n');
        if line.starts_with(".TH ") {
            text.push_str(".ad l\n.nh\n");
        }
    }
    text
}
