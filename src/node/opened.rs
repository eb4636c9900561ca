//! Looks into packages that the store has.

use std::sync::Arc;

use super::context::{Context, blocking};
use crate::contents;
use crate::package::{self, Package};
use crate::store::{ReadContents, StoreError, Unread};
use crate::transfer::Direction;

/// What a package says. An error is one that may pass.
pub(super) async fn look_into(
    context: &Arc<Context>,
    unread: Unread,
) -> Result<ReadContents, StoreError> {
    let (package, gone) = opened(context, unread).await?;
    let Some(package) = package else { return Ok(gone) };
    let spec = context.spec;
    let found = blocking(move || {
        if package.manifest().is_of_attachments() {
            return contents::of_attachments(package.manifest().about());
        }
        let files = package.files().map(|(file, bytes)| (file.name.as_str(), bytes.as_ref()));
        contents::read(spec, files)
    });
    Ok(found.await.map_or(ReadContents::Unreadable, ReadContents::Found))
}

/// The package, or what is written down where there is none to look into.
pub(super) async fn opened(
    context: &Arc<Context>,
    Unread { direction, partner, id, .. }: Unread,
) -> Result<(Option<Package>, ReadContents), StoreError> {
    let stored = match direction {
        Direction::Out => context.store.outgoing_package(id).await,
        Direction::In => context.store.incoming_package(partner, id).await,
    };
    let package = match stored {
        Ok(package) => package,
        Err(StoreError::NoLongerKept | StoreError::NotFound) => {
            return Ok((None, ReadContents::Gone));
        }
        Err(StoreError::Damaged(_)) => {
            tracing::warn!(%id, "a damaged package is passed over in the lists");
            return Ok((None, ReadContents::Unreadable));
        }
        Err(error) => return Err(error),
    };
    let limits = context.package_limits();
    let opened = blocking(move || package::open_again(package, &limits).ok());
    Ok((opened.await.flatten(), ReadContents::Unreadable))
}
