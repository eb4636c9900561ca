//! Whether what a person answered can work, before anything is written.

use std::io;
use std::path::Path;

use super::Plan;
use crate::config::{Draft, Sources, first_text, office_text};
use crate::desk::doctor::{Line, full_disks};
use crate::disk::create_folders;
use crate::folder::{Fault, FolderError, FolderRole, look, look_or_above};
use crate::node::{Node, StartProblem};
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
    let Some(draft) = draft(plan) else { return Vec::new() };
    let config = draft.config.clone();
    let full = work::blocking(move || full_disks(&config)).await.unwrap_or_default();
    let full = full.into_iter().map(|Line { about: place, ja, en, .. }| StartProblem {
        code: code::STORE_FULL,
        place,
        ja,
        en,
    });
    let checked = Node::check(draft, spec, clock.clone()).await;
    let is_of_keys = |told: &StartProblem| told.code == code::CERTIFICATE_UNUSABLE;
    checked.problems.0.into_iter().filter(|told| !is_of_keys(told)).chain(full).collect()
}

/// The configuration as it would be; nothing where the one that is there cannot be read, which is
/// told when it is to be changed.
fn draft(plan: &Plan) -> Option<Draft> {
    let office = plan.first_office();
    let sources = if let Some(node) = plan.first_node() {
        let text = first_text(&node, &office);
        Sources { path: plan.config.clone(), text, partners: Vec::new() }
    } else {
        let mut sources = Sources::read(&plan.config).ok()?;
        sources.text.push_str(&office_text(&office, plan.lang));
        sources
    };
    Some(sources.draft())
}
