//! What is told of places where nothing can be fetched.

use crate::link::{MailboxItem, SendError, TlsFault};
use crate::node::errands::Source;
use crate::types::{OfficeNumber, PeerUrl, code};

/// What is told of a relay, and what is not so any more.
pub(super) struct Told {
    pub(super) told: &'static str,
    pub(super) over: &'static str,
    pub(super) texts: (String, String),
}

/// That a relay could not be asked, and what helps.
pub(super) fn of_failure(
    relay: &PeerUrl,
    office: OfficeNumber,
    code: &str,
    error: &SendError,
) -> Told {
    let (told, over) = if error.is_passing() {
        (code::RELAY_UNREACHABLE, code::RELAY_REFUSES)
    } else {
        (code::RELAY_REFUSES, code::RELAY_UNREACHABLE)
    };
    let texts = match error {
        SendError::Tls {
            fault: TlsFault::PeerCertificate, certificate: Some((_, why)), ..
        } => (
            format!(
                "中継サーバー {relay} の証明書を信頼できないため、つなぎません（{why}）。中継サーバーの管理者に、証明書の期限が切れていないか、新しくしたかを確かめてください。新しくしたときは、管理者から聞いた値を [[relay]] に登録してください。"
            ),
            format!(
                "the certificate of the relay {relay} cannot be trusted, so it is not used ({why}); ask its operator whether the certificate has ended or is a new one, and register the value of a new one in [[relay]]"
            ),
        ),
        error if error.is_passing() => (
            format!(
                "中継サーバー {relay} につながりません（{code}）。自動でつなぎ直します。続く場合は、インターネットの接続と、中継サーバーの管理者に確かめてください。"
            ),
            format!(
                "the relay {relay} cannot be reached ({code}); it is tried again, but look at the line and ask its operator if it goes on"
            ),
        ),
        _ => (
            format!(
                "中継サーバー {relay} が事業所 {office} を受け付けません（{code}）。中継サーバーの管理者に、この事業所の登録（renkei relay approve）を頼み、[[relay]] の証明書の値を確かめてください。"
            ),
            format!(
                "the relay {relay} does not serve the office {office} ({code}); have its operator register the office (renkei relay approve), and check the certificates in [[relay]]"
            ),
        ),
    };
    Told { told, over, texts }
}

/// Who can do something about what lies at a place.
fn keeper(source: &Source) -> (String, String) {
    match source {
        Source::Relay(_) => (format!("{source} の管理者"), format!("the operator of {source}")),
        Source::Partner(_) => (format!("相手 {source}"), format!("the partner {source}")),
    }
}

/// That nothing is fetched somewhere for a while of what lies there in the name of a partner.
pub(super) fn of_pause(source: &Source, sender: OfficeNumber) -> (String, String) {
    let (who_ja, who_en) = keeper(source);
    (
        format!(
            "{source} には、相手 {sender} の名前で、送った人を確かめられないものが多すぎるため、しばらく取りに行くのを休みます。{who_ja}に知らせてください。"
        ),
        format!(
            "too much lies at {source} in the name of the partner {sender} of which nobody knows who made it, so that is not fetched for a while; tell {who_en}"
        ),
    )
}

/// That what lies somewhere in the name of a partner was signed by nobody.
pub(super) fn of_unsigned(
    source: &Source,
    item: &MailboxItem,
    code: &'static str,
) -> (String, String) {
    let (sender, id) = (item.sender, item.message_id);
    let (who_ja, who_en) = keeper(source);
    (
        format!(
            "{source} に相手 {sender} の名前で届いているもの（{id}）は、送った人を確かめられないため受け取れません（{code}）。相手に、送ったかどうかを確かめてください。送っていれば、もう一度送ってもらってください。送っていなければ、{who_ja}に知らせてください。"
        ),
        format!(
            "what lies at {source} in the name of the partner {sender} ({id}) cannot be taken, because nobody knows who made it ({code}); ask the partner whether it sent anything: if so have it sent once more, if not tell {who_en}"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Digest;

    /// Whoever has a relay's certificate that has ended before them is not sent to be registered.
    #[test]
    fn a_certificate_that_is_not_trusted_is_called_by_its_reason() {
        let relay = "https://relay.test:8480".parse().expect("an address");
        let office = "2770000011".parse().expect("an office");
        let error = SendError::Tls {
            fault: TlsFault::PeerCertificate,
            certificate: Some((Digest::of(b"ended"), code::CERTIFICATE_EXPIRED)),
            log: String::new(),
        };
        let Told { told, texts: (ja, en), .. } = of_failure(&relay, office, error.code(), &error);
        assert_eq!(told, code::RELAY_REFUSES);
        assert!(ja.contains("期限") && !ja.contains("approve"), "{ja}");
        assert!(en.contains(code::CERTIFICATE_EXPIRED) && !en.contains("approve"), "{en}");
    }
}
