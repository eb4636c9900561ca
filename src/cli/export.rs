//! `renkei export`: the proof of one package, for anybody.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use bytes::Bytes;

use super::setup::{self, ConfigArg};
use super::{UsageError, output};
use crate::certs::files::{self, Access, Existing};
use crate::node::{Node, Pins, open_trust};
use crate::package::evidence::{self, EvidenceFile};
use crate::package::open;
use crate::store::StoreError;
use crate::types::{Lang, MessageId};

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
    let trust =
        open_trust(&config, Pins::new()).map_err(|problems| UsageError(problems.text(lang)))?;
    let limits = Node::package_limits(&config);
    let package = open(evidence.package, &limits).context("package")?;
    let receipts: Vec<Bytes> = evidence.receipts.into_iter().map(|receipt| receipt.der).collect();
    let set = evidence::export(&package, &receipts, &trust, &limits)?;
    write(&args.out, &set, lang)?;
    let (count, folder) = (receipts.len(), args.out.display());
    output::line(&match lang {
        Lang::Ja => format!(
            "{folder} に、パッケージと受領証 {count} 通、証明書を書き出しました。確かめ方は README.txt をご覧ください。"
        ),
        Lang::En => format!(
            "wrote the package, {count} receipts and the certificates to {folder}; README.txt says how to verify them"
        ),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the set into a folder that holds nothing else, so that nothing is overwritten and
/// nothing foreign looks like proof.
fn write(folder: &Path, set: &[EvidenceFile], lang: Lang) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    if fs::read_dir(folder)?.next().is_some() {
        let path = folder.display();
        return Err(UsageError(match lang {
            Lang::Ja => {
                format!("フォルダー {path} は空ではありません。別のフォルダーを指定してください。")
            }
            Lang::En => format!("the folder {path} is not empty; name another one"),
        })
        .into());
    }
    for file in set {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        files::write(&path, &file.bytes, Access::Public, Existing::Keep)?;
    }
    Ok(())
}
