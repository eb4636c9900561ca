//! Attachments by the page: what a form brings is judged, sent and shown, and nothing else.

use serde_json::json;

use super::api::Program;
use super::browser::{Answer, Browser};
use super::{office, opened};
use crate::harness::{HELP, Office, until};

const PDF: &str = "%PDF-1.7\n1 0 obj\n";

/// One part of a form: its name, the name of its file if it is one, its value.
type Part<'p> = (&'p str, Option<&'p str>, &'p str);

/// Posts a form with files as a browser does.
fn post(browser: &mut Browser, parts: &[Part<'_>]) -> Answer {
    let parts: Vec<_> =
        parts.iter().map(|(name, file, value)| (*name, *file, value.as_bytes())).collect();
    browser.post_parts("/attach", &parts)
}

/// Sends files with the form that the page shows.
fn send(browser: &mut Browser, office: &Office, more: &[Part<'_>]) -> Answer {
    let shown = browser.get("/attach");
    assert_eq!(shown.status, 200, "{}", shown.body);
    let (csrf, form) = (shown.field("csrf"), shown.field("form"));
    let mut parts = vec![
        ("csrf", None, csrf.as_str()),
        ("form", None, form.as_str()),
        ("office", None, office.number),
        ("partner", None, HELP),
    ];
    parts.extend(more);
    post(browser, &parts)
}

fn sent(office: &Office) -> Vec<String> {
    office.sql("SELECT lower(hex(message_id)) FROM outgoing")
}

#[test]
fn what_is_dragged_there_is_sent_and_shown_with_its_title() {
    let office = office();
    let mut browser = opened(&office);
    let answer = send(
        &mut browser,
        &office,
        &[
            ("month", None, "2026-05"),
            ("kind", None, "意見書"),
            ("insurer", None, "131016"),
            ("insured", None, "0000900011"),
            ("set", None, "20260520101501"),
            ("files", Some("山田<b>花子.pdf"), PDF),
            ("files", Some("主治医意見書.pdf"), PDF),
        ],
    );
    // The first one has a name that no file on Windows may have.
    assert_eq!((answer.status, answer.location()), (303, "/attach"));
    let told = browser.get("/attach").body;
    assert!(
        told.contains("wait to be sent now: 1") && told.contains("山田&#60;b&#62;花子"),
        "{told}"
    );
    let id = sent(&office).pop().expect("one package");
    let id = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-");
    let page = browser.get(&format!("/package/{id}")).body;
    for shown in [
        "主治医意見書.pdf",
        "意見書, 2026-05, insurer 131016, insured 0000900011",
        "20260520101501",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("/forms"), "there are none");
    let file = browser.get(&format!("/package/{id}/file/1"));
    assert_eq!(file.body, PDF);
    assert_eq!(file.header("content-type"), "application/octet-stream");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    let disposition = file.header("content-disposition");
    assert!(
        disposition
            .starts_with("attachment; filename=\"ATT_0001.pdf\"; filename*=UTF-8''%E4%B8%BB"),
        "{disposition}"
    );
    // The person is found, and who looked is written down.
    until("in the lists", || {
        let people = office.sql("SELECT insured FROM people JOIN mentions ON people.id = person");
        (people == ["0000900011"]).then_some(())
    });
    until("written down", || {
        let seen = office.sql("SELECT what FROM audit JOIN audit_people ON audit = id ORDER BY id");
        (seen == ["view-attachments", "file-saved"]).then_some(())
    });
    // A program gets the same, and is written down as well.
    let program = Program::new(&office, &[]);
    let place = format!("/api/v1/packages/{}/{id}", office.number);
    let package = program.get(&place);
    assert_eq!((&package["kind"], &package["set"]), (&json!("ATT"), &json!("20260520101501")));
    let document = json!({
        "title": "主治医意見書.pdf",
        "kind": "意見書",
        "month": "202605",
        "person": { "insurer": "131016", "insured": "0000900011" },
    });
    assert_eq!(package["files"][0]["document"], document);
    let file = program.ask("GET", &format!("{place}/files/1"), &[], b"");
    assert_eq!((&*file.body, file.header("content-disposition")), (PDF, disposition));
    let row = "token|view-attachments|0000900011,token|file-saved|0000900011";
    until("written down", || {
        let seen = office.sql(
            "SELECT group_concat(account || '|' || what || '|' || person) FROM
                 (SELECT * FROM audit JOIN audit_people ON audit = id ORDER BY id)
             WHERE account = 'token'",
        );
        (seen == [row]).then_some(())
    });
    assert!(browser.get("/sent").body.contains("attachment"));
    assert!(!office.log().contains("意見書") && !office.log().contains("0000900011"));
}

#[test]
fn what_is_no_attachment_is_told_and_not_sent() {
    let office = office();
    let mut browser = opened(&office);
    let mut refused = |more: &[Part<'_>], expected: &str| {
        let answer = send(&mut browser, &office, more);
        assert_eq!((answer.status, answer.location()), (303, "/attach"), "{expected}");
        let told = browser.get("/attach").body;
        assert!(told.contains(expected), "{expected}: {told}");
    };
    refused(&[("files", Some("a.pdf"), "MZ a program")], "of no type that is known");
    refused(&[("files", Some("a.png"), PDF)], "does not fit its contents");
    refused(&[("files", Some("a.exe.pdf"), PDF)], "two extensions");
    refused(&[("files", Some("../a.pdf"), PDF)], "is not allowed");
    refused(&[("files", Some(""), "")], "Choose a file");
    refused(&[], "Choose a file");
    refused(&[("month", None, "May"), ("files", Some("a.pdf"), PDF)], "2026-05");
    refused(&[("kind", None, "a/b"), ("files", Some("a.pdf"), PDF)], "kind of document");
    refused(&[("insured", None, "0000900011"), ("files", Some("a.pdf"), PDF)], "Both numbers");
    refused(&[("set", None, "1"), ("files", Some("a.pdf"), PDF)], "14 digits");
    refused(&[("partner", None, "9999999999"), ("files", Some("a.pdf"), PDF)], "Choose a partner");
    let many = [("files", Some("a.exe"), PDF); 11];
    refused(&many, "too many files");
    assert!(sent(&office).is_empty());
}

#[test]
fn a_form_is_sent_once_and_by_this_page_alone() {
    let office = office();
    let mut browser = opened(&office);
    let shown = browser.get("/attach");
    let (csrf, form) = (shown.field("csrf"), shown.field("form"));
    let file = ("files", Some("a.pdf"), PDF);
    let parts = |csrf| {
        [
            ("csrf", None, csrf),
            ("form", None, form.as_str()),
            ("office", None, office.number),
            ("partner", None, HELP),
            file,
        ]
    };
    let strange = "0".repeat(csrf.len());
    assert_eq!(post(&mut browser, &parts(strange.as_str())).status, 403);
    // A file before the token is not even read.
    let [token, rest @ ..] = parts(csrf.as_str());
    let mut turned = vec![file];
    turned.push(token);
    turned.extend(&rest[..3]);
    assert_eq!(post(&mut browser, &turned).status, 403);
    assert!(sent(&office).is_empty());
    for _ in 0..2 {
        let answer = post(&mut browser, &parts(csrf.as_str()));
        assert_eq!((answer.status, answer.location()), (303, "/sent"));
    }
    assert_eq!(sent(&office).len(), 1);
    let mut headers = browser.headers("POST");
    headers.insert("Content-Type", "multipart/form-data; boundary=edge".to_owned());
    assert_eq!(browser.ask("POST", "/attach", &headers, "no form at all").status, 400);
    let mut stranger = Browser::new(&browser.host);
    assert_eq!(post(&mut stranger, &parts(csrf.as_str())).location(), "/welcome");
    assert_eq!(sent(&office).len(), 1);
}
