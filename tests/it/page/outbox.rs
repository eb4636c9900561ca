//! アップロード待ち: what a person hands over, on the page.

use super::{at_rest, opened};
use crate::e2e::units::{USAGE, export, sample};
use crate::harness::{HELP, Office, quoted, until};

fn waits(channel: &str, state: &str) -> Office {
    let mut care = at_rest();
    care.forget_url(HELP);
    care.set_peer(HELP, "channel", quoted(channel));
    care.set_peer(HELP, "name", quoted("<script>alert(1)</script>"));
    care.start();
    export(&care, &sample(USAGE, "20260601100000"));
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
    assert!(sheet.contains("☐") && sheet.contains("20260601100000"), "{sheet}");
    assert!(!sheet.contains("<script>alert"), "{sheet}");
    let zip = browser.get(&format!("/outbox/{id}/zip"));
    assert_eq!((zip.status, zip.header("content-type")), (200, "application/zip"));
    let archive = zip::ZipArchive::new(std::io::Cursor::new(zip.bytes)).expect("a ZIP");
    assert_eq!(archive.len(), sample(USAGE, "20260601100000").len());
    let partners = browser.get("/partners").body;
    assert!(
        partners.contains("WEB service") && partners.contains("to be handed over: 1"),
        "{partners}"
    );

    // Without the token nothing is noted.
    let path = format!("/outbox/{id}/done");
    assert_eq!(browser.post(&path, &[]).status / 100, 4);
    assert_eq!(care.sql("SELECT state FROM outgoing"), ["TO_UPLOAD"]);
    let shown = browser.get("/outbox");
    let fields = ["csrf", "form"].map(|name| (name, shown.field(name)));
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    // Pressed twice.
    for _ in 0..2 {
        let answer = browser.post(&path, &fields);
        assert_eq!((answer.status, answer.location()), (303, "/outbox"));
    }
    assert_eq!(care.sql("SELECT count(*) FROM journal WHERE state = 'UPLOADED'"), ["1"]);
    let page = browser.get("/outbox").body;
    assert!(!page.contains("20260601100000"), "{page}");
    assert_eq!(browser.get(&format!("/outbox/{id}/sheet")).status, 404);
    let package = browser.get(&format!("/package/{id}")).body;
    assert!(package.contains("uploaded, as a person noted"), "{package}");
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
    let answer = browser.submit("/outbox", &format!("/outbox/{id}/done"), &[]);
    assert_eq!(answer.status, 303);
    until("noted", || care.has_sent("SENT_ON_PAPER", 1));
}
