//! A relay that speaks the API over real TLS and keeps everything in memory, so that it can also do
//! what no relay should: drop, change, swap, forge, and lie.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;
use renkei::certs::Issued;
use renkei::link::{
    Caller, Limits, MailboxBody, MailboxItem, MailboxItemName, MailboxPage, MailboxQuery,
    PackageForm, PutAnswer, RecallReply, ReceiptEntry, ReceiptPage, ReceiptQuery, Refusal, Server,
    Service, StatusAnswer, Tls, TlsSettings, TlsVersions,
};
use renkei::package::sealed::{Sealed, SealedHeader};
use renkei::package::{
    AcceptanceFormat, CertificateInfo, Limits as PackageLimits, PackageRef, Recall, ReceiptKind,
    RelayAcceptance, Signer, TrustError, Usage,
};
use renkei::types::code::RefusalCode;
use renkei::types::{Clock, Digest, Hashed, MessageId, OfficeNumber};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::overlap::made;
use crate::harness::{Office, quoted};
use crate::proof::{long, trust_in};

/// What it does that no relay should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vice {
    /// Nothing.
    None,
    /// It signs that it has a package, and throws it away.
    Drops,
    /// It changes a bit of what it keeps.
    Flips,
    /// It gives out the bytes of another package in the place of one.
    Swaps,
    /// It signs with a certificate that nobody was told of.
    ForgesAcceptance,
    /// It says of every package that another one was taken.
    AcceptsAnother,
    /// It hands out receipts for other packages, from other hands, and no receipts at all.
    ForgesReceipts,
    /// It lists again what was taken, and under the names of others.
    Replays,
    /// It hands out the card of another office, and old ones.
    LiesAboutCards,
    /// It takes requests to give packages back, and shows them to nobody.
    HidesRecalls,
    /// It says that everything is asked back, and hands out a request that nobody made.
    InventsRecalls,
    /// It lists for ever what was taken, as if it had been left there just now.
    Relists,
    /// It lists for ever what nobody made, in the name of this office.
    Litters(OfficeNumber),
}

/// What nobody made.
fn litter() -> Hashed {
    Bytes::from(vec![7; 1 << 20]).into()
}

/// A package that it keeps.
struct Kept {
    position: u64,
    header: SealedHeader,
    body: Hashed,
    done: bool,
}

#[derive(Default)]
struct State {
    kept: Vec<Kept>,
    /// By the office that sent the package.
    receipts: Vec<(OfficeNumber, ReceiptEntry)>,
    /// Every card, the newest last.
    cards: BTreeMap<OfficeNumber, Vec<Bytes>>,
    /// The requests to give packages back.
    recalls: BTreeMap<MessageId, Bytes>,
}

struct Kernel {
    state: Mutex<State>,
    vice: Mutex<Vice>,
    news: Notify,
    positions: AtomicU64,
    /// How often each package was listed.
    listed: Mutex<BTreeMap<MessageId, u64>>,
    /// How often something was fetched.
    fetched: AtomicU64,
    signer: Signer,
    stranger: Signer,
}

/// A relay in a thread of its own.
pub(super) struct DoubleRelay {
    kernel: Arc<Kernel>,
    address: SocketAddr,
    pins: [Digest; 2],
    _runtime: Runtime,
    _folder: tempfile::TempDir,
}

fn signer(issued: &Issued) -> Signer {
    issued.identity().expect("an identity").signer().expect("a signer")
}

impl DoubleRelay {
    /// Serves the offices that the authority of `of` knows.
    pub(super) fn new(of: &Office) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (tls, signing) = (made(of, Usage::Tls, long()), made(of, Usage::Signing, long()));
        let identity = tls.identity().expect("an identity");
        let settings = TlsSettings {
            chain: identity.chain().to_vec(),
            key: identity.key(),
            trust: Arc::new(trust_in(&[&of.world.authority])),
            versions: TlsVersions::Tls13,
            strangers: false,
        };
        let kernel = Arc::new(Kernel {
            state: Mutex::default(),
            vice: Mutex::new(Vice::None),
            news: Notify::new(),
            positions: AtomicU64::new(1),
            listed: Mutex::default(),
            fetched: AtomicU64::new(0),
            stranger: signer(&made(of, Usage::Signing, long())),
            signer: signer(&signing),
        });
        let pins = [Digest::of(&identity.chain()[0]), kernel.signer.certificate_sha256()];
        let runtime = Runtime::new().expect("a runtime");
        let tls = Tls::new(settings, Clock::system()).expect("usable keys");
        let service = Arc::clone(&kernel);
        let path = folder.path().to_owned();
        let address = runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let limits = Limits::default();
            let server = Server::new(listener, tls, service, limits, &path).expect("a server");
            let address = server.address();
            tokio::spawn(server.run(std::future::pending()));
            address
        });
        Self { kernel, address, pins, _runtime: runtime, _folder: folder }
    }

    pub(super) fn turns(&self, vice: Vice) {
        *self.kernel.vice.lock().expect("no panic") = vice;
        self.kernel.news.notify_waiters();
    }

    pub(super) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Has an office know it, with its card by way of the relay.
    pub(super) fn serve(&self, office: &mut Office) {
        let pin = |digest: &Digest| format!("[{}]", quoted(digest));
        let [tls, signing] = &self.pins;
        office.add_relay([
            ("url", quoted(self.url())),
            ("tls_certificates", pin(tls)),
            ("signing_certificates", pin(signing)),
        ]);
    }

    /// How many packages wait, and how many were taken.
    pub(super) fn counts(&self) -> (usize, usize) {
        let state = self.kernel.state();
        let done = state.kept.iter().filter(|kept| kept.done).count();
        (state.kept.len() - done, done)
    }

    /// How often it listed a package.
    pub(super) fn listed(&self, id: MessageId) -> u64 {
        let listed = self.kernel.listed.lock().expect("no panic");
        listed.get(&id).copied().unwrap_or_default()
    }

    /// How often something was fetched.
    pub(super) fn fetched(&self) -> u64 {
        self.kernel.fetched.load(Ordering::Relaxed)
    }

    /// Every byte that it was given.
    pub(super) fn seen(&self) -> Vec<u8> {
        let state = self.kernel.state();
        state.kept.iter().flat_map(|kept| kept.body.bytes().to_vec()).collect()
    }
}

impl Kernel {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    fn vice(&self) -> Vice {
        *self.vice.lock().expect("no panic")
    }

    fn next(&self) -> u64 {
        self.positions.fetch_add(1, Ordering::Relaxed)
    }
}

fn named(peer: &Caller) -> Option<OfficeNumber> {
    CertificateInfo::of(&peer.certificate).ok()?.office
}

fn flipped(body: &Hashed) -> Hashed {
    let mut bytes = body.bytes().to_vec();
    let last = bytes.len() - 20;
    bytes[last] ^= 1;
    Bytes::from(bytes).into()
}

impl Service for Kernel {
    fn admits(&self, peer: &Caller) -> Result<OfficeNumber, Refusal> {
        named(peer).ok_or_else(|| Refusal::plain(RefusalCode::NOT_A_PARTNER))
    }

    fn takes_from(&self, _: OfficeNumber) -> Result<(), Refusal> {
        Ok(())
    }

    fn refused_certificate(&self, _: OfficeNumber, _: Digest, _: TrustError) {}

    fn refused_stranger(&self, _: Digest, _: IpAddr, _: TrustError) {}

    async fn put_message(
        &self,
        _: &Caller,
        _: OfficeNumber,
        id: MessageId,
        body: Hashed,
        form: PackageForm,
    ) -> Result<PutAnswer, Refusal> {
        if form != PackageForm::Sealed {
            return Err(Refusal::plain(RefusalCode::NOT_SEALED));
        }
        let sealed = Sealed::read(body.clone(), &PackageLimits::default());
        let header = sealed.expect("what an office seals").header().clone();
        let now = Clock::system().now();
        let (vice, sealed_sha256) = (self.vice(), body.sha256());
        let repeated = {
            let mut state = self.state();
            let same = |kept: &&mut Kept| kept.header.message_id == id;
            match state.kept.iter_mut().find(same) {
                Some(kept) => {
                    if kept.header.key_id != header.key_id {
                        (kept.header, kept.body, kept.position) =
                            (header.clone(), body.clone(), self.next());
                    }
                    true
                }
                None if vice == Vice::Drops => false,
                None => {
                    let body = if vice == Vice::Flips { flipped(&body) } else { body.clone() };
                    let position = self.next();
                    state.kept.push(Kept { position, header: header.clone(), body, done: false });
                    false
                }
            }
        };
        self.news.notify_waiters();
        let acceptance = RelayAcceptance {
            format: AcceptanceFormat::V1,
            message_id: if vice == Vice::AcceptsAnother { MessageId::new(now) } else { id },
            sender: header.sender,
            recipient: header.recipient,
            package_sha256: header.package_sha256,
            sealed_sha256,
            size: u64::try_from(body.bytes().len()).expect("small"),
            at: now,
            expires_at: now + SignedDuration::from_hours(24 * 7),
            relay: Digest::of(b""),
        };
        let signer = if vice == Vice::ForgesAcceptance { &self.stranger } else { &self.signer };
        let receipt = acceptance.sign(signer, now).expect("signed").into();
        Ok(PutAnswer { receipt, repeated, relayed: !repeated })
    }

    async fn receipts(&self, _: &Caller, query: ReceiptQuery) -> Result<ReceiptPage, Refusal> {
        loop {
            let news = self.news.notified();
            let mut found: Vec<_> = {
                let state = self.state();
                let is_of = |(sender, entry): &&(OfficeNumber, ReceiptEntry)| {
                    (*sender == query.office || self.vice() == Vice::ForgesReceipts)
                        && entry.position > query.after
                };
                state.receipts.iter().filter(is_of).map(|(_, entry)| entry.clone()).collect()
            };
            if self.vice() == Vice::ForgesReceipts {
                let state = self.state();
                let lies: Vec<_> = state
                    .kept
                    .iter()
                    .map(|kept| {
                        // What it has is no receipt of the recipient; an acceptance least of all.
                        let receipt = found.first().map_or_else(
                            || Bytes::from_static(b"no receipt"),
                            |one| one.receipt.clone(),
                        );
                        ReceiptEntry { position: 0, message_id: kept.header.message_id, receipt }
                    })
                    .collect();
                found.extend(lies.into_iter().filter(|_| query.after < 1 << 40));
                for (place, entry) in (1..).zip(&mut found) {
                    entry.position = (1 << 40) + query.after + place;
                }
            }
            if !found.is_empty() || query.patience.wait_for(news).await.is_none() {
                return Ok(ReceiptPage {
                    next: found.last().map_or(query.after, |last| last.position),
                    receipts: found,
                    more: false,
                });
            }
        }
    }

    async fn mailbox(&self, _: &Caller, query: MailboxQuery) -> Result<MailboxPage, Refusal> {
        loop {
            let news = self.news.notified();
            let vice = self.vice();
            if let Vice::Litters(sender) = vice {
                let items = (1..=20).map(|nth| Self::littered(sender, query.after + nth)).collect();
                return Ok(MailboxPage::new(query.after, items, true));
            }
            let items: Vec<_> = {
                let state = self.state();
                let waits = |kept: &&Kept| {
                    if vice == Vice::Relists {
                        return kept.header.recipient == query.office;
                    }
                    let replayed = vice == Vice::Replays;
                    (replayed || (kept.header.recipient == query.office && !kept.done))
                        && kept.position > query.after
                };
                let item = |kept: &Kept| MailboxItem {
                    recalled: match vice {
                        Vice::HidesRecalls => false,
                        Vice::InventsRecalls => true,
                        _ => state.recalls.contains_key(&kept.header.message_id),
                    },
                    position: if vice == Vice::Relists { self.next() } else { kept.position },
                    message_id: kept.header.message_id,
                    sender: kept.header.sender,
                    size: u64::try_from(self.given(&state, kept).bytes().len()).expect("small"),
                    sha256: self.given(&state, kept).sha256(),
                    sealed: true,
                    expires_at: kept.header.expires_at,
                    stored_at: match vice {
                        Vice::Relists => kept.header.created_at + SignedDuration::from_hours(24),
                        _ => kept.header.created_at,
                    },
                };
                let mut items: Vec<_> = state.kept.iter().filter(waits).map(item).collect();
                items.sort_by_key(|item| item.position);
                items
            };
            for item in &items {
                let mut listed = self.listed.lock().expect("no panic");
                *listed.entry(item.message_id).or_default() += 1;
            }
            if !items.is_empty() || query.patience.wait_for(news).await.is_none() {
                return Ok(MailboxPage {
                    next: items.last().map_or(query.after, |last| last.position),
                    items,
                    more: false,
                });
            }
        }
    }

    async fn fetch(&self, _: &Caller, of: MailboxItemName) -> Result<MailboxBody, Refusal> {
        self.fetched.fetch_add(1, Ordering::Relaxed);
        if let Vice::Litters(_) = self.vice() {
            let litter = litter();
            let (bytes, sha256) = (litter.bytes().clone(), litter.sha256());
            return Ok(MailboxBody::whole(bytes, sha256, PackageForm::Sealed));
        }
        let state = self.state();
        let kept = state.kept.iter().find(|kept| kept.header.message_id == of.id);
        let kept = kept.ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))?;
        let body = self.given(&state, kept);
        Ok(MailboxBody::whole(body.bytes().clone(), body.sha256(), PackageForm::Sealed))
    }

    async fn put_receipt(
        &self,
        _: &Caller,
        of: MailboxItemName,
        kind: ReceiptKind,
        receipt: Bytes,
    ) -> Result<bool, Refusal> {
        let mut state = self.state();
        let kept = state.kept.iter_mut().find(|kept| kept.header.message_id == of.id);
        let kept = kept.ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))?;
        kept.done |= matches!(kind, ReceiptKind::ContentHandover | ReceiptKind::Rejection);
        let entry = ReceiptEntry { position: self.next(), message_id: of.id, receipt };
        state.receipts.push((of.sender, entry));
        drop(state);
        self.news.notify_waiters();
        Ok(false)
    }

    async fn put_recall(
        &self,
        _: &Caller,
        _: OfficeNumber,
        id: MessageId,
        recall: Bytes,
    ) -> Result<RecallReply, Refusal> {
        let mut state = self.state();
        state.recalls.insert(id, recall);
        let position = self.next();
        let asked = state.kept.iter_mut().find(|kept| kept.header.message_id == id);
        asked.ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))?.position = position;
        drop(state);
        self.news.notify_waiters();
        Ok(RecallReply::UnderWay)
    }

    async fn recall(&self, _: &Caller, of: MailboxItemName) -> Result<Bytes, Refusal> {
        let state = self.state();
        if self.vice() == Vice::InventsRecalls {
            let kept = state.kept.iter().find(|kept| kept.header.message_id == of.id);
            let header = &kept.ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))?.header;
            let now = Clock::system().now();
            let about = PackageRef {
                message_id: of.id,
                package_sha256: header.package_sha256,
                manifest_sha256: header.package_sha256,
                sender: of.sender,
                recipient: of.office,
            };
            let recall = Recall::of(&about, 1, now, now + SignedDuration::from_hours(24));
            return Ok(recall.sign(&self.stranger, now).expect("signed").into());
        }
        let found = state.recalls.get(&of.id).cloned();
        found.ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))
    }

    async fn card(
        &self,
        _: &Caller,
        _: OfficeNumber,
        office: OfficeNumber,
    ) -> Result<Bytes, Refusal> {
        let state = self.state();
        let lies = self.vice() == Vice::LiesAboutCards;
        let other = state.cards.iter().find(|(number, _)| **number != office);
        let found = match (lies, other) {
            (true, Some((_, cards))) => cards.first(),
            _ => state.cards.get(&office).and_then(|cards| cards.last()),
        };
        found.cloned().ok_or_else(|| Refusal::plain(RefusalCode::NOT_FOUND))
    }

    async fn put_card(
        &self,
        peer: &Caller,
        _: OfficeNumber,
        office: OfficeNumber,
        card: Bytes,
    ) -> Result<(), Refusal> {
        if named(peer) == Some(office) {
            self.state().cards.entry(office).or_default().push(card);
        }
        Ok(())
    }

    fn status(&self, _: &Caller) -> StatusAnswer {
        let limits = PackageLimits::default();
        StatusAnswer {
            version: "0".to_owned(),
            time: Clock::system().now(),
            formats: Vec::new(),
            features: ["mailbox/1", "sealed/hpke-1", "card", "relay/1", Recall::FEATURE]
                .map(str::to_owned)
                .into(),
            clock_skew: Duration::from_mins(15),
            files: limits.files,
            manifest_bytes: limits.manifest_bytes,
            your_cards: BTreeMap::new(),
        }
    }
}

impl Kernel {
    fn littered(sender: OfficeNumber, position: u64) -> MailboxItem {
        let (litter, now) = (litter(), Clock::system().now());
        MailboxItem {
            recalled: false,
            position,
            message_id: MessageId::new(now),
            sender,
            size: u64::try_from(litter.bytes().len()).expect("small"),
            sha256: litter.sha256(),
            sealed: true,
            expires_at: now + SignedDuration::from_hours(24),
            stored_at: now,
        }
    }

    /// What it gives out for a package.
    fn given(&self, state: &State, kept: &Kept) -> Hashed {
        let other = |other: &&Kept| {
            other.header.message_id != kept.header.message_id
                && other.header.recipient == kept.header.recipient
        };
        match self.vice() {
            Vice::Swaps => state.kept.iter().find(other).unwrap_or(kept).body.clone(),
            _ => kept.body.clone(),
        }
    }
}
