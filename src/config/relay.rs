//! The configuration of a relay: `relay.toml`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use super::check::{self, identity};
use super::peer::{DIGEST_EN, DIGEST_JA};
use super::values::{self, parse, positive, size};
use super::{IdentityFiles, Node, Problems, Tls};
use crate::types::settings::{Reader, Section};
use crate::types::{Digest, OfficeNumber};

/// A checked configuration of a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayConfig {
    /// `[node]`: its folder, its log.
    pub node: Node,
    /// `[node] listen`: where it listens.
    pub listen: SocketAddr,
    /// `[status]`: where programs that watch it ask, in plain HTTP on this computer alone.
    pub status: Option<SocketAddr>,
    /// `[tls]`: who it is to offices, and by which authorities it knows them.
    pub tls: Tls,
    /// `[signing]`: with what it signs acceptances.
    pub signing: IdentityFiles,
    /// `[[office]]`: offices that it knows by their certificates.
    pub offices: Vec<RelayOffice>,
    /// `[store]`
    pub store: RelayStoreSettings,
    /// `[limits]`
    pub limits: RelayLimits,
    /// How long it remembers what was taken or expired, and keeps receipts.
    pub remember: SignedDuration,
}

/// `[[office]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayOffice {
    /// 事業所番号
    pub number: OfficeNumber,
    /// SHA-256 of its TLS certificates.
    pub tls_certificates: Vec<Digest>,
}

/// `[store]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayStoreSettings {
    /// One file, for a relay that is one process.
    Sqlite(PathBuf),
    /// A database that several instances share.
    Postgres {
        /// `postgresql://user@host:port/database`
        url: String,
        /// A file whose first line is the password.
        password_file: Option<PathBuf>,
        /// The authority that issued the certificate of the server.
        root: Option<PathBuf>,
        /// The most connections of this instance.
        connections: u16,
    },
}

/// `[limits]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayLimits {
    /// The largest package, in bytes, before it was sealed.
    pub package_size: u64,
    /// All bodies in memory at once, in bytes.
    pub body_memory: u64,
    /// The most connections of all offices.
    pub connections: u32,
    /// The most connections of one office.
    pub office_connections: u32,
    /// So many requests a second one office may make, for long.
    pub office_rate: u32,
    /// The bytes that are kept of one sender.
    pub office_store: u64,
    /// The packages that are kept of one sender.
    pub office_messages: u32,
    /// The longest time that a package is kept.
    pub keep: SignedDuration,
}

impl RelayConfig {
    /// Reads a configuration; relative paths in it start at `base`, the folder of its file.
    ///
    /// # Errors
    ///
    /// Every problem at once, each with its line.
    pub fn parse(text: &str, base: &Path) -> Result<Self, Problems> {
        let reader = Reader::new(text, base);
        let config = whole(Section::root(&reader));
        let problems = reader.finish();
        if problems.is_empty() { Ok(config) } else { Err(Problems(problems)) }
    }

    /// The file in which everything lies where no database is named.
    pub fn file(&self) -> PathBuf {
        file(&self.node.data)
    }
}

fn file(data: &Path) -> PathBuf {
    data.join("relay.db")
}

fn whole(mut root: Section<'_, '_>) -> RelayConfig {
    let mut table = root.table("node");
    let names_listen = table.has("listen");
    let node = check::node(table);
    if !names_listen {
        let ja = "中継サーバーには listen が必要です（例 0.0.0.0:8444）。";
        root.report(&(0..0), "node.listen", ja, "a relay needs listen, such as 0.0.0.0:8444");
    }
    // Where it could not be read, that is told.
    let listen = node.listen.unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
    let status = status(root.table("status"));
    let tls = check::tls(root.table("tls"));
    if !tls.revocation_list_urls.is_empty() {
        let ja = "中継サーバーは失効リストを取り寄せません。revocation_lists にファイルを書いてください。";
        let en = "a relay fetches no lists; name their files in revocation_lists";
        root.report(&(0..0), "tls.revocation_list_urls", ja, en);
    }
    let mut signing_table = root.table("signing");
    let signing = identity(&mut signing_table, "");
    signing_table.finish();
    let tables = root.tables("office");
    let offices = check::each(tables, office, |office| office.number, "number");
    let store = store(root.table("store"), &node.data);
    let limits = limits(root.table("limits"));
    let mut retention = root.table("retention");
    let remember = positive(&mut retention, "remember", "30d");
    retention.finish();
    root.finish();
    RelayConfig { node, listen, status, tls, signing, offices, store, limits, remember }
}

fn status(mut table: Section<'_, '_>) -> Option<SocketAddr> {
    let span = table.span_of("listen");
    let listen: Option<SocketAddr> = table.parsed(
        "listen",
        parse,
        "IP アドレス:ポート（例 127.0.0.1:8481）",
        "an address such as 127.0.0.1:8481",
    );
    if listen.is_some_and(|listen| !listen.ip().is_loopback()) {
        let ja = "このパソコンだけで使うアドレス（127.0.0.1 か [::1]）にしてください。";
        table.report(&span, "listen", ja, "has to be an address of this computer alone");
    }
    table.finish();
    listen
}

fn office(table: &mut Section<'_, '_>) -> Option<RelayOffice> {
    let number = values::office_number(table, "number");
    let tls_certificates = table.list("tls_certificates", parse::<Digest>, DIGEST_JA, DIGEST_EN);
    Some(RelayOffice { number: number?, tls_certificates })
}

fn store(mut table: Section<'_, '_>, data: &Path) -> RelayStoreSettings {
    let is_address = |text: &str| text.starts_with("postgresql://").then(|| text.to_owned());
    let url = table.parsed(
        "postgres",
        is_address,
        "postgresql://ユーザー@ホスト:ポート/データベース",
        "postgresql://user@host:port/database",
    );
    let password_file = table.path("password_file");
    let root = table.path("root");
    let connections = table.number("connections", 1, 1_000).unwrap_or(16);
    table.finish();
    match url {
        None => RelayStoreSettings::Sqlite(file(data)),
        Some(url) => {
            let connections = u16::try_from(connections).unwrap_or(u16::MAX);
            RelayStoreSettings::Postgres { url, password_file, root, connections }
        }
    }
}

fn limits(mut table: Section<'_, '_>) -> RelayLimits {
    let limits = RelayLimits {
        package_size: size(&mut table, "package_size", "128MiB"),
        body_memory: size(&mut table, "body_memory", "256MiB"),
        connections: table.number("connections", 2, 65_535).unwrap_or(10_000),
        office_connections: table.number("office_connections", 1, 65_535).unwrap_or(32),
        office_rate: table.number("office_rate", 1, 1_000_000).unwrap_or(100),
        office_store: size(&mut table, "office_store", "1GiB"),
        office_messages: table.number("office_messages", 1, 10_000_000).unwrap_or(10_000),
        keep: positive(&mut table, "keep", "31d"),
    };
    if limits.body_memory < limits.package_size {
        let ja = "body_memory は package_size 以上にしてください。";
        table.report(&table.span(), "body_memory", ja, "must not be less than package_size");
    }
    table.finish();
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "[node]\nlisten = \"0.0.0.0:8444\"\n[tls]\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\n[signing]\ncertificate = \"signing.pem\"\nkey = \"signing.key\"\n";

    #[test]
    fn little_is_needed_and_the_rest_is_safe() {
        let config = RelayConfig::parse(LEAST, Path::new("home")).expect("valid");
        let RelayStoreSettings::Sqlite(file) = &config.store else { panic!("one file") };
        assert_eq!(file, Path::new("home/data/relay.db"));
        assert_eq!((config.status, config.offices.len()), (None, 0));
        assert_eq!(config.limits.office_rate, 100);
    }

    #[test]
    fn all_mistakes_come_out_at_once() {
        let wrong = format!(
            "{LEAST}[status]\nlisten = \"0.0.0.0:1\"\n[store]\npostgres = \"mysql://\"\n[[office]]\nnumber = \"1\"\n[[office]]\nnumber = \"1370000018\"\n[[office]]\nnumber = \"1370000018\"\n[limits]\nofice_rate = 3\n"
        );
        let Problems(problems) = RelayConfig::parse(&wrong, Path::new("")).expect_err("wrong");
        let keys: Vec<_> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(problems.len(), 5, "{keys:?}");
    }
}
