//! Opens everything that a configuration names, takes up what an earlier run left, and lists every
//! problem at once.

use std::sync::Arc;

use jiff::Timestamp;

use super::apart;
use super::context::{Context, blocking};
use super::folders::OfficeFolders;
use super::grants::{client_limits, server_limits};
use super::inbound::Inbound;
use super::listener::{Bound, Listener};
use super::network::{self, Network};
use super::opening::{end_former, open_folders, recover};
use super::problems::{Problems, StartProblems};
use super::proof::{self, Proof};
use super::scanner;
use super::time_guard::TimeGuard;
use super::unsent::Unsent;
use super::wake::Wake;
use crate::config::Config;
use crate::link::{Grants, Limits, Tls};
use crate::spec::Spec;
use crate::store::{Beginning, Store, Terms};
use crate::types::Clock;

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
    let proxy = problems.certs(network::PROXY_PLACE, network::proxy_of(&config));
    let (Some((proof, tls)), Some(store), Some(listener), true) =
        (files.proof, files.store, listener, problems.0.is_empty())
    else {
        return Err(StartProblems(problems.0));
    };

    let wake = Wake::new(&config);
    let client = network.client(Arc::clone(&tls), client_limits(&config));
    client.set_proxy(proxy.flatten());
    let last = problems.store("node.data", store.latest_step().await).flatten();
    let time = TimeGuard::new(clock.now(), last);
    let unsent = Unsent::since(clock.now(), last);
    let clocks = (clock, time, unsent);
    let grants = Grants::new(Limits::default(), &config.node.data);
    let reached = (client, grants, wake);
    let context = Context::new(config, spec, store, clocks, (proof, tls), reached);
    let context = Arc::new(context);
    let marks = files.folders.iter().flat_map(|folders| folders.marks.clone()).collect();
    let work = files.folders.iter().map(OfficeFolders::work).collect();
    problems.store("node.data", context.store.remember_folders(marks, work).await);
    for folders in &files.folders {
        recover(&context, folders, &mut problems).await;
    }
    problems.store("node.data", end_former(&context, &files.folders).await);
    let service = Arc::new(Inbound(Arc::clone(&context)));
    let config = context.config();
    context.grants.set(server_limits(&context, &config));
    let (grants, address) = (Arc::clone(&context.grants), config.node.listen);
    match listener.listen(Arc::clone(&context.tls), service, grants) {
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
    proof::finish(config);
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
            let mut folders = Vec::new();
            for office in &config.offices {
                folders.extend(open_folders(office, &known, &folders, &mut problems));
            }
            folders
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
        key_file: config.store_key().map(std::path::Path::to_owned),
        now,
    };
    let opened = Store::open(data, &terms);
    problems.store("node.data", opened)
}
