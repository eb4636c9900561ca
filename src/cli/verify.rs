//! `renkei verify`: the same check as the `openssl` commands of an export, by us.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use bytes::Bytes;
use jiff::Timestamp;

use super::{EXIT_NO, UsageError, output, setup, verify_all};
use crate::certs;
use crate::desk::{proof, words};
use crate::node::{Pins, open_trust};
use crate::package::evidence::{
    self, EvidenceFile, EvidenceReport, trust_of_set, verify_package, verify_recall,
    verify_receipt, verify_set,
};
use crate::package::{
    ClockDoubt, Limits, PackageFault, Recall, Receipt, ReceiptKind, Trust, TrustError,
    TrustSources, VerifiedReceipt,
};
use crate::store::Store;
use crate::transfer::said_in_words;
use crate::types::{Clock, Digest, Lang, OfficeNumber, code};

/// The most bytes that one file of a set may have.
const LARGEST: u64 = 256 << 20;

/// The most files of a set.
const MOST: usize = 20_000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// renkei export が書き出したフォルダー、package.zip、受領証または取り戻しの依頼（.p7s）
    #[arg(value_name = "PATH", required_unless_present = "all")]
    path: Option<PathBuf>,
    /// 保管しているすべて（履歴の連鎖、パッケージ、受領証）を確かめます
    #[arg(long, requires = "config", conflicts_with_all = ["path", "roots", "pin"])]
    all: bool,
    /// --all の結果を JSON で出力します
    #[arg(long, requires = "all")]
    json: bool,
    /// 信頼する認証局の証明書（何度でも指定できます）
    #[arg(long, value_name = "FILE")]
    roots: Vec<PathBuf>,
    /// 信頼する署名用証明書の SHA-256（事業所番号=SHA-256、何度でも指定できます）
    #[arg(long, value_name = "OFFICE=SHA256", value_parser = pin)]
    pin: Vec<(OfficeNumber, Digest)>,
    /// 信頼する認証局と証明書を、この設定ファイルから読みます
    #[arg(long, value_name = "FILE", conflicts_with_all = ["roots", "pin"])]
    config: Option<PathBuf>,
}

fn pin(text: &str) -> Result<(OfficeNumber, Digest), String> {
    let wrong = || "OFFICE=SHA256".to_owned();
    let (office, digest) = text.split_once('=').ok_or_else(wrong)?;
    Ok((office.parse().map_err(|_| wrong())?, digest.parse().map_err(|_| wrong())?))
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    if let (true, Some(config)) = (args.all, &args.config) {
        return verify_all::run(config, args.json, lang);
    }
    let path = args.path.as_deref().unwrap_or(Path::new(""));
    let limits = Limits {
        package_bytes: usize::try_from(LARGEST).unwrap_or(usize::MAX),
        files: 9_999,
        ..Limits::default()
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut files = Vec::new();
    let one = if path.is_dir() {
        read_set(path, "", &mut files)?;
        None
    } else {
        let bytes = Bytes::from(read(path)?);
        let one = One::of(&bytes);
        files.push(EvidenceFile { path: one.path().to_owned(), bytes: bytes.clone() });
        Some((bytes, one))
    };
    let (trust, own_roots) = trust(args, path, (&files, &limits), lang)?;
    let report = match one {
        None => verify_set(&files, &trust, &limits, None),
        Some((bytes, One::Package)) => verify_package(&name, bytes, &trust, &limits, None),
        Some((bytes, One::Receipt)) => verify_receipt(&name, &bytes, &trust, &limits, None),
        Some((bytes, One::Recall)) => verify_recall(&name, &bytes, &trust, None),
    };
    output::line(&text(&report, lang))?;
    for note in clock_notes(&report, Clock::system().now(), lang) {
        output::line(&note)?;
    }
    if own_roots {
        output::line(lang.pick(
            "注意: 書き出されたフォルダーの中の認証局の証明書を使いました。本物の認証局のものかどうかは、--roots か --config を指定して確かめてください。",
            "note: the authorities of the set itself were used; name --roots or --config to know whose they are",
        ))?;
    }
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}

/// What a single file is.
#[derive(Clone, Copy)]
enum One {
    Package,
    Receipt,
    Recall,
}

impl One {
    fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"PK") {
            Self::Package
        } else if Recall::stated(bytes).is_ok() {
            Self::Recall
        } else {
            Self::Receipt
        }
    }

    /// Where it lies in a set.
    const fn path(self) -> &'static str {
        match self {
            Self::Package => evidence::PACKAGE,
            Self::Receipt => "receipts/one.p7s",
            Self::Recall => evidence::RECALL,
        }
    }
}

/// Whom to believe, and whether that came from the set itself.
fn trust(
    args: &Args,
    path: &Path,
    (files, limits): (&[EvidenceFile], &Limits),
    lang: Lang,
) -> anyhow::Result<(Trust, bool)> {
    if let Some(path) = &args.config {
        let config = setup::config(path, lang)?;
        // Without a store there is nobody to vouch, and the configuration alone counts.
        let vouched = match Store::open_for_reading(&config.node.data, config.store_key()) {
            Ok(store) => setup::runtime()?.block_on(proof::vouched(&store, files, limits))?,
            Err(_) => Pins::new(),
        };
        let trust = open_trust(&config, vouched);
        return Ok((trust.map_err(|problems| UsageError(problems.text(lang)))?, false));
    }
    let mut sources = TrustSources::default();
    for (office, digest) in &args.pin {
        sources.pins.entry(*office).or_default().insert(*digest);
    }
    if args.roots.is_empty() && args.pin.is_empty() {
        if !path.join("certificates").join("roots.pem").is_file() {
            let text = lang.pick(
                "信頼する認証局を --roots か --config で指定してください。",
                "name the authorities to believe with --roots or --config",
            );
            return Err(UsageError(text.to_owned()).into());
        }
        let trust = trust_of_set(files, limits);
        return Ok((trust.map_err(|error| UsageError(error.text(lang)))?, true));
    }
    for path in &args.roots {
        let loaded = certs::load_certificates(path);
        sources.roots.extend(loaded.map_err(|error| UsageError(error.text(lang)))?);
    }
    Ok((Trust::new(sources).map_err(|error| UsageError(error.text(lang)))?, false))
}

fn read_set(folder: &Path, inside: &str, found: &mut Vec<EvidenceFile>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = format!("{inside}{}", entry.file_name().to_string_lossy());
        if kind.is_dir() {
            read_set(&entry.path(), &format!("{path}/"), found)?;
        } else if kind.is_file() {
            anyhow::ensure!(found.len() < MOST, "more than {MOST} files");
            found.push(EvidenceFile { path, bytes: read(&entry.path())?.into() });
        }
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| path.display().to_string())?;
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= LARGEST);
    anyhow::ensure!(fits, "{}: more than {LARGEST} bytes", path.display());
    Ok(bytes)
}

/// Why a check failed, for the one who looks at proof: nobody is asked to send anything.
fn why(fault: &PackageFault, lang: Lang) -> String {
    let told = match fault {
        PackageFault::Trust(TrustError::UnknownIssuer) => (
            "この証明書は、指定された認証局のものでも、登録されたものでもありません。",
            "the certificate is neither registered nor issued by an authority that was named",
        ),
        PackageFault::FileCount { .. }
        | PackageFault::FileDigest { .. }
        | PackageFault::NotExtracted => (
            "ファイルが署名されたときと異なります。書き換えられた証拠です。",
            "the file is not the one that was signed: it was changed since",
        ),
        other => return code::meaning(other.code(), lang).unwrap_or_default(),
    };
    lang.pick(told.0, told.1).to_owned()
}

/// Which receipts have a time that cannot be right: no fault of the proof, but to be known by who
/// relies on the time.
pub(super) fn clock_notes(report: &EvidenceReport, now: Timestamp, lang: Lang) -> Vec<String> {
    let Some(package) = &report.package else { return Vec::new() };
    let made_at = package.manifest.created_at;
    let note = |(path, receipt): &(String, VerifiedReceipt)| {
        let (at, signed_at) = (receipt.receipt.at, receipt.signer.signed_at);
        let doubt = ClockDoubt::of(at, made_at, signed_at.min(now))?;
        let stated = words::time(at);
        Some(match (doubt, lang) {
            (ClockDoubt::Ahead, Lang::Ja) => format!(
                "注意: {path} の日時（{stated}）は、署名または検証の日時より先です。その事業所の時計がずれていた可能性があります。"
            ),
            (ClockDoubt::Ahead, Lang::En) => format!(
                "note: {path} is dated {stated}, after it was signed or verified: the clock of its office may have been wrong"
            ),
            (ClockDoubt::Behind, Lang::Ja) => format!(
                "注意: {path} の日時（{stated}）は、パッケージの作成日時（{}）より前です。どちらかの事業所の時計がずれていた可能性があります。",
                words::time(made_at)
            ),
            (ClockDoubt::Behind, Lang::En) => format!(
                "note: {path} is dated {stated}, before the package was made ({}): the clock of one of the offices may have been wrong",
                words::time(made_at)
            ),
        })
    };
    report.receipts.iter().filter_map(note).collect()
}

fn text(report: &EvidenceReport, lang: Lang) -> String {
    let mut lines = Vec::new();
    for check in &report.checks {
        let what = check.name.text(lang);
        lines.push(match &check.fault {
            None => format!("  OK  {}: {what}", check.path),
            Some(fault) => {
                let why = why(fault, lang);
                format!("  NG  {}: {what} [{}] {why}", check.path, fault.code())
            }
        });
    }
    if let Some(package) = &report.package {
        let manifest = &package.manifest;
        let signed = words::time(package.signer.signed_at);
        lines.push(String::new());
        lines.push(format!("{} {}", lang.pick("メッセージ", "message"), manifest.message_id));
        lines.push(format!(
            "  {} → {}  {} {}  {} {}",
            manifest.sender.office,
            manifest.recipient.office,
            manifest.kind,
            manifest.serial,
            lang.pick("署名日時", "signed"),
            signed
        ));
        lines.extend(manifest.files.iter().map(|file| format!("  {}  {}", file.sha256, file.name)));
    }
    for (path, receipt) in &report.receipts {
        let kind = said_in_words(&receipt.receipt, lang);
        let (at, office) = (words::time(receipt.receipt.at), receipt.signer.office);
        lines
            .push(format!("  {path}: {kind}  {at}  {} {office}", lang.pick("署名者", "signed by")));
    }
    if let Some((recall, signer)) = &report.recall {
        let (at, office) = (words::time(recall.at), signer.office);
        let (what, by) = (
            lang.pick("取り戻しの依頼", "asked to be given back"),
            lang.pick("署名者", "signed by"),
        );
        lines.push(format!("  {}: {what}  {at}  {by} {office}", evidence::RECALL));
    }
    let is_handover = |receipt: &Receipt| receipt.kind == ReceiptKind::ContentHandover;
    if report.package.is_some()
        && !report.receipts.iter().any(|(_, receipt)| is_handover(&receipt.receipt))
    {
        let none = lang.pick("取込の受領証はありません", "there is no handover receipt");
        lines.push(format!("  {none}"));
    }
    lines.push(String::new());
    lines.push(
        if report.passed() {
            lang.pick("すべて正しいことを確かめました。", "everything verified")
        } else {
            lang.pick("正しくないものがあります。", "something did not verify")
        }
        .to_owned(),
    );
    lines.join("\n")
}
