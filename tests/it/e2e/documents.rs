//! What a running node writes, held against the schemas in `spec/`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::proof::verified;
use super::rogue::{Rogue, identity};
use super::units::withdrawal;
use crate::harness::{CARE, HELP, Office, offices, until};
use crate::link::harness::Identity as RawIdentity;
use crate::link::hostile::{Raw, status_of};
use crate::schema;

/// The status and the JSON body of the answer to a request that has no body.
fn asked(of: &Office, by: &Office, request: &str) -> (u16, Value) {
    let tls = identity(by, "tls");
    let raw = RawIdentity { certificate: tls.chain()[0].clone(), key: tls.key() };
    let address = format!("127.0.0.1:{}", of.port).parse().expect("an address");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let answer = runtime.block_on(async {
        let mut raw = Raw::connect(address, Some(&raw), &[&rustls::version::TLS13]).await?;
        let head = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        raw.send(head.as_bytes()).await?;
        raw.rest().await
    });
    let answer = answer.expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    (status_of(&answer), serde_json::from_str(body).expect("JSON"))
}

#[test]
fn answers_and_documents_fit_their_schemas() {
    let [care, mut help] = offices([CARE, HELP]);
    help.start();
    let partner = Rogue::of(&care);
    let parcel = partner.parcel(&help, &withdrawal(CARE, 1), 1, |_| {});
    partner.put(&help, &parcel).expect("taken");
    until("the handover", || {
        (help.sql("SELECT state FROM incoming") == ["HANDED_OVER"]).then_some(())
    });
    let manifest: Value =
        serde_json::from_slice(parcel.open().manifest_bytes()).expect("a manifest");
    assert_eq!(schema::fault("package", &manifest), None);

    let (status, said) = asked(&help, &care, "GET /v1/status");
    assert_eq!((status, schema::fault("peer-status", &said)), (200, None), "{said}");
    assert_eq!(
        said["formats"],
        serde_json::json!(["renkei.package/1", "renkei.attachments/1", "renkei.receipt/1"])
    );
    assert_eq!(
        said["features"],
        serde_json::json!(["card", "mailbox/1", "sealed/hpke-1", "recall/1"])
    );
    assert_eq!(said["clock_skew_seconds"], 900);
    assert_eq!(said["limits"]["idle_seconds"], 30);

    let (status, page) = asked(&help, &care, &format!("GET /v1/receipts?office={CARE}"));
    assert_eq!((status, schema::fault("receipts-page", &page)), (200, None), "{page}");
    let receipts = page["receipts"].as_array().expect("receipts");
    assert_eq!(receipts.len(), 2, "{page}");
    for entry in receipts {
        let der = STANDARD.decode(entry["receipt"].as_str().expect("base64")).expect("base64");
        let receipt = verified(&help, &der);
        assert_eq!(schema::fault("receipt", &receipt), None, "{receipt}");
    }
    let mut lie =
        partner.parcel(&help, &withdrawal(CARE, 2), 2, |manifest| manifest.months.clear());
    lie.bytes = partner.put(&help, &lie).expect("a receipt").receipt;
    let rejection = verified(&help, &lie.bytes);
    assert_eq!(schema::fault("receipt", &rejection), None, "{rejection}");
    assert_eq!(rejection["findings"].as_array().map(Vec::len), Some(1), "{rejection}");

    let of_another = format!("GET /v1/receipts?office={HELP}");
    for (request, expected) in [
        ("GET /v1/nowhere", 404),
        ("DELETE /v1/status", 405),
        ("GET /v1/receipts", 400),
        (of_another.as_str(), 403),
        ("PUT /v1/messages/x", 400),
        ("GET /v1/status?x=1", 400),
        ("GET  /v1/status", 400),
    ] {
        let (status, problem) = asked(&help, &care, request);
        assert_eq!((status, schema::fault("problem", &problem)), (expected, None), "{problem}");
        assert_eq!(problem["status"], expected);
    }
}
