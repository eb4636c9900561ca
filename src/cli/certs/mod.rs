//! `renkei certs`: what IT staff need to set up certificates.

mod check;
mod import;
mod new;
mod renew;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::setup::ConfigArg;
use super::{UsageError, output};
use crate::certs::files::{self, Access, Existing};
use crate::certs::renewal::Haste;
use crate::certs::{self, CertsError};
use crate::desk::words;
use crate::package::card::certificate_digits;
use crate::package::{CertificateInfo, SignerError};
use crate::types::{Lang, OfficeNumber};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: CertsCommand,
}

#[derive(Debug, Subcommand)]
enum CertsCommand {
    /// 事業所が自分で使う証明書（TLS 用と署名用）と秘密鍵を作ります
    New {
        /// 事業所番号（証明書の名義になります）
        #[arg(value_name = "OFFICE")]
        office: OfficeNumber,
        /// 証明書に入れるホスト名や IP アドレス（繰り返し可。renkei は見ません）
        #[arg(long = "host", value_name = "HOST")]
        hosts: Vec<String>,
        /// 書き込むフォルダー（tls と signing の .pem と .key を作ります。上書きしません）
        #[arg(long, value_name = "DIR", default_value = "keys")]
        dir: PathBuf,
    },
    /// 認証局から届いた証明書（PEM か PKCS#12）を、秘密鍵と合うか確かめて取り込みます
    Import {
        /// 届いたファイル
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// 証明書発行要求を作ったときの秘密鍵（省略すると、--out に .key を付けたもの）
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// PKCS#12 のパスワードを 1 行目に書いたファイル（省略すると画面で尋ねます）
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// 書き込むファイルの名前の、拡張子の前まで（.pem と .key を作ります）
        #[arg(long, value_name = "PATH")]
        out: PathBuf,
    },
    /// 自分の証明書と失効リストについて、残り日数と、相手に断られるものを表示します
    Check {
        #[command(flatten)]
        config: ConfigArg,
    },
    /// 自分の証明書の更新を始めます（自分で作ったものは次のものを、ほかは要求を用意します）
    Renew {
        #[command(flatten)]
        config: ConfigArg,
        /// 用意してある次の証明書に、すぐに切り替えます
        #[arg(long)]
        take: bool,
        /// 届いたことを確認できない相手がいても切り替えます（その相手とは送受信できなくなります）
        #[arg(long, requires = "take")]
        anyway: bool,
    },
    /// 新しい秘密鍵と、認証局に出す証明書発行要求（CSR）を作ります
    Request {
        /// 事業所番号（証明書の名義になります）
        #[arg(value_name = "OFFICE")]
        office: OfficeNumber,
        /// 証明書に入れる法人や事業所の名前
        #[arg(long, value_name = "NAME")]
        organization: Option<String>,
        /// 書き込むファイルの名前の、拡張子の前まで（.key と .csr を作ります）
        #[arg(long, value_name = "PATH", default_value = "renkei")]
        out: PathBuf,
    },
    /// 証明書の名義、期限、SHA-256（設定ファイルや相手に伝える値）を表示します
    Show {
        /// 証明書のファイル
        #[arg(value_name = "FILES", required = true)]
        files: Vec<PathBuf>,
    },
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let usage = |error: CertsError| UsageError(error.text(lang));
    match &args.command {
        CertsCommand::New { office, hosts, dir } => new::run(*office, hosts, dir, lang)?,
        CertsCommand::Import { file, key, password_file, out } => {
            let (key, password_file) = (key.as_deref(), password_file.as_deref());
            import::run(&import::Import { file, key, password_file, out }, lang)?;
        }
        CertsCommand::Check { config } => return check::run(config, lang),
        CertsCommand::Renew { config, take, anyway } => {
            let haste = match (take, anyway) {
                (false, _) => Haste::Begin,
                (true, false) => Haste::Take,
                (true, true) => Haste::TakeAnyway,
            };
            return renew::run(config, haste, lang);
        }
        CertsCommand::Request { office, organization, out } => {
            let made = certs::request(*office, organization.as_deref()).map_err(usage)?;
            let (key, csr) = (out.with_extension("key"), out.with_extension("csr"));
            files::write(&key, made.key_pem.as_bytes(), Access::Secret, Existing::Keep)
                .map_err(usage)?;
            files::write(&csr, made.request_pem.as_bytes(), Access::Public, Existing::Keep)
                .map_err(usage)?;
            let (key, csr) = (key.display(), csr.display());
            output::line(&match lang {
                Lang::Ja => format!(
                    "秘密鍵 {key} と証明書発行要求 {csr} を作りました。\n\
                     {csr} を認証局に出してください。{key} は誰にも渡さないでください。"
                ),
                Lang::En => format!(
                    "wrote the private key {key} and the request {csr}\n\
                     send {csr} to your authority, and give {key} to nobody"
                ),
            })?;
        }
        CertsCommand::Show { files } => {
            for file in files {
                for certificate in certs::load_certificates(file).map_err(usage)? {
                    let info = CertificateInfo::of(&certificate).map_err(|error| {
                        let why = SignerError::from(error).text(lang);
                        UsageError(format!("{}: {why}", file.display()))
                    })?;
                    output::line(&show(&info, lang))?;
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show(info: &CertificateInfo, lang: Lang) -> String {
    let office = info.office.map(|office| office.to_string());
    let none = match (lang, speaks_for_nobody(info, lang)) {
        (Lang::Ja, Some(why)) => {
            format!("なし: {why}（このまま使うには、相手の設定に SHA-256 の登録が必要です）")
        }
        (Lang::En, Some(why)) => {
            format!("none: {why} (to be used as it is, partners have to pin it)")
        }
        (Lang::Ja, None) => "なし（相手の設定に SHA-256 の登録が必要です）".to_owned(),
        (Lang::En, None) => "none (partners have to pin it)".to_owned(),
    };
    let rows = [
        (lang.pick("名義", "subject"), shown(info.subject.reveal())),
        (lang.pick("事業所番号", "office"), office.unwrap_or(none)),
        (lang.pick("発行者", "issuer"), info.issuer.clone()),
        (lang.pick("有効期間", "valid"), {
            format!("{} – {}", words::time(info.not_before), words::time(info.not_after))
        }),
        (lang.pick("鍵", "key"), {
            let unfit = lang.pick("対応外", "not accepted");
            info.key.map_or(unfit, |kind| kind.as_str()).to_owned()
        }),
        ("SHA-256", info.sha256.to_string()),
        (lang.pick("電話で読み合わせる形", "to be read aloud"), words::in_fours(&info.sha256)),
    ];
    let digits = lang.pick("確認用の数字（30 桁）", "check digits");
    // Files of authorities hold many, and each would take a second.
    let digits = (!info.is_ca).then(|| (digits, certificate_digits(info.sha256).to_string()));
    let rows: Vec<_> = rows
        .into_iter()
        .chain(digits)
        .filter(|(name, _)| !info.is_ca || *name != lang.pick("事業所番号", "office"))
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    let path = if info.is_ca {
        lang.pick("認証局の証明書", "certificate of an authority")
    } else {
        lang.pick("証明書", "certificate")
    };
    let mut text = output::table(&[path, ""], &rows) + "\n";
    if info.is_version_1 {
        text.push_str(lang.pick(
            "拡張のない X.509 v1 の証明書のため、使えません。openssl x509 -req に -copy_extensions copyall か -extfile を付けて発行し直してください。\n",
            "an X.509 v1 certificate without extensions is not accepted: have it issued anew, with openssl x509 -req by -copy_extensions copyall or -extfile\n",
        ));
    }
    text
}

/// Why the subject is no office, where it looks like one or has no single common name.
fn speaks_for_nobody(info: &CertificateInfo, lang: Lang) -> Option<String> {
    if info.office.is_some() {
        return None;
    }
    let names: Vec<_> = info
        .common_names
        .iter()
        .map(|(name, kind)| format!("{:?} ({kind})", name.reveal()))
        .collect();
    let all = names.join(", ");
    Some(match (lang, names.len()) {
        (Lang::Ja, 0) => "CN がありません".to_owned(),
        (Lang::En, 0) => "there is no common name".to_owned(),
        (Lang::Ja, 1) => {
            format!(
                "CN {all} は、10 文字の事業所番号（UTF8String か PrintableString）と一致しません"
            )
        }
        (Lang::En, 1) => format!(
            "the common name {all} is not exactly the 10 characters of an office number in a UTF8String or PrintableString"
        ),
        (Lang::Ja, _) => format!("CN が複数あります: {all}"),
        (Lang::En, _) => format!("there are several common names: {all}"),
    })
}

/// A name as it is; quoted, with what cannot be seen written out, where it only looks as it is.
fn shown(name: &str) -> String {
    let escaped = name.escape_debug().to_string();
    let plain = name.trim() == name && escaped.replace(['\\'], "") == name.replace(['\\'], "");
    if plain { name.to_owned() } else { format!("\"{escaped}\"") }
}
