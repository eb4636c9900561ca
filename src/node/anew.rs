//! Packages that wait and that no partner takes any more as they are: signed with a certificate that
//! has ended or was replaced since, or made while the clock was wrong. They are made anew from their
//! own bytes, under another id, with the same number, and name the one whose place they take.
//!
//! A package is put as it is first: a partner that has it already answers with its receipt. Only when
//! it is refused, and no receipt of it waits at the partner, is it made anew, and only where that
//! helps, so that it never happens twice for one reason.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::context::{Context, blocking};
use super::outbound::packed;
use super::wake::wake;
use crate::link::{Endpoint, SendError};
use crate::package::{CLOCK_TOLERANCE, Manifest, Package, Party, open};
use crate::store::{NewOutgoing, OutgoingRow, StoreError, UnitSummary};
#[cfg(test)]
use crate::types::Plant;
use crate::types::{Digest, Hashed, MessageId, PeerUrl, code};

/// What partners say of a certificate that signed a package, or a request.
pub(super) const OF_SIGNER: [&str; 12] = [
    code::CERTIFICATE_EXPIRED,
    code::CERTIFICATE_NOT_YET_VALID,
    code::CERTIFICATE_REVOKED,
    code::CERTIFICATE_UNKNOWN,
    code::CERTIFICATE_UNREADABLE,
    code::CERTIFICATE_VERSION,
    code::CERTIFICATE_WEAK_KEY,
    code::CERTIFICATE_WEAK_SIGNATURE,
    code::CERTIFICATE_WRONG_OFFICE,
    code::CERTIFICATE_WRONG_USAGE,
    code::REVOCATION_UNKNOWN,
    code::SIGNER_MISMATCH,
];

/// Pages of a partner's receipts that are looked through for one.
const MOST_PAGES: usize = 20;

/// What came of the wish to make a package anew.
#[derive(Debug)]
pub(super) enum Anew {
    /// Another one stands in its place.
    Made,
    /// It would not help, or is not needed.
    Needless,
    /// Whether it is there already could not be asked, for this reason.
    Unknown(SendError),
}

/// Puts a new package in the place of one that the partner refused, or the relay, if that one may be
/// taken.
pub(super) async fn made(
    context: &Arc<Context>,
    row: &OutgoingRow,
    package: Hashed,
    (error, relay): (&SendError, Option<&PeerUrl>),
) -> Result<Anew, StoreError> {
    #[cfg(test)]
    if Plant::RetryWithNewId.is_there() && error.is_passing() {
        return made_at_once(context, row, package).await;
    }
    let SendError::Refused { problem } = error else { return Ok(Anew::Needless) };
    let is_of_signer = OF_SIGNER.contains(&problem.code);
    let now = context.now();
    // One whose time is over was put for the last time.
    if !is_of_signer && problem.code != code::CLOCK_AHEAD || row.expires_at <= now {
        return Ok(Anew::Needless);
    }
    let Some(set) = context.store.packed_set(row.id).await? else { return Ok(Anew::Needless) };
    let (shared, former) = (Arc::clone(context), row.clone());
    let made = blocking(move || {
        let package = match open(package, &shared.package_limits()) {
            Ok(package) => package,
            Err(fault) => {
                tracing::warn!(id = %former.id, code = fault.code(), "it cannot be made anew");
                return None;
            }
        };
        let signer = Arc::clone(shared.proof().usable_signer(former.office, now).ok()?);
        let certificate = signer.certificate_sha256();
        let helps = if is_of_signer {
            package.manifest().sender.certificate != Some(certificate)
        } else {
            shared.time.believes(now) && is_of_future(package.manifest(), now)
        };
        let manifest = helps.then(|| successor(&shared, &package, certificate, now))?;
        let files: Vec<&[u8]> = package.files().map(|(_, bytes)| bytes.as_ref()).collect();
        match packed(&manifest, &files, &signer, now) {
            Ok((package, manifest_sha256)) => Some((manifest, package, manifest_sha256)),
            Err(error) => {
                tracing::warn!(id = %former.id, %error, "a package cannot be made anew");
                None
            }
        }
    });
    let Some((manifest, package, manifest_sha256)) = made.await.flatten() else {
        return Ok(Anew::Needless);
    };
    match has_receipt(context, row, relay).await? {
        Ok(false) => {}
        Ok(true) => {
            // It is there: a partner that judges the signature first does not say so.
            wake(&context.wake.greet, &(row.office, row.partner));
            return Ok(Anew::Needless);
        }
        // The first refusal says more than that of a question.
        Err(error) if error.is_refusal() => return Ok(Anew::Needless),
        Err(error) => return Ok(Anew::Unknown(error)),
    }
    let new = in_place_of(row, set.unit, &manifest, (&package, manifest_sha256));
    let id = new.id;
    if !context.store.supersede(row.id, new, now).await? {
        return Ok(Anew::Needless);
    }
    tracing::info!(%id, supersedes = %row.id, partner = %row.partner, code = problem.code,
        "a package that was refused was made anew");
    Ok(Anew::Made)
}

/// The same for no reason: a defect on purpose.
#[cfg(test)]
async fn made_at_once(
    context: &Arc<Context>,
    row: &OutgoingRow,
    package: Hashed,
) -> Result<Anew, StoreError> {
    let now = context.now();
    let set = context.store.packed_set(row.id).await?;
    let proof = context.proof();
    let opened = open(package, &context.package_limits());
    let (Some(set), Ok(package), Ok(signer)) = (set, opened, proof.usable_signer(row.office, now))
    else {
        return Ok(Anew::Needless);
    };
    let manifest = successor(context, &package, signer.certificate_sha256(), now);
    let files: Vec<&[u8]> = package.files().map(|(_, bytes)| bytes.as_ref()).collect();
    let Ok((package, manifest_sha256)) = packed(&manifest, &files, signer, now) else {
        return Ok(Anew::Needless);
    };
    let new = in_place_of(row, set.unit, &manifest, (&package, manifest_sha256));
    let done = context.store.supersede(row.id, new, now).await?;
    Ok(if done { Anew::Made } else { Anew::Needless })
}

/// Whether the partner has issued a receipt about a package that was not collected yet: an earlier
/// attempt may have arrived although its answer did not. `true` as well where there are so many that
/// they have to be collected first.
async fn has_receipt(
    context: &Arc<Context>,
    row: &OutgoingRow,
    relay: Option<&PeerUrl>,
) -> Result<Result<bool, SendError>, StoreError> {
    let direct = context.endpoint(row.partner);
    let Some(relay) = relay else {
        // Without an address it was taken out of the configuration a moment ago, and this task ends.
        let Some(endpoint) = direct else { return Ok(Ok(true)) };
        return has_receipt_there(context, row, &endpoint).await;
    };
    let after = context.store.relay_cursor(row.office, relay).await?;
    let kept = is_listed(context, row, &Endpoint::of_relay(relay.clone()), after).await;
    match (kept, direct) {
        // It may have gone the other way before.
        (Ok(false), Some(endpoint)) => match has_receipt_there(context, row, &endpoint).await? {
            // Who is away for good must not keep it from going by the relay.
            Err(SendError::Unreachable(_)) => Ok(Ok(false)),
            answer => Ok(answer),
        },
        (answer, _) => Ok(answer),
    }
}

/// The same of the partner's own node.
async fn has_receipt_there(
    context: &Arc<Context>,
    row: &OutgoingRow,
    endpoint: &Endpoint,
) -> Result<Result<bool, SendError>, StoreError> {
    let after = context.store.receipt_cursor(row.office, row.partner).await?;
    Ok(is_listed(context, row, endpoint, after).await)
}

/// Whether a receipt about a package stands in one of the pages behind a position.
async fn is_listed(
    context: &Arc<Context>,
    row: &OutgoingRow,
    endpoint: &Endpoint,
    mut after: u64,
) -> Result<bool, SendError> {
    for _ in 0..MOST_PAGES {
        let page = context.client.receipts(endpoint, row.office, after, Duration::ZERO).await?;
        if page.receipts.iter().any(|entry| entry.message_id == row.id) {
            return Ok(true);
        }
        if page.receipts.is_empty() || page.next <= after {
            return Ok(false);
        }
        after = page.next;
    }
    Ok(true)
}

/// Whether a package was made at a time that is still to come.
fn is_of_future(manifest: &Manifest, now: Timestamp) -> bool {
    manifest.created_at.duration_since(now) > CLOCK_TOLERANCE
}

/// The row of a package that takes the place of another one.
fn in_place_of(
    row: &OutgoingRow,
    unit: UnitSummary,
    manifest: &Manifest,
    (package, manifest_sha256): (&Hashed, Digest),
) -> NewOutgoing {
    NewOutgoing {
        id: manifest.message_id,
        office: row.office,
        partner: row.partner,
        sequence: row.sequence,
        serial: row.serial,
        unit,
        by_hand: None,
        expires_at: manifest.expires_at,
        package_sha256: package.sha256(),
        manifest_sha256,
        package: package.bytes().clone(),
    }
}

/// The manifest of the package that takes the place of `former`. It gives up when that one would
/// have, unless that time was a wrong one.
fn successor(context: &Context, former: &Package, certificate: Digest, now: Timestamp) -> Manifest {
    let manifest = former.manifest();
    let latest = now.checked_add(context.config().timing.expiry).unwrap_or(Timestamp::MAX);
    Manifest {
        message_id: MessageId::new(now),
        sender: Party { certificate: Some(certificate), ..manifest.sender.clone() },
        created_at: now,
        expires_at: manifest.expires_at.min(latest),
        supersedes: Some(manifest.message_id),
        ..manifest.clone()
    }
}
