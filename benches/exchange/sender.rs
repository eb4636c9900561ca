//! The sending side without its folders.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use renkei::link::{Client, ClientLimits, Endpoint, Tls, TlsSettings, TlsVersions};
use renkei::node::{Pins, open_trust};
use renkei::package::{
    Limits, Manifest, ManifestFile, ManifestFormat, PackageRef, Party, Receipt, Signer, Trust, pack,
};
use renkei::store::{NewOutgoing, NewReceipt, Origin, Store, Terms, UnitSummary};
use renkei::transfer::{OutgoingEvent, OutgoingReceipt};
use renkei::types::{Clock, Digest, Edition, FileSerial, Hashed, MessageId, OfficeNumber};

use crate::units::{Unit, serial};
use crate::world::{OFFICES, World};

/// Exchanges at a time.
pub(crate) const AT_A_TIME: usize = 64;

/// The sending side without its folders.
pub(crate) struct Sender {
    store: Store,
    client: Client,
    trust: Trust,
    signer: Arc<Signer>,
    endpoint: Endpoint,
    offices: [OfficeNumber; 2],
}

impl Sender {
    pub(crate) fn new(world: &World) -> Self {
        let config = world.config(0);
        let [tls, signing] = &world.issued[0];
        let key_file = config.store_key().map(Path::to_owned);
        let terms = Terms { key_file, ..Terms::default() };
        let identity = tls.identity().expect("an identity");
        let settings = TlsSettings {
            chain: identity.chain().to_vec(),
            key: identity.key(),
            trust: Arc::new(open_trust(&config, Pins::new()).expect("trust")),
            versions: TlsVersions::Tls13,
            strangers: false,
        };
        let tls = Tls::new(settings, Clock::system()).expect("settings");
        let limits = ClientLimits { uploads_per_office: AT_A_TIME, ..ClientLimits::default() };
        let offices = OFFICES.map(|(number, _)| number.parse().expect("an office"));
        let url = format!("https://{}", world.address[1]).parse().expect("an address");
        Self {
            store: Store::open(&config.node.data, &terms).expect("a store"),
            client: Client::new(tls, limits),
            trust: open_trust(&config, Pins::new()).expect("trust"),
            signer: Arc::new(signing.identity().and_then(|own| own.signer()).expect("a signer")),
            endpoint: Endpoint::of_office(url, offices[1]),
            offices,
        }
    }

    /// Signs a package and makes it durable.
    pub(crate) async fn make(&self, number: usize, unit: &Unit) -> (PackageRef, Bytes) {
        let now = Clock::system().now();
        let serial: FileSerial = serial(number).parse().expect("a serial");
        let party = |place: usize, certificate| Party {
            office: self.offices[place],
            service_types: vec![OFFICES[place].1.parse().expect("a type")],
            certificate,
        };
        let described = |(n, (name, bytes)): (u32, &(String, Vec<u8>))| {
            ManifestFile::describe(n, name, bytes).expect("fits")
        };
        let manifest = Manifest {
            format: ManifestFormat::V1,
            message_id: MessageId::new(now),
            sequence: number as u64,
            sender: party(0, Some(self.signer.certificate_sha256())),
            recipient: party(1, None),
            created_at: now,
            expires_at: now + SignedDuration::from_hours(24),
            kind: "K2".to_owned(),
            edition: Some(Edition::V4_1),
            months: vec!["202604".parse().expect("a month")],
            serial,
            set: None,
            supersedes: None,
            files: (1..).zip(unit).map(described).collect(),
        };
        let bytes: Vec<&[u8]> = unit.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        let package: Bytes = pack(&manifest, &bytes, &self.signer, now).expect("packed").into();
        let reference = PackageRef {
            message_id: manifest.message_id,
            package_sha256: Digest::of(&package),
            manifest_sha256: Digest::of(&manifest.to_bytes().expect("fits")),
            sender: self.offices[0],
            recipient: self.offices[1],
        };
        let new = NewOutgoing {
            id: manifest.message_id,
            office: self.offices[0],
            partner: self.offices[1],
            sequence: manifest.sequence,
            serial,
            unit: UnitSummary {
                kind: manifest.kind.clone(),
                edition: manifest.edition,
                converted_from: None,
                quoted: None,
                months: manifest.months.clone(),
                files: Vec::new(),
                records: 0,
                findings: 0,
            },
            by_hand: None,
            expires_at: manifest.expires_at,
            package_sha256: reference.package_sha256,
            manifest_sha256: reference.manifest_sha256,
            package: package.clone(),
        };
        self.store.pack(new, now).await.expect("durable");
        (reference, package)
    }

    /// Sends it, verifies the receipt, and makes that durable.
    pub(crate) async fn exchange(&self, (reference, package): (PackageRef, Bytes)) {
        let id = reference.message_id;
        let package = Hashed::known(package, reference.package_sha256);
        let reply = self.client.put_message(&self.endpoint, id, package).await.expect("taken");
        let now: Timestamp = Clock::system().now();
        let limits = Limits::default();
        let opened = Receipt::open(&reply.receipt, &self.trust, &limits, now).expect("a receipt");
        opened.receipt.check_answers(&reference).expect("for this package");
        let receipt = NewReceipt {
            origin: Origin::Received,
            kind: opened.receipt.kind,
            at: opened.receipt.at,
            der: reply.receipt,
        };
        let event = OutgoingEvent::Receipt(OutgoingReceipt::Consignment);
        let stored = self.store.outgoing_event(id, event, String::new(), Some(receipt), now).await;
        stored.expect("durable");
    }
}
