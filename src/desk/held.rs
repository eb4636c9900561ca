//! What is held and waits for a person.

use std::path::PathBuf;

use crate::config::Config;
use crate::folder::is_marked;
use crate::store::{HeldItem, Store, StoreError};
use crate::transfer::Direction;
use crate::types::{HeldId, Lang, OfficeNumber, code};

/// Where its files lie, if its office is in the configuration.
pub fn folder(item: &HeldItem, config: &Config) -> Option<PathBuf> {
    let office = config.office(item.office).filter(|_| !item.folder.is_empty())?;
    Some(office.hold.join(&item.folder))
}

/// Whether it still waits for a person: a set whose folder somebody removed does not. A node that
/// runs notes that too. A hold folder that is not the right one says nothing.
pub fn is_open(item: &HeldItem, config: &Config) -> bool {
    let Some(folder) = folder(item, config).filter(|_| matches!(item.id, HeldId::Set(_))) else {
        return true;
    };
    folder.exists() || !folder.parent().is_some_and(is_marked)
}

/// Adds to the sets that were refused for good or given up what kept them from the partner, as far as
/// it is known.
pub async fn add_last_reasons(store: &Store, items: &mut [HeldItem]) -> Result<(), StoreError> {
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
