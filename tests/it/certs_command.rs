//! `renkei certs`, judged by `openssl`.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn renkei(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_renkei")).args(arguments).output().expect("renkei runs")
}

fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output().expect("openssl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of the test")
}

#[test]
fn a_request_names_the_office_and_the_key_stays_private() {
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().join("office");
    let made =
        renkei(&["certs", "request", "13A0000018", "--organization", "架空", "--out", text(&out)]);
    assert!(made.status.success());
    let (key, csr) = (out.with_extension("key"), out.with_extension("csr"));
    let shown =
        openssl(&["req", "-in", text(&csr), "-noout", "-verify", "-subject", "-nameopt", "utf8"]);
    assert!(shown.contains("CN=13A0000018") && shown.contains("O=架空"), "{shown}");
    openssl(&["pkey", "-in", text(&key), "-noout", "-check"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&key).expect("the key").permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }

    let before = std::fs::read(&key).expect("the key");
    let again = renkei(&["certs", "request", "13A0000018", "--out", text(&out)]);
    assert_eq!(again.status.code(), Some(2), "an existing key is never overwritten");
    assert_eq!(std::fs::read(&key).expect("the key"), before);
}

/// What is asked for is what OpenSSL wants of a node, at either end of TLS, and of a signature.
#[test]
fn what_is_asked_for_serves_every_purpose() {
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().join("office");
    assert!(renkei(&["certs", "request", "13A0000018", "--out", text(&out)]).status.success());
    let path = |name: &str| folder.path().join(name);
    let (key, root, issued) = (path("root.key"), path("root.pem"), path("office.pem"));
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-noenc",
        "-days",
        "2",
        "-subj",
        "/CN=Root",
        "-keyout",
        text(&key),
        "-out",
        text(&root),
    ]);
    openssl(&[
        "x509",
        "-req",
        "-in",
        text(&out.with_extension("csr")),
        "-CA",
        text(&root),
        "-CAkey",
        text(&key),
        "-copy_extensions",
        "copy",
        "-days",
        "1",
        "-out",
        text(&issued),
    ]);
    for purpose in ["sslserver", "sslclient", "smimesign"] {
        let verified =
            openssl(&["verify", "-purpose", purpose, "-CAfile", text(&root), text(&issued)]);
        assert!(verified.ends_with("OK\n"), "{purpose}: {verified}");
    }
}

#[test]
fn shows_the_digest_that_a_configuration_pins() {
    let certificate =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("certs-example/example-1370000026-signing.pem");
    let shown = renkei(&["--lang", "en", "certs", "show", text(&certificate)]);
    let shown = String::from_utf8(shown.stdout).expect("text");
    let expected =
        openssl(&["x509", "-in", text(&certificate), "-noout", "-fingerprint", "-sha256"]);
    let digest = expected.split('=').next_back().expect("a digest").trim().replace(':', "");
    assert!(shown.contains(&digest.to_lowercase()), "{shown}");
    assert!(shown.contains("1370000026"));
}
