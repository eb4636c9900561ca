//! Leaves packages with a relay, sealed to their recipients.

use std::sync::Arc;

use jiff::Timestamp;

use super::clock::local_time;
use super::context::Context;
use super::sealing::{key_of, sealed_to};
use crate::link::{Endpoint, SendError};
use crate::package::sealed::SealError;
use crate::package::{CLOCK_TOLERANCE, RelayAcceptance};
use crate::store::{NewDeposit, OutgoingRow};
use crate::types::{Hashed, PeerUrl, code};

/// Why a package is not with the relay.
#[derive(Debug)]
pub(super) enum NotLeft {
    /// Nobody knows a key of the recipient to which it could be sealed.
    NoKey,
    /// It cannot be sealed: a fault of ours, by its code.
    Seal(&'static str),
    /// The relay was not reached, or refuses.
    Send(SendError),
    /// What the relay answered is no word of this relay about this package, by its code.
    Acceptance(&'static str),
}

/// Leaves a package with a relay of ours.
pub(super) async fn leave(
    context: &Arc<Context>,
    row: &OutgoingRow,
    package: Hashed,
    relay: &PeerUrl,
) -> Result<NewDeposit, NotLeft> {
    let key = key_of(context, row.partner).await.ok_or(NotLeft::NoKey)?;
    let key_id = key.key_id.clone();
    let (limits, now) = (context.package_limits(), context.now());
    let sealed = sealed_to(context, package, key, now).await;
    let sealed = sealed.ok_or(NotLeft::Seal(code::INTERNAL))?.map_err(|fault| {
        tracing::warn!(%fault, "a package cannot be sealed");
        NotLeft::Seal(match fault {
            SealError::Package(fault) => fault.code(),
            _ => code::NO_SEALING_KEY,
        })
    })?;
    let endpoint = Endpoint::of_relay(relay.clone());
    let reply = context.client.deposit(&endpoint, row.id, &sealed).await.map_err(NotLeft::Send)?;
    let config = context.config();
    let known = config.relay(relay).map(|relay| relay.signing_certificates.clone());
    let known = known.unwrap_or_default();
    let is_known = |sha256: &_| known.contains(sha256);
    let opened = RelayAcceptance::open(&reply.acceptance, &limits, is_known, context.now());
    let accepted = opened.map_err(|fault| NotLeft::Acceptance(fault.code()))?;
    // Of one that it had before, the relay names the sealing that came first.
    let is_this = accepted.message_id == row.id
        && (accepted.sender, accepted.recipient) == (row.office, row.partner)
        && accepted.package_sha256 == row.package_sha256
        && (reply.repeated || accepted.sealed_sha256 == sealed.sha256());
    if !is_this {
        return Err(NotLeft::Acceptance(code::RECEIPT_MISMATCH));
    }
    // Of one that it had and keeps no longer, it has nothing but its former word.
    if accepted.expires_at <= context.now() {
        return Err(NotLeft::Acceptance(code::PACKAGE_EXPIRED));
    }
    if !reply.repeated {
        look_at_clock(context, relay, accepted.at);
    }
    Ok(NewDeposit {
        relay: relay.clone(),
        key_id,
        expires_at: accepted.expires_at,
        acceptance: reply.acceptance,
    })
}

/// Tells of a relay whose time does not fit ours: it may keep things for too long or not long enough.
fn look_at_clock(context: &Context, relay: &PeerUrl, at: Timestamp) {
    if !context.believes_clock() {
        return;
    }
    let (now, about) = (context.now(), format!("relay {relay}"));
    if now.duration_since(at).abs() <= CLOCK_TOLERANCE {
        context.notices.clear(code::RELAY_CLOCK_DIFFERS, &about);
        return;
    }
    let [theirs, ours] = [at, now].map(local_time);
    let ja = format!(
        "中継サーバー {relay} の時計は {theirs}、こちらの時計は {ours} です。こちらの日付と時刻が正しければ、中継サーバーの管理者に知らせてください。"
    );
    let en = format!(
        "the clock of the relay {relay} shows {theirs} and ours {ours}; if ours is right, tell the operator of the relay"
    );
    context.notices.raise(code::RELAY_CLOCK_DIFFERS, about, (ja, en), now);
}
