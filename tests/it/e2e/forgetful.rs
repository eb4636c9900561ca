//! A partner that never has the key that it announced, and announces another one whenever it is asked.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use renkei::link::{
    Caller, Limits, PackageForm, PutAnswer, ReceiptPage, ReceiptQuery, Refusal, Server, Service,
    StatusAnswer,
};
use renkei::package::card::Card;
use renkei::package::sealed::SealingSecret;
use renkei::package::{self, Receipt, ReceiptKind, Signer, TrustError};
use renkei::types::code::RefusalCode;
use renkei::types::{Digest, Hashed, MessageId, OfficeNumber};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::cards::{card, join_each_other, opened};
use super::rogue::{Rogue, identity};
use super::units::{export, withdrawal};
use crate::harness::{CARE, HELP, offices, quoted, until};
use crate::proof::office;

struct Forgetful {
    caller: OfficeNumber,
    signer: Signer,
    /// The card by which it joined.
    first: Card,
    asked: AtomicU64,
    forms: Mutex<Vec<PackageForm>>,
}

impl Service for Forgetful {
    fn admits(&self, _: &Caller) -> Result<OfficeNumber, Refusal> {
        Ok(self.caller)
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
        _: MessageId,
        body: Hashed,
        form: PackageForm,
    ) -> Result<PutAnswer, Refusal> {
        self.forms.lock().expect("no panic inside").push(form);
        if form == PackageForm::Sealed {
            return Err(Refusal::plain(RefusalCode::SEAL_UNKNOWN_KEY));
        }
        let package = package::open(body, &package::Limits::default()).expect("a good package");
        let now = Rogue::now();
        let receipt = Receipt::about(&package, ReceiptKind::ContentConsignment, now);
        let receipt = receipt.sign(&self.signer, now).expect("signed").into();
        Ok(PutAnswer { receipt, repeated: false, relayed: false })
    }

    async fn receipts(&self, _: &Caller, query: ReceiptQuery) -> Result<ReceiptPage, Refusal> {
        Ok(ReceiptPage::new(query.after, Vec::new(), false))
    }

    async fn card(&self, _: &Caller, _: OfficeNumber, _: OfficeNumber) -> Result<Bytes, Refusal> {
        let key = rcgen::KeyPair::generate().expect("a key");
        let now = Rogue::now();
        let secret = SealingSecret::of_der(&key.serialize_der(), now).expect("a sealing key");
        let next = Card {
            serial: self.first.serial + 1 + self.asked.fetch_add(1, Ordering::Relaxed),
            sealing: Some(secret.announced()),
            ..self.first.clone()
        };
        Ok(next.sign(&self.signer, now).expect("signed").into())
    }

    fn status(&self, _: &Caller) -> StatusAnswer {
        let features = ["sealed/hpke-1", "card"].map(str::to_owned).into();
        let (version, time) = ("forgetful".to_owned(), Rogue::now());
        StatusAnswer { version, time, features, ..Default::default() }
    }
}

/// It is sealed to the newer key once, and then goes as it is, under TLS alone.
#[test]
fn a_partner_that_never_has_its_key_is_not_sealed_to_for_ever() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.forget_peer(HELP);
    help.forget_peer(CARE);
    for office in [&mut care, &mut help] {
        let url = quoted(format!("https://127.0.0.1:{}", office.port));
        office.set("node", "url", url);
    }
    join_each_other([&care, &help]);
    let partner = Arc::new(Forgetful {
        caller: office(CARE),
        signer: identity(&help, "signing").signer().expect("usable keys"),
        first: opened(&card(&help)).card().clone(),
        asked: AtomicU64::default(),
        forms: Mutex::default(),
    });
    let runtime = Runtime::new().expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, help.port)));
    let server = {
        let _inside = runtime.enter();
        let (tls, partner) = (Rogue::tls(&help), Arc::clone(&partner));
        let folder = std::env::temp_dir();
        let listener = listener.expect("a free port");
        Server::new(listener, tls, partner, Limits::default(), &folder).expect("a server")
    };
    runtime.spawn(server.run(std::future::pending()));
    export(&care, &withdrawal(CARE, 1));
    care.start();
    until("taken", || care.has_sent("CONSIGNED", 1));
    let forms = partner.forms.lock().expect("no panic inside").clone();
    assert_eq!(forms, [PackageForm::Sealed, PackageForm::Sealed, PackageForm::Plain]);
}
