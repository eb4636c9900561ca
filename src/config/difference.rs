//! What differs between two configurations, key by key, and what of it a node that runs can take up.

use std::fmt;

use super::{
    Attachments, Backup, ByHand, Config, Generations, Limits, Mail, Network, Node, Office, Page,
    Peer, Relay, Retention, StoreSettings, Timing, Tls,
};
use crate::types::OfficeNumber;

/// What differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// What a node takes up while it runs.
    pub live: Vec<Change>,
    /// What it takes up when it starts again.
    pub after_restart: Vec<Change>,
}

/// One key, or an office or partner that came or went. Says nothing of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is about.
    pub subject: Subject,
    /// What happened to it.
    pub what: What,
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The node as a whole: the name of a table.
    Table(&'static str),
    /// An office of ours.
    Office(OfficeNumber),
    /// A partner.
    Peer(OfficeNumber),
}

/// What happened to a part of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// This key has another value.
    Key(&'static str),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = match self.subject {
            Subject::Table(_) => ".",
            Subject::Office(_) | Subject::Peer(_) => " ",
        };
        match self.subject {
            Subject::Table(table) => f.write_str(table)?,
            Subject::Office(number) => write!(f, "office {number}")?,
            Subject::Peer(number) => write!(f, "peer {number}")?,
        }
        match self.what {
            What::Added => f.write_str(" added"),
            What::Removed => f.write_str(" removed"),
            What::Key(key) => write!(f, "{separator}{key}"),
        }
    }
}

/// Tells the keys of a table whose values differ. A field that is missing here does not compile.
macro_rules! compare {
    ($table:ident { $($field:ident => $key:literal),+ $(,)? }, $old:expr, $new:expr, $tell:expr) => {{
        let $table { $($field: _),+ } = $old;
        $(if $old.$field != $new.$field {
            $tell($key);
        })+
    }};
}

impl Changes {
    /// What is different in `new`.
    pub fn between(old: &Config, new: &Config) -> Self {
        let Config {
            node: _,
            tls: _,
            offices,
            peers,
            by_hand,
            relays,
            network,
            timing,
            limits,
            attachments,
            retention,
            page,
            store,
            mail,
            backup,
            home: _,
        } = old;
        let mut changes = Self::default();
        changes.of_node(&old.node, &new.node);
        let live = &mut changes.live;
        let mut table = |table, key| {
            live.push(Change { subject: Subject::Table(table), what: What::Key(key) });
        };
        tls(&old.tls, &new.tls, |key| table("tls", key));
        timing_keys(timing, &new.timing, |key| table("timing", key));
        limit_keys(limits, &new.limits, |key| table("limits", key));
        compare!(
            Attachments {
                types => "types", file_size => "file_size", scanner => "scanner",
                scanner_timeout => "scanner_timeout",
            },
            attachments, new.attachments, |key| table("attachments", key)
        );
        compare!(
            Retention { packages => "packages", records => "records" },
            retention, new.retention, |key| table("retention", key)
        );
        match (backup, &new.backup) {
            (None, None) => {}
            (Some(old), Some(new)) => backup_keys(old, new, |key| table("backup", key)),
            (old, _) => live.push(Change {
                subject: Subject::Table("backup"),
                what: if old.is_none() { What::Added } else { What::Removed },
            }),
        }
        let number = |office: &Office| office.number;
        each(offices, &new.offices, (number, Subject::Office), office_keys, live);
        each(peers, &new.peers, (|peer: &Peer| peer.office, Subject::Peer), peer_keys, live);
        let number = |partner: &ByHand| partner.office;
        each(by_hand, &new.by_hand, (number, Subject::Peer), by_hand_keys, live);
        compare!(
            Network { proxy => "proxy" },
            network, new.network, |key| live
                .push(Change { subject: Subject::Table("network"), what: What::Key(key) })
        );
        relay_keys(relays, &new.relays, |what| {
            live.push(Change { subject: Subject::Table("relay"), what });
        });
        changes.of_page(page.as_ref(), new.page.as_ref());
        let later = &mut changes.after_restart;
        compare!(StoreSettings { key_file => "key_file" }, store, new.store, |key| later
            .push(Change { subject: Subject::Table("store"), what: What::Key(key) }));
        changes.of_mail(mail.as_ref(), new.mail.as_ref());
        changes
    }

    /// The configuration by which a node can go on that runs by `old` and should run by `new`: all of
    /// that, but for what waits for a restart.
    pub fn applicable(old: &Config, new: Config) -> Config {
        let (url, stall_after) = (new.node.url.clone(), new.node.stall_after);
        let node = Node { url, stall_after, ..old.node.clone() };
        let (page, store, mail) = (old.page.clone(), old.store.clone(), old.mail.clone());
        let home = old.home.clone();
        Config { node, page, store, mail, home, ..new }
    }

    /// Whether a node has nothing to take up, now or later.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty() && self.after_restart.is_empty()
    }

    fn of_node(&mut self, old: &Node, new: &Node) {
        let mut tell = |key| {
            let change = Change { subject: Subject::Table("node"), what: What::Key(key) };
            match key {
                "stall_after" | "url" => self.live.push(change),
                _ => self.after_restart.push(change),
            }
        };
        compare!(
            Node {
                data => "data", listen => "listen", lang => "lang", log => "log",
                log_json => "log_json", log_file => "log_file", stall_after => "stall_after",
                url => "url",
            },
            old, new, tell
        );
    }

    fn of_page(&mut self, old: Option<&Page>, new: Option<&Page>) {
        let mut tell = |what| {
            self.after_restart.push(Change { subject: Subject::Table("page"), what });
        };
        match (old, new) {
            (None, None) => {}
            (None, Some(_)) => tell(What::Added),
            (Some(_), None) => tell(What::Removed),
            (Some(old), Some(new)) => compare!(
                Page {
                    listen => "listen", idle => "idle", identity => "certificate", hosts => "hosts",
                    service_codes => "service_codes", insurer_codes => "insurer_codes",
                    metrics => "metrics",
                },
                old, new, |key| tell(What::Key(key))
            ),
        }
    }

    fn of_mail(&mut self, old: Option<&Mail>, new: Option<&Mail>) {
        let mut tell = |what| {
            self.after_restart.push(Change { subject: Subject::Table("mail"), what });
        };
        match (old, new) {
            (None, None) => {}
            (None, Some(_)) => tell(What::Added),
            (Some(_), None) => tell(What::Removed),
            (Some(old), Some(new)) => compare!(
                Mail {
                    server => "server", port => "port", security => "security", roots => "roots",
                    from => "from", to => "to", login => "user", conditions => "when",
                    daily => "daily_at", wait => "wait", lang => "lang",
                },
                old, new, |key| tell(What::Key(key))
            ),
        }
    }
}

/// Compares offices or partners by their numbers, whatever their order.
fn each<T>(
    old: &[T],
    new: &[T],
    (number, subject): (impl Fn(&T) -> OfficeNumber, impl Fn(OfficeNumber) -> Subject),
    keys: impl Fn(&T, &T, &mut dyn FnMut(&'static str)),
    found: &mut Vec<Change>,
) {
    for former in old {
        let subject = subject(number(former));
        match new.iter().find(|new| number(new) == number(former)) {
            None => found.push(Change { subject, what: What::Removed }),
            Some(new) => keys(former, new, &mut |key| {
                found.push(Change { subject, what: What::Key(key) });
            }),
        }
    }
    let is_new = |new: &&T| !old.iter().any(|old| number(old) == number(new));
    let added = new.iter().filter(is_new).map(|new| subject(number(new)));
    found.extend(added.map(|subject| Change { subject, what: What::Added }));
}

fn tls(old: &Tls, new: &Tls, mut tell: impl FnMut(&'static str)) {
    compare!(
        Tls {
            identity => "certificate", roots => "roots", revocation_lists => "revocation_lists",
            revocation_grace => "revocation_grace", revocation_strict => "revocation",
            allow_tls12 => "allow_tls12", next => "next_certificates",
            revocation_list_urls => "revocation_list_urls", office_numbers => "office_number",
        },
        old, new, tell
    );
}

fn timing_keys(old: &Timing, new: &Timing, mut tell: impl FnMut(&'static str)) {
    compare!(
        Timing {
            scan_interval => "scan_interval", settle => "settle",
            settle_unknown => "settle_unknown", set_wait => "set_wait", expiry => "expiry",
            order_wait => "order_wait", receipt_wait => "receipt_wait",
        },
        old, new, tell
    );
}

fn limit_keys(old: &Limits, new: &Limits, mut tell: impl FnMut(&'static str)) {
    compare!(
        Limits {
            file_size => "file_size", package_size => "package_size", unit_files => "unit_files",
            connections => "connections", in_flight => "in_flight", body_memory => "body_memory",
            store_size => "store_size", partner_share => "partner_share",
            partner_store => "partner_store", partner_rate => "partner_rate",
        },
        old, new, tell
    );
}

fn backup_keys(old: &Backup, new: &Backup, mut tell: impl FnMut(&'static str)) {
    compare!(
        Backup {
            folder => "folder", passphrase_file => "passphrase_file", daily_at => "daily_at",
            keys => "keys", keep => "keep",
        },
        old, new, |key| match key {
            "keep" => compare!(
                Generations {
                    daily => "keep_daily", weekly => "keep_weekly", monthly => "keep_monthly",
                },
                &old.keep, &new.keep, &mut tell
            ),
            key => tell(key),
        }
    );
}

fn office_keys(old: &Office, new: &Office, tell: &mut dyn FnMut(&'static str)) {
    compare!(
        Office {
            number => "number", name => "name", service_types => "service_types", drop => "drop",
            work => "work", import => "import", import_actuals => "import_actuals",
            hold => "hold", sent => "sent", outbox => "outbox", downloads => "downloads", signing => "signing_certificate",
            signing_next => "signing_next_certificates", import_habits => "import_habits", forms => "forms", editions => "editions", takes => "takes",
        },
        old, new, tell
    );
}

fn by_hand_keys(old: &ByHand, new: &ByHand, tell: &mut dyn FnMut(&'static str)) {
    compare!(
        ByHand {
            office => "office", name => "name", service_types => "service_types",
            channel => "channel", edition => "edition", takes => "takes", quoting => "quoting",
        },
        old, new, tell
    );
}

/// Compares relays by their addresses, whatever their order.
fn relay_keys(old: &[Relay], new: &[Relay], mut tell: impl FnMut(What)) {
    for former in old {
        match new.iter().find(|new| new.url == former.url) {
            None => tell(What::Removed),
            Some(new) => compare!(
                Relay {
                    url => "url", name => "name", tls_certificates => "tls_certificates",
                    signing_certificates => "signing_certificates",
                },
                former, new, |key| tell(What::Key(key))
            ),
        }
    }
    for _ in new.iter().filter(|new| !old.iter().any(|old| old.url == new.url)) {
        tell(What::Added);
    }
}

fn peer_keys(old: &Peer, new: &Peer, tell: &mut dyn FnMut(&'static str)) {
    compare!(
        Peer {
            office => "office", name => "name", service_types => "service_types", url => "url",
            relay => "relay", edition => "edition", tls_certificates => "tls_certificates",
            signing_certificates => "signing_certificates", takes => "takes", quoting => "quoting", card => "card",
        },
        old, new, tell
    );
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const TEXT: &str = r#"
[node]
listen = "127.0.0.1:8443"
[tls]
certificate = "tls.pem"
key = "tls.key"
roots = ["ca.pem"]
[timing]
settle = "2s"
[[office]]
number = "2770000011"
service_types = ["43"]
drop = "drop"
import = "import"
hold = "hold"
signing_certificate = "signing.pem"
signing_key = "signing.key"
[[peer]]
office = "2770000029"
service_types = ["11"]
url = "https://127.0.0.1:9443"
[[peer]]
office = "2770000037"
service_types = ["15"]
url = "https://127.0.0.1:9444"
"#;

    fn config(text: &str) -> Config {
        Config::parse(text, Path::new("/home")).expect("valid")
    }

    fn told(changes: &[Change]) -> Vec<String> {
        changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_same_in_another_order_is_no_change() {
        let parts: Vec<_> = TEXT.split("[[peer]]").collect();
        let turned = format!("{}[[peer]]{}[[peer]]{}", parts[0], parts[2], parts[1]);
        let (old, new) = (config(TEXT), config(&turned));
        assert_ne!(old.peers, new.peers, "they stand in another order");
        assert!(Changes::between(&old, &new).is_empty());
    }

    #[test]
    fn tells_each_key_and_when_it_is_taken_up() {
        let old = config(TEXT);
        let text = TEXT
            .replace("8443", "8444")
            .replace("settle = \"2s\"", "settle = \"3s\"")
            .replace("drop = \"drop\"", "drop = \"other\"")
            .replace("9443", "9445")
            .replace("2770000037", "2770000045")
            + "[page]\n";
        let text = text.replace("[node]", "[node]\ndata = \"elsewhere\"\nstall_after = \"9m\"");
        let new = config(&text);
        let changes = Changes::between(&old, &new);
        assert_eq!(
            told(&changes.live),
            [
                "node.stall_after",
                "timing.settle",
                "office 2770000011 drop",
                "office 2770000011 work",
                "peer 2770000029 url",
                "peer 2770000037 removed",
                "peer 2770000045 added",
            ]
        );
        assert_eq!(told(&changes.after_restart), ["node.data", "node.listen", "page added"]);

        let goes_on = Changes::applicable(&old, new.clone());
        assert_eq!(goes_on.node.listen, old.node.listen);
        assert_eq!(
            (goes_on.node.stall_after, goes_on.page.is_none()),
            (new.node.stall_after, true)
        );
        let rest = Changes::between(&goes_on, &new);
        assert!(rest.live.is_empty(), "{:?}", told(&rest.live));
        assert_eq!(rest.after_restart, changes.after_restart);
    }
}
