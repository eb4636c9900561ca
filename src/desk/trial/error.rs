//! How a trial ended, in words.

use std::io;

use crate::certs::CertsError;
use crate::node::{StartProblems, probe};
use crate::store::StoreError;
use crate::types::{Lang, code, io_text};

/// What went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchanged {
    /// Files that were sent and receipted.
    pub sent: usize,
    /// Files that came back and were placed and receipted.
    pub received: usize,
}

/// Why the exchange did not come about.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// No set is exchanged by offices of these service types.
    #[error("no set is made for these service types")]
    NoSample,
    /// The folder, the keys or the sets of the trial cannot be made.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A key or a certificate cannot be used.
    #[error("{0}")]
    Certs(#[from] CertsError),
    /// A node does not start.
    #[error("{}", .0.text(Lang::En))]
    Start(StartProblems),
    /// The store cannot be read.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A set was held or refused, for the reason of this code.
    #[error("not exchanged: {0}")]
    Refused(String),
    /// It took too long; the code of what was in the way at the end, if any.
    #[error("not exchanged in time: {0}")]
    Late(String),
}

impl Exchanged {
    /// In words.
    pub fn text(self, lang: Lang) -> String {
        let Self { sent, received } = self;
        match lang {
            Lang::Ja => format!(
                "最初の試し送受信ができました。架空の利用者のファイルを、この事業所の鍵で署名し、暗号化した通信で送り（{sent} ファイル）、受け取り（{received} ファイル）、受領証を確かめました。"
            ),
            Lang::En => format!(
                "The first test exchange with yourself worked: files of invented people were signed with the keys of this office, sent over an encrypted connection ({sent}), received ({received}) and receipted."
            ),
        }
    }
}

impl TrialError {
    /// In words, with what to do.
    pub fn text(&self, lang: Lang) -> String {
        let head = lang.pick("試し送受信ができませんでした。", "The test exchange did not work. ");
        let of_code = |named: &str| match code::find(named) {
            Some(info) => probe::say(info, lang),
            None => named.to_owned(),
        };
        let why = match self {
            Self::NoSample => lang
                .pick(
                    "このサービス種類の見本がないため、試せません。相手を登録して、実際に送って確かめてください。",
                    "There is no sample for these service types; register a partner and try with it.",
                )
                .to_owned(),
            Self::Io(error) => match lang {
                Lang::Ja => format!(
                    "一時フォルダーを使えません: {}。ディスクの空きと権限を確かめてください。",
                    io_text(error, lang)
                ),
                Lang::En => format!(
                    "The temporary folder cannot be used: {}; check space and rights.",
                    io_text(error, lang)
                ),
            },
            Self::Certs(error) => error.text(lang),
            Self::Start(problems) => problems.text(lang),
            Self::Store(error) => error.text(lang),
            Self::Late(code) if code.is_empty() => lang
                .pick(
                    "時間内に終わりませんでした。このパソコンが混み合っているときは、後でもう一度試してください。ウイルス対策ソフトが通信を止めていないかも確かめてください。",
                    "It took too long. Try again when this computer is less busy, and see whether an antivirus program stops connections.",
                )
                .to_owned(),
            Self::Refused(code) | Self::Late(code) => of_code(code),
        };
        format!("{head}{why}")
    }
}
