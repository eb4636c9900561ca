//! What can be said of a configuration before a node runs by it, without changing anything: also
//! while another node runs by it, and where parts of it could not be read.

use std::net::TcpListener;
use std::path::Path;

use jiff::Timestamp;

use super::apart;
use super::context::blocking;
use super::partners;
use super::problems::{Problems, StartProblem, StartProblems};
use super::proof;
use crate::certs;
use crate::config::{Config, Draft, IdentityFiles, Office};
use crate::folder::{Downloads, FolderError, FolderRole, look, look_for_one_volume, look_or_above};
use crate::link::Tls;
use crate::spec::Spec;
use crate::store::Store;
use crate::types::{Clock, code};

/// What was found.
#[derive(Debug)]
pub struct Checked {
    /// What cannot work.
    pub problems: StartProblems,
    /// What works and should be known.
    pub notes: StartProblems,
    /// Whether a node runs by this configuration.
    pub runs: bool,
}

/// Looks at everything that the configuration names.
pub(super) async fn check(draft: Draft, spec: &'static Spec, clock: Clock) -> Checked {
    let checked = blocking(move || {
        let config = &draft.config;
        let mut problems = Problems::default();
        let runs = Store::is_in_use(&config.node.data);
        let mut notes = certificates(config, &clock, &mut problems);
        notes.extend(partners::doubtful(config).0);
        notes.extend(next_certificates(config).0);
        problems.0.extend(partners::without_proof(config).0);
        problems.0.extend(partners::without_lists(config).0);
        problems.0.extend(partners::mistyped(config, spec).0);
        let own = proof::own_certificates(config);
        problems.0.extend(partners::with_own_certificates(config, &own).0);
        for office in &config.offices {
            folders(office, &mut problems);
        }
        apart::check(config, &mut problems);
        data(config, runs, &mut problems);
        log_file(config, &mut problems);
        if let Some(address) = config.node.listen.filter(|_| !runs)
            && let Err(error) = TcpListener::bind(address)
        {
            problems.cannot_listen(Some(address), &error);
        }
        Checked { problems: StartProblems(problems.0), notes: StartProblems(notes), runs }
    });
    checked.await.unwrap_or_else(|| {
        let mut problems = Problems::default();
        problems.internal();
        let notes = StartProblems(Vec::new());
        Checked { problems: StartProblems(problems.0), notes, runs: false }
    })
}

/// What partners would refuse of our certificates and lists, and what else is to be known of them.
pub fn look_at_certificates(config: &Config, now: Timestamp) -> (StartProblems, StartProblems) {
    let mut problems = Problems::default();
    let clock = Clock::new(move || now);
    let notes = certificates(config, &clock, &mut problems);
    (StartProblems(problems.0), StartProblems(notes))
}

/// Certificates, keys and lists; returns what is only to be known.
fn certificates(config: &Config, clock: &Clock, problems: &mut Problems) -> Vec<StartProblem> {
    let now = clock.now();
    let mut found = Problems::default();
    let mut notes = Vec::new();
    if let Some((proof, settings)) = proof::open(config, None, now, &mut found) {
        if let Err(error) = Tls::new(settings, clock.clone()) {
            found.tls_unusable(&error);
        }
        for told in proof.conditions(config, now).0 {
            if never_works(&told, config) { found.0.push(told) } else { notes.push(told) }
        }
    }
    // Of a file whose path could not be read it is told where the path stands.
    let unread = unread(config);
    found.0.retain(|problem| {
        problem.code != code::CERTIFICATE_UNUSABLE || !unread.contains(&problem.place)
    });
    problems.0.append(&mut found.0);
    notes
}

/// The certificates that partners are to learn of beforehand, where their files cannot be read.
fn next_certificates(config: &Config) -> Problems {
    let mut notes = Problems::default();
    let tls = config.tls.next.iter().map(|path| ("tls.next_certificates".to_owned(), path));
    let signing = config.offices.iter().flat_map(|office| {
        let place = format!("office {} signing_next_certificates", office.number);
        office.signing_next.iter().map(move |path| (place.clone(), path))
    });
    for (place, path) in tls.chain(signing) {
        notes.certs(&place, certs::load_certificates(path));
    }
    notes
}

/// Whether nothing can be exchanged while a condition stands.
fn never_works(told: &StartProblem, config: &Config) -> bool {
    match told.code {
        code::OWN_CERTIFICATE_NOT_VALID
        | code::OWN_CERTIFICATE_OTHER_NAME
        | code::CERTIFICATE_UNUSABLE
        | code::REVOCATION_LIST_REFUSES
        | code::REVOCATION_LIST_UNUSABLE => true,
        // Partners are taken to know us in the way in which we know them.
        code::OWN_CERTIFICATE_TO_REGISTER => {
            !config.tls.roots.is_empty() && !partners::are_all_pinned(config)
        }
        _ => false,
    }
}

/// The places of identities whose files the configuration does not say.
fn unread(config: &Config) -> Vec<String> {
    let is_unread = |files: &IdentityFiles| {
        let (one, other) = match files {
            IdentityFiles::Pem { certificate, key } => (certificate, key),
            IdentityFiles::Pkcs12 { file, password_file } => (file, password_file),
        };
        [one, other].iter().any(|path| path.as_os_str().is_empty())
    };
    let tls = is_unread(&config.tls.identity).then(|| "tls".to_owned());
    let offices = config.offices.iter().filter(|office| is_unread(&office.signing));
    let offices = offices.map(|office| proof::signing_place(office.number));
    tls.into_iter().chain(offices).collect()
}

/// Looks at the folders of an office.
pub(super) fn folders(office: &Office, problems: &mut Problems) {
    let mut tell = |key: &str, path: &Path, looked: fn(&Path, FolderRole) -> _, role| {
        let is_read = !path.as_os_str().is_empty();
        let looked: Result<(), FolderError> = if is_read { looked(path, role) } else { Ok(()) };
        let place = format!("office {} {key}", office.number);
        problems.folder_at(&place, path, looked).is_some() && is_read
    };
    let drop = tell("drop", &office.drop, look, FolderRole::Drop);
    let work = tell("work", &office.work, look_or_above, FolderRole::Work);
    tell("import", &office.import, look, FolderRole::Import);
    if office.import_actuals != office.import {
        tell("import_actuals", &office.import_actuals, look, FolderRole::Import);
    }
    tell("hold", &office.hold, look_or_above, FolderRole::Hold);
    if let Some(sent) = &office.sent {
        tell("sent", sent, look_or_above, FolderRole::Sent);
    }
    if let Some(downloads) = &office.downloads {
        let place = format!("office {} downloads", office.number);
        problems.folder_at(&place, downloads, Downloads::new(downloads.clone()).check());
    }
    if drop && work {
        let place = format!("office {} work", office.number);
        let one = look_for_one_volume(&office.drop, &office.work);
        problems.folder_at(&place, &office.work, one);
    }
}

fn data(config: &Config, runs: bool, problems: &mut Problems) {
    let data = &config.node.data;
    problems.network_share(data);
    // What runs has found it in order.
    if !runs {
        let looked = look_or_above(data, FolderRole::Other);
        if problems.folder_at("node.data", data, looked).is_some() {
            problems.store("node.data", Store::look(data, &config.home));
        }
    }
}

fn log_file(config: &Config, problems: &mut Problems) {
    let Some(file) = &config.node.log_file else { return };
    let folder = file.path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let there = problems.folder_at("node.log_file", folder, look(folder, FolderRole::Other));
    if there.is_some() && file.path.is_dir() {
        problems.add(
            code::FOLDER_NOT_A_FOLDER,
            "node.log_file",
            format!("{} はフォルダーです。ファイル名まで書いてください。", file.path.display()),
            format!("{} is a folder; name a file in it", file.path.display()),
        );
    }
}
