//! Each partner: how far on the way to it one gets, and who stands in between.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::SignedDuration;
use tokio::time::timeout;

use super::line::{Grade, Line, Topic};
use crate::config::{Config, Peer, Way};
use crate::desk::words;
use crate::link::{Glimpse, ProxyAccess, connect, glimpse};
use crate::node::probe::{Prober, Step, Tried};
use crate::package::CertificateInfo;
use crate::rules::render::visible_line;
use crate::types::{Clock, Lang, OfficeNumber, code};

/// Partners that are asked at the same time.
const AT_ONCE: usize = 16;

/// How long one may take.
const EACH: Duration = Duration::from_secs(20);

/// How long all of them may take; those that come later are not asked.
const ALL: Duration = Duration::from_secs(90);

/// How long it may take to look who answers.
const LOOK: Duration = Duration::from_secs(5);

/// The most characters of a name that somebody else wrote.
const LONGEST: usize = 120;

/// Words in the names of issuers by which software that opens TLS on the way is known, and what it is.
/// The certificates that such software makes up are issued under these names.
const INSPECTORS: &[(&str, &str)] = &[
    ("zscaler", "Zscaler"),
    ("fortinet", "FortiGate"),
    ("fortigate", "FortiGate"),
    ("palo alto", "Palo Alto Networks"),
    ("netskope", "Netskope"),
    ("umbrella", "Cisco Umbrella"),
    ("blue coat", "Symantec ProxySG"),
    ("bluecoat", "Symantec ProxySG"),
    ("sophos", "Sophos"),
    ("eset ssl", "ESET"),
    ("kaspersky", "Kaspersky"),
    ("avast", "Avast"),
    ("avg technologies", "AVG"),
    ("bitdefender", "Bitdefender"),
    ("trend micro", "Trend Micro"),
    ("mcafee", "McAfee"),
    ("skyhigh", "Skyhigh"),
    ("i-filter", "i-FILTER"),
    ("digital arts", "i-FILTER"),
    ("check point", "Check Point"),
    ("watchguard", "WatchGuard"),
    ("sonicwall", "SonicWall"),
    ("squid", "Squid"),
    ("mitmproxy", "mitmproxy"),
];

/// What came of asking the partners.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) lines: Vec<Line>,
    /// How far their clocks are ahead of ours.
    pub(super) ahead: Vec<(OfficeNumber, SignedDuration)>,
}

/// Asks all partners, some at a time. Nothing is sent but questions.
pub(super) async fn ask(config: &Config, clock: &Clock) -> Asked {
    let started = Clock::running();
    let prober = Prober::open(Arc::new(config.clone()), clock.clone()).await.ok();
    let one = async |peer: &Peer| {
        let left = ALL.saturating_sub(started.elapsed());
        let tried = async { prober.as_ref()?.ask(peer.office).await };
        let (line, ahead) = match timeout(EACH.min(left), tried).await {
            // Certificates of ours that cannot be used are told elsewhere, and the partner was not asked.
            Ok(None) => (not_asked(peer, config), None),
            Ok(Some(steps)) => {
                let ahead = steps.iter().find_map(|step| step.ahead);
                let proxy = prober.as_ref().and_then(Prober::proxy);
                (reached(peer, &steps, config, (clock, proxy)).await, ahead)
            }
            Err(_elapsed) if left < EACH => (not_asked(peer, config), None),
            Err(_elapsed) => (too_slow(peer, config), None),
        };
        (line, ahead.map(|ahead| (peer.office, ahead)))
    };
    let all = stream::iter(&config.peers).map(one).buffered(AT_ONCE);
    let mut asked = Asked::default();
    for (line, ahead) in all.collect::<Vec<_>>().await {
        asked.lines.push(line);
        asked.ahead.extend(ahead);
    }
    asked
}

fn about(peer: &Peer, config: &Config) -> String {
    words::office(peer.office, config)
}

fn not_asked(peer: &Peer, config: &Config) -> Line {
    Line::fine(
        Topic::Partners,
        about(peer, config),
        "確かめていません（自分の証明書を使えないか、時間が足りませんでした）。renkei partner test で確かめられます。",
        "not asked: our own certificate cannot be used, or time ran out. renkei partner test asks this one alone",
    )
    .grade(Grade::Look)
}

fn too_slow(peer: &Peer, config: &Config) -> Line {
    let seconds = EACH.as_secs();
    Line::fine(
        Topic::Partners,
        about(peer, config),
        format!("{seconds} 秒待っても終わりませんでした。回線が込み合っていないか、相手の renkei が動いているか確かめてください。"),
        format!("did not come to an end within {seconds} s: see whether the line is overloaded and the partner's node runs"),
    )
    .grade(Grade::Look)
    .code(Some(code::PEER_TIMEOUT))
}

/// What the last step says; who answered in the place of the partner is told with it.
async fn reached(
    peer: &Peer,
    steps: &[Tried],
    config: &Config,
    (clock, proxy): (&Clock, Option<&ProxyAccess>),
) -> Line {
    let about = about(peer, config);
    let Some(last) = steps.last() else { return not_asked(peer, config) };
    if last.is_fine {
        let answer = steps.iter().find(|step| step.step == Step::Answer).unwrap_or(last);
        return Line::fine(Topic::Partners, about, &answer.ja, &answer.en);
    }
    let told = |lang: Lang| format!("{}: {}", last.step.title(lang), last.text(lang));
    let line = Line::fine(Topic::Partners, about, told(Lang::Ja), told(Lang::En));
    let unreached = matches!(last.step, Step::Name | Step::Connection);
    let code = last.code.or(unreached.then_some(code::PEER_UNREACHABLE));
    let line = line.grade(grade(last)).code(code);
    match last.step {
        Step::Tls => match shown(config.way(peer), proxy, clock).await {
            Some((ja, en)) => {
                Line { ja: format!("{} {ja}", line.ja), en: format!("{} {en}", line.en), ..line }
            }
            None => line,
        },
        Step::Name | Step::Connection | Step::Answer | Step::Registered => line,
    }
}

/// A partner whose computer is off, or that is busy, is no fault: it is tried again by itself.
fn grade(failed: &Tried) -> Grade {
    let passes =
        [code::PEER_UNREACHABLE, code::PEER_CONNECTION_BROKEN, code::PEER_TIMEOUT, code::PEER_BUSY];
    let is_passing = failed.code.is_some_and(|code| passes.contains(&code));
    if failed.step == Step::Connection || is_passing { Grade::Look } else { Grade::Broken }
}

/// Who answers in the place of the partner.
async fn shown(way: Way, proxy: Option<&ProxyAccess>, clock: &Clock) -> Option<(String, String)> {
    let (Way::Direct { url, .. } | Way::Relay(url)) = way else { return None };
    let look = async {
        let stream = connect(&url, proxy).await.ok()?;
        Some(glimpse(stream, url.host(), clock).await)
    };
    let certificate = match timeout(LOOK, look).await.ok()?? {
        Glimpse::Certificate(certificate) => CertificateInfo::of(&certificate).ok()?,
        Glimpse::NoTls => return None,
    };
    Some(words_of(&certificate))
}

fn words_of(certificate: &CertificateInfo) -> (String, String) {
    let issuer: String = visible_line(&certificate.issuer).chars().take(LONGEST).collect();
    let digest = certificate.sha256;
    if let Some(office) = certificate.office {
        return (
            format!(
                "示された証明書の名義は {office}、発行者は「{issuer}」、SHA-256 は {digest} です。相手が証明書を換えたのであれば、新しい事業所カードか SHA-256 を受け取って登録してください。"
            ),
            format!(
                "The certificate that is shown names {office}, issued by \"{issuer}\", SHA-256 {digest}. If the partner has a new one, get its new card or SHA-256 and register it."
            ),
        );
    }
    let lower = issuer.to_lowercase();
    let known = INSPECTORS.iter().find(|(word, _)| lower.contains(word)).map(|(_, name)| *name);
    match known {
        Some(name) => (
            format!(
                "途中のソフト（{name}）が暗号化通信を検査しています: 相手の証明書の代わりに、「{issuer}」が発行した証明書が示されました。この接続先を検査の対象から外すよう、そのソフトの管理者に頼んでください。"
            ),
            format!(
                "Software on the way ({name}) inspects TLS: in place of the partner's certificate one issued by \"{issuer}\" is shown. Have the address excluded from the inspection."
            ),
        ),
        None => (
            format!(
                "相手の証明書の代わりに、「{issuer}」が発行した、事業所番号のない証明書（SHA-256 {digest}）が示されました。ウイルス対策ソフト、プロキシ、ルーターが暗号化通信を検査しているか、別のサーバーにつながっています。検査の対象から外すか、接続先を確かめてください。"
            ),
            format!(
                "In place of the partner's certificate one without an office number, issued by \"{issuer}\" (SHA-256 {digest}), is shown: antivirus software, a proxy or a router inspects TLS, or this is another server. Have the address excluded from the inspection, or check it."
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::certs::{TestCa, Validity};
    use crate::package::Usage;

    fn info(issuer: &str, office: &str) -> CertificateInfo {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let validity = Validity { not_before: at(1_700_000_000), not_after: at(1_900_000_000) };
        let ca = TestCa::new(issuer, validity).expect("an authority");
        let office = office.parse().expect("a number");
        let issued = ca.issue(office, Usage::Tls, &[], validity).expect("issued");
        CertificateInfo::of(issued.certificate().expect("one")).expect("readable")
    }

    #[test]
    fn who_inspects_is_named_by_the_certificate_that_it_makes_up() {
        let mut made_up = info("Zscaler Intermediate Root CA", "1370000018");
        made_up.office = None;
        let (ja, en) = words_of(&made_up);
        assert!(ja.contains("Zscaler）が暗号化通信を検査"), "{ja}");
        assert!(en.contains("(Zscaler) inspects TLS"), "{en}");
        let mut unknown = info("Corporate Root", "1370000018");
        unknown.office = None;
        let (ja, en) = words_of(&unknown);
        assert!(ja.contains("Corporate Root") && en.contains("another server"), "{ja} {en}");
    }

    #[test]
    fn another_certificate_of_the_partner_is_no_inspection() {
        let renewed = info("Zscaler", "1370000018");
        let (ja, en) = words_of(&renewed);
        assert!(ja.contains("1370000018") && !ja.contains("検査"), "{ja}");
        assert!(en.contains(&renewed.sha256.to_string()), "{en}");
    }

    #[test]
    fn names_that_strangers_wrote_are_short_and_visible() {
        let mut hostile = info("a", "1370000018");
        hostile.office = None;
        hostile.issuer = format!("CN=\u{1b}[31m{}", "x".repeat(5_000));
        let (ja, en) = words_of(&hostile);
        assert!(!ja.contains('\u{1b}') && ja.chars().count() < 600, "{ja}");
        assert!(!en.contains('\u{1b}') && en.chars().count() < 600, "{en}");
    }
}
