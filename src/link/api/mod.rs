//! What the two sides say to each other, and the trait through which the node answers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use rustls::pki_types::CertificateDer;

mod mailbox;
mod patience;
mod receipts;
mod status;

pub(super) use mailbox::receipt_kind;
pub use mailbox::{
    MailboxBody, MailboxItem, MailboxItemName, MailboxPage, MailboxQuery, PackageForm, receipt_word,
};
pub use patience::Patience;
pub(super) use receipts::LAST_POSITION;
pub use receipts::{ReceiptEntry, ReceiptPage, ReceiptQuery};
pub use status::{Status, StatusAnswer, StatusLimits};

use super::problem::Refusal;
use crate::package::{ReceiptKind, TrustError};
use crate::types::code::RefusalCode;
use crate::types::{Digest, Hashed, MessageId, OfficeNumber};

/// What the node does with the requests of partners.
///
/// Whatever arrives here came over TLS from a certificate that [`Trust::accepts`] let in, is
/// within the [`Limits`] and well-formed. Which office the certificate may speak for is for the
/// service to ask.
///
/// [`Trust::accepts`]: crate::package::Trust::accepts
/// [`Limits`]: super::Limits
pub trait Service: Send + Sync + 'static {
    /// The partner that a certificate speaks for: the one that everything on its connections is
    /// counted for. Asked before the body of a request is read, and again when trust has changed;
    /// never waits.
    ///
    /// # Errors
    ///
    /// Whoever speaks for no partner gets nothing but the status.
    fn admits(&self, peer: &Caller) -> Result<OfficeNumber, Refusal>;

    /// Whether a package of a partner may come just now; asked before its body is read. Never waits.
    fn takes_from(&self, partner: OfficeNumber) -> Result<(), Refusal>;

    /// A certificate was refused in the handshake, although it may be one of `office`: its only
    /// common name says so. Anybody can make such a certificate. Never waits.
    fn refused_certificate(&self, office: OfficeNumber, sha256: Digest, why: TrustError);

    /// The same of a certificate that names no office; what it names may be a person. `site` is where
    /// it came from. Never waits.
    fn refused_stranger(&self, sha256: Digest, site: IpAddr, why: TrustError);

    /// A package of `partner`, as [`admits`](Self::admits) said, arrived completely in the form that its
    /// media type says, and fits its `Content-Digest`.
    ///
    /// Answers only after the bytes are durable; a repeat is answered with the same receipt bytes.
    /// Once started it always runs to its end, also when the peer went away or was told to come
    /// again because it took longer than [`Limits::request_timeout`].
    ///
    /// [`Limits::request_timeout`]: super::Limits::request_timeout
    fn put_message(
        &self,
        peer: &Caller,
        partner: OfficeNumber,
        id: MessageId,
        body: Hashed,
        form: PackageForm,
    ) -> impl Future<Output = Result<PutAnswer, Refusal>> + Send;

    /// The receipts of packages that `query.office` sent to us, behind a position.
    ///
    /// Where there is nothing to tell it may wait with `query.patience` until there is: when the wait
    /// is over, the peer goes away or the server stops, the future is dropped and the peer gets an
    /// empty page.
    fn receipts(
        &self,
        peer: &Caller,
        query: ReceiptQuery,
    ) -> impl Future<Output = Result<ReceiptPage, Refusal>> + Send;

    /// The signed card of an office of ours, for `partner`, as [`admits`](Self::admits) said.
    ///
    /// # Errors
    ///
    /// `not-found` where there is none: it is no office of ours, or the service has no cards.
    fn card(
        &self,
        peer: &Caller,
        partner: OfficeNumber,
        office: OfficeNumber,
    ) -> impl Future<Output = Result<Bytes, Refusal>> + Send {
        let _ = (peer, partner, office);
        async { Err(Refusal::plain(RefusalCode::NOT_FOUND)) }
    }

    /// A partner hands us what it says is the newest card of `office`; nothing about it has been
    /// checked, not even that the certificate speaks for that office.
    fn put_card(
        &self,
        peer: &Caller,
        partner: OfficeNumber,
        office: OfficeNumber,
        card: Bytes,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = (peer, partner, office, card);
        async { Err(Refusal::plain(RefusalCode::NOT_FOUND)) }
    }

    /// Whether sealed packages are opened here, so that what is inside needs memory too.
    fn opens_sealed(&self) -> bool {
        true
    }

    /// Whether somebody who is no partner may hand us its card, so that a person can register it.
    fn takes_introductions(&self) -> bool {
        false
    }

    /// Whether the peer is known as this office; asked only where
    /// [`takes_introductions`](Self::takes_introductions) says so.
    fn knows_as(&self, peer: &Caller, office: OfficeNumber) -> bool {
        let _ = (peer, office);
        false
    }

    /// Somebody who is not known as `office` hands us its card; asked only where
    /// [`takes_introductions`](Self::takes_introductions) says so.
    fn introduce(
        &self,
        peer: &Caller,
        office: OfficeNumber,
        card: Bytes,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = (peer, office, card);
        async { Err(Refusal::plain(RefusalCode::NOT_A_PARTNER)) }
    }

    /// The packages that wait for `query.office` here, behind a position. Those whose last receipt is
    /// here or whose time is over wait no more.
    ///
    /// Waits as [`receipts`](Self::receipts) does.
    ///
    /// # Errors
    ///
    /// `not-found` where the service has no mailboxes.
    fn mailbox(
        &self,
        peer: &Caller,
        query: MailboxQuery,
    ) -> impl Future<Output = Result<MailboxPage, Refusal>> + Send {
        let _ = (peer, query);
        async { Err(Refusal::plain(RefusalCode::NOT_FOUND)) }
    }

    /// The bytes of a package that waits for an office.
    ///
    /// # Errors
    ///
    /// `not-found` for one that never waited here, `gone` for one that does no more.
    fn fetch(
        &self,
        peer: &Caller,
        of: MailboxItemName,
    ) -> impl Future<Output = Result<MailboxBody, Refusal>> + Send {
        let _ = (peer, of);
        async { Err(Refusal::plain(RefusalCode::NOT_FOUND)) }
    }

    /// The office that a package is for hands us a receipt about it, of which nothing has been checked.
    /// Answers only after it is durable, with whether these very bytes had been taken before.
    ///
    /// # Errors
    ///
    /// `not-found` where the package never waited here, `receipt-mismatch` for what is no receipt of
    /// this kind about it.
    fn put_receipt(
        &self,
        peer: &Caller,
        of: MailboxItemName,
        kind: ReceiptKind,
        receipt: Bytes,
    ) -> impl Future<Output = Result<bool, Refusal>> + Send {
        let _ = (peer, of, kind, receipt);
        async { Err(Refusal::plain(RefusalCode::NOT_FOUND)) }
    }

    /// A package is asked back, by a signed request of which nothing has been checked. A node answers what
    /// was decided; a relay keeps the request for the recipient.
    ///
    /// # Errors
    ///
    /// `not-found` where nobody takes such requests, or, at a relay, the package never waited.
    fn put_recall(
        &self,
        peer: &Caller,
        partner: OfficeNumber,
        id: MessageId,
        recall: Bytes,
    ) -> impl Future<Output = Result<RecallReply, Refusal>> + Send {
        let _ = (peer, partner, id, recall);
        async { Err(Refusal::plain(RefusalCode::NOT_FOUND)) }
    }

    /// The signed request by which a package that waits for an office is asked back.
    ///
    /// # Errors
    ///
    /// `not-found` where there is none.
    fn recall(
        &self,
        peer: &Caller,
        of: MailboxItemName,
    ) -> impl Future<Output = Result<Bytes, Refusal>> + Send {
        let _ = (peer, of);
        async { Err(Refusal::plain(RefusalCode::NOT_FOUND)) }
    }

    /// What we tell about ourselves; never waits.
    fn status(&self, peer: &Caller) -> StatusAnswer;
}

/// The other end of a connection.
#[derive(Clone)]
pub struct Caller {
    /// The certificate whose key the peer has proved to hold.
    pub certificate: CertificateDer<'static>,
    /// The other certificates that the peer sent, as it sent them.
    pub chain: Vec<CertificateDer<'static>>,
    /// SHA-256 of `certificate`.
    pub certificate_sha256: Digest,
    /// Where the connection came from.
    pub address: SocketAddr,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("certificate_sha256", &self.certificate_sha256)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// The answer to a request to give a package back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecallReply {
    /// What became of the package: the signed receipt, DER.
    Decided(Bytes),
    /// A receipt will say it.
    UnderWay,
}

/// The answer to a package that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutAnswer {
    /// The signed receipt, or the acceptance of a relay, DER.
    pub receipt: Bytes,
    /// Whether the package had been taken before.
    pub repeated: bool,
    /// Whether it was taken for somebody else, to whom it has yet to go.
    pub relayed: bool,
}
