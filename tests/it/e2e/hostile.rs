//! Partners that do not keep to the rules, with valid keys: each gets its stable code, nothing of
//! theirs stays, and the node lives on.

use bytes::Bytes;
use jiff::SignedDuration;
use renkei::link::SendError;
use renkei::package::Usage;
use renkei::types::MessageId;

use super::proof::verified;
use super::rogue::{Parcel, Rogue, identity};
use super::units::{PLAN, USAGE, Unit, sample, together, withdrawal};
use crate::harness::{CARE, DAY, HELP, Office, offices, until};
use crate::link::harness::Identity as RawIdentity;
use crate::link::hostile::{Raw, status_of};
use crate::proof::{container, office, repacked};

/// 訪問入浴介護, a partner that means ill.
const BATH: &str = "2770000045";

/// One flipped bit somewhere in the bytes, at several places.
fn flipped(parcel: &Parcel) -> Vec<Parcel> {
    let length = parcel.bytes.len();
    [0, 40, length / 3, length / 2, length - 30, length - 1]
        .map(|place| {
            let mut bytes = parcel.bytes.to_vec();
            bytes[place] ^= 1;
            Parcel { id: parcel.id, bytes: bytes.into() }
        })
        .into()
}

/// The package around other files: the container is in order, what it holds is not.
fn with_other_files(parcel: &Parcel) -> Parcel {
    let package = parcel.open();
    let entries =
        [("manifest.json", package.manifest_bytes()), ("manifest.p7s", package.signature())];
    let mut entries: Vec<(&str, &[u8])> =
        entries.iter().map(|(name, bytes)| (*name, bytes.as_ref())).collect();
    entries.push(("files/0001", b"202407,271001,0000899999,202606\r\n"));
    Parcel { id: parcel.id, bytes: container(&entries).into() }
}

/// The package with another text in its signed manifest.
fn with_other_manifest(parcel: &Parcel, from: &str, to: &str) -> Parcel {
    let package = parcel.open();
    let manifest = String::from_utf8(package.manifest_bytes().to_vec()).expect("JSON");
    assert!(manifest.contains(from));
    let manifest = manifest.replace(from, to);
    let bytes = repacked(&package, manifest.as_bytes(), package.signature());
    Parcel { id: parcel.id, bytes: bytes.into() }
}

/// Nothing is in the store and the folders of `help` but `unit`, once.
fn has_only(help: &mut Office, unit: &Unit) {
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["1"]);
    assert_eq!(help.sql("SELECT count(DISTINCT message_id), count(*) FROM journal"), ["1|3"]);
    assert_eq!(help.sql("SELECT count(*) FROM receipts"), ["2"]);
    assert_eq!(help.files("import"), *unit);
    assert!(help.files("import-actuals").is_empty() && help.sets("hold").is_empty());
    assert!(!help.path("data/packages").exists(), "bytes beside the store");
    assert!(help.is_alive());
}

#[test]
fn nothing_wrong_gets_in() {
    let [care, mut help, day, bath] = offices([CARE, HELP, DAY, BATH]);
    help.forget_peer(DAY);
    help.set("limits", "package_size", "\"1MiB\"");
    help.set("limits", "file_size", "\"1MiB\"");
    help.start();
    let partner = Rogue::of(&care);
    let unit = withdrawal(CARE, 1);
    let plain = |_: &mut _| {};
    let good = partner.parcel(&help, &unit, 1, plain);
    let first = partner.put(&help, &good).expect("a good package is taken");
    assert!(!first.repeated);
    until("the unit in the import folder", || (help.files("import") == unit).then_some(()));
    until("the handover", || {
        (help.sql("SELECT state FROM incoming") == ["HANDED_OVER"]).then_some(())
    });

    let fresh = || partner.parcel(&help, &withdrawal(CARE, 2), 2, plain);
    let refused = |parcel: &Parcel, status: u16, code: &str| {
        let (got, got_code, text) = partner.refusal(&help, parcel);
        assert_eq!((got, got_code.as_str()), (status, code), "{text}");
        assert!(text.len() > 10 && text.is_ascii(), "a text for the peer: {text}");
    };
    for parcel in flipped(&fresh()) {
        refused(&parcel, 422, "bad-container");
    }
    refused(&with_other_files(&fresh()), 422, "file-mismatch");
    refused(
        &with_other_manifest(&fresh(), "\"sequence\":2", "\"sequence\":3"),
        422,
        "bad-signature",
    );

    // Re-addressed: as it is, and with what is outside of the signature made to fit.
    let for_day: Unit = [unit.clone()]
        .into_iter()
        .flatten()
        .map(|(name, bytes)| (name.replace(&format!("{HELP}_11"), &format!("{DAY}_15")), bytes))
        .collect();
    let astray = partner.parcel(&day, &for_day, 1, plain);
    refused(&astray, 422, "not-our-package");
    refused(&with_other_manifest(&astray, DAY, HELP), 422, "bad-signature");

    // Replayed: under another id, and the id with other bytes.
    let other_id = Parcel { id: MessageId::new(Rogue::now()), ..good.clone() };
    refused(&other_id, 422, "id-mismatch");
    let reused = partner.parcel(&help, &withdrawal(CARE, 3), 2, |m| m.message_id = good.id);
    refused(&reused, 409, "id-taken");

    let hour = SignedDuration::from_hours(1);
    let expired = partner.parcel(&help, &withdrawal(CARE, 4), 2, |manifest| {
        manifest.created_at = Rogue::now() - hour * 2;
        manifest.expires_at = Rogue::now() - hour;
    });
    refused(&expired, 422, "package-expired");
    let early =
        partner.parcel(&help, &withdrawal(CARE, 5), 2, |m| m.created_at = Rogue::now() + hour);
    refused(&early, 422, "clock-ahead");
    let large = Parcel { id: MessageId::new(Rogue::now()), bytes: Bytes::from(vec![7; 3 << 20]) };
    refused(&large, 413, "too-large");

    // Certificates of the right authority that may not speak here.
    let stranger = Rogue::between(&day, &care);
    let (status, code, _) = stranger.refusal(&help, &fresh());
    assert_eq!((status, code.as_str()), (403, "not-a-partner"));
    let other = Rogue::between(&bath, &care);
    let (status, code, _) = other.refusal(&help, &fresh());
    assert_eq!((status, code.as_str()), (403, "certificate-not-allowed"));
    let names = |(name, bytes): (String, Vec<u8>)| {
        (name.replace(&format!("{CARE}_43"), &format!("{DAY}_15")), bytes)
    };
    let own = Rogue::of(&day);
    let own_unit: Unit = unit.clone().into_iter().map(names).collect();
    let (status, code, _) = own.refusal(&help, &own.parcel(&help, &own_unit, 1, plain));
    assert_eq!((status, code.as_str()), (403, "not-a-partner"));
    let forger = Rogue::between(&care, &day);
    let forged = forger.parcel(&help, &withdrawal(CARE, 6), 2, |m| m.sender.office = office(CARE));
    let (status, code, _) = forger.refusal(&help, &forged);
    assert_eq!((status, code.as_str()), (403, "certificate-wrong-office"));
    let Err(SendError::Refused { problem }) = other.receipts(&help, CARE) else {
        panic!("another office's receipts were given out");
    };
    assert_eq!((problem.status, problem.code), (403, "certificate-not-allowed"));

    let again = partner.put(&help, &good).expect("a repeat is taken");
    assert!(again.repeated);
    assert_eq!(again.receipt, first.receipt, "the very same receipt");
    assert_eq!(verified(&help, &first.receipt)["kind"], "ContentConsignment");
    has_only(&mut help, &unit);
    for code in ["bad-container", "bad-signature", "id-taken", "not-our-package", "too-large"] {
        assert!(help.log().contains(code), "{code} is not in the log");
    }

    // Killed and started again it still knows the receipt.
    help.kill();
    help.start();
    let later = partner.put(&help, &good).expect("a repeat is taken");
    assert_eq!((later.repeated, later.receipt), (true, first.receipt));
    has_only(&mut help, &unit);
}

#[test]
fn a_unit_with_errors_is_rejected_with_proof() {
    let [care, mut help] = offices([CARE, HELP]);
    help.start();
    let partner = Rogue::of(&care);
    let mut unit = sample(USAGE, "20260520111500");
    let name = unit.keys().find(|name| name.starts_with("UPPLAN")).expect("a plan").clone();
    let record = b"202407,271001,not a number\r\n";
    unit.get_mut(&name).expect("a plan").extend(record);
    let parcel = partner.parcel(&help, &unit, 1, |_| {});
    let reply = partner.put(&help, &parcel).expect("an answer with proof");
    let said = verified(&help, &reply.receipt);
    assert_eq!((&said["kind"], &said["result"]), (&"Rejection".into(), &"rejected".into()));
    assert_eq!(said["findings"][0]["file"], name.as_str());
    assert!(!said["findings"].to_string().contains("not a number"), "values stay at home");
    assert_eq!(help.sql("SELECT state FROM incoming"), ["REJECTED"]);
    let again = partner.put(&help, &parcel).expect("an answer");
    assert_eq!((again.repeated, again.receipt), (true, reply.receipt));

    // What follows it is not kept waiting.
    let next = sample(PLAN, "20260520111501");
    partner.put(&help, &partner.parcel(&help, &next, 2, |_| {})).expect("taken");
    until("the next unit", || (help.files("import") == together([&next])).then_some(()));
}

#[test]
fn a_slow_client_is_cut_off() {
    let [care, mut help] = offices([CARE, HELP]);
    help.start();
    let tls = identity(&care, "tls");
    let raw = RawIdentity { certificate: tls.chain()[0].clone(), key: tls.key() };
    let address = format!("127.0.0.1:{}", help.port).parse().expect("an address");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let answer = runtime.block_on(async {
        let mut slow = Raw::connect(address, Some(&raw), &[&rustls::version::TLS13]).await?;
        let id = MessageId::new(Rogue::now());
        let head = format!(
            "PUT /v1/messages/{id} HTTP/1.1\r\nhost: x\r\ncontent-type: application/zip\r\n\
             content-digest: sha-256=:{}=:\r\ncontent-length: 100000\r\n\r\nPK",
            "A".repeat(43)
        );
        slow.send(head.as_bytes()).await?;
        slow.rest().await
    });
    let answer = answer.expect("an answer");
    assert_eq!(status_of(&answer), 408);
    assert!(answer.contains("\"code\":\"too-slow\""), "{answer}");
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["0"]);
    Rogue::of(&care).status(&help).expect("the node lives");
}

#[test]
fn clients_without_a_certificate_of_the_authority_get_nowhere() {
    let [care, mut help] = offices([CARE, HELP]);
    help.start();
    let foreign = renkei::certs::TestCa::new("another CA", crate::proof::long()).expect("a CA");
    let stolen = foreign
        .issue(office(CARE), Usage::Tls, &["127.0.0.1"], crate::proof::long())
        .expect("a certificate");
    care.put_identity("tls", &stolen);
    let error = Rogue::of(&care).status(&help).expect_err("a foreign certificate");
    assert_eq!(error.code(), "own-certificate-not-accepted");
    let genuine = care.issue(CARE, Usage::Tls);
    care.put_identity("tls", &genuine);
    Rogue::of(&care).status(&help).expect("the node lives");
}
