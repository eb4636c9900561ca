//! `config.example.toml` is the reference of all keys: it loads, and every key in it that is
//! commented out loads too and says the default.

use std::fs;
use std::path::Path;

use renkei::config::Config;

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml");
    fs::read_to_string(path).expect("config.example.toml")
}

/// The example with every `#key = value` line active, PKCS#12 aside, which excludes PEM, and the users of
/// mail server and proxy, whose passwords would be asked for.
fn with_all_keys(text: &str) -> String {
    let active = |line: &str| match line.strip_prefix('#') {
        Some(rest)
            if !rest.starts_with(' ')
                && !rest.contains("p12")
                && !rest.contains("password")
                && !rest.starts_with("user =")
                && !rest.starts_with("proxy_user =") =>
        {
            rest.to_owned()
        }
        _ => line.to_owned(),
    };
    text.lines().map(active).collect::<Vec<_>>().join("\n")
}

#[test]
fn loads_as_it_stands() {
    let config = Config::parse(&example(), Path::new("")).expect("the example is valid");
    assert_eq!(config.offices.len(), 1);
    assert_eq!(config.peers.len(), 1);
}

#[test]
fn commented_keys_are_known_and_say_the_default() {
    let text = example();
    let all = with_all_keys(&text);
    assert_ne!(text, all);
    let base = Path::new("");
    let mut plain = Config::parse(&text, base).expect("valid");
    let full = Config::parse(&all, base).unwrap_or_else(|problems| panic!("{problems}"));
    // These have no default that could be written as a value.
    for peer in &mut plain.peers {
        peer.edition = Some(renkei::types::Edition::V4_1);
        peer.name = Some("○○訪問介護事業所".into());
        peer.relay = Some("https://relay.example.jp".parse().expect("an address"));
    }
    plain.node.url = Some("https://renkei.example.jp:8443".parse().expect("an address"));
    plain.store.key_file = Some("keys/store.key".into());
    plain.node.log_file = Some(renkei::config::LogFile {
        path: "renkei.log".into(),
        rotation: renkei::config::LogRotation::Daily,
        size: 10 << 20,
        keep: 14,
    });
    for office in &mut plain.offices {
        office.name = Some("○○居宅介護支援事業所".into());
        office.sent = Some("folders/sent".into());
        office.import_actuals = "folders/import-actuals".into();
        office.outbox = "folders/outbox".into();
        office.downloads = Some("C:/Users/renkei/Downloads".into());
    }
    let scanner = ["/usr/bin/clamdscan", "--fdpass", "--no-summary"];
    plain.attachments.scanner = scanner.map(str::to_owned).to_vec();
    let page = plain.page.as_mut().expect("a page");
    page.identity = Some(renkei::config::IdentityFiles::Pem {
        certificate: "page.pem".into(),
        key: "page.key".into(),
    });
    page.hosts = vec!["renkei.example.jp".into()];
    page.service_codes = Some("service-codes.csv".into());
    page.insurer_codes = Some("insurer-codes.csv".into());
    plain.mail.clone_from(&full.mail);
    let mail = full.mail.as_ref().expect("mails");
    assert_eq!((mail.port, mail.conditions, mail.login.is_none()), (465, true, true));
    assert_eq!(mail.wait, jiff::SignedDuration::from_mins(2));
    assert_eq!(mail.daily, Some(jiff::civil::Time::constant(8, 0, 0, 0)));
    plain.network.clone_from(&full.network);
    assert!(full.network.proxy.as_ref().is_some_and(|proxy| proxy.login.is_none()));
    plain.relays.clone_from(&full.relays);
    plain.backup.clone_from(&full.backup);
    let backup = full.backup.as_ref().expect("backups");
    assert_eq!(backup.keep, renkei::config::Generations { daily: 7, weekly: 4, monthly: 12 });
    assert_eq!(backup.daily_at, jiff::civil::Time::constant(12, 30, 0, 0));
    assert!(!backup.keys);
    // On Windows a path may have either slash.
    let shown = |config: &Config| format!("{config:?}").replace(r"\\", "/");
    assert_eq!(shown(&plain), shown(&full));
}
