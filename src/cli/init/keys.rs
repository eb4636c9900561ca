//! Where the keys come from.

use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::asker::Asker;
use super::{Args, UsageError};
use crate::certs::{Identity, load_all_of_pkcs12, load_password};
use crate::cli::secret::secret;
use crate::desk::founding::{Given, KeySource, Keys};
use crate::types::Lang;

/// The keys that were given, or how they are made; the name of an option that is missing.
pub(super) fn keys(
    args: &Args,
    with_tls: bool,
    asker: Option<&mut Asker>,
    lang: Lang,
) -> anyhow::Result<Result<Keys, &'static str>> {
    let mut asker = asker;
    let source = match (args.keys, &mut asker) {
        (Some(source), _) => source,
        (None, _) if args.signing_pkcs12.is_some() => KeySource::Pkcs12,
        (None, Some(asker)) => source(asker, lang)?,
        (None, None) => return Ok(Err("--keys")),
    };
    Ok(match source {
        KeySource::Made => Ok(Keys::Made),
        KeySource::Request => Ok(Keys::Request),
        KeySource::Pkcs12 => {
            let signing = match (&args.signing_pkcs12, &mut asker) {
                (Some(path), _) => path.clone(),
                (None, Some(asker)) => asker.until(
                    lang.pick("PKCS#12 ファイル（.p12、.pfx）", "PKCS#12 file (.p12, .pfx)"),
                    None,
                    |text| {
                        let there = Path::new(text).is_file().then(|| text.into());
                        there.ok_or_else(|| lang.pick("ありません。", "not there").to_owned())
                    },
                )?,
                (None, None) => return Ok(Err("--signing-pkcs12")),
            };
            let password = match (&args.password_file, &asker) {
                (Some(path), _) => {
                    load_password(path).map_err(|error| UsageError(error.text(lang)))?
                }
                (None, Some(_)) => {
                    secret(lang.pick("PKCS#12 のパスワード: ", "password of the PKCS#12 file: "))?
                }
                (None, None) => return Ok(Err("--password-file")),
            };
            let tls = args.tls_pkcs12.as_deref().filter(|_| with_tls);
            let tls = tls.map(|path| identity(path, &password, lang).map(Arc::new)).transpose()?;
            let signing = Arc::new(identity(&signing, &password, lang)?);
            Ok(Keys::Given(Given { tls, signing }))
        }
    })
}

fn source(asker: &mut Asker, lang: Lang) -> anyhow::Result<KeySource> {
    let list = |lang: Lang| {
        let numbered = (1..).zip(KeySource::ALL);
        let lines = numbered.map(|(number, source)| format!("\n  {number} {}", source.text(lang)));
        lines.collect::<String>()
    };
    asker.say(
        &format!("鍵と証明書:{}", list(Lang::Ja)),
        &format!("keys and certificates:{}", list(Lang::En)),
    );
    let question = lang.pick("番号", "number");
    asker.until(question, None, |text| match text {
        "1" | "made" => Ok(KeySource::Made),
        "2" | "request" => Ok(KeySource::Request),
        "3" | "pkcs12" => Ok(KeySource::Pkcs12),
        _ => Err(lang.pick("1、2、3 のどれかを入力してください。", "type 1, 2 or 3").to_owned()),
    })
}

/// The one identity of a file.
fn identity(path: &Path, password: &Zeroizing<String>, lang: Lang) -> anyhow::Result<Identity> {
    let mut all =
        load_all_of_pkcs12(path, password).map_err(|error| UsageError(error.text(lang)))?;
    if let (Some(one), true) = (all.pop(), all.is_empty()) {
        return Ok(one);
    }
    let path = path.display();
    Err(UsageError(match lang {
        Lang::Ja => format!(
            "{path} に証明書が複数あります。renkei certs import で分けてから、設定ファイルに書いてください。"
        ),
        Lang::En => format!(
            "{path} holds several certificates; take them apart with renkei certs import and name them in the configuration"
        ),
    })
    .into())
}
