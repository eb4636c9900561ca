//! From tables to a checked configuration.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::partner_file::PartnerFile;
use super::values::{self, duration, parse, positive, size};
use super::{
    Attachments, Config, Draft, IdentityFiles, Limits, LogFile, LogRotation, Node, Office,
    OfficeNumberPlace, Page, Retention, StoreSettings, Timing, Tls, backup, folders, forms, mail,
    network, partner, profiles,
};
use crate::attachment::FileType;
use crate::types::settings::{Reader, Section};
use crate::types::{Lang, ListUrl, NumberField, NumberRule, OfficeNumber};

/// A log file that is smaller would begin anew all the time.
const LEAST_LOG_SIZE: u64 = 4 << 10;

/// Where the page is served when the configuration does not say it.
const PAGE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8480);

/// What a package has beside the file of an attachment, at the most.
const AROUND_FILE: u64 = 1 << 20;

const LIST_URL_JA: &str = "http:// か https:// で始まるアドレス";
const LIST_URL_EN: &str = "addresses that start with http:// or https://";
const HOST_JA: &str =
    "ホスト名か IP アドレス（例 renkei.example.jp。https:// やポートは付けません）";
const HOST_EN: &str = "names of hosts, such as renkei.example.jp, without https:// and port";

/// The configuration of a file, and of the files of `partners/` beside it.
pub(super) fn config(text: &str, base: &Path, partners: &[PartnerFile]) -> Draft {
    let reader = Reader::new(text, base);
    let mut config = whole(Section::root(&reader), base);
    let mut problems = reader.finish();
    for file in partners {
        let known: Vec<_> = config.partners().collect();
        let (found, mut wrong) = partner::file(file, base, &known);
        match found {
            Some(partner::Partner::Node(peer)) => config.peers.push(peer),
            Some(partner::Partner::ByHand(partner)) => config.by_hand.push(partner),
            None => {}
        }
        problems.append(&mut wrong);
    }
    Draft { config, problems }
}

pub(super) fn lang(text: &str) -> Option<Lang> {
    let reader = Reader::new(text, Path::new(""));
    let (lang, _) = Section::root(&reader).table("node").text("lang")?;
    parse(&lang)
}

/// What could be read. Where a problem was reported, something is missing: a path is empty, an
/// address, an office or a peer is left out.
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
    let partners = each(root.tables("peer"), partner::partner, partner::Partner::office, "office");
    let (mut peers, mut by_hand) = (Vec::new(), Vec::new());
    for partner in partners {
        match partner {
            partner::Partner::Node(peer) => peers.push(peer),
            partner::Partner::ByHand(partner) => by_hand.push(partner),
        }
    }
    let relays = network::relays(root.tables("relay"));
    let network = network::network(root.table("network"));
    let timing = timing(root.table("timing"));
    let limits = limits(root.table("limits"));
    let attachments = attachments(root.table("attachments"), limits.package_size);
    let retention = retention(root.table("retention"));
    let mut store = root.table("store");
    let store_settings = StoreSettings { key_file: store.path("key_file") };
    store.finish();
    let has_page = root.has("page");
    let page = page(root.table("page"));
    let page = has_page.then_some(page);
    let backup = if root.has("backup") {
        let of_offices = offices.iter().flat_map(folders::folders).map(|(_, folder)| folder);
        let others = of_offices.chain(std::iter::once(node.data.as_path()));
        backup::backup(root.table("backup"), others)
    } else {
        None
    };
    let mail = if root.has("mail") { mail::mail(root.table("mail")) } else { None };
    if limits.file_size > limits.package_size {
        let ja = "file_size は package_size 以下にしてください。";
        root.report(&(0..0), "limits", ja, "file_size must not exceed package_size");
    }
    root.finish();
    Config {
        node,
        tls,
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
        store: store_settings,
        mail,
        backup,
        home: base.to_owned(),
    }
}

/// Reads each table and refuses two with the same office number.
pub(super) fn each<'r, 't, T>(
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

pub(super) fn node(mut table: Section<'_, '_>) -> Node {
    let data = table.path("data").unwrap_or_else(|| table.based("data"));
    let (span, has_listen) = (table.span_of("url"), table.has("listen"));
    let listen = table.parsed(
        "listen",
        parse,
        "IP アドレス:ポート（例 0.0.0.0:8443）",
        "an address such as 0.0.0.0:8443",
    );
    let url = values::url(&mut table);
    if url.is_some() && !has_listen {
        let ja = "listen がないため、相手からの接続を受けられません。listen を書くか、url を消してください。";
        let en = "without listen nobody can connect: write listen, or leave url out";
        table.report(&span, "url", ja, en);
    }
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
    Node { data, listen, url, lang, log, log_json, log_file, stall_after }
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

pub(super) fn tls(mut table: Section<'_, '_>) -> Tls {
    let identity = identity(&mut table, "");
    let next = table.paths("next_certificates");
    let roots = table.paths("roots");
    let office_numbers = table.tables("office_number");
    let office_numbers =
        office_numbers.into_iter().filter_map(|table| number_place(table, &roots)).collect();
    let revocation_lists = table.paths("revocation_lists");
    let revocation_list_urls =
        table.list("revocation_list_urls", parse::<ListUrl>, LIST_URL_JA, LIST_URL_EN);
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
    Tls {
        identity,
        next,
        roots,
        office_numbers,
        revocation_lists,
        revocation_list_urls,
        revocation_grace,
        revocation_strict,
        allow_tls12,
    }
}

fn number_place(mut table: Section<'_, '_>, roots: &[PathBuf]) -> Option<OfficeNumberPlace> {
    let authority = table.required("authority", Section::path);
    if authority.as_ref().is_some_and(|authority| !roots.contains(authority)) {
        let ja = "tls.roots に書いたファイルのどれかを書いてください。";
        table.report(&table.span(), "authority", ja, "has to be one of the files of tls.roots");
    }
    let field = table.required("field", |table, key| {
        table.parsed(
            key,
            NumberField::of,
            "CN、OU、serialNumber、SAN:DNS、SAN:URI、SAN:email のどれか",
            "one of CN, OU, serialNumber, SAN:DNS, SAN:URI, SAN:email",
        )
    });
    let rule = |text: &str| NumberRule::new(field.unwrap_or(NumberField::CommonName), text);
    let ja = "{office} を 1 か所に含む形（例 JP-{office}）";
    let pattern = table.has("pattern");
    let rule = match table.parsed("pattern", rule, ja, "a text with {office} once in it") {
        None if !pattern => rule("{office}"),
        read => read,
    };
    table.finish();
    field?;
    Some(OfficeNumberPlace { authority: authority?, rule: rule? })
}

/// `certificate` and `key`, or `pkcs12` and `password_file`, each with a prefix.
pub(super) fn identity(table: &mut Section<'_, '_>, prefix: &str) -> IdentityFiles {
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
    let number = values::office_number(table, "number");
    let name = values::name(table);
    let service_types = values::service_types(table);
    let editions = values::editions(table);
    let takes = values::takes(table);
    let drop = table.required("drop", Section::path);
    let work = table.path("work");
    let import = table.required("import", Section::path);
    let import_actuals = table.path("import_actuals");
    let hold = table.required("hold", Section::path);
    let sent = table.path("sent");
    let outbox = table.path("outbox");
    let downloads = table.path("downloads");
    let signing = identity(table, "signing_");
    let signing_next = table.paths("signing_next_certificates");
    let import_habits = profiles::of_office(table);
    let forms = forms::forms(table.table("forms"));
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
    // Beside the sent folder, where there is one.
    let outbox = outbox.unwrap_or_else(|| {
        let beside = sent.as_ref().unwrap_or(&hold);
        beside.parent().map(|parent| parent.join("outbox")).unwrap_or_default()
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
        editions,
        takes,
        drop,
        work,
        import,
        import_actuals,
        import_habits,
        hold,
        sent,
        outbox,
        downloads,
        signing,
        signing_next,
        forms,
    };
    folders::separate(table, &office);
    folders::downloads_apart(table, &office);
    Some(office)
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

fn attachments(mut table: Section<'_, '_>, package_size: u64) -> Attachments {
    let (ja, en) = (
        "種類の名前（pdf、jpg、png、docx、xlsx、pptx、csv、doc、xls、ppt）",
        "types such as pdf, jpg, png, docx, xlsx, pptx, csv, doc, xls, ppt",
    );
    let stands_there = table.has("types");
    let types = table.list("types", parse::<FileType>, ja, en);
    let types = if stands_there { types } else { FileType::USUAL.to_vec() };
    let is_said = table.has("file_size");
    let file_size = size(&mut table, "file_size", "20MiB");
    let most = package_size.saturating_sub(AROUND_FILE);
    if is_said && file_size > most {
        let ja = "limits.package_size より 1MiB 以上小さくしてください。";
        let en = "must be less than limits.package_size by 1MiB";
        table.report(&table.span(), "file_size", ja, en);
    }
    let file_size = file_size.min(most);
    let word = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let scanner = table.list("scanner", word, "プログラムと引数", "a program and its arguments");
    if let Some(program) = scanner.first()
        && !Path::new(program).is_absolute()
    {
        let ja = "プログラムは絶対パスで書いてください。";
        table.report(&table.span(), "scanner", ja, "the program has to be an absolute path");
    }
    let scanner_timeout = positive(&mut table, "scanner_timeout", "60s");
    table.finish();
    Attachments { types, file_size, scanner, scanner_timeout }
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

#[cfg(test)]
mod tests;
