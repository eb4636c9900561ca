//! The first start: a real program without a configuration, and somebody in front of a browser.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use renkei::certs::{Issued, TestCa, certificates_to_pem};
use renkei::disk::create_private_folders;
use renkei::package::Usage;
use renkei::users::{Role, UserFile, UserName, Users};
use tempfile::TempDir;

use super::PASSWORD;
use super::browser::{Answer, Browser};
use crate::harness::{CARE, PATIENCE, free_port, until, until_within, visible};
use crate::proof::{self, long};
use crate::support::{renkei, stderr, stdout};

/// Whoever starts the program, as far as it is told.
const ACCOUNT: &str = "keiri-tanto";

/// A program that was started where there is no configuration. It is ended whatever happens.
pub(super) struct Assistant {
    home: TempDir,
    program: Child,
    /// The address that lets in once.
    pub(super) link: String,
}

impl Assistant {
    /// `renkei run --first-start`.
    pub(super) fn start(lang: &str) -> Self {
        Self::start_with(lang, &["run", "--first-start"], |_| {})
    }

    fn start_with(lang: &str, words: &[&str], more: impl FnOnce(&mut Command)) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let file = |name: &str| File::create(home.path().join(name)).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_renkei"));
        command.args(["--lang", lang]).args(words).current_dir(home.path());
        command.env("SUDO_USER", ACCOUNT);
        command.stdin(Stdio::null()).stdout(file("out.txt")).stderr(file("log.txt"));
        more(&mut command);
        let program = command.spawn().expect("the program runs");
        let link = until("the address", || {
            let said = fs::read_to_string(home.path().join("out.txt")).expect("UTF-8");
            let link = said.lines().find(|line| line.contains("/enter/"));
            link.map(str::to_owned).filter(|_| said.contains("Ctrl-C"))
        });
        Self { home, program, link }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn address(&self) -> String {
        let (_, rest) = self.link.split_once("//").expect("an address");
        rest.split('/').next().expect("a host").to_owned()
    }

    /// A browser that came in by the address.
    fn opened(&self) -> Browser {
        let mut browser = Browser::new(&self.address());
        let answer = browser.get(path_of(&self.link));
        assert_eq!(answer.status, 200, "{}", answer.body);
        browser
    }

    fn said(&self) -> String {
        fs::read_to_string(self.path("out.txt")).expect("UTF-8")
    }
}

impl Drop for Assistant {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
        if std::thread::panicking() {
            eprintln!("{}", fs::read_to_string(self.path("log.txt")).unwrap_or_default());
        }
    }
}

/// The path of an address, from its first single slash on.
fn path_of(link: &str) -> &str {
    let (_, rest) = link.split_once("//").expect("an address");
    rest.split_once('/').map(|(host, _)| &rest[host.len()..]).expect("a path")
}

/// Posts a form of a step, which has to lead on to another one.
fn step(browser: &mut Browser, path: &str, fields: &[(&str, &str)], next: &str) {
    let answer = browser.submit(path, path, fields);
    assert_eq!((answer.status, answer.location()), (303, next), "{}", answer.body);
}

/// Posts the form of the keys, which brings files.
fn keys(browser: &mut Browser, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Answer {
    let shown = browser.get("/keys");
    assert_eq!(shown.status, 200, "{}", shown.body);
    let (csrf, form) = (shown.field("csrf"), shown.field("form"));
    let mut body = Vec::new();
    let all = [("csrf", csrf.as_str()), ("form", form.as_str())];
    for (name, value) in all.iter().chain(fields) {
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
    }
    for (name, bytes) in files {
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.p12\"\r\n\r\n"
        );
        body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend(b"--edge--\r\n");
    let mut request = "POST /keys HTTP/1.1\r\nConnection: close\r\n".to_owned();
    let mut headers = browser.headers("POST");
    headers.insert("Content-Type", "multipart/form-data; boundary=edge".to_owned());
    headers.insert("Content-Length", body.len().to_string());
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").expect("a text");
    }
    browser.raw(&[request.as_bytes(), b"\r\n", &body].concat()).expect("an answer")
}

/// Answers everything up to the check.
fn answer_all(browser: &mut Browser, source: &str) {
    let office = [("number", CARE), ("name", "架空の事業所"), ("type", "43"), ("type", "46")];
    step(browser, "/office", &office, "/folders");
    step(browser, "/folders", &[], "/reach");
    let port = free_port().to_string();
    step(browser, "/reach", &[("how", "closed"), ("port", &port)], "/keys");
    let answer = keys(browser, &[("source", source)], &[]);
    assert_eq!((answer.status, answer.location()), (303, "/administrator"), "{}", answer.body);
    let person = [("name", "hanako"), ("password", PASSWORD), ("again", PASSWORD)];
    step(browser, "/administrator", &person, "/check");
    let checked = browser.get("/check");
    assert!(checked.body.contains("action=\"/write\""), "{}", checked.body);
    assert!(!checked.body.contains(PASSWORD), "{}", checked.body);
    assert!(checked.body.contains("43 居宅介護支援"), "{}", checked.body);
}

/// What the page says in the end.
fn ended(browser: &mut Browser) -> String {
    // It has patience of its own.
    until_within(PATIENCE * 4, "the end of the first exchange", || {
        let shown = browser.get("/done");
        assert_eq!(shown.status, 200, "{}", shown.body);
        (!shown.body.contains("One moment")).then_some(shown.body)
    })
}

/// What is written below a folder, by its names, without what the test itself put there.
fn names(folder: &Path) -> Vec<String> {
    let all = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("one").file_name());
    let mut names: Vec<_> = all.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| name != "out.txt" && name != "log.txt");
    names.sort();
    names
}

#[test]
fn from_nothing_to_an_office_that_has_exchanged_with_itself() {
    let assistant = Assistant::start("en");
    let mut browser = assistant.opened();
    assert_eq!(browser.get("/").location(), "/office");

    // What is wrong is told, and nothing is typed twice.
    let wrong = browser.submit("/office", "/office", &[("number", "12"), ("name", "架空の事業所")]);
    assert_eq!(wrong.status, 200);
    assert!(wrong.body.contains("10 digits or capital letters"), "{}", wrong.body);
    assert!(wrong.body.contains("at least one"), "{}", wrong.body);
    assert!(wrong.body.contains("value=\"架空の事業所\""), "{}", wrong.body);
    assert_eq!(browser.get("/folders").location(), "/office", "the office comes first");
    assert_eq!(browser.get("/check").location(), "/office");
    step(&mut browser, "/office", &[("number", CARE), ("name", ""), ("type", "43")], "/folders");
    assert!(browser.get("/office").body.contains("value=\"43\" checked"), "it stays");

    // A folder that is there, and one that is made at the end.
    let drop = assistant.path("care software");
    fs::create_dir_all(drop.join("out")).expect("made");
    let home = assistant.home.path().to_str().expect("UTF-8").to_owned();
    let opened = browser.submit("/folders/drop", "/folders/drop/open", &[("path", &home)]);
    assert_eq!(opened.location(), "/folders/drop");
    let listed = browser.get("/folders/drop").body;
    assert!(listed.contains("<bdi>care software</bdi>"), "{listed}");
    assert!(!listed.contains("<bdi>log.txt</bdi>"), "{listed}");
    let drop = drop.join("out").to_str().expect("UTF-8").to_owned();
    let chosen = [("path", drop.as_str()), ("what", "this")];
    assert_eq!(browser.submit("/folders/drop", "/folders/drop", &chosen).location(), "/folders");
    for bad in ["../x", "a/b", ""] {
        let new = [("path", home.as_str()), ("what", "new"), ("new", bad)];
        let answer = browser.submit("/folders/import", "/folders/import", &new);
        assert!(answer.body.contains("Type a name for the new folder"), "{bad}: {}", answer.body);
    }
    let relative = [("path", "somewhere")];
    let answer = browser.submit("/folders/drop", "/folders/drop/open", &relative);
    assert!(answer.body.contains("begins with a drive or /"), "{}", answer.body);
    let new = [("path", home.as_str()), ("what", "new"), ("new", "取込")];
    assert_eq!(browser.submit("/folders/import", "/folders/import", &new).location(), "/folders");
    let folders = browser.get("/folders").body;
    assert!(folders.contains("is made at the end") && folders.contains(&drop), "{folders}");
    step(&mut browser, "/folders", &[("to", "back")], "/office");
    step(&mut browser, "/folders", &[], "/reach");

    let wrong = browser.submit("/reach", "/reach", &[("how", "open"), ("url", "http://x")]);
    assert!(wrong.body.contains("https://host:port"), "{}", wrong.body);
    assert!(wrong.body.contains("value=\"http://x\""), "{}", wrong.body);
    let port = free_port().to_string();
    let url = format!("https://127.0.0.1:{port}");
    step(&mut browser, "/reach", &[("how", "open"), ("url", &url)], "/keys");
    let wrong =
        keys(&mut browser, &[("source", "pkcs12"), ("password", "x")], &[("signing", b"no p12")]);
    assert!(wrong.status == 200 && wrong.body.contains("role=\"alert\""), "{}", wrong.body);
    let answer = keys(&mut browser, &[("source", "made")], &[]);
    assert_eq!(answer.location(), "/administrator", "{}", answer.body);
    let weak = [("name", "hanako"), ("password", "short"), ("again", "short")];
    let answer = browser.submit("/administrator", "/administrator", &weak);
    assert!(answer.body.contains("13 to 256 characters"), "{}", answer.body);
    let person = [("name", "hanako"), ("password", PASSWORD), ("again", PASSWORD)];
    step(&mut browser, "/administrator", &person, "/check");
    assert_eq!(names(assistant.home.path()), ["care software"], "nothing is written yet");

    // Pressed twice, it is written once.
    let shown = browser.get("/check");
    assert!(shown.body.contains(&url) && shown.body.contains("hanako"), "{}", shown.body);
    assert!(!shown.body.contains(PASSWORD), "{}", shown.body);
    let (csrf, form) = (shown.field("csrf"), shown.field("form"));
    let sealed = [("csrf", csrf.as_str()), ("form", form.as_str())];
    for _ in 0..2 {
        let answer = browser.post("/write", &sealed);
        assert_eq!((answer.status, answer.location()), (303, "/done"), "{}", answer.body);
    }
    let end = ended(&mut browser);
    assert!(end.contains("first test exchange with yourself worked"), "{end}");
    let config = fs::read_to_string(assistant.path("renkei.toml")).expect("a configuration");
    assert!(config.contains(CARE) && config.contains(&url), "{config}");
    assert_eq!(browser.get("/office").location(), "/done", "another tab changes nothing any more");

    // The way to the page of the node, as the administrator.
    let over = browser.get("/partners").location().to_owned();
    let (_, rest) = over.split_once("//").expect("an address");
    let mut there = Browser::new(rest.split('/').next().expect("a host"));
    let entered = there.get(path_of(&over));
    assert!(entered.status == 200 && entered.body.contains("url=/partners"), "{}", entered.body);
    assert!(there.get("/users").body.contains("<bdi>hanako</bdi>"), "an administrator");
    assert!(there.get("/").body.contains("<bdi>hanako</bdi>"));
    let mut again = Browser::new(rest.split('/').next().expect("a host"));
    assert_eq!(again.get(path_of(&over)).status, 403, "once");
    assert_eq!(again.login("hanako", PASSWORD, "").location(), "/");

    let audit = there.get("/audit").body;
    assert!(audit.contains(ACCOUNT), "who added the administrator: {audit}");

    // Nobody is led there a second time, and nobody is in here any more.
    for path in ["/today", "/partners", "/done"] {
        let late = browser.get(path);
        let page = format!("http://{}", there.host);
        assert!(late.status == 403 && late.body.contains(&page), "{path}: {}", late.body);
        assert!(!late.body.contains("/enter/"), "{path}: {}", late.body);
    }

    // Nothing of the first exchange is anywhere.
    assert!(visible(Path::new(&drop)).is_empty() && visible(&assistant.path("取込")).is_empty());
    let history = renkei(&["--lang", "en", "history"], assistant.home.path());
    assert_eq!(stdout(&history), "no history\n", "{history:?}");
    let log = fs::read_to_string(assistant.path("log.txt")).expect("a log");
    assert!(!log.contains(PASSWORD) && !assistant.said().contains(PASSWORD));
}

#[test]
fn strangers_get_nowhere() {
    let assistant = Assistant::start("en");
    let mut stranger = Browser::new(&assistant.address());
    for path in ["/", "/office", "/check", "/done", "/today", "/folders/drop"] {
        assert_eq!(stranger.get(path).status, 403, "{path}");
    }
    assert_eq!(stranger.post("/write", &[("csrf", "x"), ("form", "x")]).status, 403);
    let mut browser = assistant.opened();
    assert_eq!(stranger.get(path_of(&assistant.link)).status, 403, "the address works once");
    let shown = browser.get("/office");
    let (csrf, form) = (shown.field("csrf"), shown.field("form"));
    let fields = [("csrf", csrf.as_str()), ("form", &form), ("number", CARE), ("type", "43")];
    let body = super::browser::form(&fields);
    for (name, value) in
        [("Origin", "http://127.0.0.1:1"), ("Sec-Fetch-Site", "same-site"), ("Origin", "null")]
    {
        let mut headers = browser.headers("POST");
        headers.insert(name, value.to_owned());
        assert_eq!(browser.ask("POST", "/office", &headers, &body).status, 403, "{name} {value}");
    }
    let mut headers = browser.headers("GET");
    headers.insert("Host", "renkei.example:80".to_owned());
    assert_eq!(browser.ask("GET", "/office", &headers, "").status, 421);
    assert_eq!(browser.post("/office", &[("csrf", "x"), ("form", "x")]).status, 403);
    assert_eq!(browser.get("/folders").location(), "/office", "nothing was answered");
    let answer = browser.get("/office");
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let large = "x".repeat(70 << 10);
    let answer = browser.post("/office", &[("csrf", &csrf), ("form", "y"), ("number", &large)]);
    assert_eq!(answer.status, 413);
    assert_eq!(names(assistant.home.path()), Vec::<String>::new());
}

#[test]
fn a_configuration_that_came_meanwhile_stays() {
    let assistant = Assistant::start("en");
    let mut browser = assistant.opened();
    answer_all(&mut browser, "made");
    fs::write(assistant.path("renkei.toml"), "# of somebody else\n").expect("written");
    let answer = browser.submit("/check", "/write", &[]);
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.body.contains("cannot be set up"), "{}", answer.body);
    let text = fs::read_to_string(assistant.path("renkei.toml")).expect("there");
    assert_eq!(text, "# of somebody else\n");
    assert!(!assistant.path("keys/tls.key").exists());
    fs::remove_file(assistant.path("renkei.toml")).expect("removed");
    assert_eq!(browser.submit("/check", "/write", &[]).location(), "/done");
    assert!(ended(&mut browser).contains("worked"));
}

/// What an authority hands out, as one file.
fn p12(issued: &Issued) -> Vec<u8> {
    let identity = issued.identity().expect("an identity");
    let key = PrivateKey::from_der(identity.key().secret_der()).expect("a key");
    let certificates = identity.chain().iter().map(|der| Certificate::from_der(der));
    let certificates: Vec<_> = certificates.map(|one| one.expect("a certificate")).collect();
    let chain = PrivateKeyChain::new(b"own".as_slice(), key, certificates);
    let mut store = KeyStore::new();
    store.add_entry("own", KeyStoreEntry::PrivateKeyChain(chain));
    store.writer("himitsu").write().expect("written")
}

#[test]
fn files_of_an_authority_are_taken() {
    let assistant = Assistant::start("en");
    let mut browser = assistant.opened();
    let authority = TestCa::new("Root", long()).expect("a CA");
    let [signing, tls] = [Usage::Signing, Usage::Tls].map(|usage| {
        p12(&authority.issue(proof::office(CARE), usage, &[], long()).expect("issued"))
    });
    let root = assistant.path("root.pem");
    let pem = certificates_to_pem(&[authority.certificate().clone()]);
    fs::write(&root, pem).expect("written");
    let root = root.to_str().expect("UTF-8");
    answer_all(&mut browser, "made");

    let files: [(&str, &[u8]); 2] = [("signing", &signing), ("tls", &tls)];
    let fields = |password, root| [("source", "pkcs12"), ("password", password), ("root", root)];
    for (password, root, files) in [
        ("wrong", root, &files[..]),
        ("himitsu", "/not/there.pem", &files[..]),
        ("himitsu", root, &files[1..]),
    ] {
        let answer = keys(&mut browser, &fields(password, root), files);
        assert!(answer.body.contains("role=\"alert\""), "{password}: {}", answer.body);
        assert!(!answer.body.contains("himitsu"), "{}", answer.body);
    }
    let answer = keys(&mut browser, &fields("himitsu", root), &files);
    assert_eq!(answer.location(), "/administrator", "{}", answer.body);
    // The files are there, also when somebody comes back to this step.
    assert!(browser.get("/keys").body.contains("The file is here already"));
    let answer = keys(&mut browser, &fields("", root), &[]);
    assert_eq!(answer.location(), "/administrator", "{}", answer.body);
    // Certificates that are of no use, or those of another office, are told before they are written.
    let issued = |office: &str, usage, until| {
        let issued = authority.issue(proof::office(office), usage, &[], until).expect("issued");
        (p12(&issued), certificates_to_pem(&issued.identity().expect("an identity").chain()[..1]))
    };
    let (late, _) = issued(CARE, Usage::Tls, proof::seconds(-100, -50));
    let answer = keys(&mut browser, &fields("himitsu", root), &[("tls", &late)]);
    assert!(answer.body.contains("the certificate has ended"), "{}", answer.body);
    let (other, _) = issued("2770000099", Usage::Signing, long());
    let answer = keys(&mut browser, &fields("himitsu", root), &[("signing", &other)]);
    assert_eq!(answer.location(), "/administrator", "{}", answer.body);
    let told = browser.get("/check").body;
    assert!(told.contains("2770000099") && !told.contains("action=\"/write\""), "{told}");
    // One of the two files can be chosen anew.
    let answer = keys(&mut browser, &fields("himitsu", root), &[("signing", &signing)]);
    assert_eq!(answer.location(), "/administrator", "{}", answer.body);
    let (newer, pem) = issued(CARE, Usage::Tls, long());
    let answer = keys(&mut browser, &fields("himitsu", root), &[("tls", &newer)]);
    assert_eq!(answer.location(), "/administrator", "{}", answer.body);
    assert_eq!(browser.submit("/check", "/write", &[]).location(), "/done");
    let end = ended(&mut browser);
    assert!(end.contains("first test exchange with yourself worked"), "{end}");
    let written = fs::read_to_string(assistant.path("keys/tls.pem")).expect("a certificate");
    assert_eq!(written, pem);
    let config = fs::read_to_string(assistant.path("renkei.toml")).expect("a configuration");
    assert!(config.contains("root.pem") && !config.contains("himitsu"), "{config}");
}

/// A general user of this name, in the data folder.
fn general_user(assistant: &Assistant, name: &str) {
    let name: UserName = name.parse().expect("a name");
    let hash = Users::hash(&name, PASSWORD).expect("a password");
    let data = assistant.path("data");
    create_private_folders(&data).expect("made");
    let now = "2026-06-01T00:00:00Z".parse().expect("a time");
    let add = |users: &mut Users| users.add(name, Role::General, hash, now);
    UserFile::new(&data).change(add).expect("added");
}

#[test]
fn an_administrator_who_is_not_saved_is_told_and_lets_nobody_in() {
    let assistant = Assistant::start("en");
    let mut browser = assistant.opened();
    general_user(&assistant, "taro");
    answer_all(&mut browser, "made");
    let person = [("name", "Taro"), ("password", PASSWORD), ("again", PASSWORD)];
    let answer = browser.submit("/administrator", "/administrator", &person);
    assert!(answer.body.contains("there is a user of this name"), "{}", answer.body);
    general_user(&assistant, "hanako");
    assert_eq!(browser.submit("/check", "/write", &[]).location(), "/done");
    let end = ended(&mut browser);
    assert!(end.contains("administrator could not be added"), "{end}");
    assert!(end.contains("there is a user of this name"), "{end}");
    let answer = browser.get("/today");
    assert!(answer.status == 409 && answer.location().is_empty(), "{}", answer.body);
}

/// What is said in the end is true.
#[cfg(unix)]
#[test]
fn whoever_ends_it_is_told_what_is_there() {
    let mut assistant = Assistant::start("en");
    let pid = assistant.program.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
    assert_eq!(assistant.program.wait().expect("it ends").code(), Some(2));
    let log = fs::read_to_string(assistant.path("log.txt")).expect("a log");
    assert!(log.contains("no configuration was written"), "{log}");
}

#[test]
fn a_request_ends_with_what_is_to_be_done() {
    let mut assistant = Assistant::start("en");
    let mut browser = assistant.opened();
    answer_all(&mut browser, "request");
    assert_eq!(browser.submit("/check", "/write", &[]).location(), "/done");
    let end = ended(&mut browser);
    assert!(end.contains("renkei certs import") && end.contains("tls.csr"), "{end}");
    assert!(assistant.path("keys/tls.csr").exists());
    let status = assistant.program.wait().expect("it ends");
    assert!(status.success(), "{status}");
    assert!(assistant.said().contains("renkei certs import"), "{}", assistant.said());
}

/// What went wrong is told, with what to do, and can be tried again once that is done.
#[cfg(unix)]
#[test]
fn an_exchange_that_fails_is_told_and_tried_again() {
    let place = tempfile::tempdir().expect("a folder");
    let temporary = place.path().join("not there");
    let assistant = Assistant::start_with("en", &["open", "--print", "--first-start"], |command| {
        command.env("TMPDIR", &temporary);
    });
    let mut browser = assistant.opened();
    answer_all(&mut browser, "made");
    assert_eq!(browser.submit("/check", "/write", &[]).location(), "/done");
    let end = ended(&mut browser);
    assert!(end.contains("test exchange did not work"), "{end}");
    assert!(end.contains("The temporary folder cannot be used"), "{end}");
    fs::create_dir(&temporary).expect("made");
    assert_eq!(browser.submit("/done", "/try", &[]).location(), "/done");
    let end = ended(&mut browser);
    assert!(end.contains("first test exchange with yourself worked"), "{end}");
    assert_eq!(visible(&temporary), Vec::<PathBuf>::new(), "nothing is left");
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in ["run", "open"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_renkei"));
        program.args(["--lang", "en", command]).current_dir(folder.path()).stdin(Stdio::null());
        let output = program.output().expect("the program runs");
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(stderr(&output).contains("renkei run --first-start"), "{}", stderr(&output));
    }
    // A service manager waits for a node, not for a person.
    let mut program = Command::new(env!("CARGO_BIN_EXE_renkei"));
    program.args(["--lang", "en", "run", "--first-start"]).current_dir(folder.path());
    program.env("NOTIFY_SOCKET", folder.path().join("socket"));
    let output = program.output().expect("the program runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    // With a configuration there is nothing to ask, whatever is said.
    fs::write(folder.path().join("renkei.toml"), "[node]\n").expect("written");
    let output = renkei(&["--lang", "en", "run", "--first-start"], folder.path());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr(&output).contains("has problems"), "{}", stderr(&output));
}
