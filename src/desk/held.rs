//! What is held and waits for a person.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::folder::is_marked;
use crate::store::{HeldFilter, HeldItem, Store, StoreError};
use crate::transfer::Direction;
use crate::types::{HeldId, Lang, OfficeNumber, code};
use crate::work;

/// What waits for a person.
#[derive(Debug)]
pub struct Open {
    /// The newest first.
    pub items: Vec<HeldItem>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// What waits for a person, with all that is known of why.
pub async fn open(store: &Store, config: &Config, filter: HeldFilter) -> Result<Open, StoreError> {
    let mut open = still_open(store, config, filter).await?;
    add_last_reasons(store, &mut open.items).await?;
    Ok(open)
}

/// How many wait for a person; more than the limit of the filter are told as so many.
pub async fn count(
    store: &Store,
    config: &Config,
    filter: HeldFilter,
) -> Result<usize, StoreError> {
    Ok(still_open(store, config, filter).await?.items.len())
}

async fn still_open(
    store: &Store,
    config: &Config,
    filter: HeldFilter,
) -> Result<Open, StoreError> {
    let limit = filter.limit.saturating_add(1);
    let mut found = store.held(HeldFilter { limit, ..filter }).await?;
    let most = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let places: Vec<_> = found.iter().map(|item| folder_of_set(item, config)).collect();
    let still = move || {
        let found = found.into_iter().zip(places);
        let open = found.filter(|(_, folder)| folder.as_deref().is_none_or(is_open));
        open.map(|(item, _)| item).collect()
    };
    let items = work::blocking(still).await.map_err(|_| StoreError::Stopped)?;
    Ok(Open { items, more })
}

/// Those that a person means by `id`, as [`Store::held_as`] finds them, with all that is known of why.
pub async fn named(store: &Store, id: HeldId) -> Result<Vec<HeldItem>, StoreError> {
    let mut items = store.held_as(id).await?;
    add_last_reasons(store, &mut items).await?;
    Ok(items)
}

/// Where its files lie, if its office is in the configuration.
pub fn folder(item: &HeldItem, config: &Config) -> Option<PathBuf> {
    let office = config.office(item.office).filter(|_| !item.folder.is_empty())?;
    Some(office.hold.join(&item.folder))
}

/// The same of a set of ours.
fn folder_of_set(item: &HeldItem, config: &Config) -> Option<PathBuf> {
    folder(item, config).filter(|_| matches!(item.id, HeldId::Set(_)))
}

/// Whether a set still waits for a person: one whose folder somebody removed does not. A node that
/// runs notes that too. A hold folder that is not the right one says nothing.
fn is_open(folder: &Path) -> bool {
    folder.exists() || !folder.parent().is_some_and(is_marked)
}

/// Adds to the sets that were refused for good or given up what kept them from the partner, as far as
/// it is known.
async fn add_last_reasons(store: &Store, items: &mut [HeldItem]) -> Result<(), StoreError> {
    let stopped = [code::REFUSED_FOR_GOOD, code::EXPIRED];
    for item in items.iter_mut().filter(|item| stopped.contains(&item.reason.as_str())) {
        let Some((partner, serial)) = item.partner.zip(item.serial) else { continue };
        let reason = store.given_up_because(item.office, partner, serial).await?;
        if let Some(reason) = reason.filter(|reason| !matches!(&**reason, "" | code::EXPIRED)) {
            item.reason = format!("{},{reason}", item.reason);
        }
    }
    Ok(())
}

/// The partner that may be asked once more for a package as it is, after it refused it for good.
pub fn may_be_asked_again(item: &HeldItem) -> Option<OfficeNumber> {
    item.partner.filter(|_| first_reason(item) == code::REFUSED_FOR_GOOD)
}

/// Behind the first code stands what the partner said of it.
fn first_reason(item: &HeldItem) -> &str {
    item.reason.split(',').next().unwrap_or_default()
}

/// What became of it so far. Some of what lies in the hold folder was sent.
pub fn what(item: &HeldItem, lang: Lang) -> &'static str {
    match (item.direction, first_reason(item)) {
        (Direction::In, _) => {
            lang.pick("受信しましたが取り込んでいません", "received, not imported")
        }
        (Direction::Out, code::REJECTED) => lang.pick(
            "送りましたが、相手は取り込んでいません",
            "sent, but the partner did not take it in",
        ),
        (Direction::Out, code::REFUSED_FOR_GOOD) => lang.pick(
            "相手が受け付けないため、送信を止めています",
            "stopped, because the partner does not accept it",
        ),
        (Direction::Out, code::EXPIRED) => {
            lang.pick("届いたことを確かめられませんでした", "not known to have arrived")
        }
        (Direction::Out, code::CHANGED_AFTER_PACKING) => {
            lang.pick("書き換え前の内容を送りました", "sent as it was before it was changed")
        }
        (Direction::Out, _) => lang.pick("送っていません", "not sent"),
    }
}
