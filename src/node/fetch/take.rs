//! One package that waits elsewhere: fetched, opened, and taken like one that a partner put.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::told;
use crate::link::{
    Endpoint, MailboxItem, MailboxItemName, PackageForm, RecallReply, Refusal, SendError,
};
use crate::node::context::Context;
use crate::node::errands::Source;
use crate::node::intake::{self, Bringer, takes_from};
use crate::node::recalled;
use crate::node::refusals::{NotTaken, refuse_store};
use crate::package::CLOCK_TOLERANCE;
use crate::package::sealed::largest;
use crate::store::StoreError;
use crate::types::code::{self, RefusalCode, RefusalRetry};
use crate::types::{Hashed, OfficeNumber};

/// What became of a package on the list.
pub(super) enum Taken {
    /// It is here now.
    Came,
    /// There is nothing to be done with it.
    Settled,
    /// It could not be taken at the moment.
    Later,
}

/// Takes what waits for an office at one place.
pub(super) struct Taker {
    pub(super) context: Arc<Context>,
    pub(super) office: OfficeNumber,
    pub(super) source: Source,
    pub(super) endpoint: Endpoint,
    /// Of so many packages that are here already the receipts may still be put there in this round:
    /// whoever keeps the list says of them what it likes.
    pub(super) anew: AtomicU32,
}

impl Taker {
    pub(super) async fn take(&self, item: MailboxItem) -> Result<Taken, StoreError> {
        let (context, source) = (&self.context, &self.source);
        let (sender, id) = (item.sender, item.message_id);
        // The node of a partner has what its other offices sent too; it is asked for that in their names.
        if matches!(source, Source::Partner(partner) if *partner != sender) {
            return Ok(Taken::Settled);
        }
        // A relay may keep what strangers leave for us.
        if context.config().peer(sender).is_none() || item.expires_at <= context.now() {
            return Ok(Taken::Settled);
        }
        let was_recalled = context.store.was_recalled(sender, id).await?;
        let is_here = was_recalled || context.store.has_incoming(sender, id).await?;
        let is_asked_back = item.recalled && !was_recalled;
        if is_here && !is_asked_back {
            return self.is_here(&item).await;
        }
        if takes_from(context, sender).is_err() || self.is_paused(sender) {
            return Ok(Taken::Later);
        }
        // Where it cannot be had, or is an invented one, the package is one like any other.
        if is_asked_back && let Some(taken) = self.recall(&item, is_here).await? {
            return Ok(taken);
        }
        if is_here {
            return self.is_here(&item).await;
        }
        let unreadable = context.store.unreadable(source.name(), (sender, id), item.sha256);
        if unreadable.await?.is_some() {
            return Ok(Taken::Settled);
        }
        // With a clock in doubt only what was made just now is taken, which confirms it.
        let is_new = id.made_at().duration_since(context.now()).abs() <= CLOCK_TOLERANCE;
        if !is_new && !context.believes_clock() {
            return Ok(Taken::Later);
        }
        let (bytes, form) = match self.fetch(&item).await {
            Ok(fetched) => fetched,
            Err(taken) => return Ok(taken),
        };
        if let (PackageForm::Plain, Source::Relay(_)) = (form, source) {
            self.charge_source(sender, bytes.bytes().len());
            return self.not_taken(&item, Refusal::plain(RefusalCode::NOT_SEALED).into()).await;
        }
        let taken = self.judged(&item, bytes, form).await;
        match taken {
            Ok(()) => {
                self.note(&item).await?;
                context.notices.clear(code::MAILBOX_UNREADABLE, &about(&item));
                let at_source = about_unsigned(&item, &source.name());
                context.notices.clear(code::MAILBOX_UNREADABLE, &at_source);
                Ok(Taken::Came)
            }
            Err(not_taken) => self.not_taken(&item, not_taken).await,
        }
    }

    /// The bytes of a package, or what becomes of one of which they cannot be had.
    async fn fetch(&self, item: &MailboxItem) -> Result<(Hashed, PackageForm), Taken> {
        let (context, source) = (&self.context, &self.source);
        let (sender, id) = (item.sender, item.message_id);
        let most = largest(context.config().limits.package_size);
        let size = usize::try_from(item.size.min(most)).unwrap_or(usize::MAX);
        match context.client.fetch(&self.endpoint, self.office, item, most, &context.grants).await {
            Ok(fetched) => Ok(fetched),
            // What waits no more is not on the list next time.
            Err(SendError::Refused { .. }) => Err(Taken::Settled),
            Err(error @ SendError::Protocol(_)) => {
                tracing::warn!(%id, %sender, code = error.code(), %error, "a package cannot be fetched");
                self.charge_source(sender, size);
                tell_unsigned(context, item, source, error.code());
                Err(Taken::Later)
            }
            Err(error) => {
                tracing::debug!(%id, %sender, code = error.code(), %error, "a package was not fetched");
                // However much of it came: whoever never gives out the last byte has most of it fetched.
                if matches!(error, SendError::Broken(_) | SendError::Timeout(_)) {
                    context.unsigned.came((source.clone(), sender), size);
                }
                Err(Taken::Later)
            }
        }
    }

    /// Whether too much lies here in the name of `sender` that nobody has signed; it is told.
    fn is_paused(&self, sender: OfficeNumber) -> bool {
        let (context, source) = (&self.context, &self.source);
        let about = format!("partner {sender} at {source}");
        if context.unsigned.allows((source.clone(), sender)).is_ok() {
            context.notices.clear(code::MAILBOX_PAUSED, &about);
            return false;
        }
        let texts = told::of_pause(source, sender);
        context.notices.raise(code::MAILBOX_PAUSED, about, texts, context.now());
        true
    }

    /// Takes a package like one that a partner put. Nobody vouches for it but its signature: to whom it is
    /// charged is known by that.
    async fn judged(
        &self,
        item: &MailboxItem,
        body: Hashed,
        form: PackageForm,
    ) -> Result<(), NotTaken> {
        let (context, sender) = (&self.context, item.sender);
        context.store.check().map_err(refuse_store)?;
        let by = Bringer::Place { sender, office: self.office };
        // The memory of it is counted until what was inside is kept.
        let counted = body.clone();
        let taken = intake::take(context, by, item.message_id, (body, form)).await;
        let size = counted.bytes().len();
        drop(counted);
        match taken {
            Ok(intake::Taken::Repeat(_)) => {}
            Ok(intake::Taken::New { rejected: false, .. }) => context.quota.came(sender, size),
            Ok(intake::Taken::New { rejected: true, .. }) => {
                context.quota.came_in_vain(sender, size);
            }
            Err(not_taken) => {
                self.charge(sender, size, &not_taken);
                return Err(not_taken);
            }
        }
        Ok(())
    }

    /// Charges what was not taken to its sender, or to this place where nobody has signed it. What may be
    /// taken later costs the place nothing.
    fn charge(&self, sender: OfficeNumber, size: usize, not_taken: &NotTaken) {
        let quota = &self.context.quota;
        match (not_taken.is_signed, not_taken.is_for_what_is_in_it()) {
            (true, true) => quota.came_in_vain(sender, size),
            (true, false) => quota.came(sender, size),
            (false, is_in_it) if is_in_it || not_taken.is_for_good() => {
                self.charge_source(sender, size);
            }
            (false, _) => {}
        }
    }

    /// Charges this place with what lay here in the name of `sender` and is not right.
    fn charge_source(&self, sender: OfficeNumber, size: usize) {
        self.context.unsigned.came_in_vain((self.source.clone(), sender), size);
    }

    async fn not_taken(
        &self,
        item: &MailboxItem,
        NotTaken { refusal, is_signed }: NotTaken,
    ) -> Result<Taken, StoreError> {
        let (context, name) = (&self.context, self.source.name());
        let (sender, id) = (item.sender, item.message_id);
        let code = refusal.code.code();
        tracing::warn!(%id, %sender, code, "a package that was fetched is not taken: {}", refusal.log);
        if refusal.code.retry() != RefusalRetry::Never {
            return Ok(Taken::Later);
        }
        if is_signed {
            tell(context, item, &name, code);
        } else {
            tell_unsigned(context, item, &self.source, code);
        }
        let now = context.now();
        context.store.is_unreadable(name, (sender, id), item.sha256, code, now).await?;
        Ok(Taken::Settled)
    }

    /// Has the receipts of a package put where it was fetched; says whether that is new.
    async fn note(&self, item: &MailboxItem) -> Result<bool, StoreError> {
        let context = &self.context;
        // Nothing was left there in the time to come.
        let stored_at = item.stored_at.min(context.now());
        let of = (item.sender, item.message_id);
        let noted =
            context.store.was_fetched(self.source.name(), self.office, of, stored_at).await?;
        if noted {
            context.wake.issued.announce();
        }
        Ok(noted)
    }

    /// Has the receipts of a package that is here already put where it waits.
    async fn is_here(&self, item: &MailboxItem) -> Result<Taken, StoreError> {
        if self.anew.load(Ordering::Relaxed) == 0 {
            return Ok(Taken::Later);
        }
        if self.note(item).await? {
            let less = |left: u32| left.checked_sub(1);
            let _ = self.anew.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
        Ok(Taken::Settled)
    }

    /// Decides about a request to give a package back. Whoever tells of it cannot invent it: the sender
    /// has signed it. Nothing where there is none that is right.
    async fn recall(&self, item: &MailboxItem, is_here: bool) -> Result<Option<Taken>, StoreError> {
        let (context, office) = (&self.context, self.office);
        let (sender, id) = (item.sender, item.message_id);
        let of = MailboxItemName { office, sender, id };
        let (decided, size) = match context.client.recall(&self.endpoint, of).await {
            Ok(der) => {
                let size = der.len();
                (recalled::fetched(context, (sender, office), id, der).await, size)
            }
            Err(SendError::Refused { .. }) => return Ok(None),
            Err(error) => {
                tracing::debug!(%id, %sender, code = error.code(), %error, "a recall was not fetched");
                return Ok(Some(Taken::Later));
            }
        };
        match decided {
            Ok(RecallReply::Decided(_) | RecallReply::UnderWay) => {
                // It is known from here on: its sender pays for it once.
                if is_here {
                    context.quota.came(sender, size);
                } else {
                    context.quota.came_in_vain(sender, size);
                }
                // What is being placed may be asked back again and again.
                let is_new = self.note(item).await?;
                Ok(Some(if is_new { Taken::Came } else { Taken::Settled }))
            }
            Err(refusal) => {
                let code = refusal.code.code();
                tracing::warn!(%id, %sender, code, "a recall that was fetched is not believed: {}", refusal.log);
                if refusal.code.retry() != RefusalRetry::Never {
                    return Ok(Some(Taken::Later));
                }
                // Whoever keeps one that is not right, or of another time, may show it again and again.
                self.charge_source(sender, size);
                Ok(None)
            }
        }
    }
}

fn about(item: &MailboxItem) -> String {
    format!("partner {} package {}", item.sender, item.message_id)
}

/// Tells a person of a package that cannot be taken although its sender has signed it.
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

fn about_unsigned(item: &MailboxItem, source: &str) -> String {
    format!("partner {} at {source}", item.sender)
}

/// Tells a person of what lies somewhere in the name of a partner and was signed by nobody. The partner
/// may know nothing of it, and of each name it is told once: whoever keeps such things makes as many as
/// they like.
fn tell_unsigned(context: &Context, item: &MailboxItem, source: &Source, code: &'static str) {
    let (about, texts) =
        (about_unsigned(item, &source.name()), told::of_unsigned(source, item, code));
    context.notices.raise(code::MAILBOX_UNREADABLE, about, texts, context.now());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::at_rest::AtRest;
    use crate::types::Digest;

    /// A relay may say as often as it likes that what is here was left with it anew.
    #[tokio::test]
    async fn receipts_go_once_more_to_the_same_place_only_so_often() {
        let node = AtRest::new().await;
        let (context, now) = (Arc::clone(&node.context), node.context.now());
        let day = jiff::SignedDuration::from_hours(24);
        let id = node.came().await;
        let url = "https://relay.test:8480".parse::<crate::types::PeerUrl>().expect("an address");
        let source = Source::Relay(url.clone());
        let taker = Taker {
            context,
            office: node.office,
            source: source.clone(),
            endpoint: Endpoint::of_relay(url),
            anew: 2.into(),
        };
        let item = MailboxItem {
            position: 1,
            message_id: id,
            sender: node.partner,
            size: 7,
            sha256: Digest::of(b"sealed"),
            sealed: true,
            expires_at: now + day,
            stored_at: now + day,
            recalled: false,
        };
        let store = &node.context.store;
        let due = async || {
            let due = store.due_receipts(source.name(), node.office, 9).await.expect("read");
            for receipt in &due {
                store.receipt_was_put(source.name(), receipt, true).await.expect("noted");
            }
            due.len()
        };
        for _ in 0..2 {
            let taken = taker.take(item.clone()).await.expect("taken");
            assert!(matches!(taken, Taken::Settled));
            assert_eq!(due().await, 1);
        }
        assert!(matches!(taker.take(item).await.expect("taken"), Taken::Later));
        assert_eq!(due().await, 0);
    }

    /// The node of one partner says nothing in the name of another.
    #[tokio::test]
    async fn a_partner_has_nothing_of_others_for_us() {
        let node = AtRest::new().await;
        let (context, now) = (Arc::clone(&node.context), node.context.now());
        let url = "https://127.0.0.1:9".parse::<crate::types::PeerUrl>().expect("an address");
        let taker = Taker {
            context,
            office: node.office,
            source: Source::Partner(node.office),
            endpoint: Endpoint::of_office(url, node.partner),
            anew: 2.into(),
        };
        let item = MailboxItem {
            position: 1,
            message_id: crate::types::MessageId::new(now),
            sender: node.partner,
            size: 7,
            sha256: Digest::of(b"invented"),
            sealed: false,
            expires_at: now + jiff::SignedDuration::from_hours(24),
            stored_at: now,
            recalled: false,
        };
        // It is not even asked for: nobody listens there, which would be looked at again later.
        assert!(matches!(taker.take(item).await.expect("taken"), Taken::Settled));
    }
}
