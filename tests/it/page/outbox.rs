//! アップロード待ち: what a person hands over, on the page.

use std::fs;

use super::{at_rest, opened};
use crate::e2e::held::says;
use crate::e2e::units::{USAGE, export, sample};
use crate::harness::{CARE, HELP, Office, quoted, until};

const FIRST: &str = "20260601100000";

fn waits(channel: &str, state: &str) -> Office {
    let mut care = at_rest();
    care.forget_url(HELP);
    care.set_peer(HELP, "channel", quoted(channel));
    care.set_peer(HELP, "name", quoted("<script>alert(1)</script>"));
    care.start();
    export(&care, &sample(USAGE, FIRST));
    until(state, || care.has_sent(state, 1));
    care
}

fn the_one(office: &Office) -> String {
    let ids = office.sql("SELECT message_id FROM outgoing");
    let id = &ids[0];
    format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..])
}

#[test]
fn an_upload_is_shown_with_its_sheet_and_noted_once() {
    let care = waits("web", "TO_UPLOAD");
    let mut browser = opened(&care);
    let id = the_one(&care);
    let page = browser.get("/outbox").body;
    assert!(page.contains("20260601100000") && page.contains("WEB service"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
    let sheet = browser.get(&format!("/outbox/{id}/sheet")).body;
    assert!(sheet.contains("☐") && sheet.contains(FIRST), "{sheet}");
    let folder = format!("outbox/web/{HELP}/{FIRST}_{CARE}_1");
    assert!(sheet.contains(&folder) && sheet.contains("not the ZIP"), "{sheet}");
    assert!(sheet.contains("Users (1)") && sheet.contains("fm-user"), "{sheet}");
    assert!(!sheet.contains("<script>alert"), "{sheet}");
    let zip = browser.get(&format!("/outbox/{id}/zip"));
    assert_eq!((zip.status, zip.header("content-type")), (200, "application/zip"));
    let archive = zip::ZipArchive::new(std::io::Cursor::new(zip.bytes)).expect("a ZIP");
    assert_eq!(archive.len(), sample(USAGE, FIRST).len());
    let partners = browser.get("/partners").body;
    assert!(
        partners.contains("WEB service") && partners.contains("to be handed over: 1"),
        "{partners}"
    );

    assert!(!partners.contains("reached"), "{partners}");
    // It is a task, and counts as nothing that was sent.
    let today = until("counted", || {
        let today = browser.get("/").body;
        today.contains("beside them, to be handed over 1").then_some(today)
    });
    assert!(today.contains("to be uploaded to the WEB service: 1"), "{today}");
    assert!(
        today.contains(
            "<p class=\"big\">0<small>today</small></p><p class=\"note\">this month 0</p><p"
        ),
        "{today}"
    );

    // No receipt is waited for, and nothing is given up.
    let package = browser.get(&format!("/package/{id}")).body;
    assert!(package.contains("no receipt comes for what a person hands over"), "{package}");
    assert!(!package.contains("None yet") && !package.contains("Given up at"), "{package}");
    assert!(package.contains("If it was uploaded already, the partner gets it"), "{package}");

    // Without the token nothing is noted, and the question names the set.
    let path = format!("/outbox/{id}/done");
    assert_eq!(browser.post(&path, &[]).status / 100, 4);
    let asked = browser.get(&path).body;
    for shown in
        ["Was it uploaded?", HELP, "service use slip", "2026-06", FIRST, "Users</dt><dd>1<"]
    {
        assert!(asked.contains(shown), "{shown}: {asked}");
    }
    assert_eq!(care.sql("SELECT state FROM outgoing"), ["TO_UPLOAD"]);
    let shown = browser.get(&path);
    let fields = ["csrf", "form"].map(|name| (name, shown.field(name)));
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    // Pressed twice.
    for _ in 0..2 {
        let answer = browser.post(&path, &fields);
        assert_eq!((answer.status, answer.location()), (303, "/outbox"));
    }
    assert_eq!(care.sql("SELECT count(*) FROM journal WHERE state = 'UPLOADED'"), ["1"]);
    let page = browser.get("/outbox").body;
    assert!(!page.contains(&path), "{page}");
    assert_eq!(browser.get(&path).location(), "/outbox");
    // What was to be uploaded can be had still.
    assert_eq!(browser.get(&format!("/outbox/{id}/zip")).status, 200);
    let package = browser.get(&format!("/package/{id}")).body;
    assert!(package.contains("uploaded, as a person noted"), "{package}");
}

#[test]
fn what_was_noted_by_mistake_is_put_back() {
    let care = waits("web", "TO_UPLOAD");
    let mut browser = opened(&care);
    let id = the_one(&care);
    let folder = care.path(&format!("outbox/web/{HELP}/{FIRST}_{CARE}_1"));
    until("laid", || folder.is_dir().then_some(()));
    let files = sample(USAGE, FIRST);
    let (done, undo) = (format!("/outbox/{id}/done"), format!("/outbox/{id}/undo"));
    for times in 1..=2 {
        assert_eq!(browser.submit(&done, &done, &[]).status, 303);
        until("gone", || (!folder.exists()).then_some(()));
        // It cannot be taken back from here, and the page says what can be done.
        let package = browser.get(&format!("/package/{id}")).body;
        assert!(package.contains("Cancel what has the same file serial"), "{package}");
        let listed = until("listed", || {
            let page = browser.get("/outbox").body;
            page.contains(&undo).then_some(page)
        });
        assert!(listed.contains("Noted lately"), "{listed}");
        let back = browser.submit("/outbox", &undo, &[]);
        assert_eq!((back.status, back.location()), (303, "/outbox"));
        assert!(browser.get("/outbox").body.contains(&done));
        until("laid again", || {
            let laid = files.iter().all(|(name, bytes)| {
                fs::read(folder.join(name)).is_ok_and(|found| found == *bytes)
            });
            laid.then_some(())
        });
        let noted = "SELECT count(*) FROM journal WHERE detail LIKE 'not-handed%'";
        assert_eq!(care.sql(noted), [times.to_string()]);
    }
    // What never was handed over is put back by nobody.
    let again = browser.submit("/outbox", &undo, &[]);
    assert_eq!(again.status, 303);
    assert_eq!(care.sql("SELECT count(*) FROM journal WHERE detail LIKE 'not-handed%'"), ["2"]);
}

#[test]
fn what_is_taken_out_may_be_uploaded_already() {
    let care = waits("web", "TO_UPLOAD");
    let mut browser = opened(&care);
    let id = the_one(&care);
    let here = format!("/package/{id}");
    let answer = browser.submit(&here, &format!("{here}/recall"), &[]);
    assert_eq!(answer.status, 303);
    let page = browser.get(&here).body;
    assert!(page.contains("If it was uploaded or sent on paper already"), "{page}");
    assert!(page.contains("taken back") && !page.contains("nothing of it"), "{page}");
    let (said, code) = says(&care, &["recall", &id, "--yes"]);
    assert_eq!(code, 0, "{said}");
    // Nothing was sent, and nobody was reached.
    let partners = browser.get("/partners").body;
    assert!(partners.contains("Handed over, as noted</dt><dd>0<"), "{partners}");
}

#[test]
fn paper_is_shown_with_its_cover_and_forms() {
    let care = waits("paper", "TO_PRINT");
    let mut browser = opened(&care);
    let id = the_one(&care);
    let page = browser.get("/outbox").body;
    assert!(
        page.contains("It was sent") && page.contains(&format!("/package/{id}/forms")),
        "{page}"
    );
    let cover = browser.get(&format!("/outbox/{id}/sheet")).body;
    assert!(cover.contains("Fax cover") && cover.contains("(with this one)"), "{cover}");
    assert!(browser.get("/").body.contains("to be sent on paper: 1"));
    // The actuals of such a partner come on paper too.
    let month = until("listed", || {
        let month = browser.get("/month?month=2026-06").body;
        month.contains("0000800013").then_some(month)
    });
    assert!(month.contains("does not come here"), "{month}");
    assert!(!month.contains("the actuals have not come"), "{month}");
    assert!(month.contains("Nothing is missing of what comes here"), "{month}");
    let done = format!("/outbox/{id}/done");
    assert!(browser.get(&done).body.contains("Was it sent?"));
    let answer = browser.submit(&done, &done, &[]);
    assert_eq!(answer.status, 303);
    until("noted", || care.has_sent("SENT_ON_PAPER", 1));
}
