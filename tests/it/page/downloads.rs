//! What was downloaded from the WEB service, on the page.

use std::fs;

use super::{at_rest, opened};
use crate::e2e::guards::full;
use crate::e2e::units::{ACTUAL, Unit, sample};
use crate::harness::{HELP, Office, quoted, until};

fn download(office: &Office, unit: &Unit, count: usize) {
    for (name, bytes) in unit {
        fs::write(office.path("Downloads").join(name), bytes).expect("written");
    }
    until("placed", || {
        let placed = office.sql("SELECT id FROM journal WHERE state = 'HANDED_OVER'");
        (placed.len() == count).then_some(())
    });
}

#[test]
fn downloaded_actuals_that_lose_services_are_flagged_until_somebody_has_looked() {
    let mut care = at_rest();
    care.forget_url(HELP);
    care.set_peer(HELP, "channel", quoted("web"));
    fs::create_dir_all(care.path("Downloads")).expect("made");
    care.set("office", "downloads", quoted("Downloads"));
    care.start();
    until("looked into", || care.sql("SELECT folder FROM downloads").pop());
    download(&care, &full("20260702090000"), 1);
    download(&care, &sample(ACTUAL, "20260703090000"), 2);
    until("flagged", || {
        let flags = care.sql("SELECT rules FROM flags WHERE rules != '' AND seen_at IS NULL");
        (flags == ["L8-JSK-001"]).then_some(())
    });
    let digits = care.sql("SELECT message_id FROM incoming WHERE serial = '20260703090000'");
    let digits = &digits[0];
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    let here = format!("/package/{}", parts.join("-"));
    let mut browser = opened(&care);
    let shown = browser.get(&here).body;
    assert!(shown.contains("neither a signature of the sender nor receipts"), "{shown}");
    assert!(!shown.contains(&format!("{here}/evidence")), "there is no proof of it");
    assert_eq!(browser.get(&format!("{here}/evidence")).status, 409);
    assert!(browser.get("/received").body.contains("from the WEB service"));
    let answer = browser.submit(&here, &format!("{here}/seen"), &[]);
    assert_eq!(answer.status, 303);
    until("noted", || {
        let noted = care.sql("SELECT count(*) FROM audit WHERE what = 'actuals-seen'");
        (noted == ["1"]).then_some(())
    });
    assert!(care.sql("SELECT 1 FROM flags WHERE rules != '' AND seen_at IS NULL").is_empty());
}

#[test]
fn a_partner_without_a_node_has_its_page() {
    let mut care = at_rest();
    care.forget_url(HELP);
    care.set_peer(HELP, "channel", quoted("paper"));
    care.set_peer(HELP, "name", quoted("<script>alert(1)</script>"));
    care.start();
    let mut browser = opened(&care);
    let shown = browser.get(&format!("/partners/{HELP}")).body;
    assert!(shown.contains("paper") && shown.contains("handed over"), "{shown}");
    assert!(!shown.contains("<script>alert") && !shown.contains("/test\""), "{shown}");
    let listed = care.command(&["partner", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!(listed["partners"][0]["channel"], "paper", "{listed}");
    let said = care.command(&["partner", "show", HELP]);
    let said = String::from_utf8(said.stdout).expect("UTF-8");
    assert!(said.contains("paper"), "{said}");
}
