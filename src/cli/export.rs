//! `renkei export`: the proof of one package, for anybody.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use super::new_folder::NewFolder;
use super::setup::{self, ConfigArg};
use super::{EXIT_NO, UsageError, output, verify};
use crate::desk::inspection::Sink as _;
use crate::desk::proof::{self, ProofError, ProofSet};
use crate::package::evidence::{EvidenceFile, EvidenceReport};
use crate::store::StoreError;
use crate::types::{Clock, Lang, MessageId};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// メッセージ ID（renkei history で確かめられます）
    #[arg(value_name = "MESSAGE_ID")]
    message_id: MessageId,
    /// 書き出すフォルダー（まだないもの、または空のもの）
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    config: ConfigArg,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&args.config.config, lang)?;
    let store = setup::store(&config, lang)?;
    let found = setup::runtime()?.block_on(store.evidence(args.message_id));
    let evidence = found.map_err(|error| match error {
        StoreError::NotFound | StoreError::NoLongerKept => UsageError(error.text(lang)).into(),
        other => anyhow::Error::from(other),
    })?;
    let count = evidence.receipts.len();
    let made = setup::runtime()?.block_on(proof::set(&store, &config, evidence));
    let ProofSet { files: set, report } = match made {
        Ok(made) => made,
        Err(ProofError::Refused(report)) => {
            output::error(&refused(&report, lang));
            return Ok(ExitCode::from(EXIT_NO));
        }
        Err(ProofError::Unsigned) => {
            output::error(proof::unsigned(lang));
            return Ok(ExitCode::from(EXIT_NO));
        }
        Err(ProofError::Trust(problems)) => return Err(UsageError(problems.text(lang)).into()),
        Err(other) => return Err(other.into()),
    };
    write(&args.out, &set, lang)?;
    let folder = args.out.display();
    output::line(&match lang {
        Lang::Ja => format!(
            "{folder} に、パッケージと受領証 {count} 通、証明書を書き出しました。確かめ方は README.txt をご覧ください。"
        ),
        Lang::En => format!(
            "wrote the package, {count} receipts and the certificates to {folder}; README.txt says how to verify them"
        ),
    })?;
    for note in verify::clock_notes(&report, Clock::system().now(), lang) {
        output::line(&note)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn refused(report: &EvidenceReport, lang: Lang) -> String {
    let head = lang.pick(
        "次の点を検証できないため、証拠を書き出しませんでした。",
        "nothing was written, because this does not verify:",
    );
    let failed = report.checks.iter().filter_map(|check| {
        let fault = check.fault.as_ref()?;
        let what = check.name.text(lang);
        Some(format!("  {}: {what} [{}] {fault}", check.path, fault.code()))
    });
    std::iter::once(head.to_owned()).chain(failed).collect::<Vec<_>>().join("\n")
}

/// Writes the set into a folder that holds nothing else: all of it, or nothing.
fn write(folder: &Path, set: &[EvidenceFile], lang: Lang) -> anyhow::Result<()> {
    let bytes = set.iter().map(|file| u64::try_from(file.bytes.len()).unwrap_or_default()).sum();
    let mut new = NewFolder::with_room(folder, bytes, lang)?;
    for file in set {
        new.put(&file.path, &file.bytes)
            .with_context(|| folder.join(&file.path).display().to_string())?;
    }
    new.finish();
    Ok(())
}
