//! Tells the operator of certificates that were not accepted, and what helps.

use std::net::IpAddr;

use super::context::Context;
use crate::package::Usage;
use crate::types::{Digest, Lang, OfficeNumber, code};

/// Tells of an office that is no partner of ours and would send to us.
pub(super) fn tell_unregistered(context: &Context, office: OfficeNumber, sha256: Digest) {
    context.notices.raise(
        code::STRANGER_CERTIFICATE_REFUSED,
        format!("office {office}"),
        (
            format!("登録されていない事業所 {office}（証明書の SHA-256 {sha256}）が送ろうとしています。相手であれば、事業所カードを受け取り、画面の「相手」で（IT 担当の方は renkei partner add でも）登録してください。心当たりがなければ、何もする必要はありません。"),
            format!("the office {office} (certificate SHA-256 {sha256}), which is not registered here, tries to send; if it is a partner, register it by its card (on the page, or renkei partner add), else nothing is to be done"),
        ),
        context.now(),
    );
}

/// Tells of a certificate that names no office and is not accepted, and where it came from.
pub(super) fn tell_stranger(context: &Context, sha256: Digest, site: IpAddr, why: &str) {
    context.notices.raise(
        code::STRANGER_CERTIFICATE_REFUSED,
        format!("address {site}"),
        (
            format!("{site} から、登録されていない証明書での接続がありました（SHA-256 {sha256}、{why}）。相手がこちらに送れないと言うときは、この値を相手に確かめて、IT 担当の方に登録（相手の設定の tls_certificates）を頼んでください。心当たりがなければ、何もする必要はありません。"),
            format!("a connection from {site} showed a certificate that is not registered (SHA-256 {sha256}, {why}); if a partner says that it cannot send, ask it for this value and register it in tls_certificates of [[peer]], else nothing is to be done"),
        ),
        context.now(),
    );
}

/// Tells of a certificate that names a partner and is not accepted, so that the operator can compare
/// its fingerprint with the registered one. Anybody can make such a certificate, so it may be noise.
pub(super) fn tell_refused_certificate(
    context: &Context,
    office: OfficeNumber,
    sha256: Digest,
    usage: Usage,
    why: &str,
) {
    let config = context.config();
    let Some(peer) = config.peer(office) else { return };
    let (key, own, other_key, others) = match usage {
        Usage::Tls => (
            "tls_certificates",
            &peer.tls_certificates,
            "signing_certificates",
            &peer.signing_certificates,
        ),
        Usage::Signing => (
            "signing_certificates",
            &peer.signing_certificates,
            "tls_certificates",
            &peer.tls_certificates,
        ),
    };
    let (ja, en) = if others.contains(&sha256) && !own.contains(&sha256) {
        (
            format!(
                "この値は {other_key} に登録されています。TLS 用と署名用が逆です。[[peer]] を直してください。"
            ),
            format!(
                "this value is registered in {other_key}: those for TLS and for signing were swapped; mend [[peer]]"
            ),
        )
    } else {
        to_do_about_certificate(why, key)
    };
    context.notices.raise(
        code::PARTNER_CERTIFICATE_REFUSED,
        format!("partner {office}"),
        (
            format!("相手 {office} の名義の証明書（SHA-256 {sha256}）を受け付けていません（{why}）。{ja}"),
            format!("a certificate in the name of the partner {office} (SHA-256 {sha256}) is not accepted ({why}); {en}"),
        ),
        context.now(),
    );
}

/// What helps against the refusal of a partner's certificate, which would stand in `key`.
pub(super) fn to_do_about_certificate(why: &str, key: &str) -> (String, String) {
    if [code::CERTIFICATE_UNKNOWN, code::CERTIFICATE_WRONG_OFFICE].contains(&why) {
        return (
            format!(
                "この値を相手に電話で確かめ、相手のものであれば [[peer]] の {key} に登録するか、発行した認証局を tls.roots に加えてください。相手に心当たりがなければ、何もする必要はありません。"
            ),
            format!(
                "ask the partner for this value; if it is its own, register it in {key} of [[peer]] or its authority in tls.roots; if it knows nothing of it, nothing is to be done"
            ),
        );
    }
    let to_do = |lang| code::find(why).map(|info| info.to_do(lang).to_owned()).unwrap_or_default();
    (to_do(Lang::Ja), to_do(Lang::En))
}
