//! The protocol on paper, `spec/PROTOCOL.md`: its vectors, its schemas, its command lines.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use renkei::link::Status;
use renkei::package::card::SignedCard;
use renkei::package::sealed::{SealingSecret, seal};
use renkei::package::{Limits, open};
use renkei::types::Digest;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;

use crate::proof::openssl_ok;
use crate::schema;
use crate::support::{renkei, stdout};
use crate::tools::tool;

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/vectors")
}

fn index(section: &str) -> Value {
    let path = vectors().join(section).join("index.json");
    serde_json::from_str(&fs::read_to_string(path).expect("an index")).expect("JSON")
}

fn cases(index: &Value) -> &[Value] {
    index["cases"].as_array().expect("cases")
}

fn is_accepted(case: &Value) -> bool {
    case["verdict"] == "accept"
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).expect("an entry");
        if path.is_dir() {
            copied(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("copied");
        }
    }
}

#[test]
fn the_program_judges_every_vector_as_it_says() {
    let checked =
        renkei(&["--lang", "en", "dev", "vectors"], Path::new(env!("CARGO_MANIFEST_DIR")));
    let said = stdout(&checked);
    assert!(checked.status.success(), "{said}");
    assert!(said.ends_with(" vectors, 0 of them judged otherwise than expected\n"), "{said}");
    let count: usize = said.split(' ').next().and_then(|word| word.parse().ok()).expect("a number");
    assert!(count >= 220, "{count} vectors");
}

#[test]
fn a_vector_that_is_judged_otherwise_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    copied(&vectors(), folder.path());
    for section in ["container", "manifest", "cms", "receipts", "tls"] {
        let path = folder.path().join(section).join("index.json");
        let text = fs::read_to_string(&path).expect("an index");
        let changed = text.replacen("\"verdict\": \"accept\"", "\"verdict\": \"refuse\"", 1);
        assert_ne!(changed, text);
        fs::write(&path, changed).expect("written");
    }
    let order = folder.path().join("order/index.json");
    let text = fs::read_to_string(&order).expect("an index");
    fs::write(&order, text.replacen("\"at\": 60", "\"at\": 59", 1)).expect("written");
    let checked = renkei(&["--lang", "en", "dev", "vectors", "--check", "."], folder.path());
    assert_eq!(checked.status.code(), Some(1));
    let said = stdout(&checked);
    assert!(said.ends_with(" vectors, 6 of them judged otherwise than expected\n"), "{said}");
}

/// A reading of the paper that uses nothing of ours.
#[cfg(unix)]
#[test]
fn another_program_judges_the_vectors_as_they_say() {
    let checked = std::process::Command::new("python3").arg(vectors().join("check.py")).output();
    let checked = checked.expect("the tests need the command python3: please install it");
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}");
    assert!(said.ends_with(" checked, 0 wrong\n"), "{said}");
}

/// The same with an HPKE that is not ours: it opens the vectors, and what we seal.
#[cfg(unix)]
#[test]
fn another_program_opens_what_is_sealed() {
    let Some(python) = tool("python") else { return };
    let key = PrivateKeyDer::from_pem_file(vectors().join("keys/sealing.key.pem")).expect("a key");
    let now = Timestamp::now();
    let secret = SealingSecret::of_der(key.secret_der(), now).expect("a sealing key");
    let good = fs::read(vectors().join("container/good.zip")).expect("a package");
    let package = open(Bytes::from(good), &Limits::default()).expect("a package");
    let sealed = seal(&package, &secret.announced(), now).expect("sealed");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ours.sealed");
    fs::write(&path, sealed.bytes()).expect("written");
    let mut check = std::process::Command::new(python);
    let checked = check.arg(vectors().join("check.py")).arg(vectors()).arg(path).output();
    let checked = checked.expect("python runs");
    let said = String::from_utf8_lossy(&checked.stdout);
    let told = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{said}{told}");
    assert!(said.contains(&package.sha256().to_string()), "{said}");
    assert!(said.ends_with(" checked, 0 wrong\n"), "{said}");
}

/// What holds between the members of a manifest, and what JSON itself forbids, no schema says.
const BEYOND_THE_SCHEMA: [&str; 24] = [
    "repeated-member",
    "expires-before-created",
    "serial-of-another",
    "supersedes-itself",
    "name-not-of-the-standard",
    "name-of-another-sender",
    "name-of-another-recipient",
    "media-of-another-kind",
    "name-twice",
    "unknown-member-twice",
    "unknown-member-twice-inside",
    "nested-65-deep",
    "time-hour-24",
    "time-day-30-of-february",
    "time-1969",
    "time-9999",
    "name-month-13",
    "name-month-0",
    "name-without-month",
    "name-with-one-service-type",
    "half-a-character",
    "half-a-character-in-a-name",
    "n-fraction",
    // Whole numbers with a fraction are whole numbers to a schema; the judge of the tests is stricter.
    "sequence-fraction",
];

/// The same of attachments: what a title may be, names that fit, and what a schema cannot forbid.
const BEYOND_THE_SCHEMA_OF_ATTACHMENTS: [&str; 23] = [
    "title-empty",
    "with-an-edition",
    "name-of-another-number",
    "name-of-another-type",
    "title-without-extension",
    "title-of-a-path",
    "title-of-another-path",
    "title-with-a-colon",
    "title-that-turns",
    "title-with-nothing-to-see",
    "title-with-a-line",
    "title-hidden",
    "title-of-an-open-file",
    "title-blank-before",
    "title-blank-behind",
    "title-dot-behind",
    "title-device",
    "title-port",
    "title-two-extensions",
    "title-two-types",
    "title-of-201-bytes",
    "kind-of-a-path",
    "kind-of-91-bytes",
];

#[test]
fn the_schema_of_manifests_takes_what_the_program_takes() {
    takes_alike(("manifest", "package"), &BEYOND_THE_SCHEMA);
}

#[test]
fn the_schema_of_attachments_takes_what_the_program_takes() {
    takes_alike(("attachments", "attachments"), &BEYOND_THE_SCHEMA_OF_ATTACHMENTS);
}

fn takes_alike((section, schema): (&str, &str), beyond_the_schema: &[&str]) {
    let index = index(section);
    let good = fs::read_to_string(vectors().join(section).join("good.json")).expect("a manifest");
    let mut beyond = BTreeSet::new();
    for case in cases(&index) {
        let name = case["name"].as_str().expect("a name");
        let Some(replace) = case["replace"].as_array() else { continue };
        let text = |place: usize| replace[place].as_str().expect("a text");
        let changed = good.replace(text(0), text(1));
        let fault = serde_json::from_str::<Value>(&changed)
            .map_err(|error| error.to_string())
            .map(|manifest| schema::fault(schema, &manifest));
        match (is_accepted(case), fault) {
            (true, Ok(None)) | (false, Ok(Some(_)) | Err(_)) => {}
            (true, fault) => panic!("{name}: {fault:?}"),
            (false, Ok(None)) => {
                beyond.insert(name);
            }
        }
    }
    let known: BTreeSet<_> = beyond_the_schema.iter().copied().collect();
    assert!(beyond.is_subset(&known), "the schema takes {:?}", beyond.difference(&known));
}

#[test]
fn the_schema_of_recalls_takes_what_the_program_takes() {
    let index = index("recalls");
    let mut seen = 0;
    for case in cases(&index) {
        let file = case["file"].as_str().expect("a file");
        if !is_accepted(case) && case["code"] != "bad-recall" {
            continue;
        }
        let command = format!("cms -verify -noverify -binary -inform DER -in {file}");
        let arguments: Vec<&str> = command.split(' ').collect();
        let content = openssl_ok(&vectors().join("recalls"), &arguments);
        let fault = serde_json::from_slice::<Value>(&content)
            .map_err(|error| error.to_string())
            .map(|recall| schema::fault("recall", &recall));
        seen += 1;
        // Two times are compared by no schema.
        let beyond = ["member-twice.p7s", "ends-before-it-begins.p7s"].contains(&file);
        if is_accepted(case) || beyond {
            assert_eq!(fault, Ok(None), "{file}");
        } else {
            assert!(!matches!(fault, Ok(None)), "{file}");
        }
    }
    assert!(seen >= 9, "{seen} recalls");
}

#[test]
fn the_schema_of_receipts_takes_what_the_program_takes() {
    let index = index("receipts");
    let mut seen = 0;
    for case in cases(&index) {
        let file = case["file"].as_str().expect("a file");
        // Of the others the document is in order, or there is none.
        if !is_accepted(case) && case["code"] != "bad-receipt" {
            continue;
        }
        let command = format!("cms -verify -noverify -binary -inform DER -in {file}");
        let arguments: Vec<&str> = command.split(' ').collect();
        let content = openssl_ok(&vectors().join("receipts"), &arguments);
        let fault = serde_json::from_slice::<Value>(&content)
            .map_err(|error| error.to_string())
            .map(|receipt| schema::fault("receipt", &receipt));
        seen += 1;
        match file {
            // Which characters may stand in a text the schema says in words, and a member twice is a
            // fault of the JSON, which the judge of the tests does not see.
            "message-control.p7s" | "message-direction.p7s" | "member-twice.p7s" => {
                assert_eq!(fault, Ok(None));
            }
            _ if is_accepted(case) => assert_eq!(fault, Ok(None), "{file}"),
            _ => assert!(!matches!(fault, Ok(None)), "{file}"),
        }
    }
    assert!(seen >= 20, "{seen}");
}

#[test]
fn the_schemas_of_problems_and_pages_take_what_clients_take() {
    let index = index("http");
    let mut problems = 0;
    for case in index["answers"].as_array().expect("answers") {
        if case["content_type"] == "application/problem+json" {
            let body = case["body"].as_str().expect("a body");
            let problem: Value = serde_json::from_str(body).expect("JSON");
            assert_eq!(schema::fault("problem", &problem), None);
            problems += 1;
        }
    }
    assert!(problems >= 10, "{problems}");
    for case in index["pages"].as_array().expect("pages") {
        let Ok(page) = serde_json::from_str::<Value>(case["body"].as_str().expect("a body")) else {
            continue;
        };
        let fault = schema::fault("receipts-page", &page);
        assert!(fault.is_none() || !is_accepted(case), "{}: {fault:?}", case["name"]);
    }
    for bad in [
        serde_json::json!({ "type": "x", "title": "t", "status": 400, "code": "busy", "detail": "" }),
        serde_json::json!({ "title": "t", "status": 400, "code": "busy", "detail": "" }),
        serde_json::json!({ "type": "urn:renkei:problem:busy", "title": "t", "status": 200, "code": "busy", "detail": "" }),
        serde_json::json!({ "type": "urn:renkei:problem:busy", "title": "t", "status": 503, "code": "Busy", "detail": "" }),
    ] {
        assert!(schema::fault("problem", &bad).is_some(), "{bad}");
    }
}

#[test]
fn the_schema_of_a_status_takes_what_clients_take() {
    let good = serde_json::json!({
        "version": "1", "time": "2026-04-01T00:00:00Z",
        "limits": { "package_bytes": 1, "wait_seconds": 0, "receipts_per_page": 1 },
    });
    let taken = |status: &Value| serde_json::from_value::<Status>(status.clone()).is_ok();
    let with = |pointer: &str, value: Value| {
        let mut status = good.clone();
        *status.pointer_mut(pointer).expect("a member") = value;
        status
    };
    let mut more = good.clone();
    more["features"] = serde_json::json!(["of-tomorrow"]);
    more["limits"]["x"] = Value::Null;
    more["y"] = Value::Null;
    for status in [&good, &more] {
        assert_eq!((schema::fault("peer-status", status), taken(status)), (None, true));
    }
    let mut bad = vec![
        with("/version", Value::from(1)),
        with("/time", Value::from("yesterday")),
        with("/time", Value::from(0)),
        with("/limits", Value::Null),
        with("/limits/package_bytes", Value::from(-1)),
        with("/limits/wait_seconds", Value::from("25")),
    ];
    for (object, name) in
        [("", "version"), ("", "time"), ("", "limits"), ("/limits", "package_bytes")]
    {
        let mut status = good.clone();
        let object = status.pointer_mut(object).and_then(Value::as_object_mut);
        object.expect("an object").remove(name);
        bad.push(status);
    }
    for status in bad {
        assert!(schema::fault("peer-status", &status).is_some() && !taken(&status), "{status}");
    }
}

/// The lines of `openssl` in the paper are run as they stand there, with the keys of the vectors.
#[test]
fn the_command_lines_of_the_paper_work() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let paper = fs::read_to_string(spec.join("PROTOCOL.md")).expect("the paper");
    let folder = tempfile::tempdir().expect("a folder");
    copied(&vectors().join("keys"), folder.path());
    let manifest = fs::read(vectors().join("manifest/good.json")).expect("a manifest");
    fs::write(folder.path().join("manifest.json"), &manifest).expect("written");
    fs::write(folder.path().join("receipt.json"), b"{}").expect("written");
    fs::create_dir(folder.path().join("cards")).expect("made");
    copied(&vectors().join("cards"), &folder.path().join("cards"));
    let mut lines = 0;
    for line in paper.lines().filter_map(|line| line.strip_prefix("openssl ")) {
        let output = openssl_ok(folder.path(), &line.split_whitespace().collect::<Vec<_>>());
        if line.contains("cards/") {
            let card = fs::read(folder.path().join("card.json")).expect("the first line wrote it");
            assert!(card.starts_with(b"{\"format\":\"renkei.card/1\""), "{line}");
            assert!(line.contains("-out") || output == card, "{line}");
        } else if line.contains("-verify") {
            assert!(output == manifest || output == b"{}", "{line}");
        }
        lines += 1;
    }
    assert!(lines >= 9, "{lines} lines");
}

/// The bytes that the paper shows are those of a vector.
#[test]
fn the_dump_in_the_paper_is_that_of_the_vector() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let paper = fs::read_to_string(spec.join("PROTOCOL.md")).expect("the paper");
    let good = fs::read(spec.join("vectors/container/good.zip")).expect("a container");
    let mut shown = 0;
    for line in paper.lines() {
        let Some((place, rest)) = line.split_once("  ") else { continue };
        let (8, Ok(place)) = (place.len(), usize::from_str_radix(place, 16)) else { continue };
        let bytes = rest.split("  ").next().unwrap_or_default().split(' ');
        let bytes: Vec<u8> =
            bytes.map(|byte| u8::from_str_radix(byte, 16).expect("hexadecimal")).collect();
        assert_eq!(good.get(place..place + bytes.len()), Some(&bytes[..]), "{line}");
        shown += bytes.len();
    }
    assert!(shown >= 200, "{shown} bytes are shown");
}

/// The examples of the description belong together, and what it points at is there.
#[test]
fn the_examples_of_the_description_are_vectors() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let text = fs::read_to_string(spec.join("openapi.yaml")).expect("the description");
    let openapi: Value = serde_saphyr::from_str(&text).expect("YAML");
    let put = &openapi["paths"]["/v1/messages/{id}"]["put"];
    let package = &put["requestBody"]["content"]["application/zip"]["examples"]["good"];
    let package = fs::read(spec.join(package["externalValue"].as_str().expect("a file")));
    let package = package.expect("the package");
    let digest = put["parameters"][0]["schema"]["examples"][0].as_str().expect("a digest");
    let promised = STANDARD.encode(Digest::of(&package).as_raw());
    assert_eq!(digest, format!("sha-256=:{promised}:"));
    let id = &openapi["paths"]["/v1/messages/{id}"]["parameters"][0]["example"];
    let good = fs::read_to_string(spec.join("vectors/manifest/good.json")).expect("a manifest");
    assert!(good.contains(id.as_str().expect("an id")));
    let files: Vec<_> =
        text.lines().filter_map(|line| line.trim().strip_prefix("externalValue: ")).collect();
    let (cards, files): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|file| Path::new(file).extension().is_some_and(|end| end == "card"));
    for card in &cards {
        let card = fs::read(spec.join(card)).expect("a card");
        SignedCard::open(&card).expect("a good card");
    }
    assert_eq!((cards.len(), files.len()), (2, 4));
    let digest = Digest::of(&package).to_string();
    for file in
        files.iter().filter(|file| Path::new(file).extension().is_some_and(|end| end == "p7s"))
    {
        assert_eq!(signed(&spec.join(file))["package_sha256"], digest, "{file}");
    }
    let page = fs::read_to_string(spec.join(files[3])).expect("a page");
    let page: Value = serde_json::from_str(&page).expect("JSON");
    assert_eq!(schema::fault("receipts-page", &page), None);
    for (entry, name) in
        page["receipts"].as_array().expect("receipts").iter().zip(["consignment", "handover"])
    {
        let receipt = vectors().join(format!("receipts/{name}.p7s"));
        let der = STANDARD.encode(fs::read(&receipt).expect("a receipt"));
        assert_eq!(entry["receipt"], der);
        assert_eq!(entry["message_id"], *id);
        assert_eq!(signed(&receipt)["package_sha256"], digest);
    }
}

/// What a receipt says.
fn signed(receipt: &Path) -> Value {
    let receipt = receipt.to_str().expect("UTF-8");
    let arguments = ["cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", receipt];
    serde_json::from_slice(&openssl_ok(Path::new("."), &arguments)).expect("a document")
}

/// What to do with a code stands in the table of the paper, for each that a node may answer with.
#[test]
fn every_code_of_the_description_stands_in_the_paper() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let paper = fs::read_to_string(spec.join("PROTOCOL.md")).expect("the paper");
    let (_, table) = paper.split_once("| code | status | of |").expect("the table");
    let text = fs::read_to_string(spec.join("openapi.yaml")).expect("the description");
    let openapi: Value = serde_saphyr::from_str(&text).expect("YAML");
    let code = &openapi["components"]["schemas"]["Problem"]["properties"]["code"];
    for code in code["examples"].as_array().expect("codes") {
        let code = code.as_str().expect("a code");
        assert!(table.contains(&format!("`{code}`")), "{code}");
    }
}
