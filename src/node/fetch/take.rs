//! One package that waits elsewhere: fetched, opened, and taken like one that a partner put.

use std::sync::Arc;

use super::source::Source;
use crate::link::{
    Endpoint, MailboxItem, MailboxItemName, PackageForm, RecallReply, Refusal, SendError,
};
use crate::node::context::Context;
use crate::node::inbound::Inbound;
use crate::node::recalled;
use crate::package::CLOCK_TOLERANCE;
use crate::package::sealed::largest;
use crate::store::StoreError;
use crate::types::OfficeNumber;
use crate::types::code::{self, RefusalCode, RefusalRetry};

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
    let was_recalled = context.store.was_recalled(sender, id).await?;
    // Where it cannot be had, or is an invented one, the package is one like any other.
    if item.recalled
        && !was_recalled
        && let Some(taken) = recall(&context, (office, &source), &endpoint, &item).await?
    {
        return Ok(taken);
    }
    if was_recalled || context.store.has_incoming(sender, id).await? {
        context.store.was_fetched(name, office, (sender, id), item.stored_at).await?;
        context.wake.issued.announce();
        return Ok(Taken::Settled);
    }
    if context.store.unreadable(name.clone(), (sender, id), item.sha256).await?.is_some() {
        return Ok(Taken::Settled);
    }
    // With a clock in doubt only what was made just now is taken, which confirms it.
    let is_new = id.made_at().duration_since(context.now()).abs() <= CLOCK_TOLERANCE;
    if !is_new && !context.believes_clock() {
        return Ok(Taken::Later);
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
    let taken = match (form, &source) {
        (PackageForm::Plain, Source::Relay(_)) => Err(Refusal::plain(RefusalCode::NOT_SEALED)),
        (form, _) => {
            let inbound = Inbound(Arc::clone(&context));
            inbound.take_fetched((sender, office), id, bytes, form).await
        }
    };
    match taken {
        Ok(()) => {
            context.store.was_fetched(name.clone(), office, (sender, id), item.stored_at).await?;
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

/// Decides about a request to give a package back. Whoever tells of it cannot invent it: the sender has
/// signed it. Nothing where there is none that is right.
async fn recall(
    context: &Arc<Context>,
    (office, source): (OfficeNumber, &Source),
    endpoint: &Endpoint,
    item: &MailboxItem,
) -> Result<Option<Taken>, StoreError> {
    let (sender, id) = (item.sender, item.message_id);
    let of = MailboxItemName { office, sender, id };
    let decided = match context.client.recall(endpoint, of).await {
        Ok(der) => recalled::fetched(context, (sender, office), id, der).await,
        Err(SendError::Refused { .. }) => return Ok(None),
        Err(error) => {
            tracing::debug!(%id, %sender, code = error.code(), %error, "a recall was not fetched");
            return Ok(Some(Taken::Later));
        }
    };
    match decided {
        Ok(RecallReply::Decided(_) | RecallReply::UnderWay) => {
            context.store.was_fetched(source.name(), office, (sender, id), item.stored_at).await?;
            context.wake.issued.announce();
            Ok(Some(Taken::Settled))
        }
        Err(refusal) => {
            let code = refusal.code.code();
            tracing::warn!(%id, %sender, code, "a recall that was fetched is not believed: {}", refusal.log);
            let is_passing = refusal.code.retry() != RefusalRetry::Never;
            Ok(is_passing.then_some(Taken::Later))
        }
    }
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
