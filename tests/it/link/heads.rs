//! Heads of requests that can be read in two ways: the vectors of the protocol, on the wire.

use std::fs;
use std::path::Path;

use renkei::link::Limits;
use serde_json::Value;

use super::harness::{Authority, Node, new_id, pair};
use super::hostile::{Raw, code_of, digest_of, put, raw, status_of};

/// The vectors: name, bytes, the code of the refusal.
fn vectors() -> Vec<(String, String, Option<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/vectors/http/index.json");
    let index: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("an index")).expect("JSON");
    let text = |case: &Value, name: &str| case[name].as_str().map(str::to_owned);
    let cases = index["requests"].as_array().expect("cases").iter().map(|case| {
        let mut request = text(case, "request").expect("a request");
        if let Some(times) = case["repeat"]["times"].as_u64() {
            let fields = case["repeat"]["text"].as_str().expect("a text");
            let fields = fields.repeat(usize::try_from(times).expect("few"));
            request = request.replacen("\r\n\r\n", &format!("\r\n{fields}\r\n"), 1);
        }
        (text(case, "name").expect("a name"), request, text(case, "code"))
    });
    cases.collect()
}

#[tokio::test]
async fn every_vector_gets_its_answer_and_nothing_behind_it_does() {
    let (authority, node, _) = pair(Limits::default()).await;
    let mut refused = 0;
    for (name, request, code) in vectors() {
        let mut connection = raw(&authority, &node).await;
        let Some(code) = code else {
            let answer = connection.one_answer(request.as_bytes()).await.expect("an answer");
            assert_eq!(status_of(&answer), 200, "{name}: {answer}");
            continue;
        };
        // The server may close before everything is written.
        let _ = connection.send(request.as_bytes()).await;
        let answers = connection.rest().await.expect("an answer");
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{name}: {answers}");
        assert_eq!(code_of(&answers), code, "{name}");
        assert!(answers.contains("\r\nconnection: close\r\n"), "{name}: {answers}");
        refused += 1;
    }
    assert!(refused >= 40, "{refused}");
    assert_eq!(*node.service.begun.borrow(), 0);
}

async fn answers(authority: &Authority, node: &Node, requests: &str) -> Vec<u16> {
    let mut connection: Raw = raw(authority, node).await;
    connection.send(requests.as_bytes()).await.expect("sent");
    let answers = connection.rest().await.expect("answers");
    answers
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| status_of(&format!("HTTP/1.1 {answer}")))
        .collect()
}

/// Requests that are sent without waiting for answers keep their bodies and their order, and one that
/// cannot be read is answered in its place.
#[tokio::test]
async fn requests_behind_each_other_are_told_apart() {
    let (authority, node, _) = pair(Limits::default()).await;
    let body = "GET /v1/status HTTP/1.0\n\n".repeat(4000);
    let good = put(&format!("content-length: {}", body.len()), body.as_bytes()) + &body;
    let status = "GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n";
    let bad = "GET /v1/status HTTP/1.1\nhost: x\n\n";
    let requests = [good.as_str(), status, &good.replace("PUT", "POST"), bad, status].concat();
    assert_eq!(answers(&authority, &node, &requests).await, [201, 200, 405, 400]);
}

/// Only hyper knows where a body in chunks ends, so nothing behind it is looked at.
#[tokio::test]
async fn a_body_in_chunks_is_the_last_on_its_connection() {
    let (authority, node, _) = pair(Limits::default()).await;
    let body = put("transfer-encoding: chunked", b"abc") + "3\r\nabc\r\n0\r\n\r\n";
    let id = new_id();
    let hidden =
        format!("PUT /v1/messages/{id} HTTP/1.1\nhost: x\ncontent-type: application/zip\n");
    let digest = digest_of(b"");
    let hidden = format!("{hidden}content-digest: {digest}\ncontent-length: 0\n\n");
    assert_eq!(answers(&authority, &node, &format!("{body}{hidden}")).await, [201]);
    assert_eq!(*node.service.begun.borrow(), 1);
}
