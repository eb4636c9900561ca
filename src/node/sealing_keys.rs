//! The sealing keys of our offices, which follow each other in time.

use std::sync::Arc;

use jiff::Timestamp;

use super::context::{Context, blocking, log_store_fault};
use crate::certs::{self, CertsError, SEALING_FOLDER};
use crate::package::sealed::SealingSecrets;
use crate::types::{OfficeNumber, code};

/// What there is to tell of the keys of an office.
struct Looked {
    keys: SealingSecrets,
    /// The key that was made just now.
    made: Option<String>,
    /// It is the first one of the office.
    is_first: bool,
    /// How many went.
    removed: usize,
}

fn look_at(context: &Context, office: OfficeNumber, now: Timestamp) -> Result<Looked, CertsError> {
    let folder = context.config().node.data.join(SEALING_FOLDER);
    // By a clock that runs ahead, keys would go that are needed.
    let believed = context.time.believes(now);
    let removed = if believed { certs::remove_ended(&folder, office, now)? } else { 0 };
    let before = certs::sealing_keys(&folder, office)?;
    let keys = certs::sealing_keys_in_time(&folder, office, now)?;
    let made = keys.iter().find(|key| before.find(key.key_id()).is_none());
    let made = made.map(|key| key.key_id().to_owned());
    let is_first = before.iter().next().is_none();
    Ok(Looked { keys, made, is_first, removed })
}

/// Makes a new key for an office of ours where it is time for that, and removes those to which
/// nothing can come any more. Both is told in log and history.
pub(super) async fn look_after_keys(context: &Arc<Context>, office: OfficeNumber) {
    let now = context.now();
    let shared = Arc::clone(context);
    let looked = blocking(move || look_at(&shared, office, now)).await;
    let Looked { keys, made, is_first, removed } = match looked {
        Some(Ok(looked)) => looked,
        Some(Err(error)) => {
            tracing::warn!(%office, %error, "the sealing keys cannot be looked after");
            return;
        }
        None => return,
    };
    context.seals.keep(office, keys);
    let mut notes = Vec::new();
    if let Some(key_id) = made {
        tracing::info!(%office, key_id, "a new sealing key was made");
        // That an office begins to have keys is no change.
        if !is_first {
            notes.push((office, None, format!("{}:{key_id}", code::SEALING_KEY_MADE)));
        }
    }
    if removed > 0 {
        tracing::info!(%office, removed, "sealing keys that nobody needs any more were removed");
        notes.push((office, None, code::SEALING_KEY_REMOVED.to_owned()));
    }
    if !notes.is_empty()
        && let Err(error) = context.store.note_changes(notes, now).await
    {
        log_store_fault(&error, "a sealing key is not in the history");
    }
}
