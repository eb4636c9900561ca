//! The documents, played from their first command to their last.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use renkei::certs::files::Access;

use super::stage::Stage;
use super::text::{Document, for_users};
use crate::e2e::units::{Unit, export};
use crate::harness::{Office, free_port, name_of, offices, quoted, until, visible};
use crate::support;

/// The office of the documents, and its partner.
const OWN: &str = "1370000018";
const PARTNER: &str = "1370000026";

/// Runs the commands of all documents, each as its readers do.
#[test]
fn every_command_does_what_the_documents_say() {
    thread::scope(|scope| {
        for document in for_users() {
            scope.spawn(move || match document.name.replace(".ja.md", ".md").as_str() {
                "docs/office.md" => play_office(&document),
                "docs/it.md" => play_it_staff(&document),
                _ => play_alone(&document),
            });
        }
    });
}

/// Nothing but the program is needed.
fn play_alone(document: &Document) {
    let home = tempfile::tempdir().expect("a folder");
    let mut stage = Stage::new(document, home.path());
    // What a build has made.
    stage.replace("target/release/renkei", "renkei");
    document.blocks.iter().for_each(|block| stage.play(block));
}

/// The people of an office look at a node that runs, has sent a unit, holds one with errors, and
/// has received one for which a file stands in the way.
fn play_office(document: &Document) {
    let [mut own, mut partner] = offices([OWN, PARTNER]);
    // Readers of the Japanese document write no language into their configuration.
    own.set("node", "lang", quoted(if document.is_japanese() { "ja" } else { "en" }));
    own.start();
    partner.start();
    export(&own, &unit(OWN, "K1", 1));
    until("handed over", || own.has_sent("HANDED_OVER", 1));

    let mut broken = unit(OWN, "K1", 2);
    let record = broken.values_mut().next().expect("a file");
    record.splice(0..6, *b"209913");
    export(&own, &broken);
    until("held", || (own.sets("hold").len() == 1).then_some(()));

    let coming = unit(PARTNER, "S1", 3);
    let name = coming.keys().next().expect("a file");
    let in_the_way = own.path("import-actuals").join(name);
    fs::write(&in_the_way, "something else").expect("written");
    export(&partner, &coming);
    until("held at the recipient", || (own.sets("hold").len() == 2).then_some(()));

    let mut stage = Stage::new(document, &own.path(""));
    for block in &document.blocks {
        if block.text.contains("hold release") {
            fs::remove_file(&in_the_way).expect("it was in the way");
        }
        if block.is_commands() && block.text.contains(" retry") {
            partner.kill();
            export(&own, &unit(OWN, "K1", 4));
        }
        stage.play(block);
    }
    assert!(fs::read(&in_the_way).expect("placed") == coming[name], "it was placed");
    assert!(visible(&own.path("hold")).is_empty(), "what was settled is gone");
}

/// A unit of invented people from this office to the other, as the program makes it.
fn unit(from: &str, kind: &str, seed: u32) -> Unit {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_str().expect("UTF-8");
    let seed = seed.to_string();
    let [own, partner] = [format!("{OWN}:43"), format!("{PARTNER}:11")];
    let (from, to) = if from == OWN { (own, partner) } else { (partner, own) };
    let made = support::renkei(
        &[
            "new", "--unit", kind, "--people", "1", "--seed", &seed, "--from", &from, "--to", &to,
            "--out", out,
        ],
        folder.path(),
    );
    assert!(made.status.success(), "{made:?}");
    let files = visible(folder.path()).into_iter();
    files.map(|path| (name_of(&path), fs::read(path).expect("read"))).collect()
}

/// IT staff set up a node whose partner runs one already, under the same authority.
fn play_it_staff(document: &Document) {
    let [mut partner] = offices([PARTNER]);
    let port = free_port();
    partner.remember_peer(OWN, port);
    let home = tempfile::tempdir().expect("a folder");
    let mut stage = Stage::new(document, home.path());
    stage.replace("0.0.0.0:8443", format!("127.0.0.1:{port}"));
    stage.replace("https://renkei.example.jp:8443", format!("https://127.0.0.1:{}", partner.port));
    let mut authority = Authority::new(home.path(), &partner);
    for block in &document.blocks {
        let is_signing = block.value("in") == Some("authority") && block.not_run().is_none();
        if is_signing {
            authority.take_requests();
        }
        if block.is_commands() && block.text.contains(" retry") {
            partner.kill();
            for (name, bytes) in unit(OWN, "K1", 1) {
                fs::write(home.path().join("folders/drop").join(name), bytes).expect("written");
            }
        }
        stage.play(block);
        if is_signing && authority.give_certificates(&mut partner) {
            partner.start();
        }
        if block.value("file").is_some_and(|name| name.ends_with(".service")) {
            has_no_mistakes(&home.path().join("renkei.service"));
        }
    }
    assert!(partner.files("import").len() > 1, "the partner has the first unit");
}

/// The machine of the authority, to which people carry requests and from which they carry
/// certificates.
struct Authority {
    home: PathBuf,
    carried: BTreeSet<String>,
}

impl Authority {
    fn new(own: &Path, partner: &Office) -> Self {
        let home = own.join("authority");
        fs::create_dir(&home).expect("a folder");
        for name in ["tls", "signing"] {
            let out = format!("b-{name}");
            let made = support::renkei(&["certs", "request", partner.number, "--out", &out], &home);
            assert!(made.status.success(), "{made:?}");
        }
        Self { home, carried: BTreeSet::new() }
    }

    fn keys(&self) -> PathBuf {
        self.home.with_file_name("keys")
    }

    /// Carries the requests of the own office that are not there yet.
    fn take_requests(&self) {
        for path in visible(&self.keys()) {
            let to = self.home.join(format!("a-{}", name_of(&path)));
            if path.extension().is_some_and(|end| end == "csr") && !to.exists() {
                fs::copy(&path, to).expect("copied");
            }
        }
    }

    /// Carries back what was issued since; whether the partner has certificates for the first time.
    fn give_certificates(&mut self, partner: &mut Office) -> bool {
        for path in visible(&self.home) {
            let name = name_of(&path);
            if let Some(own) =
                name.strip_prefix("a-").filter(|_| path.extension().is_some_and(|end| end == "pem"))
                && self.carried.insert(name.clone())
            {
                fs::copy(&path, self.keys().join(own)).expect("copied");
            }
        }
        let read = |name: &str| fs::read_to_string(self.home.join(name)).expect(name);
        for name in ["ca.pem", "ca.crl.pem"] {
            fs::write(self.keys().join(name), read(name)).expect("written");
            partner.put_key_file(name, &read(name), Access::Public);
        }
        partner.set("tls", "revocation_lists", "[\"keys/ca.crl.pem\"]");
        for name in ["tls", "signing"] {
            partner.put_key_file(
                &format!("{name}.pem"),
                &read(&format!("b-{name}.pem")),
                Access::Public,
            );
            partner.put_key_file(
                &format!("{name}.key"),
                &read(&format!("b-{name}.key")),
                Access::Secret,
            );
        }
        self.carried.insert("partner".to_owned())
    }
}

/// `systemd-analyze verify`, where there is one: the unit has no mistake but for the program,
/// which is not installed here.
fn has_no_mistakes(unit: &Path) {
    let Ok(output) = Command::new("systemd-analyze").arg("verify").arg(unit).output() else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let about_it = said.lines().filter(|line| line.contains("renkei.service"));
    let mistakes: Vec<_> = about_it.filter(|line| !line.contains("is not executable")).collect();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

/// Certificates that are made as the document for IT staff says hold when both offices register
/// each other's SHA-256.
#[test]
fn pinned_certificates_of_the_document_hold() {
    for document in [Document::read("docs/it.md"), Document::read("docs/it.ja.md")] {
        let [mut own, mut partner] = offices([OWN, PARTNER]);
        let mut pins = Vec::new();
        for office in [&mut own, &mut partner] {
            let home = tempfile::tempdir().expect("a folder");
            let mut stage = Stage::new(&document, home.path());
            stage.replace(OWN, office.number);
            let blocks = document.blocks.iter().filter(|block| block.value("in") == Some("pinned"));
            assert_eq!(blocks.map(|block| stage.play(block)).count(), 1);
            for name in ["tls", "signing"] {
                let path = |end: &str| home.path().join("pinned").join(format!("{name}.{end}"));
                let read = |end: &str| fs::read_to_string(path(end)).expect("made");
                office.put_key_file(&format!("{name}.pem"), &read("pem"), Access::Public);
                office.put_key_file(&format!("{name}.key"), &read("key"), Access::Secret);
                let shown = support::renkei(
                    &["certs", "show", path("pem").to_str().expect("UTF-8")],
                    home.path(),
                );
                let shown = support::stdout(&shown);
                let is_digest = |word: &&str| word.len() >= 64;
                let digest = shown.split_whitespace().find(is_digest).expect("a SHA-256");
                pins.push(quoted(digest));
            }
            office.set("tls", "roots", "[]");
        }
        for (office, peer, [tls, signing]) in
            [(&mut own, PARTNER, [&pins[2], &pins[3]]), (&mut partner, OWN, [&pins[0], &pins[1]])]
        {
            office.set_peer(peer, "tls_certificates", format!("[{tls}]"));
            office.set_peer(peer, "signing_certificates", format!("[{signing}]"));
            office.start();
        }
        export(&own, &unit(OWN, "K1", 1));
        until("handed over", || own.has_sent("HANDED_OVER", 1));
    }
}
