//! `renkei ca`: a small authority of one's own.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use super::secret::{same_again, secret};
use super::{UsageError, output};
use crate::certs::authority::{Authority, AuthorityError, Known, Passphrase, Reason, Requested};
use crate::certs::files::{self, Access, Existing};
use crate::certs::{certificates_to_pem, load_password};
use crate::desk::words;
use crate::package::Usage;
use crate::types::{Clock, Digest, Lang, OfficeNumber};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 認証局のフォルダー
    #[arg(long, global = true, value_name = "DIR", default_value = "ca")]
    dir: PathBuf,
    /// 秘密鍵のパスフレーズを 1 行目に書いたファイル（省略すると、暗号化されていれば画面で尋ねます）
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[command(subcommand)]
    command: CaCommand,
}

#[derive(Debug, Subcommand)]
enum CaCommand {
    /// 法人や地域のための小さな認証局を作ります（公的な認証局の代わりにはなりません）
    Init {
        /// 認証局の名前（証明書に入ります）
        #[arg(value_name = "NAME")]
        name: String,
        /// 秘密鍵をパスフレーズで暗号化します
        #[arg(long)]
        encrypt: bool,
    },
    /// 証明書発行要求（CSR）に対して、1 年間有効な証明書を発行します
    Issue {
        /// 事業所番号（本人の要求であることを、先に電話などで確かめてください）
        #[arg(value_name = "OFFICE")]
        office: OfficeNumber,
        /// 証明書発行要求のファイル
        #[arg(value_name = "CSR")]
        request: PathBuf,
        /// 何に使う証明書か
        #[arg(long = "for", value_name = "USE")]
        usage: UsageChoice,
        /// 証明書に入れるホスト名や IP アドレス（繰り返し可。renkei は見ません）
        #[arg(long = "host", value_name = "HOST")]
        hosts: Vec<String>,
        /// 証明書を書き込むファイル（上書きしません）
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// 証明書を失効させ、失効リストを作り直します
    Revoke {
        /// シリアル番号（renkei ca list で表示）
        #[arg(value_name = "SERIAL")]
        serial: String,
        /// 失効の理由
        #[arg(long, value_name = "REASON", default_value = "unspecified")]
        reason: ReasonChoice,
    },
    /// 30 日間有効な失効リスト（CRL）を作り直します
    Crl,
    /// 発行した証明書を一覧します
    List {
        /// JSON で表示します
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum UsageChoice {
    Tls,
    Signing,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReasonChoice {
    Unspecified,
    KeyCompromise,
    Superseded,
    Cessation,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let now = Clock::system().now();
    let told = |error: AuthorityError| UsageError(error.text(lang));
    match &args.command {
        CaCommand::Init { name, encrypt } => {
            let passphrase = if *encrypt { Some(new_passphrase(args, lang)?) } else { None };
            let begun = Authority::begin(&args.dir, name, passphrase.as_ref(), now);
            let mut authority = begun.map_err(told)?;
            // Partners want a list from the first day on.
            authority.list((passphrase.as_ref(), now)).map_err(told)?;
            tell_begun(args, &authority, lang)?;
        }
        CaCommand::Issue { office, request, usage, hosts, out } => {
            let mut authority = Authority::open(&args.dir).map_err(told)?;
            let request = Requested::read(request).map_err(told)?;
            let passphrase = passphrase(args, &authority, lang)?;
            let usage = match usage {
                UsageChoice::Tls => Usage::Tls,
                UsageChoice::Signing => Usage::Signing,
            };
            if out.exists() {
                let exists = crate::certs::CertsError::Exists { path: out.clone() };
                return Err(UsageError(exists.text(lang)).into());
            }
            let how = (passphrase.as_ref(), now);
            let issued = authority.issue(&request, *office, usage, hosts, how).map_err(told)?;
            let pem = certificates_to_pem(std::slice::from_ref(&issued));
            files::write(out, pem.as_bytes(), Access::Public, Existing::Keep)
                .map_err(|error| UsageError(error.text(lang)))?;
            let (out, sha256) = (out.display(), Digest::of(&issued));
            let root = args.dir.join("ca.pem");
            let (root, list) = (root.display(), authority.list_path());
            let list = list.display();
            output::line(&match lang {
                Lang::Ja => format!(
                    "{out} に {office} の証明書を発行しました（SHA-256 {sha256}）。\n\
                     {root} と {list} と一緒に渡してください。"
                ),
                Lang::En => format!(
                    "issued {out} for {office} (SHA-256 {sha256})\n\
                     hand it over together with {root} and {list}"
                ),
            })?;
        }
        CaCommand::Revoke { serial, reason } => {
            let mut authority = Authority::open(&args.dir).map_err(told)?;
            let passphrase = passphrase(args, &authority, lang)?;
            let reason = match reason {
                ReasonChoice::Unspecified => Reason::Unspecified,
                ReasonChoice::KeyCompromise => Reason::KeyCompromise,
                ReasonChoice::Superseded => Reason::Superseded,
                ReasonChoice::Cessation => Reason::Cessation,
            };
            authority.revoke(serial, reason, (passphrase.as_ref(), now)).map_err(told)?;
            tell_list(&authority, lang)?;
        }
        CaCommand::Crl => {
            let mut authority = Authority::open(&args.dir).map_err(told)?;
            let passphrase = passphrase(args, &authority, lang)?;
            authority.list((passphrase.as_ref(), now)).map_err(told)?;
            tell_list(&authority, lang)?;
        }
        CaCommand::List { json } => {
            let authority = Authority::open(&args.dir).map_err(told)?;
            list(&authority.known(), *json, now, lang)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_begun(args: &Args, authority: &Authority, lang: Lang) -> anyhow::Result<()> {
    let (dir, sha256) = (args.dir.display(), Digest::of(authority.certificate()));
    output::line(&match lang {
        Lang::Ja => format!(
            "{dir} に認証局を作りました。\n\
             ・各事業所には ca.pem と ca.crl.pem だけを渡し、tls.roots と tls.revocation_lists に書いてもらいます（ca.pem の SHA-256 {sha256}）。\n\
             ・このフォルダーの秘密鍵を持つ人は、どの事業所にもなりすませます。使わないときは USB メモリーなどに移し、鍵のかかる場所に保管してください。\n\
             ・失効リストは 30 日で切れます。それまでに renkei ca crl で作り直して配ってください。\n\
             ・公的な認証局ではありません。事業所が本物かどうかを確かめるのは、発行する人です。"
        ),
        Lang::En => format!(
            "made an authority in {dir}\n\
             - offices get ca.pem and ca.crl.pem and nothing else, for tls.roots and tls.revocation_lists (SHA-256 of ca.pem: {sha256})\n\
             - whoever has the key of this folder can pass for any office: keep it on a stick under lock when it is not needed\n\
             - the revocation list ends in 30 days: make a new one before (renkei ca crl) and hand it out\n\
             - this is no public authority: that an office is who it says is checked by the person who issues, and by nobody else"
        ),
    })
}

fn tell_list(authority: &Authority, lang: Lang) -> anyhow::Result<()> {
    let path = authority.list_path();
    let path = path.display();
    output::line(&match lang {
        Lang::Ja => {
            format!(
                "{path} に新しい失効リストを作りました（30 日間有効）。すべての事業所に配ってください。"
            )
        }
        Lang::En => format!(
            "made the new revocation list {path}, good for 30 days; hand it out to all offices"
        ),
    })
}

/// What was issued, for programs (`spec/ca.schema.json`).
#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    certificates: Vec<Row<'a>>,
}

/// One certificate, for programs.
#[derive(Serialize)]
struct Row<'a> {
    serial: &'a str,
    office: String,
    usage: &'static str,
    issued: Timestamp,
    not_after: Timestamp,
    revoked: Option<Timestamp>,
    reason: Option<Reason>,
    sha256: String,
}

impl<'a> Row<'a> {
    fn of(known: &'a Known) -> Self {
        Self {
            serial: &known.serial,
            office: known.office.to_string(),
            usage: name(known.usage),
            issued: known.issued,
            not_after: known.not_after,
            revoked: known.revoked.map(|(at, _)| at),
            reason: known.revoked.map(|(_, reason)| reason),
            sha256: known.sha256.to_string(),
        }
    }
}

fn list(known: &[Known], json: bool, now: Timestamp, lang: Lang) -> anyhow::Result<()> {
    if json {
        let certificates = known.iter().map(Row::of).collect();
        let json = Json { schema: "renkei.ca/1", certificates };
        return output::line(&serde_json::to_string_pretty(&json)?);
    }
    let head = match lang {
        Lang::Ja => ["シリアル番号", "事業所番号", "用途", "期限", "状態"],
        Lang::En => ["serial number", "office", "for", "until", "state"],
    };
    let rows: Vec<_> = known
        .iter()
        .map(|known| {
            let state = match known.revoked {
                Some((at, _)) => {
                    format!("{} {}", lang.pick("失効", "revoked"), words::time(at))
                }
                None if known.not_after < now => lang.pick("期限切れ", "ended").to_owned(),
                None => lang.pick("有効", "valid").to_owned(),
            };
            vec![
                known.serial.clone(),
                known.office.to_string(),
                name(known.usage).to_owned(),
                words::time(known.not_after),
                state,
            ]
        })
        .collect();
    output::line(&output::table(&head, &rows))
}

const fn name(usage: Usage) -> &'static str {
    match usage {
        Usage::Tls => "tls",
        Usage::Signing => "signing",
    }
}

/// The passphrase of an authority whose key is encrypted.
fn passphrase(
    args: &Args,
    authority: &Authority,
    lang: Lang,
) -> anyhow::Result<Option<Passphrase>> {
    if !authority.is_sealed() {
        return Ok(None);
    }
    let text = match &args.passphrase_file {
        Some(path) => load_password(path).map_err(|error| UsageError(error.text(lang)))?,
        // Told as it is missing.
        None if !io::stdin().is_terminal() => return Ok(None),
        None => secret(lang.pick("認証局のパスフレーズ: ", "passphrase of the authority: "))?,
    };
    Ok(Some(Passphrase::new(text).map_err(|error| UsageError(error.text(lang)))?))
}

fn new_passphrase(args: &Args, lang: Lang) -> anyhow::Result<Passphrase> {
    let told = |error: AuthorityError| UsageError(error.text(lang));
    if let Some(path) = &args.passphrase_file {
        let text = load_password(path).map_err(|error| UsageError(error.text(lang)))?;
        return Ok(Passphrase::new(text).map_err(told)?);
    }
    let usage = |ja, en| UsageError(lang.pick(ja, en).to_owned());
    if !io::stdin().is_terminal() {
        return Err(usage(
            "パスフレーズを入力できる画面がありません。--passphrase-file を使ってください。",
            "there is no terminal to type a passphrase on: use --passphrase-file",
        )
        .into());
    }
    let new =
        secret(lang.pick(
            "新しいパスフレーズ（12 文字以上）: ",
            "new passphrase (12 characters or more): ",
        ))?;
    same_again(&new, lang)?;
    Ok(Passphrase::new(new).map_err(told)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_read_of_a_certificate_has_stable_names() {
        let known = Known {
            serial: "4a".to_owned(),
            office: "1370000018".parse().expect("an office"),
            usage: Usage::Signing,
            issued: Timestamp::UNIX_EPOCH,
            not_after: Timestamp::UNIX_EPOCH,
            revoked: Some((Timestamp::UNIX_EPOCH, Reason::KeyCompromise)),
            sha256: Digest::of(b""),
        };
        let row = serde_json::to_value(Row::of(&known)).expect("JSON");
        assert_eq!(row["usage"], "signing");
        assert_eq!(row["reason"], "key-compromise");
        assert_eq!(row["revoked"], "1970-01-01T00:00:00Z");
    }
}
