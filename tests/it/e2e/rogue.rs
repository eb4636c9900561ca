//! A partner that does what no node would, with the real keys of an office whose node stands
//! still.

use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use renkei::certs::{Identity, load_identity};
use renkei::link::{
    Client, ClientLimits, Endpoint, PackageForm, PutReply, ReceiptPage, SendError, Tls,
    TlsSettings, TlsVersions,
};
use renkei::package::{
    Limits, Manifest, ManifestFile, ManifestFormat, Package, Party, Recall, Signer, open, pack,
};
use renkei::rules::{self, Options, SourceFile};
use renkei::spec::Spec;
use renkei::types::{Clock, Edition, MessageId};
use tokio::runtime::Runtime;

use super::units::{Unit, serial_of};
use crate::harness::Office;
use crate::proof::{office, trust_in};

pub(super) struct Rogue {
    runtime: Runtime,
    client: Client,
    signer: Signer,
    number: &'static str,
}

/// A package and the id in it.
#[derive(Clone)]
pub(super) struct Parcel {
    pub(super) id: MessageId,
    pub(super) bytes: Bytes,
}

impl Parcel {
    pub(super) fn open(&self) -> Package {
        open(self.bytes.clone(), &Limits::default()).expect("our own package")
    }
}

/// The keys of an office, `tls` or `signing`.
pub(super) fn identity(of: &Office, name: &str) -> Identity {
    let keys = of.path("keys");
    let files = (keys.join(format!("{name}.pem")), keys.join(format!("{name}.key")));
    load_identity(&files.0, &files.1).expect("keys")
}

impl Rogue {
    /// Speaks and signs as the office does.
    pub(super) fn of(office: &Office) -> Self {
        Self::between(office, office)
    }

    /// Speaks with the TLS certificate of one office and signs with that of another.
    pub(super) fn between(speaker: &Office, signer: &Office) -> Self {
        let tls = Self::tls(speaker);
        Self {
            runtime: Runtime::new().expect("a runtime"),
            client: Client::new(tls, ClientLimits::default()),
            signer: identity(signer, "signing").signer().expect("usable keys"),
            number: signer.number,
        }
    }

    /// The TLS keys of an office, and the trust that all have.
    pub(super) fn tls(of: &Office) -> std::sync::Arc<Tls> {
        let tls = identity(of, "tls");
        let settings = TlsSettings {
            chain: tls.chain().to_vec(),
            key: tls.key(),
            trust: std::sync::Arc::new(trust_in(&[&of.world.authority])),
            versions: TlsVersions::Tls13,
            strangers: false,
        };
        Tls::new(settings, Clock::system()).expect("usable keys")
    }

    pub(super) fn now() -> Timestamp {
        Clock::system().now()
    }

    /// A package as a node would make it, but for what `change` does to its manifest.
    pub(super) fn parcel(
        &self,
        to: &Office,
        unit: &Unit,
        sequence: u64,
        change: impl FnOnce(&mut Manifest),
    ) -> Parcel {
        let now = Self::now();
        let party = |number, certificate| Party {
            office: office(number),
            service_types: Vec::new(),
            certificate,
        };
        let files = (1..).zip(unit).map(|(n, (name, bytes))| {
            ManifestFile::describe(n, name, bytes).expect("a file of the standard")
        });
        let sources: Vec<_> = unit.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
        let spec = Spec::builtin().expect("consistent");
        let judged = rules::check(spec, &sources, &Options::default()).units.into_iter().next();
        let (kind, months) = judged.map(|unit| (unit.unit, unit.months)).unwrap_or_default();
        let mut manifest = Manifest {
            format: ManifestFormat::V1,
            message_id: MessageId::new(now),
            sequence,
            sender: party(self.number, Some(self.signer.certificate_sha256())),
            recipient: party(to.number, None),
            created_at: now,
            expires_at: now + SignedDuration::from_hours(24),
            kind: kind.unwrap_or_else(|| "K4".to_owned()),
            edition: Some(Edition::V4_1),
            months,
            serial: serial_of(unit).parse().expect("a serial"),
            set: None,
            supersedes: None,
            files: files.collect(),
        };
        change(&mut manifest);
        let contents: Vec<&[u8]> = unit.values().map(Vec::as_slice).collect();
        let bytes = pack(&manifest, &contents, &self.signer, now).expect("a package");
        Parcel { id: manifest.message_id, bytes: bytes.into() }
    }

    pub(super) fn put(&self, to: &Office, parcel: &Parcel) -> Result<PutReply, SendError> {
        let to = endpoint(to);
        self.runtime.block_on(self.client.put_message(&to, parcel.id, parcel.bytes.clone()))
    }

    /// Puts whatever bytes under an id, in one form or the other.
    pub(super) fn put_in_form(
        &self,
        to: &Office,
        id: MessageId,
        bytes: Vec<u8>,
        form: PackageForm,
    ) -> Result<PutReply, SendError> {
        let (to, bytes) = (endpoint(to), Bytes::from(bytes).into());
        self.runtime.block_on(self.client.put_in_form(&to, id, bytes, form))
    }

    /// Puts a package that must be refused; status and code of the refusal, and what a log says.
    pub(super) fn refusal(&self, to: &Office, parcel: &Parcel) -> (u16, String, String) {
        match self.put(to, parcel) {
            Err(SendError::Refused { problem } | SendError::Busy { problem, .. }) => {
                let text = problem.to_string();
                (problem.status, problem.code.to_owned(), text)
            }
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    /// Asks for a package back under an id, with whatever request.
    pub(super) fn recall(
        &self,
        to: &Office,
        id: MessageId,
        recall: &Recall,
    ) -> Result<Option<Bytes>, SendError> {
        let der = recall.sign(&self.signer, Self::now()).expect("signed").into();
        self.recall_with(to, id, der)
    }

    /// The same with whatever bytes.
    pub(super) fn recall_with(
        &self,
        to: &Office,
        id: MessageId,
        der: Bytes,
    ) -> Result<Option<Bytes>, SendError> {
        self.runtime.block_on(self.client.put_recall(&endpoint(to), id, der))
    }

    /// Asks for the receipts of what an office sent.
    pub(super) fn receipts(&self, from: &Office, of: &str) -> Result<ReceiptPage, SendError> {
        let wait = Duration::ZERO;
        self.runtime.block_on(self.client.receipts(&endpoint(from), office(of), 0, wait))
    }

    /// Asks whether the node answers.
    pub(super) fn status(&self, of: &Office) -> Result<(), SendError> {
        self.runtime.block_on(self.client.status(&endpoint(of))).map(|_| ())
    }
}

fn endpoint(to: &Office) -> Endpoint {
    let url = format!("https://127.0.0.1:{}", to.port).parse().expect("an address");
    Endpoint::of_office(url, office(to.number))
}
