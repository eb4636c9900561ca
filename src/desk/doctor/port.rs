//! Whether the port of a node that runs is answered by that node.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::line::{Grade, Line, Topic};
use crate::certs;
use crate::config::Config;
use crate::link::{Glimpse, glimpse};
use crate::types::{Clock, Digest, Lang, code, io_text};
use crate::work;

/// How long an answer of this very computer may take.
const LONGEST: Duration = Duration::from_secs(5);

/// Calls our own port. Nothing where there is none, or the system chooses it, which only tests ask for.
pub(super) async fn line(config: &Config, clock: &Clock) -> Option<Line> {
    let listen = config.node.listen.filter(|listen| listen.port() != 0)?;
    let address = SocketAddr::new(here(listen.ip()), listen.port());
    let call = async {
        let stream = TcpStream::connect(address).await?;
        Ok::<_, std::io::Error>(glimpse(stream, &address.ip().to_string(), clock).await)
    };
    let seen = timeout(LONGEST, call).await;
    let identity = config.tls.identity.clone();
    let own = work::blocking(move || certs::load(&identity).ok()).await.ok().flatten();
    let own = own.and_then(|own| own.chain().first().map(|der| Digest::of(der)));
    Some(match seen {
        Ok(Ok(Glimpse::Certificate(shown))) if own == Some(Digest::of(&shown)) => Line::fine(
            Topic::Port,
            "node.listen",
            format!("{listen} で、動いている renkei が待ち受けています。"),
            format!("the node that runs listens on {listen}"),
        ),
        Ok(Ok(Glimpse::Certificate(_))) => Line::fine(
            Topic::Port,
            "node.listen",
            format!(
                "{listen} では、設定ファイルのものとは別の証明書が示されます。証明書を換えた後であれば renkei reload を実行し、そうでなければ、ほかのソフトが同じポートを使っていないか確かめてください。"
            ),
            format!(
                "{listen} shows another certificate than the one of the configuration: run renkei reload if it was replaced, else see whether other software has the port"
            ),
        )
        .grade(Grade::Look),
        Ok(Ok(Glimpse::NoTls)) => silent(listen, None),
        Ok(Err(error)) => silent(listen, Some(&error)),
        Err(_elapsed) => silent(listen, None),
    })
}

fn silent(listen: SocketAddr, error: Option<&std::io::Error>) -> Line {
    let why = |lang: Lang| match error {
        Some(error) => io_text(error, lang),
        None => lang.pick("TLS の返事がありません", "no answer in TLS").to_owned(),
    };
    Line::fine(
        Topic::Port,
        "node.listen",
        format!(
            "renkei は動いていますが、{listen} に接続できません: {}。設定を変えた後であれば、起動し直してください。",
            why(Lang::Ja)
        ),
        format!(
            "the node runs, but {listen} cannot be called: {}; start it again if the configuration was changed",
            why(Lang::En)
        ),
    )
    .grade(Grade::Broken)
    .code(Some(code::CANNOT_LISTEN))
}

/// Where an address that stands for all of this computer is called.
const fn here(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    }
}
