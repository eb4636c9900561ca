//! Whether what a person answered can work, before anything is written.

use std::io;
use std::path::Path;

use super::{Given, Keys, Plan, planned};
use crate::certs::{self, Identity};
use crate::config::Config;
use crate::desk::doctor::{Line, full_disks};
use crate::disk::create_folders;
use crate::folder::{Downloads, Fault, FolderError, FolderRole, look, look_or_above};
use crate::node::{Node, StartProblem, TLS_PLACE, signing_place};
use crate::package::CertificateInfo;
use crate::spec::Spec;
use crate::types::{Clock, Lang, code};
use crate::work;

/// What is wrong with a folder that somebody names: one that is to be there, or one that the node makes.
/// Asks the disk.
///
/// # Errors
///
/// Why it cannot be used.
pub fn folder_fault(path: &Path, role: FolderRole) -> Result<(), FolderError> {
    match role {
        FolderRole::Drop | FolderRole::Import => look(path, role),
        FolderRole::Work
        | FolderRole::Hold
        | FolderRole::Sent
        | FolderRole::Outbox
        | FolderRole::Other => look_or_above(path, role),
        FolderRole::Downloads => Downloads::new(path.to_owned()).check(),
    }
}

/// How a folder of the care software is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It is there and can be used.
    There,
    /// It is not there, and can be made.
    ToMake,
}

/// The same of a folder that is made where it is missing.
///
/// # Errors
///
/// Why it cannot be used, or made.
pub fn folder_found(path: &Path, role: FolderRole) -> Result<Found, FolderError> {
    match folder_fault(path, role) {
        Ok(()) => Ok(Found::There),
        Err(error) if error.fault() == Fault::Missing => {
            folder_fault(path, FolderRole::Other).map(|()| Found::ToMake)
        }
        Err(error) => Err(error),
    }
}

/// Makes a folder that the care software is to use.
///
/// # Errors
///
/// What the system says.
pub fn make_folder(path: &Path) -> io::Result<()> {
    create_folders(path)
}

/// Everything that would keep a node from starting by the plan. Of keys, which are not there yet, those
/// of an authority are judged. Nothing is made or changed.
pub async fn problems(plan: &Plan, spec: &'static Spec, clock: &Clock) -> Vec<StartProblem> {
    // What cannot be read is told when it is to be changed.
    let Ok(sources) = planned(plan) else { return Vec::new() };
    let draft = sources.draft();
    let config = draft.config.clone();
    let unfit = unfit(plan, &config, clock);
    let full = work::blocking(move || full_disks(&config)).await.unwrap_or_default();
    let full = full.into_iter().map(|Line { about: place, ja, en, .. }| StartProblem {
        code: code::STORE_FULL,
        place,
        ja,
        en,
    });
    let checked = Node::check(draft, spec, clock.clone()).await;
    let signing = signing_place(plan.office.number);
    let is_of_keys = |told: &StartProblem| {
        let is_new = told.place == signing || (plan.node.is_some() && told.place == TLS_PLACE);
        told.code == code::CERTIFICATE_UNUSABLE && is_new
    };
    checked
        .problems
        .0
        .into_iter()
        .filter(|told| !is_of_keys(told))
        .chain(unfit)
        .chain(full)
        .collect()
}

/// What is wrong with the certificates of an authority: once they are written, they stay.
fn unfit(plan: &Plan, config: &Config, clock: &Clock) -> Vec<StartProblem> {
    let Keys::Given(Given { tls, signing }) = &plan.keys else { return Vec::new() };
    let tls = tls.as_deref().filter(|_| plan.node.is_some()).map(|tls| (TLS_PLACE.to_owned(), tls));
    let all = tls.into_iter().chain([(signing_place(plan.office.number), &**signing)]);
    all.filter_map(|(place, identity)| unfit_one(place, identity, config, clock)).collect()
}

fn unfit_one(
    place: String,
    identity: &Identity,
    config: &Config,
    clock: &Clock,
) -> Option<StartProblem> {
    if let Err(why) = certs::unfit(identity, clock.now()) {
        let [ja, en] = [Lang::Ja, Lang::En].map(|lang| why.text(lang));
        return Some(StartProblem { code: code::CERTIFICATE_UNUSABLE, place, ja, en });
    }
    let own = identity.chain().first()?;
    let other = CertificateInfo::of(own).ok()?.office?;
    // A node of several offices shows one certificate for all of them.
    if config.office(other).is_some() {
        return None;
    }
    Some(StartProblem {
        code: code::OWN_CERTIFICATE_OTHER_NAME,
        ja: format!(
            "証明書の名義 (CN) は事業所番号 {other} ですが、設定する事業所の番号ではありません。番号の書き間違いか、別の事業所の証明書でないか確かめてください（{place}）。"
        ),
        en: format!(
            "the common name of the certificate is the office number {other}, which is none that is set up: the number is mistyped, or the certificate is that of another office ({place})"
        ),
        place,
    })
}
