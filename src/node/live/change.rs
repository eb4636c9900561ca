//! Takes up another configuration while the node runs: as a whole, or not at all.
//!
//! First everything is looked at that could be wrong. Then those tasks end that work in folders which
//! change; the new folders are opened; and when nothing can fail any more all is exchanged at once.
//! What is wrong leaves everything as it was.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::context::{Context, blocking};
use super::super::crew::Crew;
use super::super::folders::OfficeFolders;
use super::super::grants::{client_limits, server_limits};
use super::super::opening::{open_folders, recover, tell_files_left};
use super::super::problems::{Problems, StartProblems};
use super::super::proof::{self, Proof};
use super::super::{apart, check, network};
use crate::config::{Change, Changes, Config, Office, Subject, What};
use crate::link::{ProxyAccess, TlsSettings};
use crate::types::OfficeNumber;

/// The most keys that the log names.
const MOST_TOLD: usize = 50;

/// The most rows of the journal that one change makes.
const MOST_ROWS: usize = 1_000;

/// Goes on by `wanted`, as far as that does not need a restart; says what was taken up.
pub(super) async fn apply(
    context: &Arc<Context>,
    crew: &mut Crew,
    wanted: &Config,
) -> Result<Changes, StartProblems> {
    let current = context.config();
    let new = Arc::new(Changes::applicable(&current, wanted.clone()));
    if *new == *current {
        return Ok(Changes::default());
    }
    let changes = Changes::between(&current, &new);
    let judging = {
        let (context, current, new) = (Arc::clone(context), Arc::clone(&current), Arc::clone(&new));
        blocking(move || judge(&context, &current, &new)).await
    };
    let (proof, settings, proxy) = judging.unwrap_or_else(|| Err(internal()))?;

    crew.halt(&to_halt(&current, &new, &changes)).await;
    let exchanged = exchange(context, crew.folders(), &new).await.and_then(|folders| {
        let mut problems = Problems::default();
        match context.tls.reload(settings) {
            Ok(()) => Ok(folders),
            Err(error) => {
                problems.tls_unusable(&error);
                Err(StartProblems(problems.0))
            }
        }
    });
    let folders = match exchanged {
        Ok(folders) => folders,
        Err(problems) => {
            // In the folders in which they were.
            crew.follow(&BTreeSet::new());
            return Err(problems);
        }
    };

    context.client.set_proxy(proxy);
    publish(context, crew, (&new, proof, folders), &changes);
    if let Err(error) = context.store.set_size(new.limits.store_size).await {
        tracing::warn!(code = error.code(), %error, "the size of the store is not measured yet");
    }
    note(context, &new, &changes).await;
    Ok(changes)
}

/// Makes everything current that was read and opened. Nothing of it can fail, and nobody waits.
fn publish(
    context: &Arc<Context>,
    crew: &mut Crew,
    (new, proof, folders): (&Config, Proof, Vec<OfficeFolders>),
    changes: &Changes,
) {
    let is_new = proof.tell_changes(&context.proof());
    crew.set_folders(folders);
    context.set_proof(proof);
    context.set_config(new.clone());
    context.wake.follow(new);
    context.quota.set_rate(new.limits.partner_rate);
    context.unsigned.set_rate(new.limits.partner_rate);
    context.client.set_limits(client_limits(new));
    context.grants.set(server_limits(context, new));
    let with = |is_meant: fn(What) -> bool| -> BTreeSet<OfficeNumber> {
        let partner = |change: &Change| match change.subject {
            Subject::Peer(partner) if is_meant(change.what) => Some(partner),
            _ => None,
        };
        changes.live.iter().filter_map(partner).collect()
    };
    crew.follow(&with(|what| what == What::Key("url")));
    let is_way = |change: &Change| matches!(change.subject, Subject::Table("network" | "relay"));
    let is_new = is_new || changes.live.iter().any(is_way);
    if is_new {
        context.wake.begin_anew();
    } else {
        context.wake.begin_anew_with(&with(|what| what != What::Removed));
    }
    for Change { subject, what } in &changes.live {
        match (subject, what) {
            (Subject::Peer(number), What::Removed) => {
                context.notices.forget(&format!("partner {number}"));
            }
            (Subject::Office(number), What::Removed) => {
                context.notices.forget(&format!("office {number}"));
            }
            _ => {}
        }
    }
}

/// What can be said of a configuration before anything is done by it; changes nothing. Of a folder or
/// file that was named before, that it cannot be used at the moment is told elsewhere.
fn judge(
    context: &Context,
    current: &Config,
    new: &Config,
) -> Result<(Proof, TlsSettings, Option<ProxyAccess>), StartProblems> {
    let mut problems = Problems::default();
    let opened = proof::open(new, Some(&context.proof()), context.now(), &mut problems);
    let is_new = |office: &&Office| {
        current.office(office.number).is_none_or(|former| !has_folders_of(office, former))
    };
    for office in new.offices.iter().filter(is_new) {
        check::folders(office, &mut problems);
    }
    apart::check(new, &mut problems);
    let proxy = problems.certs(network::PROXY_PLACE, network::proxy_of(new)).flatten();
    match opened {
        Some((proof, settings)) if problems.0.is_empty() => Ok((proof, settings, proxy)),
        _ => Err(StartProblems(problems.0)),
    }
}

/// The offices whose tasks have to end: they are gone, their folders or the habits of their care software
/// are others, or the times are others that a task goes by from its beginning.
fn to_halt(current: &Config, new: &Config, changes: &Changes) -> BTreeSet<OfficeNumber> {
    let times = ["scan_interval", "settle", "settle_unknown", "set_wait", "unit_files"];
    let all = changes.live.iter().any(|change| {
        let is_of_all = matches!(change.subject, Subject::Table("timing" | "limits"));
        is_of_all && times.iter().any(|key| change.what == What::Key(key))
    });
    let stays = |office: &Office| {
        let new = new.office(office.number);
        new.is_some_and(|new| {
            has_folders_of(new, office) && new.import_habits == office.import_habits
        })
    };
    let offices = current.offices.iter().filter(|office| all || !stays(office));
    offices.map(|office| office.number).collect()
}

fn has_folders_of(one: &Office, other: &Office) -> bool {
    let folders = |office: &Office| {
        let Office { drop, work, import, import_actuals, hold, sent, outbox, downloads, .. } =
            office.clone();
        (drop, work, import, import_actuals, hold, sent, outbox, downloads)
    };
    folders(one) == folders(other)
}

/// Ends what is left in folders that are not those of `new` any more, and opens the new ones. Nobody
/// works in either.
async fn exchange(
    context: &Arc<Context>,
    open: &[OfficeFolders],
    new: &Arc<Config>,
) -> Result<Vec<OfficeFolders>, StartProblems> {
    let stays = |folders: &&OfficeFolders| {
        let office = new.office(folders.named.number);
        office.is_some_and(|office| has_folders_of(office, &folders.named))
    };
    for former in open.iter().filter(|folders| !stays(folders)) {
        let mut left = Problems::default();
        recover(context, former, &mut left).await;
        tell_left(former, left);
    }
    let opening = {
        let (context, open, new) = (Arc::clone(context), open.to_vec(), Arc::clone(new));
        blocking(move || open_all(&context, open, &new)).await
    };
    let folders = opening.unwrap_or_else(|| Err(internal()))?;
    let mut problems = Problems::default();
    let was_open =
        |folders: &OfficeFolders| open.iter().any(|open| Arc::ptr_eq(&open.drop, &folders.drop));
    for folders in folders.iter().filter(|folders| !was_open(folders)) {
        recover(context, folders, &mut problems).await;
    }
    let marks = folders.iter().flat_map(|folders| folders.marks.clone()).collect();
    let work = folders.iter().map(OfficeFolders::work).collect();
    problems.store("node.data", context.store.remember_folders(marks, work).await);
    if problems.0.is_empty() { Ok(folders) } else { Err(StartProblems(problems.0)) }
}

fn open_all(
    context: &Context,
    open: Vec<OfficeFolders>,
    new: &Config,
) -> Result<Vec<OfficeFolders>, StartProblems> {
    let mut problems = Problems::default();
    let known = problems.store("node.data", context.store.known_folders()).unwrap_or_default();
    let (mut all, mut folders) = (open, Vec::new());
    for office in &new.offices {
        let stays = all.iter().find(|open| has_folders_of(office, &open.named));
        let stays = stays.filter(|open| open.named.number == office.number).cloned();
        let opened = match stays {
            Some(open) => Some(open.named_anew(office)),
            None => open_folders(office, &known, &all, &mut problems),
        };
        all.extend(opened.clone());
        folders.extend(opened);
    }
    if problems.0.is_empty() { Ok(folders) } else { Err(StartProblems(problems.0)) }
}

/// Tells what could not be ended in a folder that is left.
fn tell_left(former: &OfficeFolders, left: Problems) {
    let office = former.named.number;
    for problem in left.0 {
        tracing::error!(%office, code = problem.code, place = problem.place, "{}", problem.en);
    }
    tell_files_left(&former.drop);
}

/// Tells the log and the journal what was taken up.
async fn note(context: &Arc<Context>, new: &Config, changes: &Changes) {
    let count = changes.live.len();
    let keys: Vec<_> = changes.live.iter().take(MOST_TOLD).map(ToString::to_string).collect();
    let keys = keys.join(", ");
    tracing::info!(count, keys, "the configuration was taken up");
    let rows = changes.live.iter().flat_map(|change| {
        let (only, partner) = match change.subject {
            Subject::Table(_) => (None, None),
            Subject::Office(office) => (Some(office), None),
            Subject::Peer(partner) => (None, Some(partner)),
        };
        let offices = new.offices.iter().map(|office| office.number);
        let offices: Vec<_> = only.map_or_else(|| offices.collect(), |only| vec![only]);
        let what = change.to_string();
        offices.into_iter().map(move |office| (office, partner, what.clone()))
    });
    let rows = rows.take(MOST_ROWS).collect();
    if let Err(error) = context.store.note_changes(rows, context.now()).await {
        tracing::error!(code = error.code(), %error, "a change of the configuration is not noted");
    }
}

fn internal() -> StartProblems {
    let mut problems = Problems::default();
    problems.internal();
    StartProblems(problems.0)
}
