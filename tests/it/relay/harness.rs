//! A relay that runs the program itself, and offices that ask it over HTTP.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use renkei::certs::{Issued, TestCa, certificates_to_pem, self_made};
use renkei::package::card::SealingKey;
use renkei::package::sealed::{SealingSecret, SealingSecrets, seal};
use renkei::package::{Limits, Package, Recall, Receipt, ReceiptKind, Signer, Usage, open, pack};
use renkei::types::{Clock, Digest, Hashed, MessageId};
use reqwest::header::HeaderMap;
use reqwest::{Identity, RequestBuilder, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{free_port, until};
use crate::proof::{self, FILES, RECIPIENT, SENDER, long, signer};

pub(super) const RENKEI: &str = env!("CARGO_BIN_EXE_renkei");

/// The media type of what is signed.
const SIGNED: &str = "application/pkcs7-mime; smime-type=signed-data";

/// Stands in the files, and nowhere at the relay.
pub(super) const CANARY: &str = "KANARIENVOGEL0815";

pub(super) fn now() -> Timestamp {
    Clock::system().now()
}

/// What the relays and offices of a test share.
pub(super) struct World {
    pub(super) authority: TestCa,
    pub(super) folder: TempDir,
}

impl World {
    pub(super) fn new() -> Arc<Self> {
        let authority = TestCa::new("relay CA", long()).expect("a CA");
        Arc::new(Self { authority, folder: tempfile::tempdir().expect("a folder") })
    }
}

/// A relay, which runs between `start` and `kill` or `stop`.
pub(super) struct Relay {
    pub(super) folder: PathBuf,
    pub(super) port: u16,
    pub(super) status: u16,
    /// Variables of its environment.
    pub(super) variables: Vec<(&'static str, String)>,
    /// A program that runs it, with arguments.
    pub(super) within: Vec<String>,
    /// Further arguments of `renkei relay`.
    pub(super) arguments: Vec<&'static str>,
    child: Option<Child>,
}

impl Relay {
    /// One that is made by `renkei relay init`; `more` goes to the end of its configuration.
    pub(super) fn new(world: &World, name: &str, more: &str) -> Self {
        let folder = world.folder.path().join(name);
        let (port, status) = (free_port(), free_port());
        let (variables, within, arguments) = (Vec::new(), Vec::new(), Vec::new());
        let relay = Self { folder, port, status, variables, within, arguments, child: None };
        let (dir, listen) = (relay.folder.to_str().expect("UTF-8"), format!("127.0.0.1:{port}"));
        let made = renkei(&["relay", "init", "--dir", dir, "--listen", &listen, "--lang", "en"]);
        let said = String::from_utf8_lossy(&made.stdout).into_owned();
        assert!(made.status.success() && said.contains("[[relay]]"), "{made:?}");
        let root = certificates_to_pem(&[world.authority.certificate().clone()]);
        fs::write(relay.folder.join("ca.pem"), root).expect("written");
        let config = fs::read_to_string(relay.config()).expect("made");
        let config = config
            .replace("127.0.0.1:8481", &format!("127.0.0.1:{status}"))
            .replace("#roots =", "roots =");
        fs::write(relay.config(), format!("{config}\n{more}\n")).expect("written");
        relay
    }

    pub(super) fn config(&self) -> PathBuf {
        self.folder.join("relay.toml")
    }

    pub(super) fn start(&mut self) {
        self.start_until(|answer| answer.ends_with("ok\n"));
    }

    /// Starts it where it says by itself that it is not well.
    pub(super) fn start_unwell(&mut self) {
        self.start_until(|answer| answer.starts_with("HTTP/1.1 503"));
    }

    fn start_until(&mut self, is_there: impl Fn(&str) -> bool) {
        let log = File::options().create(true).append(true).open(self.log_file()).expect("a log");
        let words = self.within.iter().map(String::as_str).chain([RENKEI]).collect::<Vec<_>>();
        let (program, arguments) = words.split_first().expect("a program");
        let child = Command::new(program)
            .args(arguments)
            .args(["relay", "--config"])
            .arg(self.config())
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("it runs");
        self.child = Some(child);
        until("the relay is there", || {
            let ended = self.child.as_mut().expect("it runs").try_wait().expect("asked");
            assert!(ended.is_none(), "it ended: {}", self.log());
            self.watch("/healthz").filter(|answer| is_there(answer))
        });
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("relay.log")
    }

    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// What it answers to those who watch it.
    pub(super) fn watch(&self, path: &str) -> Option<String> {
        use std::io::{Read as _, Write as _};
        let mut tcp = std::net::TcpStream::connect(("127.0.0.1", self.status)).ok()?;
        tcp.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        write!(tcp, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    pub(super) fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("killed");
        child.wait().expect("ended");
    }

    /// The id of its process.
    pub(super) fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    #[cfg(unix)]
    pub(super) fn signal(&self, signal: rustix::process::Signal) {
        let id = self.id();
        let id = rustix::process::Pid::from_raw(i32::try_from(id).expect("an id"));
        rustix::process::kill_process(id.expect("an id"), signal).expect("signalled");
    }

    #[cfg(unix)]
    pub(super) fn stop(&mut self) {
        self.signal(rustix::process::Signal::TERM);
        let ended = self.child.take().expect("it runs").wait().expect("ended");
        assert!(ended.success(), "{}", self.log());
    }

    /// `renkei relay COMMAND --config …`
    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        let config = self.config();
        let (first, rest) = arguments.split_first().expect("a command");
        let mut all = vec!["relay", first, "--config", config.to_str().expect("UTF-8")];
        all.extend(rest);
        all.extend(["--lang", "en"]);
        renkei(&all)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.folder.display(), self.log());
        }
    }
}

pub(super) fn renkei(arguments: &[&str]) -> Output {
    Command::new(RENKEI).args(arguments).stdin(Stdio::null()).output().expect("it runs")
}

/// An office that asks relays over HTTP with its certificate.
pub(super) struct Client {
    pub(super) number: &'static str,
    http: reqwest::Client,
    signer: Arc<Signer>,
}

impl Client {
    /// One whose certificates an authority issued.
    pub(super) fn of(world: &World, number: &'static str) -> Self {
        let issue = |usage| {
            world.authority.issue(proof::office(number), usage, &[], long()).expect("a certificate")
        };
        Self::with(number, &issue(Usage::Tls), &issue(Usage::Signing))
    }

    /// One that made its certificates itself.
    pub(super) fn by_itself(number: &'static str) -> (Self, Issued, Issued) {
        let office = proof::office(number);
        let make = |usage| self_made(office, usage, &[], long()).expect("a certificate");
        let (tls, signing) = (make(Usage::Tls), make(Usage::Signing));
        (Self::with(number, &tls, &signing), tls, signing)
    }

    pub(super) fn with(number: &'static str, tls: &Issued, signing: &Issued) -> Self {
        // The first one stays.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let pem = format!("{}{}", tls.chain_pem(), tls.key_pem());
        let http = reqwest::Client::builder()
            .use_rustls_tls()
            .identity(Identity::from_pem(pem.as_bytes()).expect("an identity"))
            .danger_accept_invalid_certs(true)
            .http1_only()
            .no_proxy()
            .timeout(Duration::from_secs(90))
            .build()
            .expect("a client");
        Self { number, http, signer: Arc::new(signer(signing)) }
    }

    /// A package with the canary in it, from this office to the other one of the proofs.
    pub(super) fn package(&self) -> Package {
        self.package_of(format!("202407,{CANARY}\r\n").as_bytes())
    }

    /// One whose files are this.
    pub(super) fn package_of(&self, content: &[u8]) -> Package {
        assert_eq!(self.number, SENDER);
        let files: Vec<(&str, &[u8])> = FILES.iter().map(|(name, _)| (*name, content)).collect();
        let mut manifest = proof::manifest(&self.signer, &files);
        manifest.message_id = MessageId::new(now());
        manifest.created_at = now();
        manifest.expires_at = now() + SignedDuration::from_hours(24);
        let contents: Vec<&[u8]> = files.iter().map(|(_, bytes)| *bytes).collect();
        let bytes = pack(&manifest, &contents, &self.signer, now()).expect("packed");
        open(Bytes::from(bytes), &Limits::default()).expect("our own package")
    }

    /// A receipt about a package, signed by this office.
    pub(super) fn receipt(&self, of: &Package, kind: ReceiptKind) -> Vec<u8> {
        Receipt::about(of, kind, now()).sign(&self.signer, now()).expect("signed")
    }

    pub(super) fn get(&self, at: &Relay, path: &str) -> RequestBuilder {
        self.http.get(format!("https://127.0.0.1:{}{path}", at.port))
    }

    pub(super) fn put(&self, at: &Relay, path: &str, media: &str, body: Vec<u8>) -> RequestBuilder {
        let request = self.http.put(format!("https://127.0.0.1:{}{path}", at.port));
        request.header("content-type", media).body(body)
    }

    /// Leaves a sealed package.
    pub(super) async fn deposit(
        &self,
        at: &Relay,
        id: MessageId,
        sealed: &Hashed,
    ) -> reqwest::Result<Answer> {
        let digest = STANDARD.encode(sealed.sha256().as_raw());
        let path = format!("/v1/messages/{id}");
        let request = self.put(at, &path, "application/vnd.renkei.sealed", sealed.bytes().to_vec());
        answer(request.header("content-digest", format!("sha-256=:{digest}:"))).await
    }

    /// What waits for it.
    pub(super) async fn mailbox(&self, at: &Relay, after: u64, wait: u64) -> Value {
        let number = self.number;
        let path = format!("/v1/mailbox?office={number}&after={after}&wait={wait}");
        let answer = answer(self.get(at, &path)).await.expect("answered");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// The receipts about what it sent.
    pub(super) async fn receipts(&self, at: &Relay, after: u64, wait: u64) -> Value {
        let number = self.number;
        let path = format!("/v1/receipts?office={number}&after={after}&wait={wait}");
        let answer = answer(self.get(at, &path)).await.expect("answered");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Fetches all of a package.
    pub(super) async fn fetch(&self, at: &Relay, sender: &str, id: MessageId) -> Answer {
        let path = format!("/v1/mailbox/{id}?office={}&sender={sender}", self.number);
        answer(self.get(at, &path)).await.expect("answered")
    }

    /// Asks for a package back.
    pub(super) async fn put_recall(&self, at: &Relay, package: &Package) -> Answer {
        let expires_at = package.manifest().expires_at;
        let recall = Recall::of(&package.reference(), 1, now(), expires_at);
        let recall = recall.sign(&self.signer, now()).expect("signed");
        let path = format!("/v1/messages/{}/recall", package.manifest().message_id);
        answer(self.put(at, &path, SIGNED, recall)).await.expect("answered")
    }

    pub(super) async fn put_receipt(
        &self,
        at: &Relay,
        of: &Package,
        word: &str,
        receipt: Vec<u8>,
    ) -> Answer {
        let (id, sender) = (of.manifest().message_id, of.manifest().sender.office);
        let path =
            format!("/v1/mailbox/{id}/receipts/{word}?office={}&sender={sender}", self.number);
        answer(self.put(at, &path, SIGNED, receipt)).await.expect("answered")
    }
}

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(super) fn code(&self) -> String {
        self.json()["code"].as_str().expect("a code").to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("{name}: {self:?}")).to_str().expect("text")
    }
}

pub(super) async fn answer(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let status: StatusCode = response.status();
    let headers = response.headers().clone();
    let body = response.bytes().await?;
    Ok(Answer { status: status.as_u16(), headers, body })
}

/// A key of a recipient, and packages that are sealed to it.
pub(super) struct Keys {
    announced: SealingKey,
    secrets: SealingSecrets,
}

impl Keys {
    pub(super) fn new() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let secret = SealingSecret::of_der(&key.serialize_der(), now()).expect("a sealing key");
        Self { announced: secret.announced(), secrets: std::iter::once(secret).collect() }
    }

    pub(super) fn seal(&self, package: &Package) -> Hashed {
        seal(package, &self.announced, now()).expect("sealed")
    }

    pub(super) fn open(&self, sealed: Bytes) -> Bytes {
        use renkei::package::sealed::{Sealed, open_sealed};
        let sealed = Sealed::read(sealed.into(), &Limits::default()).expect("a sealed package");
        open_sealed(&sealed, &self.secrets).expect("opened").bytes().clone()
    }
}

/// Whether a text stands in any file below a folder.
pub(super) fn is_anywhere(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return is_anywhere(&path, text);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        memchr::memmem::find(&bytes, text.as_bytes()).is_some()
    })
}

pub(super) fn digest_of(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

/// The two offices of the proofs, and a key of the second one.
pub(super) fn pair(world: &World) -> (Client, Client, Keys) {
    (Client::of(world, SENDER), Client::of(world, RECIPIENT), Keys::new())
}

/// Puts until the relay answers; what was taken stays taken.
pub(super) async fn put_until_taken(
    sender: &Client,
    relay: &Relay,
    id: MessageId,
    sealed: &Hashed,
) -> Bytes {
    for _ in 0..200 {
        match sender.deposit(relay, id, sealed).await {
            Ok(answer) if [200, 202].contains(&answer.status) => return answer.body,
            Ok(answer) => assert!([429, 503, 507].contains(&answer.status), "{answer:?}"),
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never taken")
}
