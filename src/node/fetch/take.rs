//! One package that waits elsewhere: fetched, opened, and taken like one that a partner put.

use std::sync::Arc;

use super::Source;
use crate::link::{Endpoint, MailboxItem, PackageForm, Refusal, SendError};
use crate::node::context::{Context, blocking};
use crate::node::inbound::Inbound;
use crate::package::open_again;
use crate::package::sealed::{Sealed, SealedFault, largest, open_sealed};
use crate::store::StoreError;
use crate::types::code::{self, RefusalCode, RefusalRetry};
use crate::types::{Hashed, OfficeNumber};

/// What became of a package on the list.
pub(super) enum Taken {
    /// There is nothing more to be done with it.
    Settled,
    /// It could not be taken at the moment.
    Later,
}

pub(super) async fn take(
    context: Arc<Context>,
    office: OfficeNumber,
    source: Source,
    endpoint: Endpoint,
    item: MailboxItem,
) -> Result<Taken, StoreError> {
    let (sender, id) = (item.sender, item.message_id);
    let name = source.name();
    // A relay may keep what strangers leave for us.
    if context.config().peer(sender).is_none() || item.expires_at <= context.now() {
        return Ok(Taken::Settled);
    }
    if context.store.has_incoming(sender, id).await? {
        context.store.was_fetched(name, office, (sender, id)).await?;
        context.wake.issued.announce();
        return Ok(Taken::Settled);
    }
    if context.store.unreadable(name.clone(), (sender, id), item.sha256).await?.is_some() {
        return Ok(Taken::Settled);
    }
    let most = largest(context.config().limits.package_size);
    let fetched = context.client.fetch(&endpoint, office, &item, most).await;
    let (bytes, form) = match fetched {
        Ok(fetched) => fetched,
        // What waits no more is not on the list next time.
        Err(SendError::Refused { .. }) => return Ok(Taken::Settled),
        Err(error @ SendError::Protocol(_)) => {
            tracing::warn!(%id, %sender, code = error.code(), %error, "a package cannot be fetched");
            tell(&context, &item, &name, error.code());
            return Ok(Taken::Later);
        }
        Err(error) => {
            tracing::debug!(%id, %sender, code = error.code(), %error, "a package was not fetched");
            return Ok(Taken::Later);
        }
    };
    let taken = match opened(&context, office, &source, &item, (bytes, form)).await {
        Ok(package) => {
            let inbound = Inbound(Arc::clone(&context));
            inbound.take_fetched(sender, office, id, package).await
        }
        Err(refusal) => Err(refusal),
    };
    match taken {
        Ok(()) => {
            context.store.was_fetched(name.clone(), office, (sender, id)).await?;
            context.wake.issued.announce();
            context.notices.clear(code::MAILBOX_UNREADABLE, &about(&item));
            Ok(Taken::Settled)
        }
        Err(refusal) => {
            let code = refusal.code.code();
            tracing::warn!(%id, %sender, code, "a package that was fetched is not taken: {}", refusal.log);
            if refusal.code.retry() != RefusalRetry::Never {
                return Ok(Taken::Later);
            }
            tell(&context, &item, &name, code);
            let now = context.now();
            context.store.is_unreadable(name, (sender, id), item.sha256, code, now).await?;
            Ok(Taken::Settled)
        }
    }
}

/// The package as its sender signed it.
async fn opened(
    context: &Arc<Context>,
    office: OfficeNumber,
    source: &Source,
    item: &MailboxItem,
    (bytes, form): (Hashed, PackageForm),
) -> Result<Hashed, Refusal> {
    match (form, source) {
        (PackageForm::Plain, Source::Partner(_)) => Ok(bytes),
        (PackageForm::Plain, Source::Relay(_)) => Err(Refusal::plain(RefusalCode::NOT_SEALED)),
        (PackageForm::Sealed, _) => {
            let (context, item) = (Arc::clone(context), item.clone());
            let opening = blocking(move || unseal(&context, office, &item, bytes));
            let opened = opening.await.ok_or_else(|| Refusal::internal("a panic under a seal"))?;
            opened.map_err(|fault| Refusal::new(fault.refusal(), fault.to_string()))
        }
    }
}

/// Opens the seal, and holds what it says in clear against the list and what is inside. May block.
fn unseal(
    context: &Context,
    office: OfficeNumber,
    item: &MailboxItem,
    bytes: Hashed,
) -> Result<Hashed, SealedFault> {
    let limits = context.package_limits();
    let sealed = Sealed::read(bytes, &limits)?;
    let header = sealed.header();
    let is_the_one = (header.message_id, header.sender, header.recipient)
        == (item.message_id, item.sender, office);
    if !is_the_one {
        return Err(SealedFault::Mismatch { what: "the list" });
    }
    let package = open_sealed(&sealed, &context.sealing_keys(office))?;
    // Whether its manifest is right is looked at by those who take it.
    if let Ok(inside) = open_again(package.clone(), &limits) {
        header.check_is_of(inside.manifest())?;
    }
    Ok(package)
}

fn about(item: &MailboxItem) -> String {
    format!("partner {} package {}", item.sender, item.message_id)
}

/// Tells a person of a package that cannot be taken.
fn tell(context: &Context, item: &MailboxItem, source: &str, code: &'static str) {
    let (sender, id) = (item.sender, item.message_id);
    context.notices.raise(
        code::MAILBOX_UNREADABLE,
        about(item),
        (
            format!("相手 {sender} から {source} に届いているもの（{id}）を受け取れません（{code}）。相手に連絡し、もう一度送ってもらってください。"),
            format!("what the partner {sender} left at {source} ({id}) cannot be taken ({code}); ask the partner to send it once more"),
        ),
        context.now(),
    );
}
