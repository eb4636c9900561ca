//! The text of a first configuration, and of an office that is added to one: with what a person should
//! know beside each key, and only what is not as it would be anyway.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::writing::{list, quoted};
use crate::types::{Lang, OfficeNumber, PeerUrl, ServiceType};

/// What a first configuration says of the node.
#[derive(Debug, Clone)]
pub struct FirstNode {
    /// Where it listens, if partners come to it.
    pub listen: Option<SocketAddr>,
    /// Where partners reach it, if they do.
    pub url: Option<PeerUrl>,
    /// Its language.
    pub lang: Lang,
    /// Its data folder, where it is not the usual one.
    pub data: Option<PathBuf>,
    /// Certificate and key for TLS.
    pub tls: [PathBuf; 2],
    /// The authorities that are believed.
    pub roots: Vec<PathBuf>,
    /// Whether it has a page.
    pub page: bool,
    /// Where the page is, where that is not as usual.
    pub page_listen: Option<SocketAddr>,
}

/// What a configuration says of an office.
#[derive(Debug, Clone)]
pub struct FirstOffice {
    /// 事業所番号
    pub number: OfficeNumber,
    /// What people call it.
    pub name: Option<String>,
    /// サービス種類コード
    pub service_types: Vec<ServiceType>,
    /// Where the care software writes.
    pub drop: PathBuf,
    /// Where the care software reads.
    pub import: PathBuf,
    /// Where refused sets go.
    pub hold: PathBuf,
    /// Where copies of what was sent go, if they are wanted.
    pub sent: Option<PathBuf>,
    /// Certificate and key for signing.
    pub signing: [PathBuf; 2],
}

/// A whole configuration of one office.
pub fn first_text(node: &FirstNode, office: &FirstOffice) -> String {
    let mut text = Text { lang: node.lang, text: String::new() };
    text.note(
        "renkei の設定ファイルです。renkei init が作りました。手で直してもかまいません（UTF-8 で保存してください）。",
        "The configuration of renkei, made by renkei init. It may be changed by hand (save it as UTF-8).",
    );
    text.note(
        "ここにない項目は初期値で動きます。すべての項目は config.example.toml にあります。",
        "What does not stand here is as usual; all keys stand in config.example.toml.",
    );
    text.table("[node]");
    if let Some(listen) = node.listen {
        text.note("相手からの接続を受けるアドレスとポート。", "Where partners are listened to.");
        text.say("listen", &quoted(&listen.to_string()));
    } else {
        text.note(
            "相手からの接続は受けません（listen がありません）。相手や中継サーバーに、こちらから取りに行きます。",
            "Nobody connects to this node (no listen): it asks partners and relays for what they have.",
        );
    }
    if let Some(url) = &node.url {
        text.note(
            "相手から見た、この renkei の場所。事業所カードに載ります。",
            "Where partners reach it, as the card of the office tells them.",
        );
        text.say("url", &quoted(&url.to_string()));
    }
    if let Some(data) = &node.data {
        text.note(
            "台帳を置くフォルダー（このパソコンのディスク）。",
            "The store; on a local disk.",
        );
        text.say("data", &path(data));
    }
    if node.lang != Lang::default() {
        text.say("lang", &quoted(node.lang.pick("ja", "en")));
    }
    text.table("[tls]");
    text.note(
        "通信に使う証明書と秘密鍵。秘密鍵は誰にも渡さないでください。",
        "Certificate and key for connections. Give the key to nobody.",
    );
    let [certificate, key] = &node.tls;
    text.say("certificate", &path(certificate));
    text.say("key", &path(key));
    if !node.roots.is_empty() {
        text.note("信頼する認証局の証明書。", "The authorities that are believed.");
        text.say("roots", &list(node.roots.iter().map(|root| root.display().to_string())));
    }
    if node.page {
        text.table("[page]");
        text.note(
            "画面。このパソコンの中だけで使えます。renkei open で開きます。",
            "The page, on this computer alone; renkei open opens it.",
        );
        if let Some(listen) = node.page_listen {
            text.say("listen", &quoted(&listen.to_string()));
        }
    }
    text.text.push_str(&office_text(office, node.lang));
    text.text
}

/// The part of an office, to stand at the end of a configuration.
pub fn office_text(office: &FirstOffice, lang: Lang) -> String {
    let mut text = Text { lang, text: String::new() };
    text.table("[[office]]");
    text.say("number", &quoted(&office.number.to_string()));
    if let Some(name) = &office.name {
        text.say("name", &quoted(name));
    }
    text.say("service_types", &list(office.service_types.iter().map(ToString::to_string)));
    text.note(
        "介護ソフトが CSV ファイルを書き出すフォルダー。",
        "Where the care software writes what is to be sent.",
    );
    text.say("drop", &path(&office.drop));
    text.note("介護ソフトが取り込むフォルダー。", "Where the care software imports from.");
    text.say("import", &path(&office.import));
    text.note(
        "誤りがあって送れなかったファイルを、報告書とともに置くフォルダー。",
        "Where sets with errors go, each with its report.",
    );
    text.say("hold", &path(&office.hold));
    if let Some(sent) = &office.sent {
        text.note("送ったファイルの控えを置くフォルダー。", "Where copies of what was sent go.");
        text.say("sent", &path(sent));
    }
    text.note(
        "パッケージと受領証に署名する証明書と秘密鍵。",
        "Certificate and key that sign packages and receipts.",
    );
    let [certificate, key] = &office.signing;
    text.say("signing_certificate", &path(certificate));
    text.say("signing_key", &path(key));
    text.text
}

fn path(path: &std::path::Path) -> String {
    quoted(&path.display().to_string())
}

struct Text {
    lang: Lang,
    text: String,
}

impl Text {
    fn note(&mut self, ja: &str, en: &str) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.text, "# {}", self.lang.pick(ja, en));
    }

    fn table(&mut self, head: &str) {
        let _ = writeln!(self.text, "\n{head}");
    }

    fn say(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.text, "{key} = {value}");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn office(number: &str) -> FirstOffice {
        FirstOffice {
            number: number.parse().expect("a number"),
            name: Some("架空の \"事業所\"".to_owned()),
            service_types: vec!["43".parse().expect("a type")],
            drop: PathBuf::from(r"C:\renkei\送信"),
            import: "import".into(),
            hold: "hold".into(),
            sent: Some("sent".into()),
            signing: ["s.pem".into(), "s.key".into()],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for lang in [Lang::Ja, Lang::En] {
            let node = FirstNode {
                listen: Some("0.0.0.0:8443".parse().expect("an address")),
                url: Some("https://a.example:8443".parse().expect("an address")),
                lang,
                data: Some("store".into()),
                tls: ["t.pem".into(), "t.key".into()],
                roots: vec!["ca.pem".into()],
                page: true,
                page_listen: Some("127.0.0.1:8481".parse().expect("an address")),
            };
            let mut other = office("1370000026");
            other.drop = "drop-2".into();
            let text = first_text(&node, &office("1370000018")) + &office_text(&other, lang);
            let config = Config::parse(&text, Path::new("")).expect("a whole configuration");
            assert_eq!(config.node.url, node.url);
            assert_eq!(config.node.lang, lang);
            assert_eq!(config.node.data, Path::new("store"));
            assert_eq!(config.tls.roots, [Path::new("ca.pem")]);
            assert_eq!(config.page.map(|page| page.listen), node.page_listen);
            let [first, second] = config.offices.as_slice() else { panic!("two offices") };
            assert_eq!(first.name.as_deref(), Some("架空の \"事業所\""));
            assert_eq!(first.drop, Path::new(r"C:\renkei\送信"));
            assert_eq!(first.sent.as_deref(), Some(Path::new("sent")));
            assert_eq!(second.number.to_string(), "1370000026");
        }
    }
}
