//! 詳しく調べる: the list of `renkei doctor` on the page.

use super::{office, opened};
use crate::harness::until;

#[test]
fn everything_is_looked_at_when_somebody_asks() {
    let mut office = office();
    office.speak("en");
    let mut browser = opened(&office);
    let page = browser.get("/diagnosis");
    assert!(page.body.contains("href=\"/diagnosis/doctor\""), "{}", page.body);
    let before = browser.get("/diagnosis/doctor");
    assert_eq!(before.status, 200);
    assert!(!before.body.contains("Looked at:"), "{}", before.body);
    // Without the seal of a form nothing is looked at.
    let refused = browser.post("/diagnosis/doctor", &[("csrf", "x"), ("form", "y")]);
    assert_eq!(refused.status, 403);
    let answer = browser.submit("/diagnosis/doctor", "/diagnosis/doctor", &[]);
    assert_eq!((answer.status, answer.location()), (303, "/diagnosis/doctor"));
    let found = until("what was found", || {
        let page = browser.get("/diagnosis/doctor");
        page.body.contains("Looked at:").then_some(page.body)
    });
    // The partner of this office does not run; the rest is in order.
    for text in
        ["peer-unreachable", "the configuration can be read", "something is to be looked at"]
    {
        assert!(found.contains(text), "{text}: {found}");
    }
}
