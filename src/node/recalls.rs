//! Asks recipients to give packages of ours back, until they answer.
//!
//! Only the receipt of the recipient says what became of a package: no answer of a relay counts.
//!
//! A request that may not be believed any more is signed anew, as receipts and packages are: when the
//! certificate that signed it has ended, or when it is refused because of it and another one signs since.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::anew::OF_SIGNER;
use super::collect::take_one;
use super::context::{Context, Pair, blocking};
use super::receipts::read_receipt;
use super::wake::wake;
use crate::config::Way;
use crate::link::{Endpoint, SendError};
use crate::package::Recall;
use crate::store::{RecallRow, StoreError};
use crate::transfer::retry_delay;
use crate::types::{Clock, Instant, MessageId, code};
use crate::work;

/// When a relay is given a request again that it keeps: it may have lost it.
const KEPT_AGAIN: SignedDuration = SignedDuration::from_mins(30);

/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Contact shortens a pause at most once in this time.
pub(super) const CONTACT_PAUSE: Duration = Duration::from_mins(1);

/// What became of an attempt.
enum Asked {
    /// A receipt was stored.
    Answered,
    /// It is tried again; a code that says why.
    Waits(String),
    /// The same: the certificate that signed it is not believed.
    NotBelieved(String),
    /// It is where the recipient comes for it, or a receipt is on its way.
    Left(&'static str),
    /// It can never be asked.
    Never,
}

/// The requests to one partner.
pub(super) struct Recalls {
    under_way: JoinSet<MessageId>,
    /// The packages that they ask for.
    asked: BTreeSet<MessageId>,
    /// All are due, whatever their schedule says.
    hurry: bool,
    /// When the next one is due.
    next_at: Option<Timestamp>,
    /// When contact last made all due.
    contact_at: Option<Instant>,
}

impl Default for Recalls {
    fn default() -> Self {
        // Whoever starts the node may just have mended what was in the way.
        Self {
            under_way: JoinSet::new(),
            asked: BTreeSet::new(),
            hurry: true,
            next_at: None,
            contact_at: None,
        }
    }
}

impl Recalls {
    /// Makes the requests that are due; the pause of the queue does not hold for them.
    pub(super) async fn ask(
        &mut self,
        context: &Arc<Context>,
        (office, partner): Pair,
    ) -> Result<(), StoreError> {
        let now = context.now();
        if std::mem::take(&mut self.hurry) {
            context.store.hurry_recalls(office, partner, now).await?;
        }
        for row in context.store.due_recalls(office, partner, now).await? {
            let id = row.package.id;
            if self.asked.insert(id) {
                let asking = ask(Arc::clone(context), row);
                self.under_way.spawn(work::task(async move {
                    asking.await;
                    id
                }));
            }
        }
        self.next_at = context.store.next_recall(office, partner).await?;
        Ok(())
    }

    /// When the next request is due.
    pub(super) const fn next_at(&self) -> Option<Timestamp> {
        self.next_at
    }

    /// Makes all of them due.
    pub(super) const fn hurry(&mut self) {
        self.hurry = true;
    }

    /// The partner was here: makes all of them due, but not for every contact. A request is one for the
    /// other side.
    pub(super) fn in_contact(&mut self) {
        if self.contact_at.is_none_or(|at| at.elapsed() >= CONTACT_PAUSE) {
            self.contact_at = Some(Clock::running());
            self.hurry();
        }
    }

    /// Waits until a request came to its end; what came of it stands in the store. It waits for ever
    /// where none is under way.
    pub(super) async fn one_ended(&mut self) {
        match self.under_way.join_next().await {
            Some(Ok(id)) => {
                self.asked.remove(&id);
            }
            Some(Err(error)) if error.is_panic() => {
                std::panic::resume_unwind(error.into_panic());
            }
            Some(Err(_cut_off)) => {}
            None => std::future::pending().await,
        }
    }

    /// Waits for those that are under way.
    pub(super) async fn all_ended(&mut self) {
        while self.under_way.join_next().await.is_some() {}
    }
}

/// Makes one request.
async fn ask(context: Arc<Context>, row: RecallRow) {
    let id = row.package.id;
    if let Err(error) = ask_as_believed(&context, row).await {
        tracing::error!(%id, code = error.code(), %error, "a request to give back cannot be noted");
        // It is due as before.
        sleep(STORE_PAUSE).await;
    }
}

/// Makes it, and once more where a new signature may help.
async fn ask_as_believed(context: &Arc<Context>, row: RecallRow) -> Result<(), StoreError> {
    let now = context.now();
    let (row, _) = signed_anew(context, row, move |until| until < now).await?;
    let asked = attempt(context, &row).await?;
    if let Asked::NotBelieved(_) = asked
        && let (row, true) = signed_anew(context, row.clone(), |_| true).await?
    {
        let asked = attempt(context, &row).await?;
        return note(context, &row, asked).await;
    }
    note(context, &row, asked).await
}

/// The request, signed anew if another certificate has signed it than that of today, and one whose
/// certificates hold until then is `unfit`. Says whether it was. It says the same as before.
async fn signed_anew(
    context: &Arc<Context>,
    row: RecallRow,
    unfit: impl FnOnce(Timestamp) -> bool + Send + 'static,
) -> Result<(RecallRow, bool), StoreError> {
    let (id, office, now) = (row.package.id, row.package.office, context.now());
    let (shared, former) = (Arc::clone(context), row.der.clone());
    let signed = blocking(move || {
        let (recall, until) = Recall::stated_until(&former).ok()?;
        let proof = shared.proof();
        let today = proof.usable_signer(office, now).ok()?.certificate_sha256();
        let helps = unfit(until) && recall.sender.certificate != Some(today);
        helps.then(|| proof.sign_recall(office, &recall, now).ok()).flatten()
    });
    let Some(der) = signed.await.flatten().map(Bytes::from) else { return Ok((row, false)) };
    if !context.store.renew_recall(id, der.clone()).await? {
        return Ok((row, false));
    }
    tracing::info!(%id, partner = %row.package.partner, "a request to give back was signed anew");
    context.wake.queued.announce();
    Ok((RecallRow { der, ..row }, true))
}

async fn note(context: &Context, row: &RecallRow, asked: Asked) -> Result<(), StoreError> {
    let (id, now) = (row.package.id, context.now());
    let later = |wait| now.checked_add(wait).unwrap_or(Timestamp::MAX);
    match asked {
        // Whatever was answered: the recipient has heard of the number. Whoever cannot be told waits for
        // it as for one that is lost.
        Asked::Answered | Asked::Never if row.number_only => {
            context.store.number_is_settled(id).await
        }
        // Where that was not the last word, it is asked again later.
        Asked::Answered => {
            let under_way = code::RECALL_UNDER_WAY.to_owned();
            context.store.recall_waits(id, under_way, later(KEPT_AGAIN)).await
        }
        Asked::Never => {
            tracing::warn!(%id, partner = %row.package.partner, "no recalls are taken there");
            context.store.recall_failed(id, code::RECALL_UNSUPPORTED, now).await.map(drop)
        }
        Asked::Left(code) => {
            context.store.recall_waits(id, code.to_owned(), later(KEPT_AGAIN)).await
        }
        Asked::Waits(code) | Asked::NotBelieved(code) => {
            let wait = retry_delay(id, row.failures.saturating_add(1));
            context.store.recall_waits(id, code, later(wait)).await
        }
    }
}

async fn attempt(context: &Arc<Context>, row: &RecallRow) -> Result<Asked, StoreError> {
    let partner = row.package.partner;
    let way = {
        let config = context.config();
        config.peer(partner).map(|peer| config.way(peer))
    };
    let relay = context.relay_of(partner);
    match way {
        Some(Way::Direct { .. }) => {
            let Some(endpoint) = context.endpoint(partner) else {
                return Ok(Asked::Waits(code::PEER_UNREACHABLE.to_owned()));
            };
            match put(context, row, &endpoint).await {
                Ok(asked) => Ok(asked),
                Err(Fault::Store(error)) => Err(error),
                Err(Fault::Send(error)) => match relay {
                    Some(relay) if error.is_unreached() && !row.number_only => {
                        at_relay(context, row, &relay).await
                    }
                    _ => Ok(not_now(&error)),
                },
            }
        }
        // It never was there.
        Some(Way::Relay(_)) if row.number_only => Ok(Asked::Never),
        Some(Way::Relay(_)) => match relay {
            Some(relay) => at_relay(context, row, &relay).await,
            None => Ok(Asked::Waits(code::PEER_UNREACHABLE.to_owned())),
        },
        // It comes for it.
        Some(Way::Collect) => Ok(Asked::Left(code::RECALL_ASKED)),
        _ => Ok(Asked::Waits(code::PEER_UNREACHABLE.to_owned())),
    }
}

enum Fault {
    Send(SendError),
    Store(StoreError),
}

impl From<SendError> for Fault {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn not_now(error: &SendError) -> Asked {
    match error {
        SendError::Refused { problem } if OF_SIGNER.contains(&problem.code) => {
            Asked::NotBelieved(format!("{}:{}", error.code(), problem.code))
        }
        SendError::Refused { problem } | SendError::Busy { problem, .. } => {
            Asked::Waits(format!("{}:{}", error.code(), problem.code))
        }
        _ => Asked::Waits(error.code().to_owned()),
    }
}

async fn at_relay(
    context: &Arc<Context>,
    row: &RecallRow,
    relay: &Endpoint,
) -> Result<Asked, StoreError> {
    match put(context, row, relay).await {
        // Whatever a relay answers, it is no word of the recipient.
        Ok(Asked::Never) => Ok(Asked::Never),
        Ok(_) => Ok(Asked::Left(code::RECALL_ASKED)),
        Err(Fault::Store(error)) => Err(error),
        Err(Fault::Send(error)) => Ok(not_now(&error)),
    }
}

/// Hands a request over.
async fn put(context: &Arc<Context>, row: &RecallRow, at: &Endpoint) -> Result<Asked, Fault> {
    let status = context.client.status(at).await?;
    if !status.features.iter().any(|feature| feature == Recall::FEATURE) {
        return Ok(Asked::Never);
    }
    let id = row.package.id;
    let Some(receipt) = context.client.put_recall(at, id, row.der.clone()).await? else {
        wake(&context.wake.collect, &(row.package.office, row.package.partner));
        context.wake.deposited.announce();
        return Ok(Asked::Left(code::RECALL_UNDER_WAY));
    };
    // Its state may be another one since.
    let package = context.store.outgoing(id).await?;
    let pair = (package.office, package.partner);
    match read_receipt(context, &package, receipt).await {
        Ok(read) => {
            if take_one(context, package, read).await? {
                return Ok(Asked::Answered);
            }
            // One before it has not come yet: it is among those that are collected.
            wake(&context.wake.greet, &pair);
            Ok(Asked::Waits(code::RECEIPT_OUT_OF_CHAIN.to_owned()))
        }
        Err(fault) => {
            tracing::warn!(%id, code = fault.code, "the answer to a recall is no receipt for it");
            Ok(Asked::Waits(fault.code.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two offices that ask each other for packages would else call each other without end.
    #[test]
    fn contact_makes_requests_due_now_and_then_alone() {
        let mut recalls = Recalls { hurry: false, ..Recalls::default() };
        recalls.in_contact();
        assert!(recalls.hurry);
        recalls.hurry = false;
        recalls.in_contact();
        assert!(!recalls.hurry, "it was there just now");
        recalls.hurry();
        assert!(recalls.hurry, "a person says so");
    }
}
