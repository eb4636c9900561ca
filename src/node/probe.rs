//! Whether a partner can be reached, step by step, as a person looks for what is in the way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::context::blocking;
use super::network;
use super::problems::{Problems, StartProblems};
use super::proof;
use crate::config::{Config, Way};
use crate::link::{Client, ClientLimits, Endpoint, Party, ProxyAccess, SendError, Status, Tls};
use crate::types::code::{self, CodeInfo};
use crate::types::{Clock, Lang, OfficeNumber, io_text};

/// How long a name and a connection may take.
const LONGEST: Duration = Duration::from_secs(10);

/// The addresses of a name that are tried.
const ADDRESSES: usize = 8;

/// A step on the way to a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The address of its name.
    Name,
    /// A connection to its port.
    Connection,
    /// Certificates on both sides.
    Tls,
    /// The answer of its node.
    Answer,
    /// Whether it has registered our office.
    Registered,
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Which step.
    pub step: Step,
    /// Whether it went well.
    pub is_fine: bool,
    /// What was found, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
    /// The stable code of what was in the way, where there is one.
    pub code: Option<&'static str>,
    /// How far its clock is ahead of ours, where it told its time.
    pub ahead: Option<SignedDuration>,
}

impl Step {
    /// What it is called.
    pub const fn title(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Name => ("名前の解決（DNS）", "name (DNS)"),
            Self::Connection => ("ポートへの接続（TCP）", "connection (TCP)"),
            Self::Tls => ("暗号化と証明書（TLS）", "encryption and certificates (TLS)"),
            Self::Answer => ("renkei の返事（HTTP）", "answer of the node (HTTP)"),
            Self::Registered => ("相手での登録", "registered at the partner"),
        };
        lang.pick(ja, en)
    }
}

impl Tried {
    /// What was found.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.ja, &self.en)
    }

    fn fine(step: Step, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { step, is_fine: true, ja: ja.into(), en: en.into(), code: None, ahead: None }
    }

    fn bad(step: Step, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { is_fine: false, ..Self::fine(step, ja, en) }
    }
}

/// Asks partners with our certificates, which are read once for all of them.
pub struct Prober {
    config: Arc<Config>,
    client: Client,
    proxy: Option<ProxyAccess>,
    clock: Clock,
}

impl Prober {
    /// Reads our certificates.
    ///
    /// # Errors
    ///
    /// They cannot be used.
    pub async fn open(config: Arc<Config>, clock: Clock) -> Result<Self, StartProblems> {
        // Disks and shares may take their time.
        blocking(move || Self::read(config, clock)).await.unwrap_or_else(|| {
            let mut problems = Problems::default();
            problems.internal();
            Err(StartProblems(problems.0))
        })
    }

    fn read(config: Arc<Config>, clock: Clock) -> Result<Self, StartProblems> {
        let mut problems = Problems::default();
        let opened = proof::open(&config, None, clock.now(), &mut problems);
        let proxy = problems.certs(network::PROXY_PLACE, network::proxy_of(&config));
        let (Some((_, settings)), Some(proxy)) = (opened, proxy) else {
            return Err(StartProblems(problems.0));
        };
        match Tls::new(settings, clock.clone()) {
            Ok(tls) => {
                let client = Client::new(tls, ClientLimits::default());
                client.set_proxy(proxy.clone());
                Ok(Self { config, client, proxy, clock })
            }
            Err(error) => {
                problems.tls_unusable(&error);
                Err(StartProblems(problems.0))
            }
        }
    }

    /// Goes to a partner of the configuration, as far as it gets; the last step is the one that failed,
    /// if any did. `None` if there is no such partner.
    pub async fn ask(&self, partner: OfficeNumber) -> Option<Vec<Tried>> {
        let (peer, own) = (self.config.peer(partner)?, self.config.offices.first()?);
        match self.config.way(peer) {
            Way::Direct { url, .. } => {
                Some(self.walk(&Endpoint::of_office(url, partner), own.number).await)
            }
            Way::Relay(relay) => Some(self.walk(&Endpoint::of_relay(relay), own.number).await),
            Way::Collect => Some(vec![Tried::fine(
                Step::Name,
                "こちらからは接続しません。送るものは、相手がこの renkei に取りに来ます。",
                "nothing connects from here: the partner comes to this node for what is sent to it",
            )]),
            Way::None => Some(vec![Tried {
                code: Some(code::PEER_WITHOUT_WAY),
                ..Tried::bad(
                    Step::Name,
                    "届ける経路がありません。相手の url か、双方で使う中継サーバーを設定してください。",
                    "there is no way: set its url, or a relay that both use",
                )
            }]),
        }
    }

    /// Goes to a node or a relay.
    async fn walk(&self, endpoint: &Endpoint, own: OfficeNumber) -> Vec<Tried> {
        let Self { client, proxy, clock, .. } = self;
        let mut tried = Vec::new();
        let (host, port) = match proxy {
            Some(proxy) => (proxy.url.host(), proxy.url.port()),
            None => (endpoint.url.host(), endpoint.url.port()),
        };
        let addresses = match name(host, port).await {
            Ok((addresses, fine)) => {
                tried.push(fine);
                addresses
            }
            Err(bad) => return vec![bad],
        };
        let connected = connection(&addresses).await;
        let is_connected = connected.is_fine;
        tried.push(connected);
        if !is_connected {
            return tried;
        }
        match client.status(endpoint).await {
            Ok(status) => {
                tried.push(Tried::fine(
                    Step::Tls,
                    "双方の証明書を確認しました。",
                    "the certificates of both sides are accepted",
                ));
                tried.push(answered(&status, clock));
                tried.push(registered(client, endpoint, own).await);
            }
            Err(error @ SendError::Proxy { .. }) => tried.push(failed(Step::Connection, &error)),
            Err(error @ SendError::Tls { .. }) => tried.push(failed(Step::Tls, &error)),
            Err(error) => {
                tried.push(Tried::fine(Step::Tls, "つながりました。", "a connection came about"));
                tried.push(failed(Step::Answer, &error));
            }
        }
        tried
    }

    /// The proxy through which partners are reached.
    pub const fn proxy(&self) -> Option<&ProxyAccess> {
        self.proxy.as_ref()
    }
}

async fn name(host: &str, port: u16) -> Result<(Vec<SocketAddr>, Tried), Tried> {
    let bad = |ja: String, en: String| {
        Tried::bad(
            Step::Name,
            format!(
                "{host} のアドレスが分かりません: {ja}。接続先の名前と、このパソコンのネットワークを確かめてください。"
            ),
            format!(
                "no address is found for {host}: {en}; check the name and the network of this computer"
            ),
        )
    };
    let found: Vec<_> = match timeout(LONGEST, lookup_host((host, port))).await {
        Ok(Ok(found)) => found.take(ADDRESSES).collect(),
        Ok(Err(error)) => {
            return Err(bad(io_text(&error, Lang::Ja), io_text(&error, Lang::En)));
        }
        Err(_elapsed) => return Err(bad("時間切れです".into(), "no answer in time".into())),
    };
    if found.is_empty() {
        return Err(bad("アドレスがありません".into(), "the name has none".into()));
    }
    let text = found.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", ");
    let fine =
        Tried::fine(Step::Name, format!("{host} は {text} です。"), format!("{host} is {text}"));
    Ok((found, fine))
}

async fn connection(addresses: &[SocketAddr]) -> Tried {
    let mut last = None;
    for address in addresses {
        match timeout(LONGEST, TcpStream::connect(address)).await {
            Ok(Ok(_)) => {
                return Tried::fine(
                    Step::Connection,
                    format!("{address} につながりました。"),
                    format!("connected to {address}"),
                );
            }
            Ok(Err(error)) => last = Some((*address, Some(error))),
            Err(_elapsed) => last = Some((*address, None)),
        }
    }
    let Some((address, error)) = last else {
        return Tried::bad(Step::Connection, "アドレスがありません。", "there is no address");
    };
    let why = |lang: Lang| match &error {
        Some(error) => io_text(error, lang),
        None => lang.pick("返事がありません", "no answer in time").to_owned(),
    };
    Tried::bad(
        Step::Connection,
        format!(
            "{address} につながりません: {}。相手の renkei が動いているか、ルーターとファイアウォールがこのポートを通すか確かめてください。",
            why(Lang::Ja)
        ),
        format!(
            "no connection to {address}: {}; see whether the partner's node runs and whether routers and firewalls let this port through",
            why(Lang::En)
        ),
    )
}

fn answered(status: &Status, clock: &Clock) -> Tried {
    let ahead = status.time.duration_since(clock.now());
    let apart = ahead.as_secs();
    let version: String = status.version.chars().filter(char::is_ascii_graphic).take(40).collect();
    let fine = Tried::fine(
        Step::Answer,
        format!("renkei {version} が返事をしました（時計の差 {apart} 秒）。"),
        format!("renkei {version} answered (its clock differs by {apart} s)"),
    );
    Tried { ahead: Some(ahead), ..fine }
}

async fn registered(client: &Client, endpoint: &Endpoint, own: OfficeNumber) -> Tried {
    // What lies behind the last position is empty: nothing is fetched for the question.
    let last = (1 << 53) - 2;
    match client.receipts(endpoint, own, last, Duration::ZERO).await {
        Ok(_) if matches!(endpoint.party, Party::Relay(_)) => Tried::fine(
            Step::Registered,
            format!("中継サーバーはこちら（{own}）を登録しています。"),
            format!("the relay has registered our office {own}"),
        ),
        Ok(_) => Tried::fine(
            Step::Registered,
            format!("相手はこちら（{own}）を登録しています。"),
            format!("the partner has registered our office {own}"),
        ),
        Err(error) => failed(Step::Registered, &error),
    }
}

/// What the table of codes says to a fault, of the partner's own code where it named one.
fn failed(step: Step, error: &SendError) -> Tried {
    let told = match error {
        SendError::Busy { problem, .. } | SendError::Refused { problem } => {
            code::find(problem.code)
        }
        SendError::Tls { certificate: Some((_, why)), .. } => code::find(why),
        _ => None,
    };
    let info = told.or_else(|| code::find(error.code()));
    let text = |lang: Lang| match info {
        Some(info) => say(info, lang),
        None => error.to_string(),
    };
    let code = Some(info.map_or(error.code(), |info| info.code));
    Tried { code, ..Tried::bad(step, text(Lang::Ja), text(Lang::En)) }
}

/// What the table says of a code: what it means, and what to do.
pub fn say(info: &CodeInfo, lang: Lang) -> String {
    let (code, meaning, to_do) = (info.code, info.meaning(lang), info.to_do(lang));
    match lang {
        Lang::Ja => format!("[{code}] {meaning}。{to_do}"),
        Lang::En => format!("[{code}] {meaning}. {to_do}"),
    }
}
