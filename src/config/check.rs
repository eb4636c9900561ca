//! From tables to a checked configuration.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::habits::{QUOTING_EN, QUOTING_JA, quoting};
use super::values::{duration, positive, size};
use super::{
    Config, Draft, IdentityFiles, Limits, LogFile, LogRotation, Node, Office, Page, Peer,
    Retention, Timing, Tls, folders, profiles,
};
use crate::types::settings::{Reader, Section};
use crate::types::{Digest, Lang, OfficeNumber, ServiceType};

/// A log file that is smaller would begin anew all the time.
const LEAST_LOG_SIZE: u64 = 4 << 10;

/// The longest name of an office in characters.
const LONGEST_NAME: usize = 100;

/// Stands in a draft for an address that could not be read.
pub(super) const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Where the page is served when the configuration does not say it.
const PAGE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8480);

const OFFICE_JA: &str = "事業所番号（数字または英大文字 10 桁）";
const OFFICE_EN: &str = "an office number: 10 digits or capital letters";
const TYPE_JA: &str = "サービス種類コード（2 桁）";
const TYPE_EN: &str = "service types of 2 characters";
const DIGEST_JA: &str = "証明書の SHA-256（16 進 64 桁）";
const DIGEST_EN: &str = "SHA-256 of certificates, 64 hexadecimal digits";
const HOST_JA: &str =
    "ホスト名か IP アドレス（例 renkei.example.jp。https:// やポートは付けません）";
const HOST_EN: &str = "names of hosts, such as renkei.example.jp, without https:// and port";

pub(super) fn config(text: &str, base: &Path) -> Draft {
    let reader = Reader::new(text, base);
    let config = whole(Section::root(&reader), base);
    Draft { config, problems: reader.finish() }
}

pub(super) fn lang(text: &str) -> Option<Lang> {
    let reader = Reader::new(text, Path::new(""));
    let (lang, _) = Section::root(&reader).table("node").text("lang")?;
    parse(&lang)
}

/// What could be read. Where a problem was reported, something is missing: a path is empty, an
/// address is [`NOWHERE`], an office or a peer is left out.
fn whole(mut root: Section<'_, '_>, base: &Path) -> Config {
    // Everything is read before anything is judged missing, so that all problems come out.
    let node = node(root.table("node"));
    let tls = tls(root.table("tls"));
    let office_tables = root.tables("office");
    if office_tables.is_empty() {
        let ja = "[[office]] が一つもありません。自事業所を書いてください。";
        root.report(&(0..0), "office", ja, "at least one [[office]] is required");
    }
    let spans: Vec<_> = office_tables.iter().map(Section::span).collect();
    let offices = each(office_tables, office, |office| office.number, "number");
    folders::separate_offices(&root, &offices, &spans);
    let peers = each(root.tables("peer"), peer, |peer| peer.office, "office");
    let timing = timing(root.table("timing"));
    let limits = limits(root.table("limits"));
    let retention = retention(root.table("retention"));
    let has_page = root.has("page");
    let page = page(root.table("page"));
    let page = has_page.then_some(page);
    if limits.file_size > limits.package_size {
        let ja = "file_size は package_size 以下にしてください。";
        root.report(&(0..0), "limits", ja, "file_size must not exceed package_size");
    }
    root.finish();
    Config { node, tls, offices, peers, timing, limits, retention, page, home: base.to_owned() }
}

/// Reads each table and refuses two with the same office number.
fn each<'r, 't, T>(
    tables: Vec<Section<'r, 't>>,
    read: impl Fn(&mut Section<'r, 't>) -> Option<T>,
    number: impl Fn(&T) -> OfficeNumber,
    key: &str,
) -> Vec<T> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for mut table in tables {
        if let Some(entry) = read(&mut table) {
            if !seen.insert(number(&entry)) {
                let ja = "同じ事業所番号が二度書かれています。";
                table.report(&table.span(), key, ja, "this office number stands here twice");
            }
            found.push(entry);
        }
        table.finish();
    }
    found
}

fn node(mut table: Section<'_, '_>) -> Node {
    let data = table.path("data").unwrap_or_else(|| table.based("data"));
    let listen = table.required("listen", |table, key| {
        table.parsed(
            key,
            parse,
            "IP アドレス:ポート（例 0.0.0.0:8443）",
            "an address such as 0.0.0.0:8443",
        )
    });
    let lang = table.parsed("lang", parse, "ja か en のどちらか", "ja or en").unwrap_or(Lang::Ja);
    let log = table.parsed(
        "log",
        log_filter,
        "error、warn、info、debug のどれか",
        "one of error, warn, info, debug",
    );
    let log = log.unwrap_or_else(|| "info".to_owned());
    let log_json = table.boolean("log_json").unwrap_or(false);
    let log_file = log_file(&mut table);
    let stall_after = positive(&mut table, "stall_after", "5m");
    table.finish();
    let listen = listen.unwrap_or(NOWHERE);
    Node { data, listen, lang, log, log_json, log_file, stall_after }
}

/// A level, or levels of parts of the program: `info,renkei::link=debug`. A word that is no level would
/// name a part that does not exist, and nothing would be logged.
fn log_filter(text: &str) -> Option<String> {
    let is_level = |word: &str| {
        let levels = ["off", "error", "warn", "info", "debug", "trace"];
        levels.iter().any(|level| level.eq_ignore_ascii_case(word)) || word.parse::<u8>().is_ok()
    };
    let is_part = |word: &str| word.contains('=') || word.starts_with("renkei");
    let mut parts = text.split(',').map(str::trim);
    parts.all(|part| is_level(part) || is_part(part)).then(|| text.to_owned())
}

fn log_file(table: &mut Section<'_, '_>) -> Option<LogFile> {
    let path = table.path("log_file");
    let rotation = |text: &str| match text {
        "daily" => Some(LogRotation::Daily),
        "size" => Some(LogRotation::Size),
        _ => None,
    };
    let rotation =
        table.parsed("log_rotate", rotation, "daily か size のどちらか", "daily or size");
    let rotation = rotation.unwrap_or(LogRotation::Daily);
    let (span, stood_there) = (table.span(), table.has("log_size"));
    let size = size(table, "log_size", "10MiB");
    if stood_there && size < LEAST_LOG_SIZE {
        let ja = "4KiB 以上にしてください。";
        table.report(&span, "log_size", ja, "must not be less than 4KiB");
    }
    let keep = table.number("log_keep", 1, 999).unwrap_or(14);
    Some(LogFile { path: path?, rotation, size, keep })
}

fn tls(mut table: Section<'_, '_>) -> Tls {
    let identity = identity(&mut table, "");
    let roots = table.paths("roots");
    let revocation_lists = table.paths("revocation_lists");
    let revocation_grace = duration(&mut table, "revocation_grace", "24h");
    let strictness = |text: &str| match text {
        "warn" => Some(false),
        "strict" => Some(true),
        _ => None,
    };
    let revocation_strict =
        table.parsed("revocation", strictness, "warn か strict", "warn or strict").unwrap_or(false);
    let allow_tls12 = table.boolean("allow_tls12").unwrap_or(false);
    table.finish();
    Tls { identity, roots, revocation_lists, revocation_grace, revocation_strict, allow_tls12 }
}

/// `certificate` and `key`, or `pkcs12` and `password_file`, each with a prefix.
fn identity(table: &mut Section<'_, '_>, prefix: &str) -> IdentityFiles {
    let key = |name: &str| format!("{prefix}{name}");
    let (pem, pkcs12) = (table.has(&key("certificate")), table.has(&key("pkcs12")));
    if pem && pkcs12 {
        let ja = "certificate と pkcs12 は、どちらか一方だけを書いてください。";
        table.report(&table.span(), &key("pkcs12"), ja, "either certificate or pkcs12, not both");
        // Known keys, whichever of them goes.
        let _ = (table.path(&key("certificate")), table.path(&key("key")));
    }
    if pkcs12 {
        let file = table.path(&key("pkcs12"));
        let password_file = table.required(&key("password_file"), Section::path);
        return IdentityFiles::Pkcs12 {
            file: file.unwrap_or_default(),
            password_file: password_file.unwrap_or_default(),
        };
    }
    let certificate = table.required(&key("certificate"), Section::path);
    let private = table.required(&key("key"), Section::path);
    IdentityFiles::Pem {
        certificate: certificate.unwrap_or_default(),
        key: private.unwrap_or_default(),
    }
}

fn office(table: &mut Section<'_, '_>) -> Option<Office> {
    let number = table.required("number", |table, key| {
        table.parsed(key, parse::<OfficeNumber>, OFFICE_JA, OFFICE_EN)
    });
    let name = name(table);
    let service_types = table.list("service_types", parse::<ServiceType>, TYPE_JA, TYPE_EN);
    let drop = table.required("drop", Section::path);
    let work = table.path("work");
    let import = table.required("import", Section::path);
    let import_actuals = table.path("import_actuals");
    let hold = table.required("hold", Section::path);
    let sent = table.path("sent");
    let signing = identity(table, "signing_");
    let import_habits = profiles::of_office(table);
    let number = number?;
    let (drop, import) = (drop.unwrap_or_default(), import.unwrap_or_default());
    let hold = hold.unwrap_or_default();
    // Beside the drop folder, so that claiming a file is a rename.
    let work = work.unwrap_or_else(|| match (drop.parent(), drop.file_name()) {
        (Some(parent), Some(name)) => {
            let mut work = std::ffi::OsString::from(".renkei-work-");
            work.push(name);
            parent.join(work)
        }
        _ if drop.as_os_str().is_empty() => PathBuf::new(),
        _ => drop.join(".renkei-work"),
    });
    if import_habits.actuals_apart && import_actuals.as_ref().is_none_or(|other| *other == import) {
        let ja = "実績を分けて取り込む（actuals_apart = true）には、import とは別の import_actuals が必要です。";
        let en = "actuals that are imported apart (actuals_apart = true) need import_actuals, another folder than import";
        table.report(&table.span(), "import_actuals", ja, en);
    }
    let import_actuals = import_actuals.unwrap_or_else(|| import.clone());
    let office = Office {
        number,
        name,
        service_types,
        drop,
        work,
        import,
        import_actuals,
        import_habits,
        hold,
        sent,
        signing,
    };
    folders::separate(table, &office);
    Some(office)
}

fn peer(table: &mut Section<'_, '_>) -> Option<Peer> {
    let office = table.required("office", |table, key| {
        table.parsed(key, parse::<OfficeNumber>, OFFICE_JA, OFFICE_EN)
    });
    let name = name(table);
    let service_types = table.list("service_types", parse::<ServiceType>, TYPE_JA, TYPE_EN);
    let url = table.required("url", |table, key| {
        table.parsed(key, parse, "https://ホスト名:ポート", "https://host:port without a path")
    });
    let edition = table.parsed("edition", parse, "v3 か v4.1", "v3 or v4.1");
    let quoting = table.parsed("quoting", |text| quoting(text).ok(), QUOTING_JA, QUOTING_EN);
    let tls_certificates = table.list("tls_certificates", parse::<Digest>, DIGEST_JA, DIGEST_EN);
    let signing_certificates =
        table.list("signing_certificates", parse::<Digest>, DIGEST_JA, DIGEST_EN);
    Some(Peer {
        office: office?,
        name,
        service_types,
        url: url?,
        edition,
        quoting: quoting.flatten(),
        tls_certificates,
        signing_certificates,
    })
}

/// The name of an office, for people.
fn name(table: &mut Section<'_, '_>) -> Option<String> {
    let is_fit = |text: &str| {
        let length = text.chars().count();
        (1..=LONGEST_NAME).contains(&length) && text == visible(text) && text.trim() == text
    };
    let read = |text: &str| is_fit(text).then(|| text.to_owned());
    let ja = "100 文字までの、改行や見えない文字を含まない名前";
    table.parsed("name", read, ja, "a name of up to 100 characters that are all visible")
}

/// The text without characters that cannot be seen or turn what follows. Stricter than
/// `types::text`: a name that is shown to everybody has nothing that needs a special font either.
fn visible(text: &str) -> String {
    text.chars()
        .filter(|c| *c == '\u{3000}' || c.escape_debug().count() == 1 || "\"'\\".contains(*c))
        .collect()
}

fn timing(mut table: Section<'_, '_>) -> Timing {
    let timing = Timing {
        scan_interval: positive(&mut table, "scan_interval", "3s"),
        settle: duration(&mut table, "settle", "2s"),
        settle_unknown: duration(&mut table, "settle_unknown", "10s"),
        set_wait: duration(&mut table, "set_wait", "60s"),
        expiry: positive(&mut table, "expiry", "7d"),
        order_wait: duration(&mut table, "order_wait", "60s"),
        receipt_wait: positive(&mut table, "receipt_wait", "25s"),
    };
    table.finish();
    timing
}

fn limits(mut table: Section<'_, '_>) -> Limits {
    let limits = Limits {
        file_size: size(&mut table, "file_size", "64MiB"),
        package_size: size(&mut table, "package_size", "128MiB"),
        unit_files: table.number("unit_files", 1, 9_999).unwrap_or(1_000),
        connections: table.number("connections", 2, 65_535).unwrap_or(1_024),
        in_flight: table.number("in_flight", 1, 1_024).unwrap_or(32),
        body_memory: size(&mut table, "body_memory", "256MiB"),
        store_size: size(&mut table, "store_size", "0B"),
        partner_share: table
            .number("partner_share", 1, 100)
            .and_then(|percent| u8::try_from(percent).ok())
            .unwrap_or(25),
        partner_store: size(&mut table, "partner_store", "10GiB"),
        partner_rate: size(&mut table, "partner_rate", "16GiB"),
    };
    if limits.body_memory < limits.package_size {
        let ja = "body_memory は package_size 以上にしてください。";
        table.report(&table.span(), "body_memory", ja, "must not be less than package_size");
    }
    table.finish();
    limits
}

fn retention(mut table: Section<'_, '_>) -> Retention {
    let retention = Retention {
        packages: positive(&mut table, "packages", "90d"),
        records: positive(&mut table, "records", "1827d"),
    };
    if retention.records < retention.packages {
        let ja = "records は packages 以上にしてください。";
        table.report(&table.span(), "records", ja, "must not be less than packages");
    }
    table.finish();
    retention
}

fn page(mut table: Section<'_, '_>) -> Page {
    let span = table.span();
    let listen = table.parsed(
        "listen",
        parse,
        "IP アドレス:ポート（例 127.0.0.1:8480）",
        "an address such as 127.0.0.1:8480",
    );
    let listen = listen.unwrap_or(PAGE);
    let keys = ["certificate", "key", "pkcs12", "password_file"];
    let has_identity = keys.map(|key| table.has(key)).contains(&true);
    let identity = has_identity.then(|| identity(&mut table, ""));
    let hosts = table.list("hosts", host, HOST_JA, HOST_EN);
    if !listen.ip().is_loopback() && identity.is_none() {
        let ja = "ほかのパソコンからも使うアドレスにするときは、certificate と key（または pkcs12 と password_file）が必要です。暗号化しない画面は、このパソコンの中だけ（127.0.0.1:ポート）で使えます。";
        let en = "an address that other computers reach needs certificate and key (or pkcs12 and password_file); a page without encryption can only be used on this computer (127.0.0.1)";
        table.report(&span, "listen", ja, en);
    }
    if listen.ip().is_unspecified() && hosts.is_empty() {
        let ja = "すべてのアドレスで待ち受けるときは、ブラウザーに入力する名前を hosts に書いてください（例 hosts = [\"renkei.example.jp\"]）。";
        let en = "a page that listens on every address needs the names that browsers call it by, such as hosts = [\"renkei.example.jp\"]";
        table.report(&span, "hosts", ja, en);
    }
    let idle = positive(&mut table, "idle", "30m");
    let service_codes = table.path("service_codes");
    let insurer_codes = table.path("insurer_codes");
    let metrics = table.boolean("metrics").unwrap_or(false);
    table.finish();
    Page { listen, idle, identity, hosts, service_codes, insurer_codes, metrics }
}

/// The name of a host as browsers send it, without a port.
fn host(text: &str) -> Option<String> {
    let is_name = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(fits) && !label.starts_with('-')
    };
    let fits = text.len() <= 253 && text.split('.').all(is_name);
    let address = || text.parse::<IpAddr>().ok().map(|address| address.to_string());
    if fits { Some(text.to_ascii_lowercase()) } else { address() }
}

fn parse<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[cfg(test)]
mod tests;
