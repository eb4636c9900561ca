//! What public tools make of `spec/openapi.yaml`, against the real node. `.ci/tools` installs them.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::{Keys, Partner};
use crate::harness::{CARE, HELP, Office, offices};
use crate::support::sample;
use crate::tools::{here, tool};

/// What a tool says, which has to end well.
pub(crate) fn said(command: &mut Command) -> String {
    let output = command.output().expect("the tool runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{text}\n{errors}");
    text
}

/// A node that runs, and a partner that does not.
fn node_and_partner() -> (Office, Partner) {
    let [mut care, help] = offices([CARE, HELP]);
    let keys = Keys::Pinned.make(&[HELP]);
    let mut help = Partner::new(help, &keys);
    help.add_peer(&care, &care, &["tls", "signing"]);
    help.pin_at(&mut care);
    care.start();
    (care, help)
}

#[test]
fn a_generated_client_sends_a_package_and_collects_its_receipts() {
    let (Some(generator), Some(python)) = (tool("openapi-python-client"), tool("python")) else {
        return;
    };
    let (care, help) = node_and_partner();
    let folder = tempfile::tempdir().expect("a folder");
    let client = folder.path().join("generated");
    let output = Command::new(generator)
        .args(["generate", "--meta", "none"])
        .arg("--path")
        .arg(here("spec/openapi.yaml"))
        .arg("--config")
        .arg(here("spec/openapi-python-client.yaml"))
        .arg("--output-path")
        .arg(&client)
        .output()
        .expect("the generator runs");
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{told}");
    // It knows one media type for a body, and passes over the other, by which packages come sealed.
    let warned =
        (told.matches("WARNING").count(), told.matches("Unsupported content type").count());
    assert!(warned == (1, 1) && told.contains("application/vnd.renkei.sealed"), "{told}");
    help.write_settings();
    let mut files = Vec::new();
    for (name, bytes) in sample("actual") {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        files.push(path);
    }
    let answers = said(
        Command::new(python)
            .arg("-B")
            .arg(here("tests/foreign/generated_client.py"))
            .arg(&client)
            .arg(help.path(""))
            .args(&files),
    );
    let answers: Value = serde_json::from_str(&answers).expect("JSON");
    let expected = json!({
        "damaged": "digest-mismatch",
        "status": 201,
        "receipts": ["ContentConsignment", "ContentHandover"],
        "formats": ["renkei.package/1", "renkei.attachments/1", "renkei.receipt/1"],
    });
    assert_eq!(answers, expected);
    assert_eq!(care.files("import-actuals").len(), 1);
}

/// No answer that the description does not have, and none of 500 or above.
#[test]
fn schemathesis_finds_nothing() {
    let Some(schemathesis) = tool("schemathesis") else { return };
    let (mut care, help) = node_and_partner();
    let id = help.send(&sample("actual").into_iter().collect(), None);
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,\
                  response_headers_conformance,response_schema_conformance,unsupported_method,\
                  allow_header_conformance";
    let folder = tempfile::tempdir().expect("a folder");
    let report = said(
        Command::new(schemathesis)
            .arg("run")
            .arg(here("spec/openapi.yaml"))
            .args(["--url", &format!("https://127.0.0.1:{}", care.port)])
            .args(["--phases", "examples,coverage,fuzzing", "--max-time", "20", "--seed", "1"])
            .args(["--checks", checks, "--warnings", "off", "--no-color"])
            .arg("--request-cert")
            .arg(help.identity("tls", "certificate"))
            .arg("--request-cert-key")
            .arg(help.identity("tls", "key"))
            .arg("--tls-verify")
            .arg(care.path("keys/ca.pem"))
            .env("SCHEMATHESIS_HOOKS", here("tests/foreign/schemathesis_hooks.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PACKAGE", help.path(&format!("out/{id}/package.zip")))
            .env("ID", &id)
            .env("OFFICE", HELP)
            .current_dir(folder.path()),
    );
    assert!(report.contains("No issues found"), "{report}");
    // It came as far as to packages that are taken.
    assert_eq!(care.sql("SELECT count(*) FROM incoming"), ["1"], "{report}");
    assert!(care.is_alive());
}
