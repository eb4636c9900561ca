//! The configuration of a node.
//!
//! A configuration is read in two steps: the text becomes a table whose keys remember their line
//! (`types::settings`), and the table becomes a [`Config`] whose values are of the types the node works with.
//! Every problem is collected, so that one look at the list is enough to mend the file. Unknown
//! keys are problems. `config.example.toml` is the reference of all keys; a test loads it.
//!
//! Nothing here touches the disk: whether a folder exists is asked by the node when it starts.

mod check;
mod folders;
mod habits;
mod profiles;
mod units;
mod values;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

pub use habits::{ImportHabits, ImportLayout, quoting_word};
pub use profiles::{Profile, Words};

pub use crate::types::{Problem, Problems};

use crate::record::Quoting;
use crate::types::{Digest, Edition, Lang, OfficeNumber, PeerUrl, ServiceType};

/// A checked configuration; all paths are absolute or relative to the working directory.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[node]`
    pub node: Node,
    /// `[tls]`
    pub tls: Tls,
    /// `[[office]]`, at least one, each number once.
    pub offices: Vec<Office>,
    /// `[[peer]]`, each number once.
    pub peers: Vec<Peer>,
    /// `[timing]`
    pub timing: Timing,
    /// `[limits]`
    pub limits: Limits,
    /// `[retention]`
    pub retention: Retention,
    /// `[page]`, if it stands there: without it there is no page.
    pub page: Option<Page>,
    /// The folder of the configuration's file.
    pub home: PathBuf,
}

/// A configuration as far as it could be read. What could not is left out: a path is empty, an
/// office or a peer without a number or an address is missing.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What could be read.
    pub config: Config,
    /// Everything that is wrong, in the order of the lines.
    pub problems: Vec<Problem>,
}

impl Draft {
    /// Whether `node.listen` could be read.
    pub fn has_address(&self) -> bool {
        self.config.node.listen != check::NOWHERE
    }
}

/// `[node]`
#[derive(Debug, Clone)]
pub struct Node {
    /// The folder of the store; on a local disk.
    pub data: PathBuf,
    /// Where partners reach this node.
    pub listen: SocketAddr,
    /// The language of what people read: the reports in the hold folder, and what commands that read
    /// this configuration print.
    pub lang: Lang,
    /// What is logged, in the syntax of `tracing` filters, such as `info`.
    pub log: String,
    /// The log as JSON, one object a line.
    pub log_json: bool,
    /// Where the log goes in place of standard error.
    pub log_file: Option<LogFile>,
    /// A task that reports nothing for so long beyond its own promise stands still.
    pub stall_after: SignedDuration,
}

/// `[node] log_file` and what belongs to it.
#[derive(Debug, Clone)]
pub struct LogFile {
    /// The file; older ones stand beside it, with a number at the end of their names.
    pub path: PathBuf,
    /// When it begins anew.
    pub rotation: LogRotation,
    /// It never grows beyond so many bytes.
    pub size: u64,
    /// So many older ones are kept, at least one.
    pub keep: u32,
}

/// When a log file begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogRotation {
    /// Each day, and when it is full.
    Daily,
    /// When it is full.
    Size,
}

/// A certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityFiles {
    /// PEM files.
    Pem {
        /// The certificate, followed by its issuers.
        certificate: PathBuf,
        /// The private key: PKCS#8, SEC 1 or PKCS#1.
        key: PathBuf,
    },
    /// One PKCS#12 file, as certificate authorities hand them out.
    Pkcs12 {
        /// The `.p12` or `.pfx` file.
        file: PathBuf,
        /// A file whose first line is the password.
        password_file: PathBuf,
    },
}

impl IdentityFiles {
    /// Both files.
    pub fn paths(&self) -> [&Path; 2] {
        match self {
            Self::Pem { certificate, key } => [certificate, key],
            Self::Pkcs12 { file, password_file } => [file, password_file],
        }
    }

    /// The file that the certificate is in.
    pub fn certificate(&self) -> &Path {
        match self {
            Self::Pem { certificate, .. } => certificate,
            Self::Pkcs12 { file, .. } => file,
        }
    }
}

/// `[tls]`
#[derive(Debug, Clone)]
pub struct Tls {
    /// Who this node is to its partners.
    pub identity: IdentityFiles,
    /// The certificate authorities that are trusted; no others are.
    pub roots: Vec<PathBuf>,
    /// Revocation lists (CRL) of these authorities.
    pub revocation_lists: Vec<PathBuf>,
    /// How long a revocation list may be past its `nextUpdate`.
    pub revocation_grace: SignedDuration,
    /// Whether a certificate is refused when there is no revocation list of its issuer.
    pub revocation_strict: bool,
    /// Whether TLS 1.2 is allowed beside 1.3.
    pub allow_tls12: bool,
}

/// `[[office]]`: an office whose files this node sends and receives.
#[derive(Debug, Clone)]
pub struct Office {
    /// 事業所番号
    pub number: OfficeNumber,
    /// What people call it.
    pub name: Option<String>,
    /// サービス種類コード of the office.
    pub service_types: Vec<ServiceType>,
    /// Where the care software writes what is to be sent.
    pub drop: PathBuf,
    /// Where the node works on files; on the same volume as `drop`.
    pub work: PathBuf,
    /// Where the care software reads plans.
    pub import: PathBuf,
    /// Where the care software reads actuals.
    pub import_actuals: PathBuf,
    /// How the care software takes files in.
    pub import_habits: ImportHabits,
    /// Where refused sets go, each with its report.
    pub hold: PathBuf,
    /// Where copies of sent files go, if they are wanted.
    pub sent: Option<PathBuf>,
    /// The certificate that signs this office's packages and receipts.
    pub signing: IdentityFiles,
}

/// `[[peer]]`: an office that ours exchange files with.
#[derive(Debug, Clone)]
pub struct Peer {
    /// 事業所番号
    pub office: OfficeNumber,
    /// What people call it.
    pub name: Option<String>,
    /// サービス種類コード of the office.
    pub service_types: Vec<ServiceType>,
    /// Where its node is reached: `https://host:port`.
    pub url: PeerUrl,
    /// The only edition that it can import; without it, whatever comes is sent.
    pub edition: Option<Edition>,
    /// The style of quoting that it wants; without it the quotes are sent as they were written.
    pub quoting: Option<Quoting>,
    /// SHA-256 of TLS certificates that speak for it, beside those of a trusted authority.
    pub tls_certificates: Vec<Digest>,
    /// SHA-256 of signing certificates that speak for it, beside those of a trusted authority.
    pub signing_certificates: Vec<Digest>,
}

/// `[timing]`
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Every how often the drop folders are read in full.
    pub scan_interval: SignedDuration,
    /// How long a file must stand still before it is taken.
    pub settle: SignedDuration,
    /// How long it must stand still where nobody can tell whether it is still being written.
    pub settle_unknown: SignedDuration,
    /// How long an incomplete send unit waits for its other files.
    pub set_wait: SignedDuration,
    /// How long a package may wait for its receipt.
    pub expiry: SignedDuration,
    /// How long a package waits for one that the partner numbered before it.
    pub order_wait: SignedDuration,
    /// How long one question for later receipts may stay open at the partner.
    pub receipt_wait: SignedDuration,
}

/// `[limits]`
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest file, in bytes.
    pub file_size: u64,
    /// The largest package, in bytes.
    pub package_size: u64,
    /// The most files in a send unit.
    pub unit_files: u32,
    /// The most connections at once.
    pub connections: u32,
    /// The most packages under way to one partner at once.
    pub in_flight: u32,
    /// All request bodies in memory at once, in bytes.
    pub body_memory: u64,
    /// How large the store may grow, in bytes; 0 means as large as the disk.
    pub store_size: u64,
    /// What one partner may take of connections, of packages at a time, of the memory and disk for
    /// receiving and of `store_size`, in percent.
    pub partner_share: u8,
    /// The packages of one partner that are kept, in bytes.
    pub partner_store: u64,
    /// What one partner may send in an hour, in bytes.
    pub partner_rate: u64,
}

/// `[retention]`
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// How long packages are kept after their last change; receipts and the journal stay.
    pub packages: SignedDuration,
    /// How long receipts and the journal are kept.
    pub records: SignedDuration,
}

/// `[page]`
#[derive(Debug, Clone)]
pub struct Page {
    /// Where browsers reach it.
    pub listen: SocketAddr,
    /// How long somebody who does nothing stays logged in.
    pub idle: SignedDuration,
    /// Its certificate, with which it speaks TLS. Always there where other computers may reach it.
    pub identity: Option<IdentityFiles>,
    /// The names by which browsers may call it, beside its own address; small letters.
    pub hosts: Vec<String>,
    /// A CSV file of service codes and their names.
    pub service_codes: Option<PathBuf>,
    /// A CSV file of 保険者番号 and the names of insurers.
    pub insurer_codes: Option<PathBuf>,
    /// Whether `/healthz` and `/metrics` are served, for programs that watch the node.
    pub metrics: bool,
}

impl Config {
    /// Reads a configuration; relative paths in it start at `base`, the folder of its file.
    ///
    /// # Errors
    ///
    /// Every problem at once, each with its line.
    pub fn parse(text: &str, base: &Path) -> Result<Self, Problems> {
        let Draft { config, problems } = Self::draft(text, base);
        if problems.is_empty() { Ok(config) } else { Err(Problems(problems)) }
    }

    /// Reads as much as can be read, to be checked further; only without problems is it whole.
    pub fn draft(text: &str, base: &Path) -> Draft {
        check::config(text, base)
    }

    /// `node.lang` of a text that need not be a whole or a right configuration.
    pub fn lang(text: &str) -> Option<Lang> {
        check::lang(text)
    }

    /// What people call an office, ours or a partner's, if the configuration has a name for it.
    pub fn name(&self, number: OfficeNumber) -> Option<&str> {
        let own = self.office(number).and_then(|office| office.name.as_deref());
        own.or_else(|| self.peer(number)?.name.as_deref())
    }

    /// The office with this number.
    pub fn office(&self, number: OfficeNumber) -> Option<&Office> {
        self.offices.iter().find(|office| office.number == number)
    }

    /// The peer with this number.
    pub fn peer(&self, number: OfficeNumber) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.office == number)
    }
}
