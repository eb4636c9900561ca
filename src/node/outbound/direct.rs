//! Sets that a program hands over by itself, and not by way of the drop folder: they are judged while
//! it waits, and become packages in one step with the key by which it knows them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::context::Context;
use super::super::judge::Judgement;
use super::super::past;
use super::super::wake::wake;
use super::fault::OutboundFault;
use super::key::UnitKey;
use super::pack::{Named, signed};
use super::take::{GoodSet, JudgedSet, beyond, for_partner};
use crate::folder::ClaimedFile;
use crate::rules::Report;
use crate::store::{SendKey, Sent, StoreError};
use crate::types::{FileSerial, Lang, MessageId, OfficeNumber};

/// A set to be sent.
#[derive(Debug)]
pub struct SendOrder {
    /// The names and bytes of its files.
    pub files: Vec<(String, Vec<u8>)>,
    /// Only if it is of this office of ours.
    pub office: Option<OfficeNumber>,
    /// By what it is known when it comes again.
    pub key: SendKey,
}

/// A set that was sent: it is a durable package.
#[derive(Debug)]
pub struct SentSet {
    /// The package.
    pub id: MessageId,
    /// Our office.
    pub office: OfficeNumber,
    /// The recipient.
    pub partner: OfficeNumber,
    /// The 連番.
    pub serial: FileSerial,
    /// Whether it was sent with the same key before, and nothing was done now.
    pub before: bool,
    /// What the rules say of the files; not of those that were sent before.
    pub report: Option<Box<Report>>,
}

/// Why a set was not sent.
#[derive(Debug)]
pub enum NotSent {
    /// The files are not those of one send unit.
    NotOneSet,
    /// The sender is no office of ours, or not the one that may be sent for.
    OtherOffice(OfficeNumber),
    /// The rules, or the configuration, keep it back.
    Refused {
        /// Codes of rules or of the fault, joined with commas.
        codes: String,
        /// What no rule knows, in words: Japanese and English.
        why: Option<[String; 2]>,
        /// What the rules say.
        report: Option<Box<Report>>,
    },
    /// Other files were sent with this key.
    KeyReused,
    /// The certificate of the office is not valid, or the clock is in doubt.
    CannotSign,
    /// The store cannot take it now.
    Store(StoreError),
    /// A fault of the program.
    Internal,
}

impl From<OutboundFault> for NotSent {
    fn from(fault: OutboundFault) -> Self {
        match fault {
            OutboundFault::Store(error) => Self::Store(error),
            other => {
                tracing::warn!(code = other.code(), fault = %other, "a set cannot be packed");
                Self::Internal
            }
        }
    }
}

impl From<StoreError> for NotSent {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl NotSent {
    fn refused(judgement: &Judgement) -> Self {
        let why = |lang| judgement.fault_text(lang).map(str::to_owned);
        Self::Refused {
            codes: judgement.codes(),
            why: why(Lang::Ja).zip(why(Lang::En)).map(|(ja, en)| [ja, en]),
            report: judgement.masked_report().map(Box::new),
        }
    }
}

/// Judges, signs and queues a set.
pub(in super::super) async fn send(
    context: &Arc<Context>,
    order: SendOrder,
) -> Result<SentSet, NotSent> {
    let SendOrder { files, office: only, key } = order;
    let (serial, office, partner) = way(&files).ok_or(NotSent::NotOneSet)?;
    let is_ours = context.config().office(office).is_some();
    if !is_ours || only.is_some_and(|only| only != office) {
        return Err(NotSent::OtherOffice(office));
    }
    let sent = |id, before, report| SentSet { id, office, partner, serial, before, report };
    match context.store.sent_with(key.clone()).await? {
        Some(Sent::As(id)) => return Ok(sent(id, true, None)),
        Some(Sent::Otherwise) => return Err(NotSent::KeyReused),
        None => {}
    }
    if let Some(judgement) = too_much(context, &files) {
        return Err(NotSent::refused(&judgement));
    }
    let files = files.into_iter().map(|(name, bytes)| ClaimedFile { name, bytes });
    let files = Arc::new(files.collect::<Vec<_>>());
    let judged_after = context.store.next_sequence(office, partner).await?;
    let judgement = judged_now(context, office, &files).await?;
    let judged = JudgedSet { judgement, files: Arc::clone(&files) };
    if judged.judgement.has_errors() {
        return Err(NotSent::refused(&judged.judgement));
    }
    let report = judged.judgement.masked_report().map(Box::new);
    let good = for_partner(context, partner, judged).await.ok_or(NotSent::Internal)?;
    let GoodSet { set, .. } = good.map_err(|set| NotSent::refused(&set.judgement))?;

    let _alone = context.packing(office).await;
    let now = context.now();
    if !context.time.believes(now) || context.proof().usable_signer(office, now).is_err() {
        return Err(NotSent::CannotSign);
    }
    let sequence = context.store.next_sequence(office, partner).await?;
    // 実績 may take the place of others that only just went.
    if set.judgement.has_actuals() && sequence != judged_after {
        let judgement = judged_now(context, office, &files).await?;
        if judgement.has_errors() {
            return Err(NotSent::refused(&judgement));
        }
    }
    let named = Named { id: MessageId::new(now), serial, office, partner, sequence };
    let new = signed(context, named, &set, now).await?;
    let limit = context.config().limits.package_size;
    if u64::try_from(new.package.len()).unwrap_or(u64::MAX) > limit {
        return Err(NotSent::refused(&Judgement::too_large(limit)));
    }
    match context.store.pack_once(new, key, now).await? {
        Sent::As(id) => {
            wake(&context.wake.dispatch, &(office, partner));
            tracing::info!(%id, %office, %partner, %serial, sequence, "packed for a program");
            Ok(sent(id, id != named.id, report))
        }
        Sent::Otherwise => Err(NotSent::KeyReused),
    }
}

/// What is to be said of files, with what was exchanged up to now.
async fn judged_now(
    context: &Arc<Context>,
    office: OfficeNumber,
    files: &Arc<Vec<ClaimedFile>>,
) -> Result<Judgement, NotSent> {
    let judgement = past::judged(context, files).await?.ok_or(NotSent::Internal)?;
    Ok(past::worded(context, office, files, judgement).await?)
}

/// 連番, sender and recipient of the one send unit that the files are.
fn way(files: &[(String, Vec<u8>)]) -> Option<(FileSerial, OfficeNumber, OfficeNumber)> {
    let keys: BTreeSet<_> = files.iter().map(|(name, _)| UnitKey::of(name)).collect();
    let mut keys = keys.into_iter();
    match (keys.next()?, keys.next()) {
        (UnitKey::Unit { serial, sender, recipient }, None) => Some((serial, sender, recipient)),
        _ => None,
    }
}

/// Why the files are not even judged.
fn too_much(context: &Context, files: &[(String, Vec<u8>)]) -> Option<Judgement> {
    let limits = context.config().limits;
    let size = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let sizes = files.iter().map(|(name, bytes)| (name.as_str(), size(bytes)));
    beyond(&limits, sizes.clone()).or_else(|| {
        let all = sizes.map(|(_, size)| size).fold(0, u64::saturating_add);
        (all > limits.package_size).then(|| Judgement::too_large(limits.package_size))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_go_together_are_one_set() {
        let of = |names: &[&str]| {
            let files: Vec<_> = names.iter().map(|name| ((*name).to_owned(), Vec::new())).collect();
            way(&files)
        };
        let one = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
        let other = "DLT1KYO_1370000018_43_1370000026_11_20260327090001.CSV";
        assert!(of(&[one]).is_some() && of(&[one, one]).is_some());
        assert_eq!(of(&[one, other]), None);
        assert_eq!(of(&[one, "memo.txt"]), None);
        assert_eq!(of(&["memo.txt"]), None);
        assert_eq!(of(&[]), None);
    }
}
