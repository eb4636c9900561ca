//! The listening side without a socket, for a simulation: everything from the certificate of the
//! peer on is what the server does.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream;
use http_body_util::BodyExt as _;
use rustls::pki_types::CertificateDer;
use tower_service::Service as _;

use super::answers::{RECEIPT, SEALED, ZIP};
use super::api::{
    Caller, MailboxItem, MailboxItemName, MailboxPage, PackageForm, ReceiptPage, Service, Status,
    receipt_word,
};
use super::client::{PutReply, expect_media_type, parse_json, read_page, refused};
use super::digest::{self, CONTENT_DIGEST};
use super::error::{SendError, TlsFault};
use super::grants::Grants;
use super::heads::Unreadable;
use super::limits::ClientLimits;
use super::mailbox_client::{DepositReply, form_of};
use super::routes;
use super::server::shared;
use super::shared::{Judged, Link};
use super::tls::Tls;
use crate::package::{ReceiptKind, Usage};
use crate::types::{Clock, Digest, Hashed, MessageId, OfficeNumber};
use crate::work::watch;

/// A request on its way.
pub(crate) struct Asked(Request<Body>);

/// An answer on its way back.
pub(crate) struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// What answers requests of partners.
#[derive(Clone)]
pub(crate) struct Station(Arc<dyn Fn(Caller, Asked) -> Answering + Send + Sync>);

type Answering = BoxFuture<'static, Result<Answered, SendError>>;

impl Asked {
    fn new(method: Method, path: &str, body: Body) -> Self {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a path");
        Self(request)
    }

    /// A package, of which only so many bytes arrive before the connection breaks.
    pub(crate) fn put(form: PackageForm, id: MessageId, package: &Hashed, arriving: usize) -> Self {
        let media = match form {
            PackageForm::Plain => ZIP,
            PackageForm::Sealed => SEALED,
        };
        let bytes = package.bytes();
        let is_cut = arriving < bytes.len();
        let first = Ok(bytes.slice(..arriving.min(bytes.len())));
        let broken = is_cut.then(|| Err(io::Error::from(io::ErrorKind::ConnectionReset)));
        let body = Body::from_stream(stream::iter([first].into_iter().chain(broken)));
        let mut asked = Self::new(Method::PUT, &format!("/v1/messages/{id}"), body);
        let headers = asked.0.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        let digest = digest::format(&package.sha256());
        headers.insert(CONTENT_DIGEST, HeaderValue::from_str(&digest).expect("ASCII"));
        asked
    }

    /// A question for receipts.
    pub(crate) fn receipts(office: OfficeNumber, after: u64, wait: Duration) -> Self {
        let wait = wait.as_secs();
        let path = format!("/v1/receipts?office={office}&after={after}&wait={wait}");
        Self::new(Method::GET, &path, Body::empty())
    }

    /// The question what waits for an office.
    pub(crate) fn mailbox(office: OfficeNumber, after: u64, wait: Duration) -> Self {
        let wait = wait.as_secs();
        let path = format!("/v1/mailbox?office={office}&after={after}&wait={wait}");
        Self::new(Method::GET, &path, Body::empty())
    }

    /// The question for the bytes of what waits.
    pub(crate) fn fetch(of: MailboxItemName) -> Self {
        let MailboxItemName { office, sender, id } = of;
        let path = format!("/v1/mailbox/{id}?office={office}&sender={sender}");
        Self::new(Method::GET, &path, Body::empty())
    }

    /// A receipt about what was fetched.
    pub(crate) fn mailbox_receipt(of: MailboxItemName, kind: ReceiptKind, receipt: Bytes) -> Self {
        let MailboxItemName { office, sender, id } = of;
        let word = receipt_word(kind).expect("of a recipient");
        let path = format!("/v1/mailbox/{id}/receipts/{word}?office={office}&sender={sender}");
        let mut asked = Self::new(Method::PUT, &path, Body::from(receipt));
        let media = HeaderValue::from_static(RECEIPT);
        asked.0.headers_mut().insert(header::CONTENT_TYPE, media);
        asked
    }

    /// The wish to have a package back.
    pub(crate) fn put_recall(id: MessageId, recall: Bytes) -> Self {
        let path = format!("/v1/messages/{id}/recall");
        let mut asked = Self::new(Method::PUT, &path, Body::from(recall));
        let media = HeaderValue::from_static(RECEIPT);
        asked.0.headers_mut().insert(header::CONTENT_TYPE, media);
        asked
    }

    /// The question for the wish of a sender to have a package back.
    pub(crate) fn recall(of: MailboxItemName) -> Self {
        let MailboxItemName { office, sender, id } = of;
        let path = format!("/v1/mailbox/{id}/recall?office={office}&sender={sender}");
        Self::new(Method::GET, &path, Body::empty())
    }

    /// The question who is there.
    pub(crate) fn status() -> Self {
        Self::new(Method::GET, "/v1/status", Body::empty())
    }
}

impl Answered {
    /// What it says about a package.
    pub(crate) fn put(self) -> Result<PutReply, SendError> {
        PutReply::of(self.status, &self.headers, self.body, &ClientLimits::default())
    }

    /// The receipts in it.
    pub(crate) fn receipts(self, after: u64) -> Result<ReceiptPage, SendError> {
        read_page(&self.granted()?, after)
    }

    /// What a relay says about a package that was left with it.
    pub(crate) fn deposited(self) -> Result<DepositReply, SendError> {
        let repeated = match self.status {
            StatusCode::ACCEPTED => false,
            StatusCode::OK => true,
            _ => return Err(self.refused()),
        };
        expect_media_type(&self.headers, RECEIPT)?;
        Ok(DepositReply { acceptance: self.body, repeated })
    }

    /// What waits.
    pub(crate) fn mailbox(self, after: u64) -> Result<MailboxPage, SendError> {
        let page: MailboxPage = parse_json(&self.granted()?)?;
        let follows = page.follows(after);
        follows.then_some(page).ok_or_else(|| SendError::Protocol("the page".to_owned()))
    }

    /// The bytes of what waited.
    pub(crate) fn fetched(self, item: &MailboxItem) -> Result<(Hashed, PackageForm), SendError> {
        if self.status != StatusCode::OK {
            return Err(self.refused());
        }
        let form = form_of(&self.headers)?;
        let package = Hashed::from(self.body);
        if package.sha256() != item.sha256 {
            return Err(SendError::Protocol("other bytes than the list told of".to_owned()));
        }
        Ok((package, form))
    }

    /// Whether a receipt was taken.
    pub(crate) fn receipt_taken(self) -> Result<(), SendError> {
        match self.status {
            StatusCode::CREATED | StatusCode::OK => Ok(()),
            _ => Err(self.refused()),
        }
    }

    /// What became of the wish to have a package back; nothing where that is still to come.
    pub(crate) fn recall_put(self) -> Result<Option<Bytes>, SendError> {
        match self.status {
            StatusCode::OK => {
                expect_media_type(&self.headers, RECEIPT)?;
                Ok(Some(self.body))
            }
            StatusCode::ACCEPTED => Ok(None),
            _ => Err(self.refused()),
        }
    }

    /// The wish of a sender to have a package back.
    pub(crate) fn recall(self) -> Result<Bytes, SendError> {
        if self.status != StatusCode::OK {
            return Err(self.refused());
        }
        expect_media_type(&self.headers, RECEIPT)?;
        Ok(self.body)
    }

    fn refused(&self) -> SendError {
        refused(self.status, &self.headers, &self.body, &ClientLimits::default())
    }

    /// Who is there.
    pub(crate) fn status(self) -> Result<Status, SendError> {
        let body = self.granted()?;
        serde_json::from_slice(&body).map_err(|error| SendError::Protocol(error.to_string()))
    }

    /// A number to know it by.
    pub(crate) fn code(&self) -> u16 {
        self.status.as_u16()
    }

    fn granted(self) -> Result<Bytes, SendError> {
        if self.status == StatusCode::OK {
            return Ok(self.body);
        }
        match self.put() {
            Err(error) => Err(error),
            Ok(_) => Err(SendError::Protocol("a receipt in place of JSON".to_owned())),
        }
    }
}

impl Station {
    /// One that gives everything to `service`. It goes on until `stopping` becomes true.
    pub(crate) fn new<S: Service>(
        tls: Arc<Tls>,
        service: Arc<S>,
        grants: Arc<Grants>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let shared = shared(tls, service, grants, stopping);
        let router = routes::router(Arc::clone(&shared));
        Self(Arc::new(move |peer, asked| {
            let state = shared.tls.state();
            let accepted =
                state.trust.accepts(&peer.certificate, &peer.chain, Usage::Tls, shared.tls.now());
            let partner = shared.service.admits(&peer);
            let link = Arc::new(Link {
                peer: Arc::new(peer),
                has_place: partner.is_ok(),
                judged: Mutex::new(Judged { by: state, at: Clock::running(), partner }),
                unread: AtomicBool::new(false),
                requests: AtomicU64::new(0),
                unreadable: Unreadable::default(),
            });
            let mut router: Router = router.clone();
            Box::pin(async move {
                accepted.map_err(|refusal| SendError::Tls {
                    fault: TlsFault::OwnCertificate,
                    certificate: None,
                    log: refusal.to_string(),
                })?;
                let mut request = asked.0;
                request.extensions_mut().insert(link);
                let response = match router.call(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                };
                let (head, body) = response.into_parts();
                let body = body.collect().await;
                let body = body.map_err(|error| SendError::Broken(error.to_string()))?.to_bytes();
                Ok(Answered { status: head.status, headers: head.headers, body })
            })
        }))
    }

    /// Answers a request of a peer that has proved to hold the key of the first certificate.
    pub(crate) fn answer(&self, chain: &[CertificateDer<'static>], asked: Asked) -> Answering {
        let (certificate, others) = chain.split_first().expect("a certificate");
        let peer = Caller {
            certificate: certificate.clone(),
            chain: others.to_vec(),
            certificate_sha256: Digest::of(certificate),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000)),
        };
        (self.0)(peer, asked)
    }
}
