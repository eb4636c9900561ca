//! `[mail]`

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr as _;

use jiff::SignedDuration;
use jiff::civil::Time;
use lettre::Address;

use super::units;
use crate::types::Lang;
use crate::types::settings::Section;

/// The most addresses that a mail goes to.
const MOST_ADDRESSES: usize = 20;

/// How long something stands before it is told, so that what comes together is told together.
const WAIT: SignedDuration = SignedDuration::from_mins(2);

/// When the summary of a day is sent.
const DAILY_AT: Time = Time::constant(8, 0, 0, 0);

/// `[mail]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The name of the server that takes the mails.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection to it is kept secret.
    pub security: MailSecurity,
    /// The certificate authorities that are trusted to name the server.
    pub roots: Vec<PathBuf>,
    /// Who sends them.
    pub from: Address,
    /// Whom they go to, at least one.
    pub to: Vec<Address>,
    /// How the server knows us, if it asks.
    pub login: Option<MailLogin>,
    /// Whether a mail is sent when something needs a person.
    pub conditions: bool,
    /// When a summary of the day is sent, if one is.
    pub daily: Option<Time>,
    /// How long something stands before it is told.
    pub wait: SignedDuration,
    /// The language of the mails, if it is another than that of the node.
    pub lang: Option<Lang>,
}

/// How the connection to a mail server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS from the first byte on (RFC 8314).
    Tls,
    /// TLS after the command STARTTLS, and no mail without it (RFC 3207).
    StartTls,
    /// None: only for a server on this computer.
    None,
}

impl MailSecurity {
    /// The port that servers usually have for it.
    const fn port(self) -> u16 {
        match self {
            Self::Tls => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

/// How a mail server knows us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLogin {
    /// The name.
    pub user: String,
    /// A file whose one line is the password.
    pub password_file: PathBuf,
}

pub(super) fn mail(mut table: Section<'_, '_>) -> Option<Mail> {
    let span = table.span();
    let server = table.required("server", |table, key| {
        table.parsed(
            key,
            server,
            "サーバーの名前（例 smtp.example.jp。ポートは port に書きます）",
            "the name of a server, such as smtp.example.jp; its port stands in port",
        )
    });
    let security = table.parsed(
        "security",
        |text| match text {
            "tls" => Some(MailSecurity::Tls),
            "starttls" => Some(MailSecurity::StartTls),
            "none" => Some(MailSecurity::None),
            _ => None,
        },
        "tls か starttls か none",
        "tls, starttls or none",
    );
    let security = security.unwrap_or(MailSecurity::Tls);
    let port = table.number("port", 1, 65_535).and_then(|port| u16::try_from(port).ok());
    let roots_stand_there = table.has("roots");
    let roots = table.paths("roots");
    if security != MailSecurity::None && !roots_stand_there {
        let ja = "メールサーバーの証明書を確かめるための認証局の証明書（PEM）を書いてください。Linux では roots = [\"/etc/ssl/certs/ca-certificates.crt\"] が使えます。";
        let en = "name the certificates (PEM) of the authorities that the mail server's certificate is checked with; on Linux roots = [\"/etc/ssl/certs/ca-certificates.crt\"] will do";
        table.report(&span, "roots", ja, en);
    }
    if let Some(server) = server.as_ref().filter(|server| !is_this_computer(server))
        && security == MailSecurity::None
    {
        let ja = format!(
            "暗号化しない接続（none）は、このパソコンの中のメールサーバー（127.0.0.1 など）だけで使えます。{server} には tls か starttls を使ってください。"
        );
        let en = format!(
            "mail without encryption (none) goes to a server on this computer only (such as 127.0.0.1); use tls or starttls for {server}"
        );
        table.report(&span, "security", &ja, &en);
    }
    let (ja, en) =
        ("メールアドレス（例 renkei@example.jp）", "an address such as renkei@example.jp");
    let from = table.required("from", |table, key| table.parsed(key, address, ja, en));
    let to_stands_there = table.has("to");
    let to = table.list("to", address, ja, "addresses such as office@example.jp");
    if to.len() > MOST_ADDRESSES || (to_stands_there && to.is_empty()) {
        let ja = format!("1 個から {MOST_ADDRESSES} 個のメールアドレスを書いてください。");
        let en = format!("expected 1 to {MOST_ADDRESSES} addresses");
        table.report(&span, "to", &ja, &en);
    } else if !to_stands_there {
        table.report(&span, "to", "必須の項目がありません。", "this key is required");
    }
    let user = table.text("user").map(|(user, _)| user);
    let password_file = table.path("password_file");
    if user.is_some() != password_file.is_some() {
        let ja = "user と password_file は、両方とも書くか、両方とも省いてください。";
        let en = "user and password_file stand there both or not at all";
        table.report(&span, "password_file", ja, en);
    }
    let login = user.zip(password_file);
    let login = login.map(|(user, password_file)| MailLogin { user, password_file });
    let when_stands_there = table.has("when");
    let when = table.list("when", When::of, "conditions か daily", "conditions and daily");
    let wants = |one: When| !when_stands_there || when.contains(&one);
    let daily_at =
        table.parsed("daily_at", units::time, "時刻（例 08:00）", "a time of day, such as 08:00");
    let daily = wants(When::Daily).then(|| daily_at.unwrap_or(DAILY_AT));
    let wait = table.parsed("wait", units::duration, "時間（例 2m）", "a duration such as 2m");
    let lang =
        table.parsed("lang", |text| text.parse::<Lang>().ok(), "ja か en のどちらか", "ja or en");
    table.finish();
    Some(Mail {
        server: server?,
        port: port.unwrap_or(security.port()),
        security,
        roots,
        from: from?,
        to,
        login,
        conditions: wants(When::Conditions),
        daily,
        wait: wait.unwrap_or(WAIT),
        lang,
    })
}

/// What mails are sent about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Conditions,
    Daily,
}

impl When {
    fn of(text: &str) -> Option<Self> {
        match text {
            "conditions" => Some(Self::Conditions),
            "daily" => Some(Self::Daily),
            _ => None,
        }
    }
}

/// A name or an address without a port.
fn server(text: &str) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let is_name = (1..=253).contains(&text.len())
        && text.bytes().all(fits)
        && !text.starts_with(['-', '.'])
        && !text.contains("..");
    (is_name || text.parse::<IpAddr>().is_ok()).then(|| text.to_owned())
}

/// Whether a name can only mean this computer; that the connection stays here is looked at again when
/// there is one.
fn is_this_computer(server: &str) -> bool {
    let is_loopback = |ip: IpAddr| ip.is_loopback();
    server.eq_ignore_ascii_case("localhost") || server.parse().is_ok_and(is_loopback)
}

/// An address that every server understands: in ASCII.
fn address(text: &str) -> Option<Address> {
    Address::from_str(text).ok().filter(|_| text.is_ascii() && text.len() <= 254)
}
