//! What lies in the sent and the hold folder, and when.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use renkei::link::{
    Caller, Limits as ServerLimits, PackageForm, PutAnswer, ReceiptEntry, ReceiptPage,
    ReceiptQuery, Refusal, Server, Service, StatusAnswer,
};
use renkei::package::{Limits, Receipt, ReceiptFinding, ReceiptKind, Signer, TrustError, open};
use renkei::types::{Digest, Hashed, MessageId, OfficeNumber};

use super::rogue::{Rogue, identity};
use super::units::{export, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, quoted, until};

fn read(office: &Office, set: &str, name: &str) -> String {
    fs::read_to_string(office.path(set).join(name)).expect("UTF-8")
}

#[test]
fn nothing_is_in_sent_before_a_receipt() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.start();
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    until("queued", || care.has_sent("QUEUED", 1));
    until("the work folder is empty", || care.sets(".renkei-work-drop").is_empty().then_some(()));
    assert!(care.sets("sent").is_empty() && care.files("drop").is_empty());
    // The copy is not forgotten when the node ends in between.
    care.kill();
    help.start();
    care.start();
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let sent = format!("sent/20260601000001_{CARE}_{HELP}");
    until("a copy", || (care.files(&sent) == unit).then_some(()));
    assert!(care.sets("hold").is_empty());
    until("noted", || {
        (care.sql("SELECT count(*) FROM outgoing WHERE copy_due = 1") == ["0"]).then_some(())
    });
    assert_eq!(care.sets("sent").len(), 1);
}

#[test]
fn what_was_given_up_goes_to_hold_with_a_report_once() {
    for (lang, words) in [("en", "was given up"), ("ja", "送信を取りやめました")] {
        let [mut care, help] = offices([CARE, HELP]);
        care.set("timing", "expiry", quoted("1s"));
        care.speak(lang);
        care.start();
        let unit = withdrawal(CARE, 1);
        let name = unit.keys().next().expect("a file").clone();
        export(&care, &unit);
        until("given up", || care.has_sent("EXPIRED", 1));
        let set = until("held", || care.sets("hold").pop_first());
        assert_eq!(set.0, format!("20260601000001_{CARE}_{HELP}"));
        assert_eq!(set.1, [name.clone(), "report.html".to_owned(), "report.txt".to_owned()]);
        let folder = format!("hold/{}", set.0);
        assert_eq!(care.files(&folder)[&name], unit[&name]);
        let report = read(&care, &folder, "report.txt");
        assert!(report.contains(words) && report.contains(HELP), "{report}");
        let last = if lang == "ja" { "最後の理由（" } else { "The last reason (since " };
        for report in [report, read(&care, &folder, "report.html")] {
            assert!(report.contains(last) && report.contains("[peer-unreachable]"), "{report}");
        }
        until("noted", || (care.sql("SELECT reason FROM held") == ["expired"]).then_some(()));
        for command in [&["status"][..], &["hold", "list"], &["history"]] {
            let output = care.command_in(lang, command);
            let said = String::from_utf8(output.stdout).expect("UTF-8");
            assert!(said.contains("[peer-unreachable]"), "{command:?}: {said}");
        }
        care.kill();
        care.start();
        export(&care, &withdrawal(CARE, 2));
        until("the next one", || care.has_sent("EXPIRED", 2));
        until("held too", || (care.sets("hold").len() == 2).then_some(()));
        assert!(care.sets("sent").is_empty());
        drop(help);
    }
}

/// A partner that answers every package with a receipt of one kind.
struct StandIn {
    signer: Signer,
    kind: ReceiptKind,
    previous: Option<Digest>,
    /// Of these, how many it gives out when it is asked for later receipts.
    told: Arc<AtomicUsize>,
    /// Made with the answer: two that do not follow it, one that does, of a kind that nobody knows
    /// yet, and one that follows that.
    later: Mutex<Vec<ReceiptEntry>>,
}

impl Service for StandIn {
    fn admits(&self, _: &Caller) -> Result<OfficeNumber, Refusal> {
        Ok(crate::proof::office(CARE))
    }

    fn takes_from(&self, _: OfficeNumber) -> Result<(), Refusal> {
        Ok(())
    }

    fn refused_certificate(&self, _: OfficeNumber, _: Digest, _: TrustError) {}

    fn refused_stranger(&self, _: Digest, _: std::net::IpAddr, _: TrustError) {}

    async fn put_message(
        &self,
        _: &Caller,
        _: OfficeNumber,
        _: MessageId,
        body: Hashed,
        _form: PackageForm,
    ) -> Result<PutAnswer, Refusal> {
        let package = open(body, &Limits::default()).expect("a package");
        let finding = ReceiptFinding {
            rule: "REC-001".to_owned(),
            file: package.files().next().map(|(file, _)| file.name.clone()),
            line: Some(1),
            item: None,
            message: "not to our taste".to_owned(),
        };
        let now = Rogue::now();
        let receipt = Receipt::about(&package, self.kind, now);
        let receipt = receipt
            .after(self.previous)
            .with_findings([finding])
            .sign(&self.signer, now)
            .expect("signed");
        let (handover, first) = (ReceiptKind::ContentHandover, Digest::of(&receipt));
        let later = |position, kind, previous| {
            let receipt = Receipt::about(&package, kind, now).after(Some(previous));
            let receipt = receipt.sign(&self.signer, now).expect("signed").into();
            ReceiptEntry { position, message_id: package.manifest().message_id, receipt }
        };
        let unknown = later(3, ReceiptKind::Other, first);
        let last = later(4, handover, Digest::of(&unknown.receipt));
        *self.later.lock().expect("no panic") = vec![
            later(1, handover, Digest::of(b"nothing")),
            later(2, ReceiptKind::ContentConsignment, first),
            unknown,
            last,
        ];
        Ok(PutAnswer { receipt: receipt.into(), repeated: false, relayed: false })
    }

    async fn receipts(&self, _: &Caller, query: ReceiptQuery) -> Result<ReceiptPage, Refusal> {
        let later = self.later.lock().expect("no panic").clone();
        let told = later.into_iter().take(self.told.load(Ordering::Relaxed));
        let fresh = told.filter(|entry| entry.position > query.after).collect();
        Ok(ReceiptPage::new(query.after, fresh, false))
    }

    fn status(&self, _: &Caller) -> StatusAnswer {
        StatusAnswer { version: "0".to_owned(), time: Rogue::now(), ..StatusAnswer::default() }
    }
}

#[test]
fn what_the_partner_refused_goes_to_hold_with_its_findings() {
    let [mut care, help] = offices([CARE, HELP]);
    let _running = stand_in(&help, ReceiptKind::Rejection, None, &Arc::default());
    care.start();
    let unit = withdrawal(CARE, 1);
    let name = unit.keys().next().expect("a file").clone();
    export(&care, &unit);
    until("refused", || care.has_sent("REJECTED", 1));
    let (folder, names) = until("held", || care.sets("hold").pop_first());
    assert_eq!(folder, format!("20260601000001_{CARE}_{HELP}"));
    assert_eq!(names, [name.clone(), "report.html".to_owned(), "report.txt".to_owned()]);
    let report = read(&care, &format!("hold/{folder}"), "report.txt");
    for said in ["[rejected]", HELP, "REC-001", &name, "not to our taste"] {
        assert!(report.contains(said), "{said}: {report}");
    }
    let noted = ["rejected,REC-001"];
    until("noted", || (care.sql("SELECT reason FROM held") == noted).then_some(()));
    assert!(care.sets("sent").is_empty());
}

/// Something that answers in the place of an office's node, as long as the runtime lives.
fn stand_in(
    help: &Office,
    kind: ReceiptKind,
    previous: Option<Digest>,
    told: &Arc<AtomicUsize>,
) -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let signer = identity(help, "signing").signer().expect("usable keys");
    let tls = Rogue::tls(help);
    let address = (std::net::Ipv4Addr::LOCALHOST, help.port);
    let told = Arc::clone(told);
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::bind(address).await.expect("free");
        let later = Mutex::default();
        let service = Arc::new(StandIn { signer, kind, previous, told, later });
        let folder = std::env::temp_dir();
        let server = Server::new(listener, tls, service, ServerLimits::default(), &folder);
        server.expect("a server").run(std::future::pending()).await;
    });
    runtime
}

/// A handover is no first word, and a first word follows no other: the proof would not be whole.
#[test]
fn what_is_no_first_receipt_is_not_taken_for_an_answer() {
    for (kind, previous) in [
        (ReceiptKind::ContentHandover, None),
        (ReceiptKind::ContentHandoverFailure, None),
        (ReceiptKind::ContentConsignment, Some(Digest::of(b"nothing"))),
    ] {
        let [mut care, help] = offices([CARE, HELP]);
        let _running = stand_in(&help, kind, previous, &Arc::default());
        care.start();
        export(&care, &withdrawal(CARE, 1));
        until("refused", || {
            let found = care.sql("SELECT state, detail FROM outgoing");
            (found == ["QUEUED|unexpected-receipt"]).then_some(())
        });
        assert_eq!(care.sql("SELECT count(*) FROM receipts"), ["0"]);
    }
}

/// A receipt that names one which never came would break the proof: it is passed over, and what
/// follows what came is taken. One of a kind that nobody knows yet moves nothing, but stays, also
/// when the node begins anew, so that what follows it proves something.
#[test]
fn a_receipt_that_follows_nothing_that_came_is_passed_over() {
    let [mut care, help] = offices([CARE, HELP]);
    let told = Arc::new(AtomicUsize::new(2));
    let _running = stand_in(&help, ReceiptKind::ContentConsignment, None, &told);
    care.start();
    export(&care, &withdrawal(CARE, 1));
    until("both were seen", || (care.sql("SELECT position FROM cursors") == ["2"]).then_some(()));
    assert_eq!(care.sql("SELECT state FROM outgoing"), ["CONSIGNED"]);
    assert_eq!(care.sql("SELECT kind FROM receipts"), ["ContentConsignment"]);
    assert_eq!(care.log().matches("receipt-out-of-chain").count(), 2);
    told.store(3, Ordering::Relaxed);
    until("the third too", || (care.sql("SELECT position FROM cursors") == ["3"]).then_some(()));
    assert_eq!(care.sql("SELECT state FROM outgoing"), ["CONSIGNED"]);
    care.kill();
    told.store(4, Ordering::Relaxed);
    care.start();
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let kinds = care.sql("SELECT kind FROM receipts ORDER BY id");
    assert_eq!(kinds, ["ContentConsignment", "Other", "ContentHandover"]);
    let id = &care.sql("SELECT lower(hex(message_id)) FROM outgoing")[0];
    let id = uuid::Uuid::parse_str(id).expect("an id").to_string();
    let out = care.path("proof");
    let out = out.to_str().expect("UTF-8");
    for command in [&["export", &id, "--out", out][..], &["verify", out]] {
        let output = care.command(command);
        assert!(output.status.success(), "{command:?}: {output:?}");
    }
}
