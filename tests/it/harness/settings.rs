//! Configurations, value by value.

use std::collections::BTreeMap;

use super::{CARE, HELP};

/// Keys and values as they stand in TOML.
type Table = BTreeMap<&'static str, String>;

/// What stands in an office's `renkei.toml`.
pub(super) struct Settings {
    tables: BTreeMap<&'static str, Table>,
    offices: Vec<Table>,
    peers: BTreeMap<&'static str, Table>,
    relays: Vec<Table>,
}

/// サービス種類コード of the offices of the tests.
fn service_types(number: &str) -> String {
    let service_type = match number {
        CARE | "1370000018" => "43",
        HELP | "1370000026" => "11",
        "2700000051" => "46",
        "27A0000018" => "A6",
        _ => "15",
    };
    format!("[\"{service_type}\"]")
}

pub(crate) fn quoted(text: impl std::fmt::Display) -> String {
    // A path of Windows has backslashes.
    format!("\"{}\"", text.to_string().replace('\\', "\\\\"))
}

impl Settings {
    /// A node of one office that does everything quickly.
    pub(super) fn new(number: &'static str, port: u16) -> Self {
        let mut settings = Self {
            tables: BTreeMap::new(),
            offices: Vec::new(),
            peers: BTreeMap::new(),
            relays: Vec::new(),
        };
        for (table, key, value) in [
            ("node", "listen", quoted(format!("127.0.0.1:{port}"))),
            ("node", "lang", quoted("en")),
            ("node", "log", quoted("renkei=debug,info")),
            ("tls", "certificate", quoted("keys/tls.pem")),
            ("tls", "key", quoted("keys/tls.key")),
            ("tls", "roots", "[\"keys/ca.pem\"]".to_owned()),
            ("timing", "scan_interval", quoted("200ms")),
            ("timing", "settle", quoted("100ms")),
            ("timing", "settle_unknown", quoted("100ms")),
            ("timing", "set_wait", quoted("1s")),
            ("timing", "receipt_wait", quoted("5s")),
        ] {
            settings.set(table, key, value);
        }
        settings.add_office(number, "");
        settings
    }

    /// An office whose folders and keys lie at `home`, which ends in a slash or is empty.
    pub(super) fn add_office(&mut self, number: &str, home: &str) {
        let mut office =
            Table::from([("number", quoted(number)), ("service_types", service_types(number))]);
        for (key, path) in [
            ("drop", "drop"),
            ("import", "import"),
            ("import_actuals", "import-actuals"),
            ("hold", "hold"),
            ("sent", "sent"),
            ("signing_certificate", "keys/signing.pem"),
            ("signing_key", "keys/signing.key"),
        ] {
            office.insert(key, quoted(format!("{home}{path}")));
        }
        self.offices.push(office);
    }

    pub(super) fn add_peer(&mut self, number: &'static str, port: u16) {
        let url = quoted(format!("https://127.0.0.1:{port}"));
        let peer =
            [("office", quoted(number)), ("service_types", service_types(number)), ("url", url)];
        self.peers.insert(number, Table::from(peer));
    }

    pub(super) fn remove_peer(&mut self, number: &str) {
        self.peers.remove(number);
    }

    pub(super) fn set_peer(&mut self, number: &str, key: &'static str, value: String) {
        self.peers.get_mut(number).expect("a peer").insert(key, value);
    }

    /// A relay, by its keys and values.
    pub(super) fn add_relay<const N: usize>(&mut self, relay: [(&'static str, String); N]) {
        self.relays.push(Table::from(relay));
    }

    /// Takes a value away, and one of a peer.
    pub(super) fn unset(&mut self, table: &str, key: &str) {
        let table = match table {
            "office" => self.offices.first_mut().expect("an office"),
            other => self.tables.get_mut(other).expect("a table"),
        };
        table.remove(key);
    }

    pub(super) fn unset_peer(&mut self, number: &str, key: &str) {
        self.peers.get_mut(number).expect("a peer").remove(key);
    }

    /// Sets a value; the table `office` is the first office.
    pub(super) fn set(&mut self, table: &'static str, key: &'static str, value: String) {
        let table = match table {
            "office" => self.offices.first_mut().expect("an office"),
            other => self.tables.entry(other).or_default(),
        };
        table.insert(key, value);
    }

    /// As it stands in the file.
    pub(super) fn text(&self) -> String {
        let tables = self.tables.iter().map(|(name, table)| (format!("[{name}]"), table));
        let offices = self.offices.iter().map(|office| ("[[office]]".to_owned(), office));
        let peers = self.peers.values().map(|peer| ("[[peer]]".to_owned(), peer));
        let relays = self.relays.iter().map(|relay| ("[[relay]]".to_owned(), relay));
        let lines = tables.chain(offices).chain(peers).chain(relays).flat_map(|(head, table)| {
            let values = table.iter().map(|(key, value)| format!("{key} = {value}"));
            [head].into_iter().chain(values)
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
