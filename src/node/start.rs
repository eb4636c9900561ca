//! Opens everything that a configuration names, takes up what an earlier run left, and lists every
//! problem at once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use super::context::{Context, Wake, blocking};
use super::inbound::Inbound;
use super::outbound::{let_go, release};
use crate::certs::{self, CertsError, Identity};
use crate::config::{Config, IdentityFiles, Office, Peer};
use crate::folder::{
    Claim, DropFolder, FolderError, FolderRole, ImportFolder, UnitFolder, on_network_share,
};
use crate::link::{
    Client, ClientLimits, Clock, Limits, PeerTrust, Server, Tls, TlsSettings, TlsVersions,
};
use crate::package::{Signer, Trust, TrustError, TrustSources, Usage};
use crate::route;
use crate::spec::Spec;
use crate::store::{Store, StoreError};
use crate::types::{Digest, FileKind, Lang, MessageId, OfficeNumber};

/// One thing that keeps a node from starting.
#[derive(Debug, Clone)]
pub struct StartProblem {
    /// A stable code.
    pub code: &'static str,
    /// What it is about: a key of the configuration with the office it stands under.
    pub place: String,
    /// What is wrong and what to do, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// Everything that keeps a node from starting; never empty.
#[derive(Debug, thiserror::Error)]
pub struct StartProblems(pub Vec<StartProblem>);

impl StartProblems {
    /// One line per problem.
    pub fn text(&self, lang: Lang) -> String {
        let line = |problem: &StartProblem| {
            format!("{} [{}] {}", problem.place, problem.code, lang.pick(&problem.ja, &problem.en))
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for StartProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

/// What the tasks of a node start with.
pub(super) struct Opened {
    pub(super) context: Arc<Context>,
    pub(super) server: Server<Inbound>,
    pub(super) folders: Vec<OfficeFolders>,
}

/// The folders of one office.
pub(super) struct OfficeFolders {
    pub(super) office: OfficeNumber,
    drop: DropFolders,
    import: ImportFolders,
}

impl OfficeFolders {
    pub(super) fn split(self) -> (DropFolders, ImportFolders) {
        (self.drop, self.import)
    }
}

/// Where the files that an office sends come from and go to.
pub(super) struct DropFolders {
    pub(super) office: OfficeNumber,
    pub(super) drop: DropFolder,
    pub(super) drop_path: PathBuf,
    pub(super) hold: Arc<UnitFolder>,
    pub(super) sent: Option<UnitFolder>,
}

/// Where the files that an office receives go.
pub(super) struct ImportFolders {
    pub(super) office: OfficeNumber,
    plans: ImportFolder,
    /// Only where it is another one than that of the plans.
    actuals: Option<ImportFolder>,
    pub(super) hold: Arc<UnitFolder>,
}

impl ImportFolders {
    /// The folder for a unit with files of these kinds.
    pub(super) fn import(&self, kinds: impl IntoIterator<Item = FileKind>) -> &ImportFolder {
        match route::import_folder(kinds) {
            route::ImportFolder::Plans => &self.plans,
            route::ImportFolder::Actuals => self.actuals.as_ref().unwrap_or(&self.plans),
        }
    }

    /// Forgets a staged set; the store says what became of it.
    pub(super) fn forget(&self, id: MessageId) -> Result<(), FolderError> {
        self.all().try_for_each(|folder| folder.finish(id))
    }

    fn all(&self) -> impl Iterator<Item = &ImportFolder> {
        std::iter::once(&self.plans).chain(&self.actuals)
    }
}

/// Collects problems while as much as possible is opened.
#[derive(Default)]
struct Problems(Vec<StartProblem>);

impl Problems {
    fn add(&mut self, code: &'static str, place: &str, ja: String, en: String) {
        self.0.push(StartProblem { code, place: place.to_owned(), ja, en });
    }

    fn folder<T>(&mut self, place: &str, result: Result<T, FolderError>) -> Option<T> {
        let add = |error: FolderError| {
            self.add(error.code(), place, error.text(Lang::Ja), error.text(Lang::En));
        };
        result.map_err(add).ok()
    }

    fn certs<T>(&mut self, place: &str, result: Result<T, CertsError>) -> Option<T> {
        let add = |error: CertsError| {
            self.add("certificate-unusable", place, error.text(Lang::Ja), error.text(Lang::En));
        };
        result.map_err(add).ok()
    }

    fn store<T>(&mut self, place: &str, result: Result<T, StoreError>) -> Option<T> {
        let add = |error: StoreError| {
            self.add(error.code(), place, error.text(Lang::Ja), error.text(Lang::En));
        };
        result.map_err(add).ok()
    }
}

/// Trust for TLS and for signatures, and the identities of the node.
struct Proof {
    tls_trust: Arc<Trust>,
    trust: Arc<Trust>,
    tls: Arc<Tls>,
    signers: BTreeMap<OfficeNumber, Arc<Signer>>,
}

pub(super) async fn open(
    config: Config,
    spec: &'static Spec,
    clock: Clock,
) -> Result<Opened, StartProblems> {
    let mut problems = Problems::default();
    let opened = {
        let (config, clock) = (config.clone(), clock.clone());
        blocking(move || {
            let proof = open_proof(&config, &clock, &mut problems);
            let folders = config
                .offices
                .iter()
                .filter_map(|office| open_folders(office, &mut problems))
                .collect::<Vec<_>>();
            let store = open_store(&config, &mut problems);
            (proof, folders, store, problems)
        })
        .await
    };
    let Some((proof, folders, store, mut problems)) = opened else {
        let text = "internal fault".to_owned();
        let problem =
            StartProblem { code: "internal", place: String::new(), ja: text.clone(), en: text };
        return Err(StartProblems(vec![problem]));
    };
    let listener = TcpListener::bind(config.node.listen).await;
    let listener = match listener {
        Ok(listener) => Some(listener),
        Err(error) => {
            let address = config.node.listen;
            problems.add(
                "cannot-listen",
                "node.listen",
                format!("{address} で接続を待ち受けられません（{error}）。ほかのソフトが使っていないか確かめてください。"),
                format!("cannot listen on {address}: {error}"),
            );
            None
        }
    };
    let (Some(proof), Some(store), Some(listener), true) =
        (proof, store, listener, problems.0.is_empty())
    else {
        return Err(StartProblems(problems.0));
    };

    let wake = Wake::new(&config);
    let context = Arc::new(Context {
        client: Client::new(Arc::clone(&proof.tls), client_limits(&config)),
        trust: proof.trust,
        tls_trust: proof.tls_trust,
        signers: proof.signers,
        config,
        spec,
        store,
        clock,
        wake,
    });
    for folders in &folders {
        recover(&context, folders, &mut problems).await;
    }
    let service = Arc::new(Inbound(Arc::clone(&context)));
    let server = Server::new(listener, proof.tls, service, server_limits(&context.config));
    match server {
        Ok(server) if problems.0.is_empty() => Ok(Opened { context, server, folders }),
        Ok(_) => Err(StartProblems(problems.0)),
        Err(error) => {
            problems.add("cannot-listen", "node.listen", error.to_string(), error.to_string());
            Err(StartProblems(problems.0))
        }
    }
}

fn open_store(config: &Config, problems: &mut Problems) -> Option<Store> {
    let data = &config.node.data;
    let opened = Store::open(data, config.limits.store_size);
    if on_network_share(data).unwrap_or(false) {
        problems.add(
            "store-on-network-share",
            "node.data",
            "台帳は共有フォルダーに置けません。このパソコンのディスクを指定してください。"
                .to_owned(),
            "the store cannot be on a network share; name a folder on a local disk".to_owned(),
        );
    }
    problems.store("node.data", opened)
}

fn open_folders(office: &Office, problems: &mut Problems) -> Option<OfficeFolders> {
    let number = office.number;
    let place = |key: &str| format!("office {number} {key}");
    let drop = problems.folder(&place("drop"), DropFolder::open(&office.drop, &office.work));
    let plans = problems.folder(&place("import"), ImportFolder::open(&office.import));
    let apart = office.import_actuals != office.import;
    let actuals = apart.then(|| ImportFolder::open(&office.import_actuals));
    let actuals = match actuals {
        Some(opened) => Some(problems.folder(&place("import_actuals"), opened)?),
        None => None,
    };
    let hold = UnitFolder::open(&office.hold, FolderRole::Hold);
    let hold = problems.folder(&place("hold"), hold).map(Arc::new);
    let sent = match &office.sent {
        Some(sent) => {
            let opened = UnitFolder::open(sent, FolderRole::Sent);
            Some(problems.folder(&place("sent"), opened)?)
        }
        None => None,
    };
    let hold = hold?;
    Some(OfficeFolders {
        office: number,
        drop: DropFolders {
            office: number,
            drop: drop?,
            drop_path: office.drop.clone(),
            hold: Arc::clone(&hold),
            sent,
        },
        import: ImportFolders { office: number, plans: plans?, actuals, hold },
    })
}

/// What a configuration believes of signatures, for looking at proof without a running node.
///
/// # Errors
///
/// Every certificate or list that cannot be used.
pub fn open_trust(config: &Config) -> Result<Trust, StartProblems> {
    let mut problems = Problems::default();
    let trust = load_trust(config, |peer| &peer.signing_certificates, &mut problems);
    trust.filter(|_| problems.0.is_empty()).ok_or(StartProblems(problems.0))
}

/// Trust from the roots and lists of a configuration and the pins that `pins` picks.
fn load_trust(
    config: &Config,
    pins: fn(&Peer) -> &Vec<Digest>,
    problems: &mut Problems,
) -> Option<Trust> {
    let load_list = |path: &Path| certs::load_revocation_list(path).map(|list| vec![list]);
    let lists = &config.tls.revocation_lists;
    let sources = TrustSources {
        roots: load_all(&config.tls.roots, "tls.roots", problems, certs::load_certificates),
        revocation_lists: load_all(lists, "tls.revocation_lists", problems, load_list),
        revocation_grace: config.tls.revocation_grace,
        pins: config
            .peers
            .iter()
            .map(|peer| (peer.office, pins(peer).iter().copied().collect()))
            .collect(),
    };
    match Trust::new(sources) {
        Ok(trust) => Some(trust),
        Err(error) => {
            let ja = format!("認証局の証明書か失効リストを使えません（{error}）。");
            problems.add("trust-unusable", "tls", ja, error.to_string());
            None
        }
    }
}

fn open_proof(config: &Config, clock: &Clock, problems: &mut Problems) -> Option<Proof> {
    let signing_trust =
        load_trust(config, |peer| &peer.signing_certificates, problems).map(Arc::new);
    // What cannot be loaded was told of above.
    let mut told = Problems::default();
    let tls_trust = load_trust(config, |peer| &peer.tls_certificates, &mut told).map(Arc::new);

    let identity = problems.certs("tls", load_identity(&config.tls.identity));
    let mut signers = BTreeMap::new();
    for office in &config.offices {
        let place = format!("office {} signing_certificate", office.number);
        let Some(identity) = problems.certs(&place, load_identity(&office.signing)) else {
            continue;
        };
        check_dates(&identity, office.number, signing_trust.as_deref(), clock, &place, problems);
        match identity.signer() {
            Ok(signer) => {
                signers.insert(office.number, Arc::new(signer));
            }
            Err(error) => {
                let ja = format!("署名用の証明書と秘密鍵を使えません（{error}）。");
                problems.add("signer-unusable", &place, ja, error.to_string());
            }
        }
    }
    let (identity, tls_trust, trust) = (identity?, tls_trust?, signing_trust?);
    let settings = TlsSettings {
        chain: identity.chain().to_vec(),
        key: identity.key(),
        trust: Arc::clone(&tls_trust) as Arc<dyn PeerTrust>,
        versions: if config.tls.allow_tls12 {
            TlsVersions::Tls13AndHighSecurity12
        } else {
            TlsVersions::Tls13
        },
    };
    match Tls::new(settings, clock.clone()) {
        Ok(tls) => Some(Proof { tls_trust, trust, tls, signers }),
        Err(error) => {
            let ja = format!("TLS の証明書と秘密鍵を使えません（{error}）。");
            problems.add("tls-unusable", "tls", ja, error.to_string());
            None
        }
    }
}

/// A certificate that no partner can accept any more keeps the node from starting. Whether
/// partners have pinned it cannot be known here, so an unknown issuer is no problem.
fn check_dates(
    identity: &Identity,
    office: OfficeNumber,
    trust: Option<&Trust>,
    clock: &Clock,
    place: &str,
    problems: &mut Problems,
) {
    let Some((certificate, chain)) = identity.chain().split_first() else { return };
    let Some(trust) = trust else { return };
    match trust.speaks_for(certificate, chain, office, Usage::Signing, clock.now()) {
        Ok(()) => {}
        Err(error @ (TrustError::UnknownIssuer | TrustError::WrongOffice { .. })) => {
            tracing::warn!(%office, code = error.code(),
                "partners accept the signing certificate only where they have registered it");
        }
        Err(error) => {
            let ja = error.peer_text(Lang::Ja).to_owned();
            problems.add(error.code(), place, ja, error.to_string());
        }
    }
}

fn load_identity(files: &IdentityFiles) -> Result<Identity, CertsError> {
    match files {
        IdentityFiles::Pem { certificate, key } => certs::load_identity(certificate, key),
        IdentityFiles::Pkcs12 { file, password_file } => certs::load_pkcs12(file, password_file),
    }
}

fn load_all<T>(
    paths: &[PathBuf],
    place: &str,
    problems: &mut Problems,
    load: impl Fn(&Path) -> Result<Vec<T>, CertsError>,
) -> Vec<T> {
    paths.iter().filter_map(|path| problems.certs(place, load(path))).flatten().collect()
}

fn server_limits(config: &Config) -> Limits {
    let connections = usize::try_from(config.limits.connections).unwrap_or(usize::MAX);
    Limits {
        package_bytes: config.limits.package_size,
        body_memory: config.limits.body_memory,
        connections,
        // Many offices of one operator may stand behind one address.
        connections_per_address: (connections / 2).max(1),
        ..Limits::default()
    }
}

fn client_limits(config: &Config) -> ClientLimits {
    let uploads = usize::try_from(config.limits.in_flight).unwrap_or(usize::MAX);
    let wait = Duration::try_from(config.timing.receipt_wait).unwrap_or_default();
    let defaults = ClientLimits::default();
    ClientLimits {
        uploads_per_office: uploads,
        answer_timeout: defaults.answer_timeout.max(wait),
        ..defaults
    }
}

/// Brings the folders of an office in line with the store after a crash.
async fn recover(context: &Arc<Context>, folders: &OfficeFolders, problems: &mut Problems) {
    let office = folders.office;
    let place = format!("office {office}");
    for claim in problems.folder(&place, folders.drop.drop.unfinished()).unwrap_or_default() {
        let Some(packed) = problems.store(&place, context.store.is_packed(claim.id()).await) else {
            continue;
        };
        let recovered = recover_claim(context, &folders.drop, &claim, packed);
        problems.folder(&place, recovered);
        tracing::info!(%office, message = %claim.id(), packed, "an unfinished set was taken up");
    }
    for import in folders.import.all() {
        for id in problems.folder(&place, import.unfinished()).unwrap_or_default() {
            let waits = problems.store(&place, context.store.waits(office, id).await);
            if waits == Some(false) {
                problems.folder(&place, import.finish(id));
            }
        }
    }
}

fn recover_claim(
    context: &Context,
    folders: &DropFolders,
    claim: &Claim,
    packed: bool,
) -> Result<(), FolderError> {
    if packed { let_go(folders, claim) } else { release(folders, claim, context.lang()) }
}
