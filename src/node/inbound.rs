//! Takes packages from partners and answers with receipts.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;

use super::cards;
use super::context::Context;
use super::intake::{Bringer, Taken, take, takes_from};
use super::recalled;
use super::refusals::{NotTaken, refuse_store};
use super::refused::{tell_refused_certificate, tell_stranger, tell_unregistered};
use super::reissue;
use super::speaker::speaks_for;
use super::waits;
use crate::link::{
    Caller, MailboxBody, MailboxItemName, MailboxPage, MailboxQuery, PackageForm, PutAnswer,
    RecallReply, ReceiptEntry, ReceiptPage, ReceiptQuery, Refusal, Service, StatusAnswer,
};
use crate::package::sealed::SEALED_FEATURE;
use crate::package::{
    CLOCK_TOLERANCE, ManifestFormat, Recall, ReceiptFormat, ReceiptKind, TrustError, Usage,
};
use crate::types::code::RefusalCode;
use crate::types::{Digest, Hashed, MessageId, OfficeNumber};

/// How a node says that what waits for a partner can be fetched.
const MAILBOX_FEATURE: &str = "mailbox/1";

/// The node as partners see it.
pub(super) struct Inbound(pub(super) Arc<Context>);

impl Service for Inbound {
    fn admits(&self, peer: &Caller) -> Result<OfficeNumber, Refusal> {
        let context = &self.0;
        let now = context.now();
        let proof = context.proof();
        let named = proof.tls_trust.named_office(&peer.certificate, &peer.chain, Usage::Tls, now);
        let mut fault = None;
        // Only those that it can speak for are asked about: it is named or pinned for them. The one that
        // it names comes first: any partner may put the certificate of another into its own card, and
        // what the other sends is not to count as its own.
        let config = context.config();
        let (first, others): (Vec<_>, Vec<_>) =
            config.peers.iter().partition(|partner| named == Some(partner.office));
        for partner in first.into_iter().chain(others) {
            let is_pinned = partner.tls_certificates.contains(&peer.certificate_sha256);
            if is_pinned || named == Some(partner.office) {
                match speaks_for(context, peer, partner.office, now) {
                    Ok(()) => return Ok(partner.office),
                    Err(refusal) => fault = Some(refusal),
                }
            }
        }
        Err(fault.unwrap_or_else(|| {
            if let Some(office) = named {
                tell_unregistered(context, office, peer.certificate_sha256);
            }
            let sha256 = peer.certificate_sha256.short();
            Refusal::new(
                RefusalCode::NOT_A_PARTNER,
                format!("TLS certificate {sha256} speaks for none of the configured peers"),
            )
        }))
    }

    fn takes_from(&self, partner: OfficeNumber) -> Result<(), Refusal> {
        takes_from(&self.0, partner)
    }

    fn refused_certificate(&self, office: OfficeNumber, sha256: Digest, why: TrustError) {
        tell_refused_certificate(&self.0, office, sha256, Usage::Tls, why.code());
    }

    fn refused_stranger(&self, sha256: Digest, site: IpAddr, why: TrustError) {
        tell_stranger(&self.0, sha256, site, why.code());
    }

    async fn put_message(
        &self,
        peer: &Caller,
        partner: OfficeNumber,
        id: MessageId,
        body: Hashed,
        form: PackageForm,
    ) -> Result<PutAnswer, Refusal> {
        let context = &self.0;
        context.store.check().map_err(refuse_store)?;
        context.quota.came(partner, body.bytes().len());
        let taken = take(context, Bringer::Peer(Box::new(peer.clone())), id, (body, form)).await;
        if taken.as_ref().is_err_and(NotTaken::is_for_what_is_in_it) {
            context.quota.refused(partner);
        }
        match taken.map_err(|not_taken| *not_taken.refusal)? {
            Taken::New { receipt, rejected } => {
                if rejected {
                    context.quota.refused(partner);
                }
                Ok(PutAnswer { receipt, repeated: false, relayed: false })
            }
            Taken::Repeat(receipt) => Ok(PutAnswer { receipt, repeated: true, relayed: false }),
        }
    }

    async fn receipts(&self, peer: &Caller, query: ReceiptQuery) -> Result<ReceiptPage, Refusal> {
        let context = &self.0;
        speaks_for(context, peer, query.office, context.now())?;
        context.wake.in_contact(query.office);
        let limit = u32::try_from(query.limit).unwrap_or(u32::MAX).saturating_add(1);
        let mut issued = context.wake.issued.subscribe();
        loop {
            issued.borrow_and_update();
            let mut found = context
                .store
                .issued_receipts(query.office, query.after, limit)
                .await
                .map_err(refuse_store)?;
            if reissue::renew_all(context, query.office, &found).await.map_err(refuse_store)? {
                // They come behind those that they replace.
                continue;
            }
            if !found.is_empty()
                || !matches!(query.patience.wait_for(issued.changed()).await, Some(Ok(())))
            {
                let more = found.len() > query.limit;
                found.truncate(query.limit);
                let entries = found.into_iter().map(|receipt| ReceiptEntry {
                    position: receipt.position,
                    message_id: receipt.message_id,
                    receipt: receipt.der,
                });
                return Ok(ReceiptPage::new(query.after, entries.collect(), more));
            }
        }
    }

    async fn card(
        &self,
        _peer: &Caller,
        _partner: OfficeNumber,
        office: OfficeNumber,
    ) -> Result<Bytes, Refusal> {
        let card = cards::hand_out(&self.0, office).await;
        let card = card.ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))?;
        Ok(card.bytes().to_vec().into())
    }

    async fn put_card(
        &self,
        peer: &Caller,
        partner: OfficeNumber,
        office: OfficeNumber,
        card: Bytes,
    ) -> Result<(), Refusal> {
        let context = &self.0;
        context.quota.came(partner, card.len());
        speaks_for(context, peer, office, context.now())?;
        cards::take(context, office, card).await.map(drop).map_err(cards::TakeError::refusal)
    }

    async fn mailbox(&self, peer: &Caller, query: MailboxQuery) -> Result<MailboxPage, Refusal> {
        waits::list(&self.0, peer, query).await
    }

    async fn fetch(&self, peer: &Caller, of: MailboxItemName) -> Result<MailboxBody, Refusal> {
        waits::fetch(&self.0, peer, of).await
    }

    async fn put_receipt(
        &self,
        peer: &Caller,
        of: MailboxItemName,
        kind: ReceiptKind,
        receipt: Bytes,
    ) -> Result<bool, Refusal> {
        waits::put_receipt(&self.0, peer, of, kind, receipt).await
    }

    async fn put_recall(
        &self,
        peer: &Caller,
        partner: OfficeNumber,
        id: MessageId,
        recall: Bytes,
    ) -> Result<RecallReply, Refusal> {
        recalled::put(&self.0, peer, partner, id, recall).await
    }

    async fn recall(&self, peer: &Caller, of: MailboxItemName) -> Result<Bytes, Refusal> {
        waits::recall(&self.0, peer, of).await
    }

    fn status(&self, peer: &Caller) -> StatusAnswer {
        let limits = self.0.package_limits();
        let takes_attachments = !self.0.config().attachments.types.is_empty();
        let is_read = |format: &&str| *format != ManifestFormat::ATTACHMENTS || takes_attachments;
        let formats = ManifestFormat::IDS.into_iter().filter(is_read).chain([ReceiptFormat::ID]);
        StatusAnswer {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            time: self.0.now(),
            formats: formats.map(str::to_owned).collect(),
            features: [cards::CARD_FEATURE, MAILBOX_FEATURE, SEALED_FEATURE, Recall::FEATURE]
                .map(str::to_owned)
                .into(),
            clock_skew: CLOCK_TOLERANCE.unsigned_abs(),
            files: limits.files,
            manifest_bytes: limits.manifest_bytes,
            your_cards: cards::registered_serials(&self.0.config(), peer.certificate_sha256),
        }
    }
}
