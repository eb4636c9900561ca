//! The configuration of a node.
//!
//! A configuration is read in two steps: the text becomes a table whose keys remember their line
//! (`types::settings`), and the table becomes a [`Config`] whose values are of the types the node works with.
//! Every problem is collected, so that one look at the list is enough to mend the file. Unknown
//! keys are problems. `config.example.toml` is the reference of all keys; a test loads it.
//!
//! A partner stands in a table `[[peer]]`, or in a file of its own in the folder `partners` beside
//! the configuration, which the commands of `renkei partner` write ([`partner_text`]).
//!
//! Nothing here but [`Sources::read`] touches the disk: whether a folder exists is asked by the node
//! when it starts.

mod backup;
mod by_hand;
mod check;
mod difference;
mod first;
mod folders;
mod forms;
mod habits;
mod mail;
mod network;
mod partner;
mod partner_file;
mod peer;
mod profiles;
mod relay;
mod sources;
mod units;
mod values;
mod writing;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

pub use backup::{Backup, Generations};
pub use by_hand::ByHand;
pub use difference::{Change, Changes, Subject, What};
pub use habits::{ImportHabits, ImportLayout, quoting_word};
pub use profiles::{Profile, Words};

pub use crate::types::{Problem, Problems};
pub use first::{FirstNode, FirstOffice, first_text, office_text};
pub use mail::{Mail, MailLogin, MailSecurity};
pub use network::{Network, Proxy, ProxyLogin, Relay};
pub use partner_file::PartnerFile;
pub use relay::{RelayConfig, RelayLimits, RelayOffice, RelayStoreSettings};
pub use sources::{LARGEST_SOURCE, SourceError, Sources, problems_text};
pub use units::{duration_text, size_text};
pub use writing::partner_text;

use crate::attachment::FileType;
use crate::record::Quoting;
use crate::types::{
    Digest, Edition, FormChoices, Lang, ListUrl, NumberRule, OfficeNumber, PeerUrl, ServiceType,
};

/// The folder of the files of partners, beside the configuration.
pub const PARTNERS: &str = "partners";

/// A checked configuration; all paths are absolute or relative to the working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `[node]`
    pub node: Node,
    /// `[tls]`
    pub tls: Tls,
    /// `[[office]]`, at least one, each number once.
    pub offices: Vec<Office>,
    /// `[[peer]]`, each number once.
    pub peers: Vec<Peer>,
    /// `[[peer]]` with `channel`: those without a node of their own.
    pub by_hand: Vec<ByHand>,
    /// `[[relay]]`, each address once.
    pub relays: Vec<Relay>,
    /// `[network]`
    pub network: Network,
    /// `[timing]`
    pub timing: Timing,
    /// `[limits]`
    pub limits: Limits,
    /// `[attachments]`
    pub attachments: Attachments,
    /// `[retention]`
    pub retention: Retention,
    /// `[page]`, if it stands there: without it there is no page.
    pub page: Option<Page>,
    /// `[store]`
    pub store: StoreSettings,
    /// `[mail]`, if it stands there: without it no mails are sent.
    pub mail: Option<Mail>,
    /// `[backup]`, if it stands there: without it no backups are made.
    pub backup: Option<Backup>,
    /// The folder of the configuration's file.
    pub home: PathBuf,
}

/// A configuration as far as it could be read. What could not is left out: a path is empty, an
/// office or a peer without a number or an address is missing.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What could be read.
    pub config: Config,
    /// Everything that is wrong, file by file in the order of the lines.
    pub problems: Vec<Problem>,
}

/// `[node]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The folder of the store; on a local disk.
    pub data: PathBuf,
    /// Where this node listens; without it no port is opened, and partners are reached through relays
    /// or asked for what they have.
    pub listen: Option<SocketAddr>,
    /// Where partners reach this node from outside, as its card tells them.
    pub url: Option<PeerUrl>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// Both files; `true` for those that hold a key or a password.
    pub fn files(&self) -> [(&Path, bool); 2] {
        match self {
            Self::Pem { certificate, key } => [(certificate, false), (key, true)],
            Self::Pkcs12 { file, password_file } => [(file, true), (password_file, true)],
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Who this node is to its partners.
    pub identity: IdentityFiles,
    /// Certificates that will follow it: partners learn of them beforehand, by the card.
    pub next: Vec<PathBuf>,
    /// The certificate authorities that are trusted; no others are.
    pub roots: Vec<PathBuf>,
    /// `[[tls.office_number]]`: authorities among the roots that do not put the office number into the
    /// common name.
    pub office_numbers: Vec<OfficeNumberPlace>,
    /// Revocation lists (CRL) of these authorities.
    pub revocation_lists: Vec<PathBuf>,
    /// Where lists of these authorities are fetched.
    pub revocation_list_urls: Vec<ListUrl>,
    /// How long a revocation list may be past its `nextUpdate`.
    pub revocation_grace: SignedDuration,
    /// Whether a certificate is refused when there is no revocation list of its issuer.
    pub revocation_strict: bool,
    /// Whether TLS 1.2 is allowed beside 1.3.
    pub allow_tls12: bool,
}

impl Tls {
    /// Whether revocation lists are known, as files or by where they are fetched.
    pub const fn has_lists(&self) -> bool {
        !self.revocation_lists.is_empty() || !self.revocation_list_urls.is_empty()
    }
}

/// `[[tls.office_number]]`: where the certificates of an authority carry the office number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeNumberPlace {
    /// One of the files of `roots`; the rule is for every certificate in it.
    pub authority: PathBuf,
    /// The field and what stands around the number.
    pub rule: NumberRule,
}

/// `[[office]]`: an office whose files this node sends and receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// 事業所番号
    pub number: OfficeNumber,
    /// What people call it.
    pub name: Option<String>,
    /// サービス種類コード of the office.
    pub service_types: Vec<ServiceType>,
    /// The editions that its care software imports; nothing where nobody said.
    pub editions: Vec<Edition>,
    /// The send units that its care software imports, as `K1`; nothing where nobody said.
    pub takes: Vec<String>,
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
    /// Where sets lie that a person uploads or sends on paper.
    pub outbox: PathBuf,
    /// Where the browser puts what a person downloads from the official WEB service, if sets are to be
    /// taken from there.
    pub downloads: Option<PathBuf>,
    /// The certificate that signs this office's packages and receipts.
    pub signing: IdentityFiles,
    /// Certificates that will follow it: partners learn of them beforehand, by the card.
    pub signing_next: Vec<PathBuf>,
    /// How its forms are drawn, unless somebody wants them otherwise.
    pub forms: FormChoices,
}

/// `[[peer]]` or a file of `partners/`: an office that ours exchange files with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// 事業所番号
    pub office: OfficeNumber,
    /// What people call it.
    pub name: Option<String>,
    /// サービス種類コード of the office.
    pub service_types: Vec<ServiceType>,
    /// Where its node is reached: `https://host:port`. Without it, it comes to us or is reached by a
    /// relay.
    pub url: Option<PeerUrl>,
    /// The relay from which it fetches what is sent to it.
    pub relay: Option<PeerUrl>,
    /// The only edition that it can import; without it, whatever comes is sent.
    pub edition: Option<Edition>,
    /// The send units that its care software imports, as `K1`; without any, all.
    pub takes: Vec<String>,
    /// The style of quoting that it wants; without it the quotes are sent as they were written.
    pub quoting: Option<Quoting>,
    /// SHA-256 of TLS certificates that speak for it, beside those of a trusted authority.
    pub tls_certificates: Vec<Digest>,
    /// SHA-256 of signing certificates that speak for it, beside those of a trusted authority.
    pub signing_certificates: Vec<Digest>,
    /// The file of its card, where it was registered by that.
    pub card: Option<PathBuf>,
}

/// How what is sent to a partner gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// We open connections to its node, and leave it with the relay where that cannot be.
    Direct {
        /// Where it listens.
        url: PeerUrl,
        /// The relay, if both have one.
        relay: Option<PeerUrl>,
    },
    /// We leave it with the relay, where the partner fetches it.
    Relay(PeerUrl),
    /// The partner comes to our node and fetches it.
    Collect,
    /// Not at all: neither side opens connections to the other.
    None,
}

/// `[timing]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// `[attachments]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachments {
    /// The types that are sent and taken; with none, no attachments travel.
    pub types: Vec<FileType>,
    /// The largest one, in bytes.
    pub file_size: u64,
    /// A program with its arguments that looks at each file before it is sent or placed; the path of
    /// the file is put behind them. Nothing where there is none.
    pub scanner: Vec<String>,
    /// How long the program may take for one file.
    pub scanner_timeout: SignedDuration,
}

/// `[retention]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long packages are kept after their last change; receipts and the journal stay.
    pub packages: SignedDuration,
    /// How long receipts and the journal are kept.
    pub records: SignedDuration,
}

/// `[store]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreSettings {
    /// The file of the key that packages in the store are encrypted with; without one they lie open.
    pub key_file: Option<PathBuf>,
}

/// `[page]`
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Reads a configuration that is one text; relative paths in it start at `base`, the folder of its
    /// file.
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
        check::config(text, base, &[])
    }

    /// `node.lang` of a text that need not be a whole or a right configuration.
    pub fn lang(text: &str) -> Option<Lang> {
        check::lang(text)
    }

    /// What people call an office, ours or a partner's, if the configuration has a name for it.
    pub fn name(&self, number: OfficeNumber) -> Option<&str> {
        let own = self.office(number).and_then(|office| office.name.as_deref());
        let by_hand = || self.by_hand(number)?.name.as_deref();
        own.or_else(|| self.peer(number)?.name.as_deref()).or_else(by_hand)
    }

    /// The file of the key that packages in the store are encrypted with.
    pub fn store_key(&self) -> Option<&Path> {
        self.store.key_file.as_deref()
    }

    /// Every file that the configuration names and that the node reads; `true` for those
    /// that hold a key or a password.
    pub fn named_files(&self) -> Vec<(&Path, bool)> {
        let page = self.page.iter();
        let identities = std::iter::once(&self.tls.identity)
            .chain(self.offices.iter().map(|office| &office.signing))
            .chain(page.clone().filter_map(|page| page.identity.as_ref()));
        let mut files: Vec<_> = identities.flat_map(IdentityFiles::files).collect();
        let next = self.offices.iter().flat_map(|office| &office.signing_next);
        let open = self.tls.roots.iter().chain(&self.tls.revocation_lists);
        let open = open.chain(&self.tls.next).chain(next);
        files.extend(open.map(|path| (path.as_path(), false)));
        let tables = page.flat_map(|page| page.service_codes.iter().chain(&page.insurer_codes));
        files.extend(tables.map(|path| (path.as_path(), false)));
        files.extend(self.store_key().map(|path| (path, true)));
        if let Some(mail) = &self.mail {
            files.extend(mail.roots.iter().map(|path| (path.as_path(), false)));
            files.extend(mail.login.iter().map(|login| (login.password_file.as_path(), true)));
        }
        let proxy = self.network.proxy.iter().flat_map(|proxy| &proxy.login);
        files.extend(proxy.map(|login| (login.password_file.as_path(), true)));
        files.extend(self.backup.iter().map(|backup| (backup.passphrase_file.as_path(), true)));
        files
    }

    /// The office with this number.
    pub fn office(&self, number: OfficeNumber) -> Option<&Office> {
        self.offices.iter().find(|office| office.number == number)
    }

    /// The relay at this address.
    pub fn relay(&self, url: &PeerUrl) -> Option<&Relay> {
        self.relays.iter().find(|relay| relay.url == *url)
    }

    /// The relay through which a partner is reached, of those that are ours too.
    pub fn relay_of(&self, peer: &Peer) -> Option<&Relay> {
        self.relay(peer.relay.as_ref()?)
    }

    /// How what is sent to a partner gets there.
    pub fn way(&self, peer: &Peer) -> Way {
        let relay = self.relay_of(peer).map(|relay| relay.url.clone());
        match (peer.url.clone(), relay) {
            (Some(url), relay) => Way::Direct { url, relay },
            (None, Some(relay)) => Way::Relay(relay),
            (None, None) if self.node.listen.is_some() => Way::Collect,
            (None, None) => Way::None,
        }
    }

    /// The peer with this number.
    pub fn peer(&self, number: OfficeNumber) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.office == number)
    }

    /// The partner with this number that has no node of its own.
    pub fn by_hand(&self, number: OfficeNumber) -> Option<&ByHand> {
        self.by_hand.iter().find(|partner| partner.office == number)
    }

    /// The numbers of all partners, those with a node first.
    pub fn partners(&self) -> impl Iterator<Item = OfficeNumber> {
        let by_hand = self.by_hand.iter().map(|partner| partner.office);
        self.peers.iter().map(|peer| peer.office).chain(by_hand)
    }
}
