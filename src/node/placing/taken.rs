//! One set after the other: for care software, or people, that want the next set only when the last
//! one is imported. That is seen by its files being gone from the import folder, or a person says it.

use std::sync::Arc;
use std::time::Duration;

use super::super::context::{Context, blocking};
use super::super::folders::ImportFolders;
use super::super::local_time;
use super::super::notices::of_import;
use super::{ready, waiting};
use crate::store::{AwaitedSet, StoreError};
use crate::types::{OfficeNumber, code};

/// How often it is looked whether the files of the last set are gone.
const LOOK: Duration = Duration::from_secs(2);

/// Whose packages may be placed now.
pub(super) enum Next {
    /// Those of these senders, in this order.
    Placed(Vec<OfficeNumber>),
    /// None yet.
    Waits(Duration),
}

/// Whose package comes next. Where one set is placed after the other that is the sender of the lowest
/// 連番 that is ready, once the last set is taken.
pub(super) async fn next(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    senders: Vec<OfficeNumber>,
) -> Result<Next, StoreError> {
    if !folders.habits.wait_until_taken || senders.is_empty() {
        return Ok(Next::Placed(senders));
    }
    if !is_taken(context, folders).await? {
        return Ok(Next::Waits(LOOK));
    }
    let (mut first, mut pauses) = (None, Vec::new());
    for sender in senders {
        let (ready, pause) = ready(context, waiting(context, folders, sender, 1).await?);
        match ready.first() {
            Some(row) => first = first.into_iter().chain([(row.serial, sender)]).min(),
            None => pauses.push(pause),
        }
    }
    Ok(match first {
        Some((_, sender)) => Next::Placed(vec![sender]),
        None => Next::Waits(pauses.into_iter().min().unwrap_or(super::LONGEST_SLEEP)),
    })
}

/// Whether nothing of what was placed is still to be taken. What lies there for long is told.
async fn is_taken(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
) -> Result<bool, StoreError> {
    let (office, now) = (folders.office, context.now());
    let mut oldest = None;
    for set in context.store.awaited(office).await? {
        let shared = Arc::clone(folders);
        let AwaitedSet { id, sender, since, plan } = set;
        let lies_there = blocking(move || {
            let names = plan.files.iter().map(|file| file.name.as_str());
            shared.of_actuals(plan.actuals).has_any(names)
        });
        match lies_there.await {
            Some(Ok(false)) => {
                context.store.taken((office, sender, id), None, now).await?;
            }
            // A folder that cannot be looked into says nothing; that it is away is told elsewhere.
            Some(Ok(true) | Err(_)) | None => {
                oldest = oldest.into_iter().chain([since]).min();
            }
        }
    }
    let Some(oldest) = oldest else {
        context.notices.clear(code::IMPORT_NOT_TAKEN, &of_import(office));
        return Ok(true);
    };
    if now.duration_since(oldest) >= folders.habits.remind_after {
        let ja = format!(
            "事業所 {office} の取込フォルダーに、{oldest} に置いたデータが残っています。介護ソフトで取り込むか、取り込み済みのファイルを移してください。残したまま次を置くときは renkei hold taken {office} を実行します。",
            oldest = local_time(oldest)
        );
        let en = format!(
            "in the import folder of the office {office} lies what was placed at {}; import it in the care software, or move the imported files away. To go on with them left there, run renkei hold taken {office}",
            local_time(oldest)
        );
        context.notices.raise(code::IMPORT_NOT_TAKEN, of_import(office), (ja, en), now);
    }
    Ok(false)
}
