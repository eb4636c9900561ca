//! Opens everything that a configuration names, takes up what an earlier run left, and lists every
//! problem at once.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::apart;
use super::context::{Context, Wake, blocking};
use super::folders::{DropFolders, ImportFolders, OfficeFolders, OutcomeFolders};
use super::inbound::Inbound;
use super::listener::{Bound, Listener};
use super::network::Network;
use super::open_files;
use super::outbound::{CopiedToHold, end_claim};
use super::problems::{Problems, StartProblems};
use super::proof::{self, Proof};
use super::scanner;
use super::time_guard::TimeGuard;
use crate::config::{Config, Office};
use crate::folder::{
    AttachmentFolder, DropFolder, Fault, FolderError, FolderRole, ImportFolder, Marked, Place,
    UnitFolder,
};
use crate::link::{ClientLimits, Limits, Tls};
use crate::spec::Spec;
use crate::store::{Beginning, KnownFolder, Store, Terms};
use crate::types::{Clock, code};

/// What a person has said about things that are not as they were at the last start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Consent {
    /// The drop and import folders that are there now are the right ones, although they are others.
    pub folders: bool,
    /// What to do with a store that is not the one that it was.
    pub store: Beginning,
}

/// What the tasks of a node start with.
pub(super) struct Opened {
    pub(super) context: Arc<Context>,
    pub(super) server: Listener,
    pub(super) folders: Vec<OfficeFolders>,
}

/// What blocks while it is opened.
struct Files {
    proof: Option<(Proof, Arc<Tls>)>,
    store: Option<Store>,
    folders: Vec<OfficeFolders>,
}

/// Opens everything, or says all that is wrong. Nothing runs yet; what an earlier run left in the
/// folders is brought in line with the store.
pub(super) async fn open(
    config: Config,
    spec: &'static Spec,
    (clock, network): (Clock, Network),
    consent: Consent,
) -> Result<Opened, StartProblems> {
    let opened = {
        let (config, clock) = (config.clone(), clock.clone());
        blocking(move || open_files(&config, &clock, consent)).await
    };
    let (files, mut problems) = opened.unwrap_or_else(|| {
        let mut problems = Problems::default();
        problems.internal();
        (Files { proof: None, store: None, folders: Vec::new() }, problems)
    });
    let listener = match Bound::bind(&network, config.node.listen).await {
        Ok(listener) => Some(listener),
        Err(error) => {
            problems.cannot_listen(config.node.listen, &error);
            None
        }
    };
    let (Some((proof, tls)), Some(store), Some(listener), true) =
        (files.proof, files.store, listener, problems.0.is_empty())
    else {
        return Err(StartProblems(problems.0));
    };

    let wake = Wake::new(&config);
    let client = network.client(Arc::clone(&tls), client_limits(&config));
    let last = problems.store("node.data", store.latest_step().await).flatten();
    let time = TimeGuard::new(clock.now(), last);
    let context = Context::new(config, spec, store, (clock, time), (proof, tls), client, wake);
    let context = Arc::new(context);
    let marks = files.folders.iter().flat_map(|folders| folders.marks.clone()).collect();
    problems.store("node.data", context.store.remember_folders(marks).await);
    for folders in &files.folders {
        recover(&context, folders, &mut problems).await;
    }
    let service = Arc::new(Inbound(Arc::clone(&context)));
    let limits = server_limits(&context);
    let (data, address) = (&context.config.node.data, context.config.node.listen);
    match listener.listen(Arc::clone(&context.tls), service, limits, data) {
        Ok(server) if problems.0.is_empty() => {
            Ok(Opened { context, server, folders: files.folders })
        }
        Ok(_) => Err(StartProblems(problems.0)),
        Err(error) => {
            problems.cannot_listen(address, &error);
            Err(StartProblems(problems.0))
        }
    }
}

fn open_files(config: &Config, clock: &Clock, consent: Consent) -> (Files, Problems) {
    let mut problems = Problems::default();
    let proof = match proof::open(config, None, clock.now(), &mut problems) {
        Some((proof, settings)) => match Tls::new(settings, clock.clone()) {
            Ok(tls) => Some((proof, tls)),
            Err(error) => {
                problems.tls_unusable(&error);
                None
            }
        },
        None => None,
    };
    let store = open_store(config, consent, clock.now(), &mut problems);
    if store.is_some() {
        scanner::clean_up(&config.node.data);
    }
    // Opening a folder removes what a crash left in it, and the store's lock tells that no other
    // node is at work there.
    let folders = match &store {
        Some(store) => {
            let known = if consent.folders { Ok(Vec::new()) } else { store.known_folders() };
            let known = problems.store("node.data", known).unwrap_or_default();
            let open = |office| open_folders(office, &known, &mut problems);
            config.offices.iter().filter_map(open).collect()
        }
        None => Vec::new(),
    };
    apart::check(config, &mut problems);
    (Files { proof, store, folders }, problems)
}

fn open_store(
    config: &Config,
    consent: Consent,
    now: Timestamp,
    problems: &mut Problems,
) -> Option<Store> {
    let data = &config.node.data;
    problems.network_share(data);
    let terms = Terms {
        size: config.limits.store_size,
        home: Some(config.home.clone()),
        beginning: consent.store,
        now,
    };
    let opened = Store::open(data, &terms);
    problems.store("node.data", opened)
}

fn open_folders(
    office: &Office,
    known: &[KnownFolder],
    problems: &mut Problems,
) -> Option<OfficeFolders> {
    let number = office.number;
    let place = |key: &str| format!("office {number} {key}");
    let drop = DropFolder::open(&office.drop, &office.work);
    let of_work = drop.as_ref().is_err_and(|error| error.folder() == FolderRole::Work);
    let (key, path) = if of_work { ("work", &office.work) } else { ("drop", &office.drop) };
    let drop = problems.folder_at(&place(key), path, drop);
    let import = ImportFolder::open(&office.import);
    let plans = problems.folder_at(&place("import"), &office.import, import);
    let apart = office.import_actuals != office.import;
    let actuals = apart.then(|| ImportFolder::open(&office.import_actuals));
    let actuals = match actuals {
        Some(opened) => {
            let (place, path) = (place("import_actuals"), &office.import_actuals);
            Some(problems.folder_at(&place, path, opened)?)
        }
        None => None,
    };
    let plans = plans?;
    let attachments = AttachmentFolder::open(&plans);
    let attachments = problems.folder_at(&place("import"), &office.import, attachments);
    let hold = UnitFolder::open(&office.hold, FolderRole::Hold);
    let hold = problems.folder_at(&place("hold"), &office.hold, hold).map(Arc::new);
    let sent = match &office.sent {
        Some(sent) => {
            let opened = UnitFolder::open(sent, FolderRole::Sent);
            Some(problems.folder_at(&place("sent"), sent, opened)?)
        }
        None => None,
    };
    let hold = hold?;
    let mut folders = OfficeFolders {
        office: number,
        drop: DropFolders {
            office: number,
            drop: drop?,
            drop_path: office.drop.clone(),
            hold: Arc::clone(&hold),
        },
        outcome: OutcomeFolders { office: number, sent, hold: Arc::clone(&hold) },
        import: ImportFolders { office: number, plans, actuals, attachments: attachments?, hold },
        marks: Vec::new(),
    };
    for (key, folder) in folders.watched() {
        folders.marks.extend(problems.folder(&key, mark(&key, &folder, known)));
    }
    Some(folders)
}

/// Marks a folder. One that the care software knows has to be the one of the last start; hold and
/// sent, which the node makes itself, may have been made anew.
fn mark(key: &str, folder: &Place, known: &[KnownFolder]) -> Result<KnownFolder, FolderError> {
    let path = std::path::absolute(folder.path()).unwrap_or_else(|_| folder.path().to_owned());
    let path = path.to_string_lossy().into_owned();
    let known = known.iter().find(|known| known.path == path);
    let known = known.map(|known| Marked { mark: known.mark.clone(), id: known.id.clone() });
    let mut marked = folder.mark(known)?;
    if let Err(error) = folder.check()
        && error.fault() == Fault::Replaced
        && !matches!(error.folder(), FolderRole::Drop | FolderRole::Import)
    {
        tracing::warn!(folder = key, "another folder than at the last start");
        marked = folder.mark(None)?;
    }
    Ok(KnownFolder { path, mark: marked.mark, id: marked.id })
}

/// What the configuration grants to partners, as far as the operating system lets us.
fn server_limits(context: &Context) -> Limits {
    let config = &context.config;
    let wanted = u64::from(config.limits.connections);
    let pairs = config.offices.len().saturating_mul(config.peers.len());
    let outgoing = u64::try_from(pairs).unwrap_or(u64::MAX).saturating_mul(2);
    let left = open_files::left_for_connections(outgoing).unwrap_or(u64::MAX);
    let defaults = Limits::default();
    let guests = u64::try_from(defaults.guests).unwrap_or(u64::MAX).min(left / 4);
    let connections = wanted.min(left.saturating_sub(guests));
    if connections < wanted {
        context.notices.raise(
            code::FEW_OPEN_FILES,
            "node",
            (
                format!("同時に開けるファイルの数の上限が小さいため、相手からの接続を {connections} 個までに減らしました（limits.connections は {wanted}）。上限（ulimit -n、systemd では LimitNOFILE）を大きくして、起動し直してください。"),
                format!("the limit of open files allows {connections} connections of partners only (limits.connections is {wanted}); raise it (ulimit -n, LimitNOFILE of systemd) and start again"),
            ),
            context.now(),
        );
    }
    Limits {
        package_bytes: config.limits.package_size,
        body_memory: config.limits.body_memory,
        partner_share: config.limits.partner_share,
        connections: usize::try_from(connections).unwrap_or(usize::MAX),
        guests: usize::try_from(guests).unwrap_or(usize::MAX),
        ..defaults
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
    // What belongs into a folder that is not there now waits until it is back.
    let claims = match folders.drop.drop.root().check() {
        Ok(()) => problems.folder(&place, folders.drop.drop.unfinished()).unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    for claim in claims {
        let Some(set) = problems.store(&place, context.store.packed_set(claim.id()).await) else {
            continue;
        };
        let packed = set.is_some();
        let at = (context.lang(), context.now());
        let recovered = end_claim(&folders.drop, &claim, set.as_ref(), at);
        if let Some(Some(CopiedToHold { row, files })) = problems.folder(&place, recovered)
            && problems.store(&place, context.store.hold(row).await).is_some()
        {
            problems.folder(&place, claim.discard(&files));
        }
        tracing::info!(%office, id = %claim.id(), packed, "an unfinished set was taken up");
    }
    forget_attachments(context, folders, problems).await;
    for import in folders.import.all().filter(|import| import.root().check().is_ok()) {
        for id in problems.folder(&place, import.unfinished()).unwrap_or_default() {
            let waits = problems.store(&place, context.store.waits(id).await);
            if waits == Some(false) {
                problems.folder(&place, import.finish(id));
            }
        }
    }
}

/// The same for attachments that were placed; claims are ended by the task that looks after them.
async fn forget_attachments(
    context: &Arc<Context>,
    folders: &OfficeFolders,
    problems: &mut Problems,
) {
    let place = format!("office {}", folders.office);
    if folders.import.plans.root().check().is_err() {
        return;
    }
    let attachments = &folders.import.attachments;
    for id in problems.folder(&place, attachments.unfinished()).unwrap_or_default() {
        if problems.store(&place, context.store.waits(id).await) == Some(false) {
            problems.folder(&place, attachments.finish_all(&[id]));
        }
    }
}
