//! Whether anything can be exchanged with the partners that the configuration names.

use super::problems::Problems;
use crate::config::{Config, Peer};
use crate::spec::Spec;
use crate::types::{ServiceType, code};

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
    for peer in &config.peers {
        let address = config.node.listen;
        let is_own = peer.url.authority() == address.to_string() && address.port() != 0;
        if is_own {
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

fn is_known(service: ServiceType, spec: &Spec) -> bool {
    spec.service_type(service.as_str().as_bytes()).is_some() || spec.is_care_management(service)
}

fn place(peer: &Peer) -> String {
    format!("peer {}", peer.office)
}
