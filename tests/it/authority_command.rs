//! `renkei ca`, judged by `openssl`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::certs_command::{openssl, renkei, text};
use crate::schema;

const OFFICE: &str = "1370000018";

/// An authority in a folder, and what it is asked for.
struct Place(TempDir);

impl Place {
    fn empty() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn new() -> Self {
        let place = Self::empty();
        place.good(&["init", "架空法人の認証局"]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn ca(&self, arguments: &[&str]) -> Output {
        let dir = self.path("ca");
        renkei(&[&["--lang", "en", "ca", "--dir", text(&dir)], arguments].concat())
    }

    fn good(&self, arguments: &[&str]) -> String {
        let output = self.ca(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Refused as a mistake of whoever calls; what is said.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.ca(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    }

    fn request(&self, office: &str, name: &str) -> String {
        let out = self.path(name);
        assert!(renkei(&["certs", "request", office, "--out", text(&out)]).status.success());
        text(&out.with_extension("csr")).to_owned()
    }

    /// Issues a certificate for a new key.
    fn issue(&self, name: &str, usage: &str) -> PathBuf {
        let request = self.request(OFFICE, name);
        let out = self.path(&format!("{name}.pem"));
        let host = ["--host", "node.example.jp", "--host", "192.0.2.7"];
        let arguments = ["issue", OFFICE, &request, "--for", usage, "--out", text(&out)];
        self.good(&[&arguments[..], &host].concat());
        out
    }

    fn verify(&self, more: &[&str], certificate: &Path) -> Output {
        let (root, list) = (self.path("ca/ca.pem"), self.path("ca/ca.crl.pem"));
        Command::new("openssl")
            .args(["verify", "-x509_strict", "-crl_check", "-CAfile", text(&root)])
            .args(["-CRLfile", text(&list)])
            .args(more)
            .arg(certificate)
            .output()
            .expect("openssl is installed")
    }

    fn list(&self) -> Vec<serde_json::Value> {
        let listed = serde_json::from_str(&self.good(&["list", "--json"])).expect("JSON");
        schema::check_document(&listed);
        listed["certificates"].as_array().expect("a list").clone()
    }
}

#[test]
fn openssl_agrees_with_everything_that_is_issued_and_revoked() {
    let place = Place::new();
    let (tls, signing) = (place.issue("tls", "tls"), place.issue("signing", "signing"));
    for (certificate, purposes) in
        [(&tls, &["sslserver", "sslclient"][..]), (&signing, &["smimesign"])]
    {
        for purpose in purposes {
            let verified = place.verify(&["-purpose", purpose], certificate);
            assert!(verified.status.success(), "{purpose}: {verified:?}");
        }
        let shown =
            openssl(&["x509", "-in", text(certificate), "-noout", "-subject", "-ext", "keyUsage"]);
        assert!(shown.contains(OFFICE) && shown.contains("Digital Signature"), "{shown}");
    }
    // For its use alone, and for a year.
    assert!(!place.verify(&["-purpose", "smimesign"], &tls).status.success());
    let names = openssl(&["x509", "-in", text(&tls), "-noout", "-ext", "subjectAltName"]);
    assert!(names.contains("node.example.jp") && names.contains("192.0.2.7"), "{names}");
    let day = 24 * 3600;
    let ends = |seconds: i64| {
        let output = Command::new("openssl")
            .args(["x509", "-in", text(&tls), "-noout", "-checkend", &seconds.to_string()])
            .output();
        !output.expect("openssl is installed").status.success()
    };
    assert!(!ends(364 * day) && ends(366 * day));
    let list = openssl(&[
        "crl",
        "-in",
        text(&place.path("ca/ca.crl.pem")),
        "-noout",
        "-text",
        "-CAfile",
        text(&place.path("ca/ca.pem")),
    ]);
    assert!(list.contains("No Revoked Certificates"), "{list}");

    let known = place.list();
    assert_eq!(known.len(), 2);
    assert_eq!((&known[0]["usage"], &known[1]["usage"]), (&"tls".into(), &"signing".into()));
    let serial = known[0]["serial"].as_str().expect("a number");
    let told = openssl(&["x509", "-in", text(&tls), "-noout", "-serial"]);
    assert_eq!(told.trim().to_lowercase(), format!("serial={serial}"));
    place.good(&["revoke", &serial.to_uppercase(), "--reason", "key-compromise"]);
    let verified = place.verify(&[], &tls);
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(!verified.status.success() && said.contains("certificate revoked"), "{said}");
    assert!(place.verify(&[], &signing).status.success(), "the other one is good");
    assert_eq!(place.list()[0]["reason"], "key-compromise");
    assert!(place.refused(&["revoke", serial]).contains("revoked already"));
    assert!(place.refused(&["revoke", "00"]).contains("nothing was issued"));

    // Each list has a higher number than the one before.
    let number = || {
        let path = place.path("ca/ca.crl.pem");
        let shown = openssl(&["crl", "-in", text(&path), "-noout", "-crlnumber"]);
        let digits = shown.trim().trim_start_matches("crlNumber=").trim_start_matches("0x");
        u64::from_str_radix(digits, 16).expect("a number")
    };
    let before = number();
    place.good(&["crl"]);
    assert!(number() > before);
    assert!(!place.verify(&[], &tls).status.success(), "it stays revoked");
}

#[test]
fn what_lies_in_the_journal_beside_it_and_a_list_that_is_missing_stop_nobody() {
    let place = Place::new();
    let tls = place.issue("tls", "tls");
    for name in [".DS_Store", "Thumbs.db", "000001.json~", "0000002.json", "000000.json"] {
        fs::write(place.path("ca/journal").join(name), "of another program").expect("written");
    }
    let serial = place.list()[0]["serial"].as_str().expect("a number").to_owned();
    let list = fs::read(place.path("ca/ca.crl.pem")).expect("a list");
    place.good(&["revoke", &serial]);
    // As where nothing more could be written after the revocation itself.
    let last = place.path("ca/journal/000005.json");
    fs::remove_file(&last).expect("the list that told it");
    fs::write(place.path("ca/ca.crl.pem"), list).expect("written");
    assert!(place.verify(&[], &tls).status.success(), "nobody knows");
    place.good(&["revoke", &serial]);
    assert!(!place.verify(&[], &tls).status.success(), "it is told");
    assert!(place.refused(&["revoke", &serial]).contains("revoked already"));
    // A step that is missing is another thing.
    fs::remove_file(place.path("ca/journal/000002.json")).expect("removed");
    assert!(place.refused(&["list"]).contains("the journal is broken"));
}

#[test]
fn the_office_of_the_request_and_its_key_are_checked() {
    let place = Place::new();
    let out = place.path("out.pem");
    let issue = |office: &str, request: &str| {
        let said = place.refused(&["issue", office, request, "--for", "tls", "--out", text(&out)]);
        assert!(!out.exists());
        said
    };
    let request = place.request(OFFICE, "office");
    assert!(issue("1370000026", &request).contains("is not 1370000026"));

    // One bit of the signature.
    let mut der = pem::parse(fs::read(&request).expect("read")).expect("PEM").into_contents();
    *der.last_mut().expect("bytes") ^= 1;
    let broken = place.path("broken.csr");
    fs::write(&broken, &der).expect("written");
    assert!(issue(OFFICE, text(&broken)).contains("signature"));
    // A key that no partner takes.
    let (weak, key) = (place.path("weak.csr"), place.path("weak.key"));
    openssl(&[
        "req",
        "-new",
        "-newkey",
        "rsa:1024",
        "-noenc",
        "-subj",
        "/CN=1370000018",
        "-keyout",
        text(&key),
        "-out",
        text(&weak),
    ]);
    assert!(issue(OFFICE, text(&weak)).contains("RSA of 2048"));
    fs::write(&weak, "nothing").expect("written");
    assert!(issue(OFFICE, text(&weak)).contains("not a readable"));
    assert_eq!(place.list().len(), 0, "nothing of this is in the journal");

    // What a request asks for beside its key is not granted.
    let (greedy, key) = (place.path("greedy.csr"), place.path("greedy.key"));
    openssl(&[
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-noenc",
        "-subj",
        "/CN=1370000018",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "subjectAltName=DNS:bank.example",
        "-keyout",
        text(&key),
        "-out",
        text(&greedy),
    ]);
    place.good(&["issue", OFFICE, text(&greedy), "--for", "tls", "--out", text(&out)]);
    let shown = openssl(&["x509", "-in", text(&out), "-noout", "-text"]);
    assert!(shown.contains("CA:FALSE") && !shown.contains("bank.example"), "{shown}");
}

#[test]
fn nothing_is_overwritten_and_the_key_is_for_its_owner() {
    let place = Place::new();
    let key = fs::read(place.path("ca/ca.key")).expect("a key");
    assert!(place.refused(&["init", "again"]).contains("not overwritten"));
    assert_eq!(fs::read(place.path("ca/ca.key")).expect("a key"), key);
    let tls = place.issue("tls", "tls");
    let request = text(&place.path("tls.csr")).to_owned();
    place.refused(&["issue", OFFICE, &request, "--for", "tls", "--out", text(&tls)]);
    assert_eq!(place.list().len(), 1, "refused before it is issued");
    #[cfg(unix)]
    for name in ["ca/ca.key", "ca", "ca/journal", "ca/journal/000001.json"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(place.path(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
    assert!(Place::empty().refused(&["list"]).contains("no authority here"));
}

#[test]
fn an_encrypted_key_needs_its_passphrase() {
    let place = Place::empty();
    let file = |name: &str, passphrase: &str| {
        let path = place.path(name);
        renkei::certs::files::write(
            &path,
            passphrase.as_bytes(),
            renkei::certs::files::Access::Secret,
            renkei::certs::files::Existing::Keep,
        )
        .expect("written");
        text(&path).to_owned()
    };
    let short = file("short", "too short\n");
    place.refused(&["init", "認証局", "--encrypt", "--passphrase-file", &short]);
    let right = file("right", "十二文字以上のパスフレーズ\n");
    place.good(&["init", "認証局", "--encrypt", "--passphrase-file", &right]);
    assert!(!place.path("ca/ca.key").exists());
    let key = place.path("ca/ca.p12");
    openssl(&["pkcs12", "-in", text(&key), "-passin", &format!("file:{right}"), "-noout"]);

    let request = place.request(OFFICE, "tls");
    let out = place.path("tls.pem");
    let issue = ["issue", OFFICE, &request, "--for", "tls", "--out", text(&out)];
    assert!(place.refused(&issue).contains("needs its passphrase"));
    let wrong = file("wrong", "another passphrase\n");
    let said = place.refused(&[&issue[..], &["--passphrase-file", &wrong]].concat());
    assert!(said.contains("another passphrase, or a damaged file"), "{said}");
    assert!(!out.exists());
    place.good(&[&issue[..], &["--passphrase-file", &right]].concat());
    assert!(place.verify(&[], &out).status.success());
    // Looking needs no key.
    assert_eq!(place.list().len(), 1);
}

#[test]
fn what_a_crash_left_out_is_written_again_and_a_damaged_journal_is_found() {
    let place = Place::new();
    let tls = place.issue("tls", "tls");
    place.issue("signing", "signing");
    let serial = place.list()[0]["serial"].as_str().expect("a number").to_owned();
    // The journal had it, and then the power failed.
    let copy = place.path(&format!("ca/issued/{serial}.pem"));
    let list = place.path("ca/ca.crl.pem");
    for path in [&copy, &list] {
        fs::remove_file(path).expect("removed");
    }
    fs::write(place.path("ca/journal/.renkei-0123456789abcdef-1.tmp"), "{").expect("written");
    assert_eq!(place.list().len(), 2);
    assert_eq!(fs::read(&copy).expect("again"), fs::read(&tls).expect("as it was"));
    assert!(place.verify(&[], &tls).status.success());

    let entry = |number: u32| place.path(&format!("ca/journal/{number:06}.json"));
    let before = fs::read_to_string(entry(3)).expect("an entry");
    let damaged = |text: &str| {
        fs::write(entry(3), text).expect("written");
        let said = place.refused(&["list"]);
        assert!(said.contains("the journal is broken"), "{said}");
        assert!(place.refused(&["crl"]).contains("the journal is broken"));
    };
    damaged(&before.replacen("1370000018", "1370000026", 1));
    damaged("{}");
    damaged("");
    fs::write(entry(3), &before).expect("restored");
    assert_eq!(place.list().len(), 2);
    fs::rename(entry(3), place.path("aside")).expect("moved");
    assert!(place.refused(&["list"]).contains("the journal is broken"));
}

#[test]
fn two_that_work_at_once_never_share_an_entry() {
    let place = Place::new();
    let requests: Vec<_> =
        (0..6).map(|number| place.request(OFFICE, &format!("office{number}"))).collect();
    let issued = std::thread::scope(|scope| {
        let running: Vec<_> = requests
            .iter()
            .enumerate()
            .map(|(number, request)| {
                let (place, out) = (&place, place.path(&format!("out{number}.pem")));
                scope.spawn(move || {
                    let issue = ["issue", OFFICE, request, "--for", "tls", "--out", text(&out)];
                    place.ca(&issue).status.code() == Some(0)
                })
            })
            .collect();
        running.into_iter().map(|one| one.join().expect("no panic")).filter(|done| *done).count()
    });
    assert!(issued >= 1, "somebody is first");
    let known = place.list();
    assert_eq!(known.len(), issued, "whoever failed is not in the journal");
    let mut serials: Vec<_> = known.iter().map(|known| known["serial"].to_string()).collect();
    serials.sort();
    serials.dedup();
    assert_eq!(serials.len(), issued);
}
