//! A node of which no task runs, for tests that say themselves what happens when.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use jiff::SignedDuration;
use tempfile::TempDir;

use super::context::Context;
use super::folders::OfficeFolders;
use super::network::Network;
use super::start::{self, Consent};
use crate::certs::{Issued, TestCa, Validity, certificates_to_pem};
use crate::config::Config;
use crate::package::{PackageRef, Recall, Receipt, ReceiptKind, Signer, Usage};
use crate::spec::Spec;
use crate::store::{
    CameRecall, Content, IncomingNote, NewIncoming, NewOutgoing, RecallAnswer, UnitFile,
    UnitSummary,
};
use crate::transfer::{Incoming, IncomingEvent};
use crate::types::{CameBy, Clock, Digest, MessageId, OfficeNumber};

/// The office of the node.
const OFFICE: &str = "2770000011";
/// Its partner, where nobody listens.
const PARTNER: &str = "2770000029";

/// The file of every package.
pub(super) const FILE: (&str, &[u8]) = ("one.csv", b"one");

pub(super) struct AtRest {
    pub(super) context: Arc<Context>,
    pub(super) folders: OfficeFolders,
    pub(super) office: OfficeNumber,
    pub(super) partner: OfficeNumber,
    home: TempDir,
    /// Signs for the partner.
    partners: Signer,
}

impl AtRest {
    pub(super) async fn new() -> Self {
        let home = TempDir::new().expect("a folder");
        let now = Clock::system().now();
        let day = SignedDuration::from_hours(24);
        let validity = Validity { not_before: now - day, not_after: now + 30 * day };
        let authority = TestCa::new("test CA", validity).expect("a CA");
        let [office, partner] = [OFFICE, PARTNER].map(|number| number.parse().expect("an office"));
        for folder in ["drop", "import", "keys"] {
            fs::create_dir(home.path().join(folder)).expect("made");
        }
        let keys = home.path().join("keys");
        put(&keys, "ca.pem", &certificates_to_pem(&[authority.certificate().clone()]));
        for (name, usage) in [("tls", Usage::Tls), ("signing", Usage::Signing)] {
            let issued = authority.issue(office, usage, &["127.0.0.1"], validity);
            put_identity(&keys, name, &issued.expect("a certificate"));
        }
        let partners = authority.issue(partner, Usage::Signing, &[], validity);
        let partners = partners.expect("a certificate").identity().expect("an identity");
        let partners = partners.signer().expect("usable keys");
        let text = format!(
            "[node]\nlang = \"en\"\n\
             [tls]\ncertificate = \"keys/tls.pem\"\nkey = \"keys/tls.key\"\n\
             roots = [\"keys/ca.pem\"]\n\
             [[office]]\nnumber = \"{OFFICE}\"\nservice_types = [\"43\"]\n\
             drop = \"drop\"\nimport = \"import\"\nhold = \"hold\"\n\
             signing_certificate = \"keys/signing.pem\"\nsigning_key = \"keys/signing.key\"\n\
             [[peer]]\noffice = \"{PARTNER}\"\nservice_types = [\"11\"]\n\
             url = \"https://127.0.0.1:9\"\n"
        );
        let config = Config::parse(&text, home.path()).expect("valid");
        let spec = Spec::builtin().expect("consistent");
        let surroundings = (Clock::system(), Network::Tls);
        let opened = start::open(config, spec, surroundings, Consent::default()).await;
        let start::Opened { context, mut folders, .. } = opened.expect("it opens");
        let folders = folders.pop().expect("one office");
        context.set_places([(office, folders.places())].into());
        while !context.unsent.is_of_now(MessageId::new(context.now())) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        Self { context, folders, office, partner, home, partners }
    }

    /// A package of the partner that waits to be placed.
    pub(super) async fn came(&self) -> MessageId {
        let now = self.context.now();
        let id = MessageId::new(now);
        let package = Bytes::from(id.to_string());
        let about = self.about(id);
        let receipt = Receipt::of(&about, ReceiptKind::ContentConsignment, now);
        let receipt = self.context.proof().sign(self.office, &receipt, now).expect("signed");
        let new = NewIncoming {
            id,
            sender: self.partner,
            office: self.office,
            sequence: 1,
            serial: "20260520101500".parse().expect("a serial"),
            unit: unit(),
            state: Incoming::committed(now),
            detail: String::new(),
            package_sha256: about.package_sha256,
            manifest_sha256: about.manifest_sha256,
            content: Content::Whole(package),
            receipt: Some(receipt),
            came_by: CameBy::Renkei,
            folder: String::new(),
        };
        self.context.store.commit(new, now).await.expect("committed");
        id
    }

    /// The same, held.
    pub(super) async fn held(&self) -> MessageId {
        let id = self.came().await;
        let note = IncomingNote::code(crate::types::code::IMPORT_NAME_TAKEN);
        let (event, now) = (IncomingEvent::Withheld, self.context.now());
        let held = self.context.store.incoming_event(self.partner, id, event, note, now).await;
        assert!(held.expect("held").changes());
        id
    }

    /// A package for the partner.
    pub(super) async fn packed(&self, sequence: u64) -> MessageId {
        let now = self.context.now();
        let id = MessageId::new(now);
        let new = NewOutgoing {
            id,
            office: self.office,
            partner: self.partner,
            sequence,
            serial: format!("202605201015{sequence:02}").parse().expect("a serial"),
            unit: unit(),
            by_hand: None,
            expires_at: now + SignedDuration::from_hours(24),
            package_sha256: Digest::of(id.to_string().as_bytes()),
            manifest_sha256: Digest::of(b"manifest"),
            package: Bytes::from(id.to_string()),
        };
        self.context.store.pack(new, now).await.expect("packed");
        id
    }

    /// What the partner signs to have it back, until so many hours from now.
    pub(super) fn request(&self, id: MessageId, hours: i64) -> Bytes {
        let now = self.context.now();
        let end = now + SignedDuration::from_hours(hours);
        let recall = Recall::of(&self.about(id), 1, end - SignedDuration::from_hours(48), end);
        recall.sign(&self.partners, now).expect("signed").into()
    }

    /// The partner takes it back.
    pub(super) async fn is_taken_back(&self, id: MessageId) {
        let (store, now) = (&self.context.store, self.context.now());
        let (_, previous) = store.last_receipt(self.partner, id).await.expect("a receipt");
        let about = self.about(id);
        let receipt = Receipt::of(&about, ReceiptKind::Rejection, now).after(Some(previous));
        let rejection = self.context.proof().sign(self.office, &receipt, now).expect("signed");
        let came = CameRecall {
            about,
            sequence: 1,
            expires_at: now + SignedDuration::from_hours(24),
            der: Bytes::from_static(b"please"),
            rejection,
            previous: Some(previous),
            proof: None,
        };
        let answer = store.recall_came(came, now).await;
        assert_eq!(answer.expect("answered"), RecallAnswer::GivenBack);
    }

    fn about(&self, id: MessageId) -> PackageRef {
        PackageRef {
            message_id: id,
            package_sha256: Digest::of(id.to_string().as_bytes()),
            manifest_sha256: Digest::of(b"manifest"),
            sender: self.partner,
            recipient: self.office,
        }
    }

    /// What people see in one of its folders.
    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let mut names = crate::disk::names(&self.home.path().join(folder)).expect("read");
        names.retain(|name| !name.starts_with('.'));
        names
    }
}

fn unit() -> UnitSummary {
    let (name, bytes) = FILE;
    let (size, sha256) = (bytes.len() as u64, Digest::of(bytes));
    let file = UnitFile { name: name.to_owned(), size, sha256 };
    UnitSummary { kind: "K1".to_owned(), files: vec![file], ..UnitSummary::default() }
}

fn put_identity(keys: &Path, name: &str, issued: &Issued) {
    put(keys, &format!("{name}.pem"), &issued.chain_pem());
    put(keys, &format!("{name}.key"), issued.key_pem());
}

fn put(keys: &Path, name: &str, text: &str) {
    let path = keys.join(name);
    fs::write(&path, text).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
    }
}
