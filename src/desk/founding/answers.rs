//! Answers as people write them, and what is said where one cannot be taken.

use std::str::FromStr;

use crate::config::Config;
use crate::spec::Spec;
use crate::types::text::is_office_name;
use crate::types::{Lang, OfficeNumber, PeerUrl, ServiceType};

/// How keys and certificates are come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    /// Made here; partners take them with the card of the office.
    Made,
    /// Made here, and an authority is asked for certificates.
    Request,
    /// From a file of an authority.
    Pkcs12,
}

/// None of these words.
#[derive(Debug, Clone, thiserror::Error)]
#[error("expected made, request or pkcs12")]
pub struct ParseKeySourceError;

impl KeySource {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Made, Self::Request, Self::Pkcs12];

    /// The name that commands and forms take.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Request => "request",
            Self::Pkcs12 => "pkcs12",
        }
    }

    /// What people choose.
    pub const fn text(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Made => (
                "ここで作る（相手と事業所カードを交換して使います）",
                "made here (partners take them with the card of the office)",
            ),
            Self::Request => ("認証局に出す要求（CSR）を作る", "a request (CSR) for an authority"),
            Self::Pkcs12 => {
                ("認証局から届いた PKCS#12 ファイルを使う", "a PKCS#12 file of an authority")
            }
        };
        lang.pick(ja, en)
    }
}

impl FromStr for KeySource {
    type Err = ParseKeySourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|source| source.as_str() == text).ok_or(ParseKeySourceError)
    }
}

/// The number of an office that is not in the configuration yet.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn office_number(
    text: &str,
    existing: Option<&Config>,
    lang: Lang,
) -> Result<OfficeNumber, String> {
    let number = text.parse().map_err(|_| {
        lang.pick("数字または英大文字 10 桁で入力してください。", "10 digits or capital letters")
            .to_owned()
    })?;
    match existing.and_then(|config| config.office(number)) {
        None => Ok(number),
        Some(_) => Err(match lang {
            Lang::Ja => format!("事業所 {number} は、すでに設定にあります。"),
            Lang::En => format!("the office {number} is in the configuration already"),
        }),
    }
}

/// What an office is called.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn office_name(text: &str, lang: Lang) -> Result<String, String> {
    if is_office_name(text) {
        return Ok(text.to_owned());
    }
    let wrong = lang.pick(
        "100 文字までの、改行や見えない文字を含まない名前にしてください。",
        "a name of up to 100 characters that are all visible",
    );
    Err(wrong.to_owned())
}

/// The service types of an office, at least one.
///
/// # Errors
///
/// What is wrong with them, in words.
pub fn service_types<'a>(
    codes: impl IntoIterator<Item = &'a str>,
    spec: &Spec,
    lang: Lang,
) -> Result<Vec<ServiceType>, String> {
    let one = |text: &str| {
        let code = text.parse().ok();
        let known = code.filter(|code| spec.office_types().any(|(other, _)| other == *code));
        known.ok_or_else(|| match lang {
            Lang::Ja => {
                format!("{text} は、データ連携の対象のサービス種類コードではありません。")
            }
            Lang::En => format!("{text} is no service type whose data is exchanged"),
        })
    };
    let codes = codes.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    if codes.is_empty() {
        return Err(lang.pick("一つは入力してください。", "at least one").to_owned());
    }
    Ok(codes)
}

/// Where partners reach the node.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn url(text: &str, lang: Lang) -> Result<PeerUrl, String> {
    text.parse().map_err(|_| {
        lang.pick(
            "https://ホスト名:ポート の形で入力してください。",
            "https://host:port without a path",
        )
        .to_owned()
    })
}
