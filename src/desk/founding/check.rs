//! Whether what a person answered can work, before anything is written.

use std::io;
use std::path::Path;

use super::{Plan, planned};
use crate::desk::doctor::{Line, full_disks};
use crate::disk::create_folders;
use crate::folder::{Fault, FolderError, FolderRole, look, look_or_above};
use crate::node::{Node, StartProblem, TLS_PLACE, signing_place};
use crate::spec::Spec;
use crate::types::{Clock, code};
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
        FolderRole::Work | FolderRole::Hold | FolderRole::Sent | FolderRole::Other => {
            look_or_above(path, role)
        }
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

/// Everything that would keep a node from starting by the plan, but for keys, which are not there yet.
/// Nothing is made or changed.
pub async fn problems(plan: &Plan, spec: &'static Spec, clock: &Clock) -> Vec<StartProblem> {
    // What cannot be read is told when it is to be changed.
    let Ok(sources) = planned(plan) else { return Vec::new() };
    let draft = sources.draft();
    let config = draft.config.clone();
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
    checked.problems.0.into_iter().filter(|told| !is_of_keys(told)).chain(full).collect()
}
