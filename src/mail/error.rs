//! Why a mail was not sent.

use std::io;
use std::net::SocketAddr;

use crate::certs::CertsError;
use crate::types::text::is_invisible;
use crate::types::{Lang, io_text};

/// The most characters of what a server says that are shown.
const MOST_OF_ANSWER: usize = 200;

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The password or the certificates of the authorities cannot be read.
    #[error("{0}")]
    File(#[from] CertsError),
    /// No certificate of an authority can be used.
    #[error("no certificate in [mail] roots can be used")]
    NoRoots,
    /// The name of the server is none that a certificate can have.
    #[error("the name of the mail server cannot stand in a certificate")]
    Name,
    /// No connection came about.
    #[error("the mail server cannot be reached: {0}")]
    Unreachable(io::Error),
    /// A connection that is not encrypted would have left this computer.
    #[error("{0} is not on this computer, and the connection would not be encrypted")]
    NotThisComputer(SocketAddr),
    /// No TLS connection came about.
    #[error("no TLS connection with the mail server: {0}")]
    Tls(io::Error),
    /// The server has no STARTTLS.
    #[error("the mail server does not offer STARTTLS")]
    NoStartTls,
    /// The server lets nobody log in, or in no way that we know.
    #[error("the mail server does not offer a login with a password")]
    NoLogin,
    /// The server did not answer in time.
    #[error("the mail server did not answer in time")]
    TooSlow,
    /// The connection broke, or what came is not what mail servers say.
    #[error("the connection with the mail server broke, or it is no mail server")]
    Broken,
    /// The server said no.
    #[error("the mail server refused {at:?} with {code}")]
    Refused {
        /// What it said no to.
        at: Stage,
        /// The code of its answer (RFC 5321, section 4.2.3).
        code: u16,
        /// What it said.
        said: String,
    },
    /// Some of the addresses were refused; the others have the mail.
    #[error("the mail server refused {refused} of {all} recipients")]
    SomeRefused {
        /// How many.
        refused: usize,
        /// Of so many.
        all: usize,
    },
    /// The mail cannot be written, which is a fault of the program.
    #[error("the mail could not be written")]
    Letter,
}

/// To what a server says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// To the connection.
    Connection,
    /// To name and password.
    Login,
    /// To the sender.
    Sender,
    /// To every recipient.
    Recipients,
    /// To what is in the mail.
    Content,
}

impl MailError {
    /// Whether it was the server that said no.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::SomeRefused { .. })
    }

    /// What is wrong and what to do.
    pub fn text(&self, lang: Lang) -> String {
        let (ja, en) = match self {
            Self::File(error) => return error.text(lang),
            Self::NoRoots => (
                "[mail] roots のファイルに、使える認証局の証明書がありません。".to_owned(),
                "the files of [mail] roots hold no certificate of an authority that can be used"
                    .to_owned(),
            ),
            Self::Name => (
                "[mail] server の名前を、証明書の名前として確かめられません。".to_owned(),
                "the name in [mail] server cannot be checked against a certificate".to_owned(),
            ),
            Self::Unreachable(error) => (
                format!(
                    "メールサーバーにつながりません: {}。[mail] の server と port、ネットワークとファイアウォールを確かめてください。",
                    io_text(error, Lang::Ja)
                ),
                format!(
                    "the mail server cannot be reached: {}; check server and port of [mail], the network and firewalls",
                    io_text(error, Lang::En)
                ),
            ),
            Self::NotThisComputer(address) => (
                format!(
                    "暗号化しない接続（security = \"none\"）の相手（{address}）が、このパソコンの中ではありません。tls か starttls を使ってください。"
                ),
                format!(
                    "security = \"none\" would send the mail unencrypted to {address}, which is another computer; use tls or starttls"
                ),
            ),
            Self::Tls(error) => (
                format!(
                    "メールサーバーと暗号化通信（TLS）を始められません: {error}。[mail] の server の名前、security（tls か starttls）と port の組み合わせ、roots の証明書を確かめてください。"
                ),
                format!(
                    "no TLS connection with the mail server: {error}; check the name in server, whether security (tls or starttls) goes with port, and the certificates of roots"
                ),
            ),
            Self::NoStartTls => (
                "メールサーバーが STARTTLS に対応していません。[mail] security = \"tls\" と、そのポート（ふつう 465）を試してください。".to_owned(),
                "the mail server does not offer STARTTLS; try security = \"tls\" with its port, usually 465".to_owned(),
            ),
            Self::NoLogin => (
                "メールサーバーがパスワードでのログイン（PLAIN、LOGIN）に対応していません。サーバーの説明を確かめるか、user と password_file を省いてください。".to_owned(),
                "the mail server offers no login with a password (PLAIN, LOGIN); see its manual, or leave out user and password_file".to_owned(),
            ),
            Self::TooSlow => (
                "メールサーバーから時間内に返事がありません。[mail] の security と port の組み合わせ（tls は 465、starttls は 587 がふつうです）と、ネットワークを確かめてください。".to_owned(),
                "the mail server did not answer in time; check whether security goes with port (usually tls with 465, starttls with 587), and the network".to_owned(),
            ),
            Self::Broken => (
                "メールサーバーとの通信が途中で切れたか、メールサーバーではありません。[mail] の server、port、security を確かめてください。".to_owned(),
                "the connection with the mail server broke, or it is no mail server; check server, port and security of [mail]".to_owned(),
            ),
            Self::Refused { at, code, .. } => {
                let (ja, en) = at.refused();
                (format!("{ja}（応答 {code}）。"), format!("{en} (reply {code})"))
            }
            Self::SomeRefused { refused, all } => (
                format!(
                    "宛先 {all} 個のうち {refused} 個を、メールサーバーが受け付けません。ほかの宛先には送りました。[mail] to のアドレスを確かめてください。"
                ),
                format!(
                    "the mail server refused {refused} of {all} recipients; the others have the mail. Check the addresses of [mail] to"
                ),
            ),
            Self::Letter => (
                "メールを作れませんでした。ログを添えて開発元に連絡してください。".to_owned(),
                "the mail could not be written; report it with the log".to_owned(),
            ),
        };
        lang.pick(&ja, &en).to_owned()
    }

    /// What the server itself said, for whoever stands in front of it; it may quote addresses.
    pub fn said(&self) -> Option<&str> {
        match self {
            Self::Refused { said, .. } if !said.is_empty() => Some(said),
            _ => None,
        }
    }
}

impl Stage {
    const fn refused(self) -> (&'static str, &'static str) {
        match self {
            Self::Connection => {
                ("メールサーバーが接続を断りました", "the mail server refused the connection")
            }
            Self::Login => (
                "メールサーバーがログインを断りました。[mail] の user と password_file の中身を確かめてください。アプリ用のパスワードが必要なサーバーもあります",
                "the mail server refused the login; check user and what stands in password_file. Some servers want a password that is made for programs",
            ),
            Self::Sender => (
                "メールサーバーが差出人を受け付けません。[mail] from のアドレスと、ログインが必要か（user、password_file）を確かめてください",
                "the mail server refused the sender; check from of [mail], and whether it wants a login (user, password_file)",
            ),
            Self::Recipients => (
                "メールサーバーが宛先を受け付けません。[mail] to のアドレスと、ログインが必要か（user、password_file）を確かめてください",
                "the mail server refused the recipients; check to of [mail], and whether it wants a login (user, password_file)",
            ),
            Self::Content => (
                "メールサーバーがメールの内容を受け付けませんでした。サーバーの管理者に確かめてください",
                "the mail server refused what is in the mail; ask whoever looks after it",
            ),
        }
    }
}

/// What a server said, as it can be shown.
pub(super) fn shown(said: &str) -> String {
    let is_seen = |character: &char| !character.is_control() && !is_invisible(*character);
    said.chars().filter(is_seen).take(MOST_OF_ANSWER).collect()
}
