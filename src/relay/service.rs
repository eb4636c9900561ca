//! The relay as offices see it.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::bodies::{self, AWAY_AGAIN};
use super::counts::Counts;
use super::offices::Offices;
use super::own::{OwnCertificates, Told};
use super::rates::Rates;
use super::store::{
    Candidate, Deposit, Deposited, Found, NewRecall, NewReceipt, PutRecall, PutReceipt, Quota,
    RelayStore, RelayStoreError, SLICE,
};
use super::wakes::{List, Wakes};
use crate::link::{
    Caller, MailboxBody, MailboxItemName, MailboxPage, MailboxQuery, PackageForm, PutAnswer,
    RecallReply, ReceiptPage, ReceiptQuery, Refusal, Service, StatusAnswer,
};
use crate::package::card::{CardFault, SignedCard};
use crate::package::sealed::{SEALED_FEATURE, Sealed};
use crate::package::{
    AcceptanceFormat, CLOCK_TOLERANCE, Limits, Recall, Receipt, ReceiptKind, RelayAcceptance,
    Signer, TrustError,
};
use crate::types::code::RefusalCode;
use crate::types::{Clock, Digest, Hashed, MessageId, OfficeNumber, one_site};

/// When somebody of whom enough is kept is told to come again.
const STORE_AGAIN: Duration = Duration::from_mins(10);

/// A site may introduce somebody once in so long a time, and as many at once as are worth the second.
pub(super) const INTRODUCTION: Duration = Duration::from_secs(20);
pub(super) const INTRODUCTIONS: Duration = Duration::from_secs(20 * 20);

/// By so much the clock of a relay may be ahead without anything being lost: what expired less long
/// ago by it is taken, listed and kept all the same. Recipients go by their own clock.
const CLOCK_AHEAD: SignedDuration = SignedDuration::from_hours(48);

/// What the operator grants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) package: Limits,
    pub(super) quota: Quota,
    pub(super) keep: SignedDuration,
}

/// The same, and with what is signed that packages were taken.
pub(super) struct Granted {
    pub(super) terms: Terms,
    pub(super) signer: Signer,
}

/// The mailboxes of all offices.
pub(super) struct Mailboxes<S> {
    pub(super) store: Arc<S>,
    pub(super) clock: Clock,
    pub(super) granted: RwLock<Arc<Granted>>,
    pub(super) offices: RwLock<Arc<Offices>>,
    pub(super) own: RwLock<Arc<OwnCertificates>>,
    pub(super) wakes: Arc<Wakes>,
    pub(super) rates: Rates<OfficeNumber>,
    /// By the address, or the /64, of who introduces.
    pub(super) introductions: Rates<IpAddr>,
    pub(super) counts: Counts,
}

impl<S: RelayStore> Mailboxes<S> {
    /// The offices of this moment.
    pub(super) fn offices(&self) -> Arc<Offices> {
        Arc::clone(&self.offices.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The relay's own certificates at this moment.
    pub(super) fn own(&self) -> Arc<OwnCertificates> {
        Arc::clone(&self.own.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is to be known of them now.
    pub(super) fn told_of_own(&self) -> Vec<Told> {
        self.own().told(self.clock.now())
    }

    /// What is granted at this moment.
    fn granted(&self) -> Arc<Granted> {
        Arc::clone(&self.granted.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on an office is known here, before the next look at the store.
    fn add(&self, office: OfficeNumber) {
        let mut offices = self.offices.write().unwrap_or_else(PoisonError::into_inner);
        *offices = Arc::new(offices.with(office));
    }

    fn speaks_for(&self, peer: &Caller, office: OfficeNumber) -> Result<(), Refusal> {
        if self.offices().speaks_for(peer, office, self.clock.now()) {
            return Ok(());
        }
        let sha256 = peer.certificate_sha256.short();
        let log = format!("TLS certificate {sha256} does not speak for {office}");
        Err(Refusal::new(RefusalCode::CERTIFICATE_NOT_ALLOWED, log))
    }

    /// Counts a request of an office.
    fn ask(&self, office: OfficeNumber) -> Result<(), Refusal> {
        self.rates.ask(office).map_err(|wait| {
            let log = "the office asks more often than it may";
            Refusal::new(RefusalCode::PARTNER_RATE_EXCEEDED, log).retry_after(wait)
        })
    }

    /// The refusal for a fault of the store.
    fn away(&self, error: &RelayStoreError) -> Refusal {
        Counts::add(&self.counts.store_faults, 1);
        let code = match error {
            RelayStoreError::Full => RefusalCode::STORAGE_FULL,
            RelayStoreError::Damaged(_) => RefusalCode::INTERNAL,
            _ => RefusalCode::BUSY,
        };
        Refusal::new(code, error.to_string()).retry_after(AWAY_AGAIN)
    }

    /// Keeps a package, or says why not.
    async fn take(
        &self,
        peer: &Caller,
        id: MessageId,
        body: Hashed,
        form: PackageForm,
    ) -> Result<PutAnswer, Refusal> {
        if form == PackageForm::Plain {
            return Err(Refusal::plain(RefusalCode::NOT_SEALED));
        }
        let granted = self.granted();
        let Granted { terms, signer } = &*granted;
        let sealed = Sealed::read(body, &terms.package)
            .map_err(|fault| Refusal::new(fault.refusal(), fault.to_string()))?;
        let (header, now) = (sealed.header(), self.clock.now());
        if header.message_id != id {
            return Err(Refusal::plain(RefusalCode::ID_MISMATCH));
        }
        self.speaks_for(peer, header.sender)?;
        if !self.offices().knows(header.recipient) {
            let log = format!("{} is no office of this relay", header.recipient);
            return Err(Refusal::new(RefusalCode::NOT_OUR_PACKAGE, log));
        }
        if header.created_at > later(now, CLOCK_TOLERANCE) {
            return Err(Refusal::plain(RefusalCode::CLOCK_AHEAD));
        }
        if header.expires_at <= surely_over(now) {
            return Err(Refusal::plain(RefusalCode::PACKAGE_EXPIRED));
        }
        let expires_at = header.expires_at.min(later(now, terms.keep));
        let size = u64::try_from(sealed.bytes().len()).unwrap_or(u64::MAX);
        let acceptance = RelayAcceptance {
            format: AcceptanceFormat::V1,
            message_id: id,
            sender: header.sender,
            recipient: header.recipient,
            package_sha256: header.package_sha256,
            sealed_sha256: sealed.sha256(),
            size,
            at: now,
            expires_at,
            relay: signer.certificate_sha256(),
        };
        let acceptance: Bytes = acceptance
            .sign(signer, now)
            .map_err(|error| Refusal::internal(format!("the acceptance: {error}")))?
            .into();
        let (sender, recipient) = (header.sender, header.recipient);
        let new = Deposit {
            sender,
            recipient,
            message_id: id,
            package_sha256: header.package_sha256,
            sealed: Hashed::known(sealed.bytes().clone(), sealed.sha256()),
            key_id: header.key_id.clone(),
            stored_at: now,
            expires_at,
            acceptance: acceptance.clone(),
        };
        let deposited = self.store.deposit(new, terms.quota).await;
        match deposited.map_err(|error| self.away(&error))? {
            Deposited::New => {
                Counts::add(&self.counts.accepted, 1);
                Counts::add(&self.counts.accepted_bytes, size);
                self.wakes.came(recipient);
                tracing::info!(%id, %sender, %recipient, size, "a package was taken");
                Ok(PutAnswer { receipt: acceptance, repeated: false, relayed: true })
            }
            Deposited::Repeated(acceptance) => {
                Counts::add(&self.counts.repeated, 1);
                // It may have been sealed anew.
                self.wakes.came(recipient);
                Ok(PutAnswer { receipt: acceptance, repeated: true, relayed: true })
            }
            Deposited::Different => Err(Refusal::plain(RefusalCode::ID_TAKEN)),
            Deposited::Full => Err(full(sender)),
        }
    }

    async fn take_receipt(
        &self,
        peer: &Caller,
        of: MailboxItemName,
        kind: ReceiptKind,
        receipt: Bytes,
    ) -> Result<bool, Refusal> {
        self.speaks_for(peer, of.office)?;
        let mismatch = |log: String| Refusal::new(RefusalCode::RECEIPT_MISMATCH, log);
        // Whose word it is, its sender sees: here it would only cost time.
        let stated = Receipt::unverified(&receipt, &self.granted().terms.package)
            .map_err(|fault| mismatch(fault.to_string()))?;
        let is_of_it = stated.kind == kind
            && stated.message_id == of.id
            && stated.sender.office == of.sender
            && stated.recipient.office == of.office;
        if !is_of_it {
            return Err(mismatch("it is another kind or about another package".to_owned()));
        }
        let new = NewReceipt {
            of,
            kind,
            package_sha256: stated.package_sha256,
            receipt,
            at: self.clock.now(),
        };
        let quota = self.granted().terms.quota;
        let put = self.store.put_receipt(new, quota).await.map_err(|error| self.away(&error))?;
        match put {
            PutReceipt::New => {
                Counts::add(&self.counts.receipts, 1);
                self.wakes.came(of.sender);
                let (id, sender, recipient) = (of.id, of.sender, of.office);
                tracing::info!(%id, %sender, %recipient, kind = kind.as_str(), "a receipt was taken");
                Ok(false)
            }
            PutReceipt::Repeated => Ok(true),
            PutReceipt::Mismatch => {
                Err(mismatch("it is about another package of this id".to_owned()))
            }
            PutReceipt::Unknown => Err(Refusal::plain(RefusalCode::NOT_FOUND).of_this_package()),
            PutReceipt::TooMany => {
                let log = "there are enough receipts of this kind";
                Err(Refusal::new(RefusalCode::PARTNER_STORE_FULL, log).retry_after(STORE_AGAIN))
            }
            PutReceipt::Full => Err(full(of.office)),
        }
    }

    /// Keeps a request to give a package back; whether it is right, the recipient judges.
    async fn take_recall(
        &self,
        peer: &Caller,
        id: MessageId,
        recall: Bytes,
    ) -> Result<(), Refusal> {
        let stated = Recall::stated(&recall)
            .map_err(|fault| Refusal::new(RefusalCode::BAD_RECALL, fault.to_string()))?;
        if stated.message_id != id {
            return Err(Refusal::plain(RefusalCode::ID_MISMATCH));
        }
        let (sender, office) = (stated.sender.office, stated.recipient.office);
        self.speaks_for(peer, sender)?;
        let of = MailboxItemName { office, sender, id };
        let (package_sha256, at) = (stated.package_sha256, self.clock.now());
        let over = surely_over(at);
        let new = NewRecall { of, package_sha256, recall, at, over };
        let put = self.store.put_recall(new, self.granted().terms.quota).await;
        match put.map_err(|error| self.away(&error))? {
            PutRecall::New => {
                self.wakes.came(office);
                tracing::info!(%id, %sender, recipient = %office, "a package is asked back");
                Ok(())
            }
            PutRecall::Settled => Ok(()),
            PutRecall::Mismatch => Err(Refusal::plain(RefusalCode::ID_TAKEN)),
            PutRecall::Unknown => Err(Refusal::plain(RefusalCode::NOT_FOUND).of_this_package()),
            PutRecall::Over => Err(Refusal::plain(RefusalCode::GONE).of_this_package()),
            PutRecall::Full => Err(full(sender)),
        }
    }

    fn read_card(&self, office: OfficeNumber, card: &[u8]) -> Result<SignedCard, Refusal> {
        let refused = |fault: CardFault| Refusal::new(fault.refusal(), fault.to_string());
        let card = SignedCard::open(card).map_err(refused)?;
        let got = card.card().office;
        if got != office {
            return Err(refused(CardFault::OtherOffice { expected: office, got }));
        }
        card.check_time(self.clock.now()).map_err(refused)?;
        Ok(card)
    }
}

impl<S: RelayStore> Service for Mailboxes<S> {
    fn admits(&self, peer: &Caller) -> Result<OfficeNumber, Refusal> {
        self.offices().of(peer, self.clock.now()).ok_or_else(|| {
            let sha256 = peer.certificate_sha256.short();
            let log = format!("TLS certificate {sha256} speaks for no office of this relay");
            Refusal::new(RefusalCode::NOT_A_PARTNER, log)
        })
    }

    fn takes_from(&self, partner: OfficeNumber) -> Result<(), Refusal> {
        self.ask(partner)
    }

    fn refused_certificate(&self, office: OfficeNumber, sha256: Digest, why: TrustError) {
        tracing::info!(%office, %sha256, code = why.code(), "a certificate was refused");
    }

    fn refused_stranger(&self, sha256: Digest, _site: IpAddr, why: TrustError) {
        tracing::info!(%sha256, code = why.code(), "a certificate was refused");
    }

    async fn put_message(
        &self,
        peer: &Caller,
        _partner: OfficeNumber,
        id: MessageId,
        body: Hashed,
        form: PackageForm,
    ) -> Result<PutAnswer, Refusal> {
        let taken = self.take(peer, id, body, form).await;
        if taken.is_err() {
            Counts::add(&self.counts.refused, 1);
        }
        taken
    }

    async fn receipts(&self, peer: &Caller, query: ReceiptQuery) -> Result<ReceiptPage, Refusal> {
        self.speaks_for(peer, query.office)?;
        self.ask(query.office)?;
        self.store.collected(query.office, query.after);
        let (office, after) = (query.office, query.after);
        let waits = self.wakes.listen(office, List::Receipts);
        let look = |most| async move {
            let found = self.store.receipts(office, after, most, query.bytes).await?;
            let bytes: usize = found.iter().map(|entry| entry.receipt.len()).sum();
            Ok((found, bytes >= query.bytes))
        };
        let page = (after, query.limit, &query.patience);
        let found = waits.list(page, look, |receipt| receipt.position).await;
        let (found, more) = found.map_err(|error| self.away(&error))?;
        Ok(ReceiptPage::new(after, found, more))
    }

    async fn card(
        &self,
        _peer: &Caller,
        partner: OfficeNumber,
        office: OfficeNumber,
    ) -> Result<Bytes, Refusal> {
        self.ask(partner)?;
        let known = self.offices().knows(office);
        let card = if known { self.store.card(office).await } else { Ok(None) };
        let card = card.map_err(|error| self.away(&error))?;
        card.ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))
    }

    async fn put_card(
        &self,
        peer: &Caller,
        _partner: OfficeNumber,
        office: OfficeNumber,
        card: Bytes,
    ) -> Result<(), Refusal> {
        self.speaks_for(peer, office)?;
        let read = self.read_card(office, &card)?;
        let held = self.store.card(office).await.map_err(|error| self.away(&error))?;
        let held = held.and_then(|held| SignedCard::open(&held).ok());
        if let Some(held) = held {
            if held.sha256() == read.sha256() {
                return Ok(());
            }
            // An office that is known by its card alone is known by the hand that signed it.
            let signing = &held.card().certificates.signing;
            if self.offices().is_approved(office) && !signing.contains(read.signer()) {
                let log = "the card is signed by another hand than the one that was approved";
                return Err(Refusal::new(RefusalCode::CARD_NOT_TRUSTED, log));
            }
        }
        let serial = read.card().serial;
        let newer = self.store.put_card(office, serial, card).await;
        if !newer.map_err(|error| self.away(&error))? {
            return Err(Refusal::plain(RefusalCode::CARD_OLDER));
        }
        Counts::add(&self.counts.cards, 1);
        self.wakes.offices_changed();
        tracing::info!(%office, serial, "a card was taken");
        Ok(())
    }

    fn takes_introductions(&self) -> bool {
        true
    }

    fn knows_as(&self, peer: &Caller, office: OfficeNumber) -> bool {
        self.offices().speaks_for(peer, office, self.clock.now())
    }

    fn opens_sealed(&self) -> bool {
        false
    }

    async fn introduce(
        &self,
        peer: &Caller,
        office: OfficeNumber,
        card: Bytes,
    ) -> Result<(), Refusal> {
        let site = one_site(peer.address.ip());
        self.introductions.ask(site).map_err(|wait| {
            let log = "too many cards come from there";
            Refusal::new(RefusalCode::PARTNER_RATE_EXCEEDED, log).retry_after(wait)
        })?;
        let read = self.read_card(office, &card)?;
        let mut tls = read.card().certificates.tls.iter();
        if !tls.any(|listed| listed.sha256() == peer.certificate_sha256) {
            let log = "the card is not that of the certificate that hands it over";
            return Err(Refusal::new(RefusalCode::CERTIFICATE_NOT_ALLOWED, log));
        }
        let (sha256, signer, site) = (read.sha256(), read.signer().sha256(), site.to_string());
        let candidate = Candidate { office, sha256, card, signer, site, at: self.clock.now() };
        self.store.introduce(candidate).await.map_err(|error| self.away(&error))?;
        tracing::info!(%office, %sha256, "a card waits for the operator (renkei relay list)");
        Ok(())
    }

    async fn mailbox(&self, peer: &Caller, query: MailboxQuery) -> Result<MailboxPage, Refusal> {
        self.speaks_for(peer, query.office)?;
        self.ask(query.office)?;
        // Whoever has a mailbox can be sent something.
        if !self.offices().has_row(query.office) {
            let known = self.store.know(query.office).await;
            known.map_err(|error| self.away(&error))?;
            self.add(query.office);
            self.wakes.offices_changed();
        }
        let (office, after) = (query.office, query.after);
        let waits = self.wakes.listen(office, List::Mailbox);
        let look = |most| async move {
            let over = surely_over(self.clock.now());
            Ok((self.store.waiting(office, after, most, over).await?, false))
        };
        let page = (after, query.limit, &query.patience);
        let found = waits.list(page, look, |item| item.position).await;
        let (found, more) = found.map_err(|error| self.away(&error))?;
        Ok(MailboxPage::new(after, found, more))
    }

    async fn fetch(&self, peer: &Caller, of: MailboxItemName) -> Result<MailboxBody, Refusal> {
        self.speaks_for(peer, of.office)?;
        self.ask(of.office)?;
        let found = self.store.find(of, surely_over(self.clock.now())).await;
        match found.map_err(|error| self.away(&error))? {
            Found::Never => Err(Refusal::plain(RefusalCode::NOT_FOUND)),
            Found::Gone => Err(Refusal::plain(RefusalCode::GONE)),
            Found::Waiting { body, size, sha256, first } => {
                Counts::add(&self.counts.fetched, 1);
                let store = Arc::clone(&self.store);
                let read =
                    move |range| bodies::read(Arc::clone(&store), body, first.clone(), range);
                let sizes = (size, size.min(SLICE));
                Ok(MailboxBody::in_pieces(sizes, sha256, PackageForm::Sealed, read))
            }
        }
    }

    async fn put_receipt(
        &self,
        peer: &Caller,
        of: MailboxItemName,
        kind: ReceiptKind,
        receipt: Bytes,
    ) -> Result<bool, Refusal> {
        let taken = self.take_receipt(peer, of, kind, receipt).await;
        if taken.is_err() {
            Counts::add(&self.counts.refused, 1);
        }
        taken
    }

    async fn put_recall(
        &self,
        peer: &Caller,
        _partner: OfficeNumber,
        id: MessageId,
        recall: Bytes,
    ) -> Result<RecallReply, Refusal> {
        let taken = self.take_recall(peer, id, recall).await;
        if taken.is_err() {
            Counts::add(&self.counts.refused, 1);
        }
        taken.map(|()| RecallReply::UnderWay)
    }

    async fn recall(&self, peer: &Caller, of: MailboxItemName) -> Result<Bytes, Refusal> {
        self.speaks_for(peer, of.office)?;
        self.ask(of.office)?;
        let recall = self.store.recall(of, surely_over(self.clock.now())).await;
        let recall = recall.map_err(|error| self.away(&error))?;
        recall.ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))
    }

    fn status(&self, peer: &Caller) -> StatusAnswer {
        let (offices, now) = (self.offices(), self.clock.now());
        let limits = self.granted().terms.package;
        let known =
            offices.of(peer, now).and_then(|office| Some((office, offices.serial(office)?)));
        let features = ["relay/1", "mailbox/1", SEALED_FEATURE, "card", Recall::FEATURE];
        StatusAnswer {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            time: now,
            your_cards: known.into_iter().collect(),
            formats: vec!["renkei.sealed/1".to_owned()],
            features: features.map(str::to_owned).to_vec(),
            clock_skew: Duration::try_from(CLOCK_TOLERANCE).unwrap_or_default(),
            files: limits.files,
            manifest_bytes: limits.manifest_bytes,
        }
    }
}

/// The refusal for an office of which as much is kept as may be.
fn full(office: OfficeNumber) -> Refusal {
    let log = format!("as much of {office} is kept as may be");
    Refusal::new(RefusalCode::PARTNER_STORE_FULL, log).retry_after(STORE_AGAIN)
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// What expired before this time is over by any clock that is not worse than ours may be.
pub(super) fn surely_over(now: Timestamp) -> Timestamp {
    now.checked_sub(CLOCK_AHEAD).unwrap_or(Timestamp::MIN)
}
