//! `renkei evidence`: the records of a month for an inspection.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::new_folder::NewFolder;
use super::progress::Progress;
use super::setup::{self, ConfigArg};
use super::{EXIT_NO, UsageError, output, usage};
use crate::desk::inspection::{self, InspectionError, Terms, Written, Zip};
use crate::desk::proof::ProofError;
use crate::disk;
use crate::types::{Clock, Lang, OfficeNumber, ServiceMonth};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 送受信した月（例: 2026-04）
    #[arg(long, value_name = "YYYY-MM", value_parser = usage::month)]
    month: ServiceMonth,
    /// この事業所との送受信だけ
    #[arg(long, value_name = "OFFICE")]
    partner: Option<OfficeNumber>,
    /// 書き出すフォルダー（まだないもの、または空のもの）。--zip のときはファイル
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// 1 つの ZIP ファイルに書き出します
    #[arg(long)]
    zip: bool,
    #[command(flatten)]
    config: ConfigArg,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&args.config.config, lang)?;
    let store = setup::store(&config, lang)?;
    let terms =
        Terms { month: args.month, partner: args.partner, lang, now: Clock::system().now() };
    let progress = Progress::of_packages();
    let runtime = setup::runtime()?;
    let done = |done, all| progress.set(done, all);
    let written = if args.zip {
        let mut sink = zip_file(&args.out, lang)?;
        let written = runtime.block_on(inspection::write(&store, &config, &terms, &mut sink, done));
        match written {
            Ok(written) => sink
                .finish()
                .and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error))
                .and_then(|file| file.sync_all())
                .map(|()| written)
                .map_err(InspectionError::from),
            Err(error) => Err(error),
        }
        .inspect_err(|_| {
            let _ = disk::remove_file(&args.out);
        })
    } else {
        let bytes = runtime.block_on(inspection::least_bytes(&store, &terms))?;
        let mut sink = NewFolder::with_room(&args.out, bytes, lang)?;
        let written = runtime.block_on(inspection::write(&store, &config, &terms, &mut sink, done));
        written.inspect(|_| sink.finish())
    };
    progress.finish();
    let written = written.map_err(|error| match error {
        InspectionError::Proof(ProofError::Trust(problems)) => {
            UsageError(problems.text(lang)).into()
        }
        other => anyhow::Error::from(other).context(args.out.display().to_string()),
    })?;
    output::line(&text(&written, &args.out, lang))?;
    Ok(if written.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}

fn text(written: &Written, out: &Path, lang: Lang) -> String {
    let (proved, gone, out) = (written.proved, written.gone, out.display());
    let mut lines = vec![match lang {
        Lang::Ja => format!(
            "{out} に、パッケージ {proved} 件と証拠を書き出しました（ほかに、ファイルが残っていないため受領証だけのもの {gone} 件）。index.html を開くと一覧を印刷できます。"
        ),
        Lang::En => format!(
            "wrote {proved} packages with their proof to {out} (and the receipts of {gone} whose files are not kept any more); open index.html for the list"
        ),
    }];
    for (id, why) in &written.refused {
        lines.push(match lang {
            Lang::Ja => format!("  NG  {id}: 検証できないため、書き出していません（{why}）"),
            Lang::En => format!("  NG  {id}: not written, because it does not verify ({why})"),
        });
    }
    lines.push(
        lang.pick(
            "注意: 利用者の個人情報が含まれます。渡す相手と置き場所にご注意ください。",
            "note: this holds personal data of users; mind where you put it and whom you give it to",
        )
        .to_owned(),
    );
    lines.join("\n")
}

/// A ZIP file that was not there before.
fn zip_file(path: &Path, lang: Lang) -> anyhow::Result<Zip<BufWriter<File>>> {
    let file = match File::create_new(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let path = path.display();
            return Err(UsageError(match lang {
                Lang::Ja => format!("{path} はすでにあります。別の名前を指定してください。"),
                Lang::En => format!("{path} is there already; name another file"),
            })
            .into());
        }
        Err(error) => {
            return Err(anyhow::Error::from(error).context(path.display().to_string()));
        }
    };
    Ok(Zip::new(BufWriter::new(file)))
}
