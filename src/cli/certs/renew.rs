//! `renkei certs renew`

use std::process::ExitCode;

use super::super::setup::{self, ConfigArg};
use super::super::{EXIT_NO, UsageError, output};
use crate::certs::renewal::{Done, Haste, Stage};
use crate::node::{Renewed, renew_own, renewal_text};
use crate::types::{Clock, Digest, Lang};

pub(super) fn run(config: &ConfigArg, haste: Haste, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&config.config, lang)?;
    let renewed = renew_own(&config, None, haste, Clock::system().now())
        .map_err(|problems| UsageError(problems.text(lang)))?;
    let mut failed = false;
    for Renewed { file, outcome, stage } in renewed {
        let said = match outcome {
            Ok(done) => told(done, &stage, lang),
            Err(error) => {
                failed = true;
                renewal_text(&error, lang)
            }
        };
        output::line(&format!("{}: {said}", file.display()))?;
    }
    Ok(if failed { ExitCode::from(EXIT_NO) } else { ExitCode::SUCCESS })
}

fn told(done: Done, stage: &Stage, lang: Lang) -> String {
    let text = |ja: String, en: String| lang.pick(&ja, &en).to_owned();
    match (done, stage) {
        (Done::Taken, _) => text(
            "新しい証明書に切り替えました。動いている renkei は自動で読み直します。".to_owned(),
            "the new certificate is in its place; a renkei that runs reads it by itself".to_owned(),
        ),
        (_, Stage::Prepared { certificate, .. }) => {
            let sha256 = Digest::of(certificate);
            text(
                format!(
                    "次の証明書を用意してあります（SHA-256 {sha256}）。事業所カードで登録した相手には、双方の renkei が動いていれば数分で伝わります。ほかの相手には伝えて、今の値と並べて登録してもらってください。全員に伝わってから renkei certs renew --take で切り替えます（まだ届いていない相手がいれば、切り替える前にお知らせします）。"
                ),
                format!(
                    "the next certificate is prepared (SHA-256 {sha256}): partners by card learn it within minutes while both nodes run; have the others register it beside the present one. When all have it, use it with renkei certs renew --take, which names those that do not"
                ),
            )
        }
        (_, Stage::Requested { request, answer }) => {
            let (request, answer) = (request.display(), answer.display());
            text(
                format!(
                    "{request} を認証局に出し、届いた証明書を {answer} として置いてください。動いている renkei が自動で切り替えます。"
                ),
                format!(
                    "send {request} to the authority and save what comes back as {answer}; a renkei that runs uses it by itself"
                ),
            )
        }
        (_, Stage::Answered | Stage::None) => text(
            "ここでは更新できません（PKCS#12 や、鍵と証明書が一つのファイルの場合は、認証局から届いたものに置き換えてください）。".to_owned(),
            "cannot be renewed here: of PKCS#12, and of a file that holds key and certificate, put what the authority sends in its place".to_owned(),
        ),
    }
}
