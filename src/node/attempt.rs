//! One attempt to send a package: to the partner's own node or to the relay, and what came of it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::SignedDuration;

use super::anew::{self, Anew};
use super::context::{Context, Pair, log_store_fault};
use super::expiry::sign_expiry;
use super::leave::{NotLeft, leave};
use super::notices;
use super::receipts::{NotTaken, Read, look_at_clock, read_first_receipt};
use super::refused::to_do_about_certificate;
use super::sealing;
use super::wake::wake;
use crate::link::{Endpoint, Problem, SendError};
use crate::package::{Manifest, ManifestFormat};
use crate::store::{NewReceipt, OutgoingRow, StoreError};
use crate::transfer::{Failure, Outgoing, OutgoingEvent};
use crate::types::code::{self, RefusalCode};
use crate::types::{Hashed, MessageId, PeerUrl};

/// How long to wait for the end of the task where the partner is not in the configuration any more.
const GONE_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// How long to leave a package alone that is being taken back.
const TAKEN_BACK_PAUSE: Duration = Duration::from_millis(50);

/// Whether the partner, or the relay, was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    Done,
    LeftOut,
}

/// What one attempt came to.
pub(super) struct Attempt {
    pub(super) id: MessageId,
    pub(super) result: Result<Outgoing, StoreError>,
    /// Where nobody was asked, nothing is known of the partner.
    pub(super) asking: Asking,
    /// What was in the way is in the way of every other package too.
    pub(super) blocks: bool,
    /// The partner named the time of the next one.
    pub(super) asked: bool,
    /// The partner's own node could not be reached, and the relay was tried.
    pub(super) direct_failed: bool,
}

impl Attempt {
    /// One after which others go on as before.
    const fn ended(id: MessageId, result: Result<Outgoing, StoreError>) -> Self {
        Self { id, result, asking: Asking::Done, blocks: false, asked: false, direct_failed: false }
    }
}

/// An attempt that panics is one that failed: its package waits, behind those that can be sent.
pub(super) async fn guarded(
    context: Arc<Context>,
    id: MessageId,
    attempt: impl Future<Output = Attempt>,
) -> Attempt {
    match AssertUnwindSafe(attempt).catch_unwind().await {
        Ok(attempt) => attempt,
        Err(_told_by_the_hook) => {
            let event = OutgoingEvent::Failed(Failure::Refused);
            let (detail, now) = (code::INTERNAL.to_owned(), context.now());
            let result = context.store.outgoing_event(id, event, detail, None, now).await;
            Attempt::ended(id, result.map(|transition| transition.after))
        }
    }
}

/// Sends one package: to the partner's own node, unless that could not be reached `lately`, and where
/// it cannot be to the relay.
pub(super) async fn attempt(context: Arc<Context>, row: OutgoingRow, lately: bool) -> Attempt {
    let id = row.id;
    if !context.unsent.begin(id) {
        // A person takes it back at this moment.
        tokio::time::sleep(TAKEN_BACK_PAUSE).await;
        return Attempt { asking: Asking::LeftOut, ..Attempt::ended(id, Ok(row.state)) };
    }
    // One whose time is over is put once more: its receipt may have been lost on the way.
    let package = match context.store.outgoing_package(id).await {
        Ok(package) => package,
        // What the disk has lost waits as if it was refused, behind those that can be sent.
        Err(error) if error.is_about_one_package() => {
            tracing::error!(%id, code = error.code(), %error, "a stored package cannot be read");
            let event = OutgoingEvent::Failed(Failure::Refused);
            let (detail, now) = (error.code().to_owned(), context.now());
            let result = context.store.outgoing_event(id, event, detail, None, now).await;
            return Attempt::ended(id, result.map(|transition| transition.after));
        }
        Err(error) => return Attempt::ended(id, Err(error)),
    };
    let relay = context.relay_of(row.partner).map(|relay| relay.url);
    let endpoint = context.endpoint(row.partner).filter(|_| relay.is_none() || !lately);
    if let (None, Some(relay)) = (&endpoint, &relay) {
        return leave_with(&context, &row, package, relay).await;
    }
    let Some(endpoint) = endpoint else {
        // It was taken out of the configuration a moment ago, and this task ends.
        let (state, now) = (row.state, context.now());
        let next_at = now.checked_add(GONE_PAUSE).unwrap_or(now);
        let result = Ok(match state {
            Outgoing::Queued { failures, .. } => Outgoing::Queued { failures, next_at },
            other => other,
        });
        return Attempt { blocks: true, ..Attempt::ended(id, result) };
    };
    let mut answer = match unread_there(&context, &row, &endpoint).await {
        Some(error) => Err(error),
        None => sealing::put(&context, &row, &endpoint, package.clone()).await,
    };
    if let (Err(error), Some(relay)) = (&answer, &relay)
        && error.is_unreached()
    {
        tracing::debug!(%id, code = error.code(), "the partner is not reached, the relay is");
        let left = leave_with(&context, &row, package, relay).await;
        return Attempt { direct_failed: true, ..left };
    }
    if let Err(error) = answer {
        answer = match made_anew(&context, &row, package, (error, None)).await {
            Some(error) => Err(error),
            None => return Attempt::ended(id, Ok(Outgoing::Superseded)),
        };
    }
    let asked = matches!(&answer, Err(SendError::Busy { retry_after: Some(_), .. }));
    let reached = answer.as_ref().err().is_none_or(SendError::is_refusal);
    let (event, detail, receipt, blocks) = match answer {
        Ok(reply) => match read_first_receipt(&context, &row, reply.receipt).await {
            Ok(Read { event, receipt, codes, .. }) => {
                look_at_clock(&context, &row, receipt.at);
                (event, codes, Some(receipt), false)
            }
            Err(NotTaken { code, is_passing }) => {
                if is_passing {
                    // Among the partner's receipts there may be one that is signed anew.
                    wake(&context.wake.greet, &(row.office, row.partner));
                }
                tracing::warn!(%id, partner = %row.partner, code,
                    "the partner's answer is no receipt for this package");
                (OutgoingEvent::Failed(Failure::Refused), code.to_owned(), None, false)
            }
        },
        Err(error) => failed(&context, &row, &error, None),
    };
    let over = [(reached, code::PARTNER_UNREACHABLE), (detail.is_empty(), code::PARTNER_REFUSES)];
    for (_, code) in over.into_iter().filter(|(is_over, _)| *is_over) {
        context.notices.clear(code, &about((row.office, row.partner)));
    }
    let result = noted(&context, &row, event, detail, receipt).await;
    Attempt { blocks, asked, ..Attempt::ended(id, result) }
}

/// Writes what came of an attempt.
async fn noted(
    context: &Arc<Context>,
    row: &OutgoingRow,
    event: OutgoingEvent,
    detail: String,
    receipt: Option<NewReceipt>,
) -> Result<Outgoing, StoreError> {
    let (id, now) = (row.id, context.now());
    let result = context.store.outgoing_event(id, event, detail, receipt, now).await;
    match result {
        Ok(transition) => {
            let state = transition.after;
            if transition.expires() {
                sign_expiry(context, row).await;
            }
            if matches!(state, Outgoing::Queued { .. }) {
                tracing::debug!(%id, partner = %row.partner, "a package waits for its next attempt");
            } else {
                tracing::info!(%id, partner = %row.partner, state = state.state().as_str(),
                    "an attempt ended");
            }
            Ok(state)
        }
        Err(error) => Err(error),
    }
}

/// Has another package take the place of one that was refused. Where it does not, why this one waits: for
/// what it was refused, or because it could not be asked what became of it.
async fn made_anew(
    context: &Arc<Context>,
    row: &OutgoingRow,
    package: Hashed,
    (error, relay): (SendError, Option<&PeerUrl>),
) -> Option<SendError> {
    match anew::made(context, row, package, (&error, relay)).await {
        Ok(Anew::Made) => None,
        Ok(Anew::Needless) => Some(error),
        // It is tried again as soon as one that could not be reached.
        Ok(Anew::Unknown(error)) => Some(error),
        Err(fault) => {
            log_store_fault(&fault, "a package cannot be made anew");
            Some(error)
        }
    }
}

/// Leaves a package with the relay, and writes what came of it.
async fn leave_with(
    context: &Arc<Context>,
    row: &OutgoingRow,
    package: Hashed,
    relay: &PeerUrl,
) -> Attempt {
    let (id, partner, about) = (row.id, row.partner, about((row.office, row.partner)));
    let mut fault = match leave(context, row, package.clone(), relay).await {
        Ok(deposit) => {
            let stored = context.store.deposited(id, deposit, context.now()).await;
            for code in [code::PARTNER_UNREACHABLE, code::PARTNER_REFUSES, code::NO_SEALING_KEY] {
                context.notices.clear(code, &about);
            }
            tracing::info!(%id, %partner, %relay, "the relay keeps a package");
            context.wake.deposited.announce();
            return Attempt::ended(id, stored.map(|transition| transition.after));
        }
        Err(fault) => fault,
    };
    if let NotLeft::Send(error) = fault {
        fault = match made_anew(context, row, package, (error, Some(relay))).await {
            Some(error) => NotLeft::Send(error),
            None => return Attempt::ended(id, Ok(Outgoing::Superseded)),
        };
    }
    let asked = matches!(&fault, NotLeft::Send(SendError::Busy { retry_after: Some(_), .. }));
    let (event, detail, receipt, blocks) = match &fault {
        NotLeft::NoKey => {
            let texts = (
                format!(
                    "相手 {partner} の封かん用の鍵が分からないため、中継サーバーに預けられません。相手から新しい事業所カードを受け取り、renkei partner add で登録してください。登録すると自動で送ります。"
                ),
                format!(
                    "no key of the partner {partner} is known to which packages could be sealed, so nothing is left with the relay; get its new card and register it (renkei partner add). They are sent by themselves then"
                ),
            );
            context.notices.raise(code::NO_SEALING_KEY, about, texts, context.now());
            let refused = OutgoingEvent::Failed(Failure::Refused);
            (refused, code::NO_SEALING_KEY.to_owned(), None, true)
        }
        NotLeft::Send(SendError::Refused { problem })
            if problem.code == RefusalCode::NOT_OUR_PACKAGE.code() =>
        {
            // It may come to know the partner any time.
            let texts = (
                format!(
                    "中継サーバー {relay} は、相手 {partner} をまだ知りません。相手がこの中継サーバーにつなぐと（または登録されると）、自動で送ります。続く場合は、相手と中継サーバーの管理者に確かめてください。"
                ),
                format!(
                    "the relay {relay} does not know the partner {partner} yet; packages go by themselves when the partner has connected there or is registered. If it goes on, ask the partner and the operator of the relay"
                ),
            );
            context.notices.raise(code::PARTNER_REFUSES, about, texts, context.now());
            let detail = format!("{}:{}", code::PEER_REFUSES, problem.code);
            let failed = Failure::Unreachable { retry_after: None };
            (OutgoingEvent::Failed(failed), detail, None, true)
        }
        NotLeft::Send(error) => failed(context, row, error, Some(relay)),
        NotLeft::Seal(code) | NotLeft::Acceptance(code) => {
            tracing::warn!(%id, %partner, %relay, code, "a package is not left with the relay");
            (OutgoingEvent::Failed(Failure::Refused), (*code).to_owned(), None, false)
        }
    };
    let result = noted(context, row, event, detail, receipt).await;
    Attempt { blocks, asked, ..Attempt::ended(id, result) }
}

/// What keeps attachments from a partner whose node does not read them: they are not even put to it,
/// and wait for a person as if it had refused them.
async fn unread_there(
    context: &Context,
    row: &OutgoingRow,
    endpoint: &Endpoint,
) -> Option<SendError> {
    if row.sequence < Manifest::FIRST_ATTACHMENT {
        return None;
    }
    match context.client.status(endpoint).await {
        Ok(status) if status.formats.iter().any(|one| one == ManifestFormat::ATTACHMENTS) => None,
        Ok(_) => Some(SendError::Refused { problem: Problem::of(RefusalCode::UNSUPPORTED_FORMAT) }),
        Err(error) => Some(error),
    }
}

/// What a failed attempt means, and whether it blocks the packages behind it.
fn failed(
    context: &Context,
    row: &OutgoingRow,
    error: &SendError,
    relay: Option<&PeerUrl>,
) -> (OutgoingEvent, String, Option<NewReceipt>, bool) {
    let retry_after = match error {
        SendError::Busy { retry_after, .. } => {
            retry_after.and_then(|wait| SignedDuration::try_from(wait).ok())
        }
        _ => None,
    };
    let is_for_good = error.is_for_good();
    let failure = if error.is_passing() {
        Failure::Unreachable { retry_after }
    } else if is_for_good {
        Failure::RefusedForGood
    } else {
        Failure::Refused
    };
    let detail = match error {
        SendError::Refused { problem } | SendError::Busy { problem, .. } => {
            format!("{}:{}", error.code(), problem.code)
        }
        _ => error.code().to_owned(),
    };
    if is_for_good {
        // The hold folder and its list tell people, one by one.
        tracing::warn!(id = %row.id, partner = %row.partner, code = detail,
            "the partner will never take a package as it is: it is not sent again by itself");
        return (OutgoingEvent::Failed(failure), detail, None, error.holds_up_others());
    }
    tracing::debug!(id = %row.id, partner = %row.partner, code = error.code(),
        "a package could not be sent; it is tried again");
    let (code, (ja, en)) = if error.is_refusal() {
        (code::PARTNER_REFUSES, ("が受け取りません", "refuses packages"))
    } else {
        (code::PARTNER_UNREACHABLE, ("につながりません", "cannot be reached"))
    };
    let partner = row.partner;
    let (ja, en) = match error {
        SendError::Tls { certificate: Some((sha256, why)), .. } if relay.is_none() => {
            let (ja, en) = to_do_about_certificate(why, "tls_certificates");
            (
                format!(
                    "相手の事業所 {partner} の接続先から届いた証明書（SHA-256 {sha256}）を受け付けていません（{why}）。{ja}直ると自動で送り直します。"
                ),
                format!(
                    "the certificate that answered for the partner {partner} (SHA-256 {sha256}) is not accepted ({why}); {en} It goes on by itself then"
                ),
            )
        }
        _ if let Some(relay) = relay => (
            format!(
                "中継サーバー {relay} {ja}（{detail}。相手 {partner} に送るもの）。自動で送り直しますが、続く場合は中継サーバーの管理者に確かめてください。"
            ),
            format!(
                "the relay {relay} {en} ({detail}; for the partner {partner}); it is tried again, but ask its operator if it goes on"
            ),
        ),
        _ => (
            format!(
                "相手の事業所 {partner} {ja}（{detail}）。自動で送り直しますが、続く場合は相手に確かめてください。"
            ),
            format!(
                "the partner {partner} {en} ({detail}); it is tried again, but ask there if it goes on"
            ),
        ),
    };
    // It is one or the other.
    let other = if code == code::PARTNER_REFUSES {
        code::PARTNER_UNREACHABLE
    } else {
        code::PARTNER_REFUSES
    };
    context.notices.clear(other, &about((row.office, partner)));
    context.notices.raise(code, about((row.office, partner)), (ja, en), context.now());
    (OutgoingEvent::Failed(failure), detail, None, error.holds_up_others())
}

/// The pair as notices name it.
pub(super) fn about((office, partner): Pair) -> String {
    notices::of_pair(office, partner)
}
