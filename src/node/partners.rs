//! Whether anything can be exchanged with the partners that the configuration names.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use super::problems::Problems;
use crate::config::{Config, Peer, Way};
use crate::spec::Spec;
use crate::types::{Digest, PeerUrl, ServiceType, code};

/// Whether all partners are known by the SHA-256 of their certificates, and no authority is needed.
pub(super) fn are_all_pinned(config: &Config) -> bool {
    config
        .peers
        .iter()
        .all(|peer| !peer.tls_certificates.is_empty() && !peer.signing_certificates.is_empty())
}

/// The partners with which nothing can be exchanged, whatever happens.
pub(super) fn without_proof(config: &Config) -> Problems {
    let mut problems = Problems::default();
    for peer in config.peers.iter().filter(|_| config.tls.roots.is_empty()) {
        if let Some((ja, en)) = missing(peer) {
            let ja = format!(
                "{ja}相手に値（renkei certs show で表示）を聞いて登録するか、発行した認証局を tls.roots に書いてください。"
            );
            let en = format!(
                "{en}; ask the partner for it (renkei certs show) or name the authority in tls.roots"
            );
            problems.add(code::PEER_CANNOT_WORK, &place(peer), ja, en);
        }
    }
    problems
}

/// What a partner lacks where no authority vouches for it.
fn missing(peer: &Peer) -> Option<(&'static str, &'static str)> {
    match (peer.tls_certificates.is_empty(), peer.signing_certificates.is_empty()) {
        (true, true) => Some((
            "認証局 (tls.roots) も、tls_certificates も signing_certificates もないため、接続も送受信もできません。",
            "without an authority (tls.roots), tls_certificates and signing_certificates it can neither be reached nor believed",
        )),
        (true, false) => Some((
            "認証局 (tls.roots) も tls_certificates もないため、どちらからも接続できません。",
            "without an authority (tls.roots) or tls_certificates no connection comes about, in either direction",
        )),
        (false, true) => Some((
            "認証局 (tls.roots) も signing_certificates もないため、相手の署名を確認できません。相手から受信できず、送っても受領証を受け取れません。",
            "without an authority (tls.roots) or signing_certificates its signatures are not believed: nothing can be received from it, and no receipt for what is sent to it",
        )),
        (false, false) => None,
    }
}

/// Numbers and service types that cannot be meant.
pub(super) fn mistyped(config: &Config, spec: &Spec) -> Problems {
    let mut problems = Problems::default();
    for peer in &config.peers {
        // A node of several offices may carry files between its own.
        if config.offices.len() == 1 && config.office(peer.office).is_some() {
            problems.add(
                code::PEER_IS_OWN_OFFICE,
                &place(peer),
                format!(
                    "自事業所 [[office]] と同じ番号 {} です。どちらかの番号を直してください。",
                    peer.office
                ),
                format!("has the number of the own [[office]], {}; mend one of them", peer.office),
            );
        }
    }
    for peer in partners(config) {
        let own = config.node.listen.zip(peer.url.as_ref());
        if let Some((address, _)) = own.filter(|(listen, url)| is_own_address(url, *listen)) {
            problems.add(
                code::PEER_CANNOT_WORK,
                &format!("{} url", place(peer)),
                format!("自分の待ち受け先（node.listen、{address}）と同じです。相手のアドレスを書いてください。"),
                format!("is the address that this node listens on ({address}); give that of the partner"),
            );
        }
    }
    let own = config
        .offices
        .iter()
        .map(|office| (format!("office {} service_types", office.number), &office.service_types));
    let peers = config.peers.iter();
    let peers = peers.map(|peer| (format!("{} service_types", place(peer)), &peer.service_types));
    for (place, types) in own.chain(peers) {
        for unknown in types.iter().filter(|service| !is_known(**service, spec)) {
            problems.add(
                code::SERVICE_TYPE_UNKNOWN,
                &place,
                format!("\"{unknown}\" は、標準仕様にないサービス種類コードです。居宅介護支援は 43、訪問介護は 11 のように書いてください。"),
                format!("the standard knows no service type \"{unknown}\"; care management is 43, home help 11"),
            );
        }
    }
    problems
}

/// The partners that are no office of this node.
fn partners(config: &Config) -> impl Iterator<Item = &Peer> {
    // With one office a partner of its number is a mistake, which is told.
    let is_between_own =
        |peer: &&Peer| config.offices.len() > 1 && config.office(peer.office).is_some();
    config.peers.iter().filter(move |peer| !is_between_own(peer))
}

/// Whether a partner's address leads back to this node.
fn is_own_address(url: &PeerUrl, listen: SocketAddr) -> bool {
    if url.port() != listen.port() || listen.port() == 0 {
        return false;
    }
    match ip(url) {
        Some(ip) if listen.ip().is_unspecified() => is_of_this_computer(ip),
        Some(ip) => ip == listen.ip(),
        None => false,
    }
}

/// The address that stands in a URL; other names than that of this computer itself are not asked for.
fn ip(url: &PeerUrl) -> Option<IpAddr> {
    let itself = (url.host() == "localhost").then_some(IpAddr::from([127, 0, 0, 1]));
    itself.or_else(|| url.host().parse().ok())
}

/// A socket can be bound to the addresses of this computer only.
fn is_of_this_computer(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

/// Partners for which an own certificate is registered, which is then not theirs. `own` are the
/// SHA-256 of ours with what they are for.
pub(super) fn with_own_certificates(config: &Config, own: &[(String, Digest)]) -> Problems {
    let mut problems = Problems::default();
    for peer in partners(config) {
        for (key, pins) in pins(peer) {
            for (place, digest) in own.iter().filter(|(_, digest)| pins.contains(digest)) {
                let digest = digest.short();
                problems.add(
                    code::PEER_HAS_OWN_CERTIFICATE,
                    &format!("{} {key}", self::place(peer)),
                    format!("自分の証明書（{place}、SHA-256 {digest}）が登録されています。相手の証明書の値（相手側の renkei certs show の SHA-256）を聞いて、書き換えてください。"),
                    format!("holds our own certificate ({place}, SHA-256 {digest}); ask the partner for that of its own (renkei certs show there) and put it here"),
                );
            }
        }
    }
    problems
}

/// What works, and is most likely not meant.
pub(super) fn doubtful(config: &Config) -> Problems {
    let mut notes = Problems::default();
    if config.peers.is_empty() && config.by_hand.is_empty() {
        notes.add(
            code::NO_PEER,
            "peer",
            "相手が一つも登録されていないため、まだ何も送受信できません。事業所カードを交換し、画面の「相手」か renkei partner add で登録してください。".to_owned(),
            "without any partner nothing can be exchanged yet: exchange cards and register the partner on the page, or with renkei partner add".to_owned(),
        );
    }
    let elsewhere = |peer: &Peer| {
        let ip = peer.url.as_ref().and_then(ip);
        peer.url.is_some() && !ip.is_some_and(|ip| ip.is_loopback())
    };
    let for_itself = config.node.listen.filter(|listen| listen.ip().is_loopback());
    if let Some(listen) = for_itself.filter(|_| config.peers.iter().any(elsewhere)) {
        notes.add(
            code::LISTENS_FOR_ITSELF,
            "node.listen",
            format!("{listen} には、このパソコンからしか接続できません。相手から受信するには、0.0.0.0:{} のように書いてください（中継するソフトを使う場合を除きます）。", listen.port()),
            format!("{listen} can be reached from this computer only; to receive from partners write 0.0.0.0:{}, unless other software passes connections on", listen.port()),
        );
    }
    ways(config, &mut notes);
    for (place, peer) in config.peers.iter().enumerate() {
        for other in config.peers.iter().take(place) {
            // One node may serve several offices.
            if (other.url == peer.url && peer.url.is_some()) || other.office == peer.office {
                continue;
            }
            for ((key, pins), (_, others)) in pins(peer).into_iter().zip(pins(other)) {
                for digest in pins.iter().filter(|digest| others.contains(digest)) {
                    let (digest, other) = (digest.short(), other.office);
                    notes.add(
                        code::PEERS_SHARE_CERTIFICATE,
                        &format!("{} {key}", self::place(peer)),
                        format!("接続先 (url) の違う相手 {other} と同じ証明書（SHA-256 {digest}）が登録されています。書き間違いでないか、相手に確かめてください。"),
                        format!("is the certificate of the partner {other} too (SHA-256 {digest}), whose url is another; ask the partner whether that is a mistake"),
                    );
                }
            }
        }
    }
    notes
}

/// How partners are reached that we cannot connect to.
fn ways(config: &Config, notes: &mut Problems) {
    for peer in partners(config) {
        let place = place(peer);
        let (code, ja, en) = match config.way(peer) {
            Way::Direct { relay: None, .. } | Way::Collect | Way::None
                if let Some(relay) = &peer.relay =>
            {
                (
                    code::PEER_RELAY_UNKNOWN,
                    format!("この相手の中継サーバー {relay} は、[[relay]] にありません。使うときは [[relay]] に書いてください。"),
                    format!("its relay {relay} is none of ours; write it as [[relay]] to use it"),
                )
            }
            Way::Collect => (
                code::PEER_COLLECTS,
                "url がないため、送るものは、相手がこの renkei に取りに来るのを待ちます。".to_owned(),
                "has no url: what is sent to it waits here until it comes for it".to_owned(),
            ),
            Way::None => (
                code::PEER_WITHOUT_WAY,
                "url がなく、こちらも接続を受けない（node.listen がない）ため、届ける経路がありません。url か、双方で使う中継サーバーを書いてください。".to_owned(),
                "has no url, and nobody connects to this node (no node.listen): nothing gets there. Write its url, or a relay that both use".to_owned(),
            ),
            Way::Direct { .. } | Way::Relay(_) => continue,
        };
        notes.add(code, &place, ja, en);
    }
}

/// Refusing whatever no list speaks of, without any list.
pub(super) fn without_lists(config: &Config) -> Problems {
    let mut problems = Problems::default();
    let tls = &config.tls;
    let is_needed = !tls.roots.is_empty() && !are_all_pinned(config);
    if tls.revocation_strict && !tls.has_lists() && is_needed {
        problems.add(
            code::REVOCATION_STRICT_WITHOUT_LIST,
            "tls.revocation",
            "strict なのに失効リスト (tls.revocation_lists) がないため、認証局が発行した証明書をすべて断ります。認証局の失効リストを書くか、warn にしてください。".to_owned(),
            "is strict without any list in tls.revocation_lists, so that every certificate of an authority is refused; name the lists of the authorities, or write warn".to_owned(),
        );
    }
    problems
}

/// The registered certificates of a partner with their keys.
fn pins(peer: &Peer) -> [(&'static str, &[Digest]); 2] {
    [
        ("tls_certificates", &peer.tls_certificates),
        ("signing_certificates", &peer.signing_certificates),
    ]
}

fn is_known(service: ServiceType, spec: &Spec) -> bool {
    spec.service_type(service.as_str().as_bytes()).is_some() || spec.is_care_management(service)
}

fn place(peer: &Peer) -> String {
    format!("peer {}", peer.office)
}
