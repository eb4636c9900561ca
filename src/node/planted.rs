//! Defects of the receiving side that are planted on purpose; see [`Plant`](crate::types::Plant).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::context::{Context, blocking};
use super::wake::wake;
use crate::folder::ImportFolder;
use crate::package::open_again;
use crate::route;
use crate::store::{Content, NewIncoming};
use crate::types::FileName;
use crate::work;

/// Places a package that is not committed.
pub(super) async fn place(context: &Arc<Context>, new: &NewIncoming) {
    let Content::Whole(package) = &new.content else { return };
    let (package, limits, id) = (package.clone(), context.package_limits(), new.id);
    let office = context.config().office(new.office).cloned();
    let placed = blocking(move || {
        let (package, office) = (open_again(package, &limits).ok()?, office?);
        let names = || package.files().map(|(file, _)| file.name.as_str());
        let kinds = names().filter_map(|name| FileName::parse(name).ok()).map(|name| name.kind);
        let path = match route::import_folder(kinds) {
            route::ImportFolder::Plans => office.import,
            route::ImportFolder::Actuals => office.import_actuals,
        };
        let folder = ImportFolder::open(path).ok()?;
        let files: Vec<_> = names().zip(package.files().map(|(_, bytes)| bytes.as_ref())).collect();
        folder.place(id, &files).ok()?;
        folder.finish(id).ok()
    });
    placed.await;
}

/// Between a receipt and the commit.
const PAUSE: Duration = Duration::from_secs(2);

/// Commits a package that was receipted, a while later.
pub(super) fn commit_later(context: &Arc<Context>, new: NewIncoming, now: Timestamp) {
    let (context, office) = (Arc::clone(context), new.office);
    work::spawn(async move {
        tokio::time::sleep(PAUSE).await;
        if context.store.commit(new, now).await.is_ok() {
            context.wake.issued.announce();
            wake(&context.wake.placing, &office);
        }
    });
}
