//! `[network]` and `[[relay]]`: what stands between the node and its partners.

use std::path::PathBuf;

use super::peer::{DIGEST_EN, DIGEST_JA};
use super::values::{self, parse};
use crate::types::settings::Section;
use crate::types::{Digest, PeerUrl, ProxyUrl};

/// `[network]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// The proxy through which all connections to partners and relays are opened.
    pub proxy: Option<Proxy>,
}

/// An HTTP proxy that opens connections by CONNECT (RFC 9110, section 9.3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Where it listens.
    pub url: ProxyUrl,
    /// How it knows us, if it asks.
    pub login: Option<ProxyLogin>,
}

/// How a proxy knows us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyLogin {
    /// The name.
    pub user: String,
    /// A file whose one line is the password.
    pub password_file: PathBuf,
}

/// `[[relay]]`: a machine that keeps sealed packages for offices until they fetch them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// Where it is reached.
    pub url: PeerUrl,
    /// What people call it.
    pub name: Option<String>,
    /// SHA-256 of the TLS certificates that are believed of it, at least one.
    pub tls_certificates: Vec<Digest>,
    /// SHA-256 of the certificates with which it signs that it has a package, at least one.
    pub signing_certificates: Vec<Digest>,
}

pub(super) fn network(mut table: Section<'_, '_>) -> Network {
    let span = table.span();
    let (ja, en) = (
        "http://ホスト名:ポート（例 http://proxy.example.jp:8080。ユーザー名とパスワードは含めません）",
        "http://host:port without a user name or password, such as http://proxy.example.jp:8080",
    );
    let named = table.has("proxy");
    let url = table.parsed("proxy", parse::<ProxyUrl>, ja, en);
    let user = table.parsed(
        "proxy_user",
        |text| {
            let fits = !text.is_empty() && !text.contains(':') && !text.chars().any(char::is_control);
            fits.then(|| text.to_owned())
        },
        "「:」を含まないユーザー名",
        "a user name without a colon",
    );
    let password_file = table.path("proxy_password_file");
    if user.is_some() != password_file.is_some() {
        let ja = "proxy_user と proxy_password_file は、両方とも書くか、両方とも省いてください。";
        let en = "proxy_user and proxy_password_file stand there both or not at all";
        table.report(&span, "proxy_password_file", ja, en);
    }
    if user.is_some() && !named {
        let ja = "proxy_user には proxy（プロキシのアドレス）が必要です。";
        table.report(&span, "proxy", ja, "proxy_user needs proxy, the address of the proxy");
    }
    table.finish();
    let login = user.zip(password_file).map(|(user, password_file)| ProxyLogin { user, password_file });
    Network { proxy: url.map(|url| Proxy { url, login }) }
}

pub(super) fn relays(tables: Vec<Section<'_, '_>>) -> Vec<Relay> {
    let mut found: Vec<Relay> = Vec::new();
    for mut table in tables {
        let span = table.span();
        let read = relay(&mut table);
        if let Some(relay) = read {
            if found.iter().any(|other| other.url == relay.url) {
                let ja = "同じ中継サーバーが二度書かれています。";
                table.report(&span, "url", ja, "this relay stands here twice");
            }
            found.push(relay);
        }
        table.finish();
    }
    found
}

fn relay(table: &mut Section<'_, '_>) -> Option<Relay> {
    let span = table.span();
    let url = table.required("url", |table, _| values::url(table));
    let name = values::name(table);
    let mut pins = |key: &str| {
        let named = table.has(key);
        let pins = table.list(key, parse::<Digest>, DIGEST_JA, DIGEST_EN);
        if pins.is_empty() && !named {
            let ja = "中継サーバーの管理者に値を聞いて書いてください。";
            table.report(&span, key, ja, "ask the operator of the relay for it");
        }
        pins
    };
    let (tls_certificates, signing_certificates) =
        (pins("tls_certificates"), pins("signing_certificates"));
    Some(Relay { url: url?, name, tls_certificates, signing_certificates })
}
