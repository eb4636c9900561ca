//! Keys and certificates on disk: what IT staff bring is read, what is unsafe is refused.

use std::path::{Path, PathBuf};

use renkei::certs::files::{self, Access, Existing};
use renkei::certs::{
    self, CertsError, Issued, TestCa, example, load_certificates, load_identity, load_pkcs12,
    load_revocation_lists, request,
};
use renkei::package::{
    CertificateInfo, KeyKind, SignerError, Trust, TrustError, TrustSources, Usage,
};

use crate::proof::{SENDER, World, days, long, now, office, openssl, openssl_ok, put};
use crate::support;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Writes what must be kept from others into a folder.
fn put_secret(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    support::put_secret(&path, text);
    path
}

/// `issued` as two files.
fn put_both(folder: &Path, issued: &Issued) -> (PathBuf, PathBuf) {
    put(folder, "chain.pem", issued.chain_pem());
    (folder.join("chain.pem"), put_secret(folder, "key.pem", issued.key_pem()))
}

fn restrict(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("chmod");
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[test]
fn reads_every_common_form_of_a_key() {
    for (key, forms) in [
        (KeyKind::EcP256, &["pkey -in key.pem -out other.pem", "ec -in key.pem -out other.pem"]),
        (
            KeyKind::Rsa,
            &["pkey -in key.pem -out other.pem", "rsa -traditional -in key.pem -out other.pem"],
        ),
    ] {
        let world = World::new(key);
        let folder = folder();
        let (chain, own) = put_both(folder.path(), &world.sender);
        let expected = load_identity(&chain, &own).expect("as we wrote it");
        for form in forms {
            openssl_ok(folder.path(), &form.split_whitespace().collect::<Vec<_>>());
            let other = folder.path().join("other.pem");
            restrict(&other);
            let identity = load_identity(&chain, &other).expect(form);
            assert_eq!(identity.chain(), expected.chain());
            assert!(identity.signer().is_ok());
        }
    }
}

#[test]
fn puts_chains_in_order_and_leaves_roots_out() {
    let root = TestCa::new("Root", long()).expect("a CA");
    let middle = root.subordinate("Middle", long()).expect("a CA");
    let issued = middle.issue(office(SENDER), Usage::Tls, &["localhost"], long()).expect("issued");
    let own = issued.certificate().expect("one").clone();
    let mixed = [root.certificate().clone(), middle.certificate().clone(), own.clone()];
    let folder = folder();
    put(folder.path(), "mixed.pem", certs::certificates_to_pem(&mixed));
    let key = put_secret(folder.path(), "key.pem", issued.key_pem());
    let identity = load_identity(&folder.path().join("mixed.pem"), &key).expect("an identity");
    assert_eq!(identity.chain(), [own, middle.certificate().clone()]);
}

#[cfg(unix)]
#[test]
fn refuses_keys_that_others_can_read() {
    use renkei::types::Lang;
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new(KeyKind::EcP256);
    let folder = folder();
    let (chain, key) = put_both(folder.path(), &world.sender);
    for (mode, fine) in
        [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false)]
    {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).expect("chmod");
        match load_identity(&chain, &key) {
            Ok(_) => assert!(fine, "mode {mode:o} was accepted"),
            Err(error) => {
                assert!(!fine, "mode {mode:o}: {error}");
                assert!(matches!(error, CertsError::Permissions { .. }));
                for lang in [Lang::Ja, Lang::En] {
                    let text = error.text(lang);
                    assert!(text.contains("chmod 600") && text.contains("key.pem"), "{text}");
                }
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn secrets_are_never_open_to_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let path = put_secret(folder.path(), "secret", "one");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    let kept = files::write(&path, b"two", Access::Secret, Existing::Keep);
    assert!(matches!(kept, Err(CertsError::Exists { .. })));
    assert_eq!(std::fs::read(&path).expect("readable"), b"one");
    // Replacing a file that was open takes the new permissions.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("chmod");
    files::write(&path, b"two", Access::Secret, Existing::Replace).expect("written");
    assert_eq!((mode(&path), std::fs::read(&path).expect("readable")), (0o600, b"two".to_vec()));
    let names: Vec<_> = std::fs::read_dir(folder.path()).expect("readable").collect();
    assert_eq!(names.len(), 1, "a temporary file was left");
}

#[test]
fn says_what_is_wrong_with_a_file() {
    let world = World::new(KeyKind::EcP256);
    let folder = folder();
    let dir = folder.path();
    let (chain, key) = put_both(dir, &world.sender);
    let load = |chain: &Path, key: &Path| load_identity(chain, key).expect_err("a broken file");

    let other = put_secret(dir, "other.pem", world.recipient.key_pem());
    let error = load(&chain, &other);
    assert!(matches!(error, CertsError::Signer { source: SignerError::OtherKey, .. }), "{error}");
    let both = put_secret(
        dir,
        "both.pem",
        &format!("{}{}", world.sender.key_pem(), world.recipient.key_pem()),
    );
    assert!(matches!(load(&chain, &both), CertsError::KeyCount { got: 2, .. }));
    assert!(matches!(load(&key, &key), CertsError::NoCertificate { .. }));
    let empty = put_secret(dir, "empty.pem", "");
    assert!(matches!(load(&chain, &empty), CertsError::KeyCount { got: 0, .. }));
    assert!(matches!(load(&empty, &key), CertsError::NoCertificate { .. }));
    assert!(matches!(load(&dir.join("missing"), &key), CertsError::Io { .. }));
    assert!(matches!(load(dir, &key), CertsError::NotAFile { .. }));
    let broken = put_secret(dir, "broken.pem", "-----BEGIN PRIVATE KEY-----\nAAAA");
    assert!(matches!(load(&chain, &broken), CertsError::Pem { .. }));
    let huge = put_secret(dir, "huge.pem", &"x".repeat(2 << 20));
    assert!(matches!(load(&chain, &huge), CertsError::TooLarge { .. }));
    let encrypt = "pkcs8 -topk8 -in key.pem -out encrypted.pem -passout pass:secret";
    openssl_ok(dir, &encrypt.split_whitespace().collect::<Vec<_>>());
    let encrypted = dir.join("encrypted.pem");
    restrict(&encrypted);
    assert!(matches!(load(&chain, &encrypted), CertsError::EncryptedKey { .. }));
    let secret = world.sender.key_pem().lines().nth(1).expect("a line of the key");
    assert!(!format!("{:?}", load(&chain, &both)).contains(secret));
}

#[test]
fn opens_pkcs12_with_its_password() {
    let root = TestCa::new("Root", long()).expect("a CA");
    let middle = root.subordinate("Middle", long()).expect("a CA");
    let issued = middle.issue(office(SENDER), Usage::Tls, &[], long()).expect("issued");
    let folder = folder();
    let dir = folder.path();
    put_both(dir, &issued);
    // The modern form, and what Windows and Java wrote for many years.
    let old = "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1";
    for (name, form) in [("new.p12", ""), ("old.p12", old)] {
        let command = format!(
            "pkcs12 -export -in chain.pem -inkey key.pem -out {name} -passout pass:himitsu {form}"
        );
        openssl_ok(dir, &command.split_whitespace().collect::<Vec<_>>());
        let path = dir.join(name);
        restrict(&path);
        let password = put_secret(dir, "password", "himitsu\r\n");
        let identity = load_pkcs12(&path, &password).expect(name);
        assert_eq!(identity.chain().len(), 2, "{name}");
        assert_eq!(identity.chain().first(), issued.certificate());
        let wrong = put_secret(dir, "wrong", "himitu");
        assert!(matches!(load_pkcs12(&path, &wrong), Err(CertsError::Pkcs12 { .. })));
        let none = put_secret(dir, "none", "\n");
        assert!(matches!(load_pkcs12(&path, &none), Err(CertsError::Password { .. })));
    }
}

#[test]
fn asks_an_authority_for_a_certificate() {
    let made = request(office(SENDER), Some("見本事業所")).expect("a request");
    let folder = folder();
    put(folder.path(), "request.pem", &made.request_pem);
    let command = "req -in request.pem -noout -verify -subject -nameopt utf8";
    let output = openssl(folder.path(), &command.split_whitespace().collect::<Vec<_>>());
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.contains("OK"), "{said}");
    assert!(said.contains("CN=1370000018") || said.contains("CN = 1370000018"), "{said}");
    assert!(made.key_pem.starts_with("-----BEGIN PRIVATE KEY-----"));
}

/// Looks at a folder as [`example::write`] makes it.
fn check_example(dir: &Path) {
    let read = |name: &str| load_certificates(&dir.join(name)).expect(name);
    let ca = read("example-ca.pem");
    let made = CertificateInfo::of(&ca[0]).expect("readable").not_before
        + 800 * jiff::SignedDuration::from_hours(24);
    let lists = load_revocation_lists(&dir.join("example-ca.crl.pem")).expect("lists");
    let sources = TrustSources { roots: ca, revocation_lists: lists, ..TrustSources::default() };
    let trust = Trust::new(sources).expect("usable");
    let judge = |name: &str, number: &str, usage| {
        let chain = read(&format!("{name}.pem"));
        let subject = CertificateInfo::of(&chain[0]).expect("readable").subject;
        assert!(subject.reveal().contains("THROW-AWAY EXAMPLE"), "{name}");
        trust.speaks_for(&chain[0], &[], office(number), usage, made)
    };
    for number in ["1370000018", "1370000026"] {
        assert_eq!(judge(&format!("example-{number}-tls"), number, Usage::Tls), Ok(()));
        assert_eq!(judge(&format!("example-{number}-signing"), number, Usage::Signing), Ok(()));
    }
    let expired = judge("example-expired-signing", "1370000018", Usage::Signing);
    assert!(matches!(expired, Err(TrustError::Expired { .. })), "{expired:?}");
    let revoked = judge("example-revoked-signing", "1370000018", Usage::Signing);
    assert_eq!(revoked, Err(TrustError::Revoked));
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("ASCII");
        assert!(name.starts_with("example-") || name == "README.md", "{name}");
    }
}

#[test]
fn the_example_folder_holds_what_its_readme_says() {
    let folder = folder();
    example::write(folder.path(), now()).expect("written");
    check_example(folder.path());
    let key = folder.path().join("example-1370000018-tls.key.pem");
    let chain = folder.path().join("example-1370000018-tls.pem");
    assert!(load_identity(&chain, &key).is_ok());
    // Making it anew replaces everything.
    let before = std::fs::read(&chain).expect("readable");
    example::write(folder.path(), days(1)).expect("written again");
    assert_ne!(std::fs::read(&chain).expect("readable"), before);
    check_example(folder.path());
}

#[test]
fn the_committed_example_folder_is_intact() {
    check_example(&Path::new(env!("CARGO_MANIFEST_DIR")).join("certs-example"));
}
