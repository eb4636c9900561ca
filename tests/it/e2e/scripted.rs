//! A partner that answers packages as a test says, with the real keys of an office whose node stands
//! still.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use renkei::link::{
    Caller, Limits, PackageForm, PutAnswer, ReceiptPage, ReceiptQuery, Refusal, Server, Service,
    StatusAnswer,
};
use renkei::package::{self, Package, Receipt, ReceiptKind, Signer, TrustError};
use renkei::types::code::RefusalCode;
use renkei::types::{Digest, Hashed, MessageId, OfficeNumber};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::rogue::{Rogue, identity};
use crate::harness::Office;
use crate::proof::office;

/// What the partner says to a package; what it does not refuse it signs for.
type Verdict = dyn Fn(&Package) -> Result<(), Refusal> + Send + Sync;

/// A package that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Put {
    pub(super) at: Instant,
    pub(super) id: MessageId,
    pub(super) serial: String,
}

/// It listens as long as it is there.
pub(super) struct Scripted {
    script: Arc<Script>,
    _runtime: Runtime,
}

struct Script {
    caller: OfficeNumber,
    signer: Signer,
    verdict: Mutex<Box<Verdict>>,
    puts: Mutex<Vec<Put>>,
    /// Whether questions for receipts are answered with "not now".
    keeps_receipts: AtomicBool,
}

impl Scripted {
    /// Listens in the place of `home` for the node of `caller`.
    pub(super) fn start(
        home: &Office,
        caller: &Office,
        verdict: impl Fn(&Package) -> Result<(), Refusal> + Send + Sync + 'static,
    ) -> Self {
        let script = Arc::new(Script {
            caller: office(caller.number),
            signer: identity(home, "signing").signer().expect("usable keys"),
            verdict: Mutex::new(Box::new(verdict)),
            puts: Mutex::default(),
            keeps_receipts: AtomicBool::new(false),
        });
        let runtime = Runtime::new().expect("a runtime");
        let address = (Ipv4Addr::LOCALHOST, home.port);
        let listener = runtime.block_on(TcpListener::bind(address)).expect("a free port");
        let server = {
            let _inside = runtime.enter();
            let folder = std::env::temp_dir();
            let (tls, script) = (Rogue::tls(home), Arc::clone(&script));
            Server::new(listener, tls, script, Limits::default(), &folder).expect("a server")
        };
        runtime.spawn(server.run(std::future::pending()));
        Self { script, _runtime: runtime }
    }

    /// Says something else from now on.
    pub(super) fn says(
        &self,
        verdict: impl Fn(&Package) -> Result<(), Refusal> + Send + Sync + 'static,
    ) {
        *self.script.verdict.lock().expect("no panic inside") = Box::new(verdict);
    }

    /// Whether it keeps its receipts back from now on.
    pub(super) fn keeps_receipts(&self, keeps: bool) {
        self.script.keeps_receipts.store(keeps, Ordering::Relaxed);
    }

    /// What came, in its order.
    pub(super) fn puts(&self) -> Vec<Put> {
        self.script.puts.lock().expect("no panic inside").clone()
    }

    /// The attempts with the package of this serial.
    pub(super) fn puts_of(&self, serial: &str) -> Vec<Put> {
        self.puts().into_iter().filter(|put| put.serial == serial).collect()
    }
}

impl Service for Script {
    fn admits(&self, _peer: &Caller) -> Result<OfficeNumber, Refusal> {
        Ok(self.caller)
    }

    fn takes_from(&self, _partner: OfficeNumber) -> Result<(), Refusal> {
        Ok(())
    }

    fn refused_certificate(&self, _: OfficeNumber, _: Digest, _: TrustError) {}

    fn refused_stranger(&self, _: Digest, _: IpAddr, _: TrustError) {}

    async fn put_message(
        &self,
        _peer: &Caller,
        _partner: OfficeNumber,
        id: MessageId,
        body: Hashed,
        _form: PackageForm,
    ) -> Result<PutAnswer, Refusal> {
        let package = package::open(body, &package::Limits::default()).expect("a good package");
        let serial = package.manifest().serial.to_string();
        let put = Put { at: Instant::now(), id, serial };
        self.puts.lock().expect("no panic inside").push(put);
        (*self.verdict.lock().expect("no panic inside"))(&package)?;
        let now = Rogue::now();
        let receipt = Receipt::about(&package, ReceiptKind::ContentConsignment, now);
        let receipt = receipt.sign(&self.signer, now).expect("signed").into();
        Ok(PutAnswer { receipt, repeated: false, relayed: false })
    }

    async fn receipts(&self, _peer: &Caller, query: ReceiptQuery) -> Result<ReceiptPage, Refusal> {
        if self.keeps_receipts.load(Ordering::Relaxed) {
            let again = Duration::from_secs(1);
            return Err(Refusal::plain(RefusalCode::BUSY).retry_after(again));
        }
        Ok(ReceiptPage::new(query.after, Vec::new(), false))
    }

    fn status(&self, _peer: &Caller) -> StatusAnswer {
        StatusAnswer { version: "scripted".to_owned(), time: Rogue::now(), ..Default::default() }
    }
}

/// Refuses the package of this serial, and takes all others.
pub(super) fn refuses(
    serial: &str,
    refusal: impl Fn() -> Refusal + Send + Sync + 'static,
) -> impl Fn(&Package) -> Result<(), Refusal> + Send + Sync + 'static {
    let serial = serial.to_owned();
    move |package| {
        if package.manifest().serial.as_str() == serial { Err(refusal()) } else { Ok(()) }
    }
}

/// For good, whatever the package is repeated.
pub(super) fn for_good() -> Refusal {
    Refusal::plain(RefusalCode::TOO_LARGE)
}
