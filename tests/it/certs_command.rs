//! `renkei certs`, judged by `openssl`.

use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::proof::openssl_ok;
use crate::support::{self, put_secret};

pub(crate) fn renkei(arguments: &[&str]) -> Output {
    support::renkei(arguments, Path::new("."))
}

pub(crate) fn openssl(arguments: &[&str]) -> String {
    String::from_utf8(openssl_ok(Path::new("."), arguments)).expect("text")
}

pub(crate) fn text(path: &Path) -> &str {
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

#[test]
fn an_office_makes_its_own_certificates() {
    let folder = TempDir::new().expect("a folder");
    let keys = folder.path().join("keys");
    let new = ["--lang", "en", "certs", "new", "13A0000018", "--dir", text(&keys)];
    let made = renkei(&[&new[..], &["--host", "node.example.jp", "--host", "192.0.2.7"]].concat());
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let said = String::from_utf8(made.stdout).expect("UTF-8");
    for (name, purposes) in [("tls", &["sslserver", "sslclient"][..]), ("signing", &["smimesign"])]
    {
        let (certificate, key) =
            (keys.join(name).with_extension("pem"), keys.join(name).with_extension("key"));
        for purpose in purposes {
            openssl(&[
                "verify",
                "-partial_chain",
                "-purpose",
                purpose,
                "-trusted",
                text(&certificate),
                text(&certificate),
            ]);
        }
        let shown = openssl(&["x509", "-in", text(&certificate), "-noout", "-text"]);
        assert!(shown.contains("CN=13A0000018") || shown.contains("CN = 13A0000018"), "{shown}");
        assert!(shown.contains("CA:FALSE") && shown.contains("prime256v1"), "{shown}");
        assert_eq!(shown.contains("node.example.jp"), name == "tls");
        let sha256 =
            openssl(&["x509", "-in", text(&certificate), "-noout", "-fingerprint", "-sha256"]);
        let sha256 = sha256.split('=').nth(1).expect("a digest").trim().replace(':', "");
        assert!(said.contains(&sha256.to_lowercase()), "{said}");
        renkei::certs::load_identity(&certificate, &key).expect("they fit, and are closed");
    }
    // One of the four that is there keeps all of them from being made.
    let key = std::fs::read(keys.join("tls.key")).expect("a key");
    for name in ["tls.pem", "tls.key", "signing.pem"] {
        std::fs::remove_file(keys.join(name)).expect("removed");
    }
    assert_eq!(renkei(&new).status.code(), Some(2));
    assert!(!keys.join("tls.key").exists());
    std::fs::remove_file(keys.join("signing.key")).expect("removed");
    assert_eq!(renkei(&new).status.code(), Some(0));
    assert_ne!(std::fs::read(keys.join("tls.key")).expect("a key"), key, "a new one");
}

#[test]
fn what_an_authority_sends_is_taken_in_every_form() {
    use renkei::certs::TestCa;
    use renkei::package::Usage;

    use crate::proof::{long, office};
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let root = TestCa::new("Root", long()).expect("a CA");
    let middle = root.subordinate("Middle", long()).expect("a CA");
    let issued = middle.issue(office("1370000018"), Usage::Tls, &[], long()).expect("issued");
    std::fs::write(path("sent.pem"), issued.chain_pem()).expect("written");
    put_secret(&path("sent.key"), issued.key_pem());
    put_secret(&path("password"), "himitsu\n");
    let old = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"];
    for (name, form) in [("new", &[][..]), ("old", &old)] {
        let file = path(&format!("{name}.p12"));
        let (sent, key) = (path("sent.pem"), path("sent.key"));
        let export = ["pkcs12", "-export", "-in", text(&sent), "-inkey", text(&key)];
        let more = ["-out", text(&file), "-passout", "pass:himitsu"];
        openssl(&[&export[..], &more, form].concat());
        put_secret(&path("empty"), "");
        let bytes = std::fs::read(&file).expect("written");
        std::fs::remove_file(&file).expect("removed");
        renkei::certs::files::write(
            &file,
            &bytes,
            renkei::certs::files::Access::Secret,
            renkei::certs::files::Existing::Keep,
        )
        .expect("written");
        let out = path(&format!("{name}-tls"));
        let import = ["certs", "import", text(&file), "--out", text(&out), "--password-file"];
        let (empty, password) = (path("empty"), path("password"));
        let wrong = [&import[..], &[text(&empty)]].concat();
        assert_eq!(renkei(&wrong).status.code(), Some(2), "no password");
        put_secret(&path("another"), "himitsu2\n");
        let another = path("another");
        let output = renkei(&[&["--lang", "en"], &import[..], &[text(&another)]].concat());
        assert_eq!(output.status.code(), Some(2), "another password: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("another password"), "{said}");
        let right = [&import[..], &[text(&password)]].concat();
        // A key that lies there and is another one's stays, and alone.
        let stranger = root.issue(office("1370000018"), Usage::Tls, &[], long()).expect("issued");
        let beside = out.with_extension("key");
        put_secret(&beside, stranger.key_pem());
        let output = renkei(&right);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(!out.with_extension("pem").exists(), "a certificate beside another's key");
        assert_eq!(std::fs::read_to_string(&beside).expect("a key"), stranger.key_pem());
        // The right one is used as it is.
        std::fs::remove_file(&beside).expect("removed");
        put_secret(&beside, issued.key_pem());
        let done = renkei(&right);
        assert_eq!(done.status.code(), Some(0), "{name}: {done:?}");
        let (certificate, key) = (out.with_extension("pem"), out.with_extension("key"));
        let identity = renkei::certs::load_identity(&certificate, &key).expect("they fit");
        assert_eq!(identity.chain().len(), 2, "with the authority between");
        assert_eq!(renkei(&right).status.code(), Some(2), "nothing is overwritten");
    }

    // PEM, for the key that the request was made with; another key is refused.
    put_secret(&path("asked.key"), issued.key_pem());
    let import = |out: &str| {
        let (sent, out) = (path("sent.pem"), path(out));
        renkei(&["certs", "import", text(&sent), "--out", text(&out)]).status.code()
    };
    assert_eq!(import("asked"), Some(0));
    renkei::certs::load_identity(&path("asked.pem"), &path("asked.key")).expect("they fit");
    let other = root.issue(office("1370000018"), Usage::Tls, &[], long()).expect("issued");
    put_secret(&path("other.key"), other.key_pem());
    assert_eq!(import("other"), Some(2));
    assert!(!path("other.pem").exists());
    assert_eq!(import("absent"), Some(2));

    // With the authority first, as some send it.
    let mut parts = pem::parse_many(issued.chain_pem()).expect("PEM");
    assert_eq!(parts.len(), 2);
    parts.reverse();
    std::fs::write(path("sent.pem"), pem::encode_many(&parts)).expect("written");
    put_secret(&path("reversed.key"), issued.key_pem());
    assert_eq!(import("reversed"), Some(0));
    let kept = renkei::certs::load_certificates(&path("reversed.pem")).expect("certificates");
    assert_eq!(kept.first(), issued.certificate(), "its own first");
    assert_eq!(kept.len(), 2);
}

#[test]
fn several_identities_of_one_file_are_all_taken() {
    use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
    use renkei::certs::TestCa;
    use renkei::package::Usage;

    use crate::proof::{long, office};
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let ca = TestCa::new("Root", long()).expect("a CA");
    let mut store = KeyStore::new();
    let mut expected = Vec::new();
    for (name, usage) in [("tls", Usage::Tls), ("signing", Usage::Signing)] {
        let issued = ca.issue(office("1370000018"), usage, &[], long()).expect("issued");
        let identity = issued.identity().expect("an identity");
        let key = PrivateKey::from_der(identity.key().secret_der()).expect("a key");
        let certificate = issued.certificate().expect("one").clone();
        let certificates = [Certificate::from_der(&certificate).expect("a certificate")];
        let chain = PrivateKeyChain::new(name.as_bytes(), key, certificates);
        store.add_entry(name, KeyStoreEntry::PrivateKeyChain(chain));
        expected.push(certificate);
    }
    let bytes = store.writer("himitsu").write().expect("written");
    let file = path("both.p12");
    renkei::certs::files::write(
        &file,
        &bytes,
        renkei::certs::files::Access::Secret,
        renkei::certs::files::Existing::Keep,
    )
    .expect("written");
    put_secret(&path("password"), "himitsu\n");
    let (out, password) = (path("own"), path("password"));
    let done = renkei(&[
        "certs",
        "import",
        text(&file),
        "--out",
        text(&out),
        "--password-file",
        text(&password),
    ]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let mut taken: Vec<_> = ["own-1", "own-2"]
        .into_iter()
        .map(|name| {
            let (certificate, key) =
                (path(name).with_extension("pem"), path(name).with_extension("key"));
            let identity = renkei::certs::load_identity(&certificate, &key).expect("they fit");
            identity.chain().first().expect("one").clone()
        })
        .collect();
    taken.sort_by(|one, other| one.as_ref().cmp(other.as_ref()));
    expected.sort_by(|one, other| one.as_ref().cmp(other.as_ref()));
    assert_eq!(taken, expected);
}
