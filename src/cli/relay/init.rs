//! `renkei relay init`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::SignedDuration;

use crate::certs::files::{self, Access, Existing};
use crate::certs::{Issued, Validity, self_made_of_host};
use crate::cli::{UsageError, output};
use crate::disk;
use crate::package::Usage;
use crate::types::{Clock, Digest, Lang};

/// So long the certificates hold.
const DAYS: i64 = 5 * 365;

/// Where programs on the same computer watch it.
const STATUS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8481);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// 作る場所のフォルダー
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// 待ち受けるアドレスとポート
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8444")]
    listen: SocketAddr,
    /// 事業所から見た、このサーバーの名前またはアドレス
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let Args { dir, listen, host } = args;
    let config = dir.join("relay.toml");
    if config.exists() {
        let path = config.display();
        return Err(UsageError(match lang {
            Lang::Ja => format!("{path} がすでにあります。"),
            Lang::En => format!("{path} is there already"),
        })
        .into());
    }
    let named = host.as_deref().map(|host| checked(host, lang)).transpose()?;
    let host = named.unwrap_or_else(|| match listen.ip() {
        ip if ip.is_unspecified() => "localhost".to_owned(),
        ip => ip.to_string(),
    });
    let settings = Settings { listen: *listen, status: STATUS, roots: None, lang };
    let made = make(dir, &host, &settings, Existing::Keep)?;
    output::line(&match lang {
        Lang::Ja => format!(
            "{0} を作りました。renkei relay --config {0} で起動します。\n各事業所の renkei.toml に、次の行を加えてください。\n",
            config.display()
        ),
        Lang::En => format!(
            "made {0}; renkei relay --config {0} runs it\nadd these lines to renkei.toml of each office:\n",
            config.display()
        ),
    })?;
    output::line(&made.lines())?;
    if host == "localhost" {
        output::error(lang.pick(
            "注意: アドレスは localhost です。ほかの機械の事業所からは接続できません。事業所から見た名前を --host で指定して、別の場所に作り直すか、各事業所に渡す url を書き換えてください。",
            "note: the address is localhost, which offices on other machines cannot reach; name this machine as offices see it with --host, in another folder, or change the url that you give to the offices",
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// A name or an address by which offices may reach a machine.
fn checked(host: &str, lang: Lang) -> Result<String, UsageError> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let is_usable = match bare.parse::<IpAddr>() {
        Ok(address) => !address.is_unspecified(),
        Err(_) => is_name(bare),
    };
    if is_usable {
        return Ok(bare.to_owned());
    }
    Err(UsageError(match lang {
        Lang::Ja => format!(
            "--host {host} は、サーバーの名前でもアドレスでもありません（例 relay.example.jp、192.0.2.10。https:// とポートは付けません）。"
        ),
        Lang::En => format!(
            "--host {host} is neither a name nor an address of a server (such as relay.example.jp or 192.0.2.10, without https:// and port)"
        ),
    }))
}

/// Whether it is a host name (RFC 1123, section 2.1).
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    // Numbers alone are a broken address.
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    host.len() <= 253
        && host.split('.').all(is_label)
        && !host.split('.').next_back().is_some_and(is_number)
}

/// What the configuration says that is made.
pub(in crate::cli) struct Settings<'a> {
    /// Where offices reach it.
    pub(in crate::cli) listen: SocketAddr,
    /// Where programs that watch it ask.
    pub(in crate::cli) status: SocketAddr,
    /// The file of the authority whose certificates name their office, if there is one.
    pub(in crate::cli) roots: Option<&'a str>,
    /// Of its texts.
    pub(in crate::cli) lang: Lang,
}

/// A relay that was made.
pub(in crate::cli) struct Made {
    /// Its configuration.
    pub(in crate::cli) config: PathBuf,
    url: String,
    tls: Digest,
    signing: Digest,
}

impl Made {
    /// What offices write into their configuration.
    pub(in crate::cli) fn lines(&self) -> String {
        let Self { url, tls, signing, .. } = self;
        format!(
            "[[relay]]\nurl = \"{url}\"\ntls_certificates = [\"{tls}\"]\nsigning_certificates = [\"{signing}\"]"
        )
    }
}

/// Makes keys, certificates and configuration of a relay that offices reach by `host`.
pub(in crate::cli) fn make(
    dir: &Path,
    host: &str,
    settings: &Settings<'_>,
    existing: Existing,
) -> anyhow::Result<Made> {
    disk::create_private_folders(dir)?;
    let now = Clock::system().now();
    let not_after = now.checked_add(SignedDuration::from_hours(24 * DAYS))?;
    let validity = Validity { not_before: now, not_after };
    let hosts = [host.to_owned()];
    let keep = |name: &str, usage| {
        let issued = self_made_of_host(usage, &hosts, validity)?;
        keep(dir, name, &issued, existing)
    };
    let (tls, signing) = (keep("tls", Usage::Tls)?, keep("signing", Usage::Signing)?);
    let config = dir.join("relay.toml");
    files::write(&config, text(settings).as_bytes(), Access::Public, existing)?;
    let shown = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let url = format!("https://{shown}:{}", settings.listen.port());
    Ok(Made { config, url, tls, signing })
}

/// Writes a certificate and its key; gives the SHA-256 of the certificate.
fn keep(dir: &Path, name: &str, issued: &Issued, existing: Existing) -> anyhow::Result<Digest> {
    let pem = dir.join(format!("{name}.pem"));
    files::write(&pem, issued.chain_pem().as_bytes(), Access::Public, existing)?;
    let key = dir.join(format!("{name}.key"));
    files::write(&key, issued.key_pem().as_bytes(), Access::Secret, existing)?;
    let certificate = issued.certificate().map(|certificate| Digest::of(certificate));
    certificate.ok_or_else(|| anyhow::anyhow!("no certificate was made"))
}

fn text(settings: &Settings<'_>) -> String {
    let Settings { listen, status, roots, lang } = settings;
    let lang = lang.pick("ja", "en");
    let roots = match roots {
        Some(file) => format!("roots = [\"{file}\"]"),
        None => "#roots = [\"ca.pem\"]".to_owned(),
    };
    format!(
        r#"# 中継サーバーの設定（docs/relay.ja.md）。
[node]
listen = "{listen}"
lang = "{lang}"
data = "data"

# 監視用（/healthz と /metrics）。このサーバーの中からだけ使えます。
[status]
listen = "{status}"

[tls]
certificate = "tls.pem"
key = "tls.key"
# 事業所番号が入った証明書を発行している認証局。書くと、その証明書を持つ事業所を登録なしで取り次ぎます。
{roots}

[signing]
certificate = "signing.pem"
key = "signing.key"

# 書かなければ、データフォルダーの relay.db（SQLite）を使います。
#[store]
#postgres = "postgresql://renkei@db.example.jp:5432/renkei?sslmode=require"
#password_file = "postgres.password"
#root = "postgres-ca.pem"
#connections = 16

#[limits]
#package_size = "128MiB"
#body_memory = "256MiB"
#connections = 10000
#office_connections = 32
#office_rate = 100
#office_store = "1GiB"
#office_messages = 10000
#keep = "31d"

#[retention]
#remember = "30d"

# 証明書の SHA-256 で登録する事業所。事業所カードで登録するときは renkei relay approve を使います。
#[[office]]
#number = "1370000018"
#tls_certificates = ["…"]
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{RelayConfig, RelayStoreSettings};

    #[test]
    fn only_what_offices_can_reach_is_a_host() {
        for host in
            ["relay.example.jp", "localhost", "192.0.2.10", "2001:db8::1", "[2001:db8::1]", "r2"]
        {
            assert!(checked(host, Lang::En).is_ok(), "{host}");
        }
        for host in [
            "",
            "https://relay.example.jp",
            "relay.example.jp:8444",
            "a b",
            "0.0.0.0",
            "::",
            "999.1.1.1",
            "-a.jp",
            "a..jp",
            "例.jp",
            "a/b",
        ] {
            assert!(checked(host, Lang::En).is_err(), "{host}");
        }
    }

    /// What is written is read, and what is commented out says the default.
    #[test]
    fn the_configuration_that_is_made_is_valid_and_names_every_key() {
        let listen = SocketAddr::from(([0, 0, 0, 0], 8444));
        let made = text(&Settings { listen, status: STATUS, roots: None, lang: Lang::Ja });
        let plain = RelayConfig::parse(&made, Path::new("")).expect("valid");
        let all: Vec<_> = made
            .lines()
            .filter(|line| !line.contains('…') && !line.contains("roots"))
            .map(|line| {
                line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line)
            })
            .collect();
        let all = RelayConfig::parse(&all.join("\n"), Path::new("")).expect("valid");
        assert_eq!((plain.limits, plain.remember), (all.limits, all.remember));
        let RelayStoreSettings::Postgres { connections, .. } = all.store else { panic!("another") };
        assert_eq!(connections, 16);
        assert_eq!(all.offices.len(), 1);
    }
}
