//! Decides what is placed of a package and writes it down before anything of it is seen, so that
//! whatever interrupts the work, the same files come under the same names.

use std::sync::Arc;

use super::super::context::{Context, blocking};
use super::super::folders::ImportFolders;
use super::Fault;
use super::copies::{NoCopies, ToPlace, about, first_serial, is_as_planned};
use crate::config::ImportHabits;
use crate::package::Package;
use crate::spec::Spec;
use crate::store::{ImportPlan, IncomingRow, Recipe};
use crate::types::{FileSerial, code};

/// What is placed of a package.
pub(super) struct Planned {
    pub(super) package: Package,
    pub(super) files: ToPlace,
    /// The code that its placing is noted with; empty where the files are as they came.
    pub(super) detail: &'static str,
}

/// What the office wants, as it is written down with each package.
pub(super) const fn recipe(habits: &ImportHabits) -> Recipe {
    Recipe {
        folders: habits.folders,
        one_user_per_set: habits.one_user_per_set,
        quoting: habits.quoting,
    }
}

/// Whether something has to be written down for each package of an office.
pub(super) const fn plans(habits: &ImportHabits) -> bool {
    !habits.leaves_as_sent() || habits.wait_until_taken
}

/// What is placed of a package: what was decided before, or what the habits of its office ask for.
/// `may_be_planned` is whether anything was ever written down for the office.
pub(super) async fn decide(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    row: &IncomingRow,
    package: Package,
    may_be_planned: bool,
) -> Result<Planned, Fault> {
    let habits = folders.habits;
    if !plans(&habits) && !may_be_planned {
        let files = ToPlace::as_sent(folders, &package);
        return Ok(Planned { package, files, detail: "" });
    }
    let (office, sender, id) = (row.office, row.sender, row.id);
    if let Some(plan) = context.store.import_plan(sender, id).await? {
        return again(context.spec, folders, package, plan).await;
    }
    let shared = Arc::clone(folders);
    let is_staged = blocking(move || shared.is_staged(id).map_err(Fault::Folder));
    // What was staged before the habits asked for copies goes on as it was begun: part of it may have
    // been shown.
    if !plans(&habits) || is_staged.await.unwrap_or(Err(Fault::Internal))? {
        let files = ToPlace::as_sent(folders, &package);
        return Ok(Planned { package, files, detail: "" });
    }
    let last = context.store.last_placed_serial(office, sender).await?;
    let (spec, shared) = (context.spec, Arc::clone(folders));
    let made = blocking(move || anew(spec, &shared, package, recipe(&shared.habits), last));
    let (planned, plan, why) = made.await.ok_or(Fault::Internal)?;
    if let Some(why) = why {
        tracing::warn!(%id, %sender, %why, "no copies can be made; the files are placed as they came");
        context.notices.raise(
            code::PLACED_WHOLE,
            about(office, sender),
            (
                format!("{sender} から受け取ったデータから、介護ソフトに合わせた写しを作れませんでした。受け取ったまま取込フォルダーに置きました（{id}）。介護ソフトで正しく取り込めたかを確かめてください。"),
                format!("of what {sender} sent, no copies that suit the care software could be made; the files were placed as they came ({id}): see whether the care software imported them rightly"),
            ),
            context.now(),
        );
    }
    context.store.plan_import((office, sender, id), plan, habits.wait_until_taken).await?;
    Ok(planned)
}

/// The files that were decided before.
async fn again(
    spec: &'static Spec,
    folders: &Arc<ImportFolders>,
    package: Package,
    plan: ImportPlan,
) -> Result<Planned, Fault> {
    let shared = Arc::clone(folders);
    let made = blocking(move || {
        let as_sent = ToPlace::as_sent(&shared, &package);
        let serials = (plan.first_serial, plan.last_serial);
        let (files, detail) = if plan.whole_because.is_some() {
            (as_sent.in_folders(&package, plan.recipe), code::PLACED_WHOLE)
        } else {
            let copies = ToPlace::copies(spec, &package, &as_sent, plan.recipe, plan.first_serial);
            let Ok((files, _)) = copies else {
                return Err(Fault::Package(code::IMPORT_PLAN_CHANGED));
            };
            let detail = detail(&files, &as_sent);
            (files, detail)
        };
        if !is_as_planned(&files.plan(plan.recipe, serials, None), &plan) {
            return Err(Fault::Package(code::IMPORT_PLAN_CHANGED));
        }
        Ok(Planned { package, files, detail })
    });
    made.await.unwrap_or(Err(Fault::Internal))
}

/// What the recipe makes of a package, what is to be written down of it, and why these are no
/// copies, where they should be.
fn anew(
    spec: &Spec,
    folders: &ImportFolders,
    package: Package,
    recipe: Recipe,
    last: Option<FileSerial>,
) -> (Planned, ImportPlan, Option<NoCopies>) {
    let as_sent = ToPlace::as_sent(folders, &package);
    let own = package.manifest().serial;
    // Where no set is divided every name stays as it was sent.
    let last = last.filter(|_| recipe.one_user_per_set);
    let made = first_serial(own, last).and_then(|first| {
        let (files, last) = ToPlace::copies(spec, &package, &as_sent, recipe, first)?;
        Ok((files, (first, last)))
    });
    match made {
        Ok((files, serials)) => {
            let plan = files.plan(recipe, serials, None);
            let detail = detail(&files, &as_sent);
            (Planned { package, files, detail }, plan, None)
        }
        Err(why) => {
            let files = as_sent.in_folders(&package, recipe);
            let plan = files.plan(recipe, (own, own), Some(code::PLACED_WHOLE.to_owned()));
            (Planned { package, files, detail: code::PLACED_WHOLE }, plan, Some(why))
        }
    }
}

fn detail(files: &ToPlace, as_sent: &ToPlace) -> &'static str {
    if files.is_as_sent(as_sent) { "" } else { code::PLACED_AS_COPIES }
}
