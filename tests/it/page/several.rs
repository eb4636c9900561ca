//! One node for several offices: each has its own on the page.

use super::opened;
use crate::e2e::units::{USAGE, export, sample};
use crate::harness::{CARE, DAY, HELP, offices, quoted, until};

#[test]
fn each_of_several_offices_is_told_apart() {
    let [mut care, help, day] = offices([CARE, HELP, DAY]);
    care.host(&day);
    care.set("page", "listen", quoted("127.0.0.1:0"));
    let mut help = help;
    help.set_peer(DAY, "url", quoted(format!("https://127.0.0.1:{}", care.port)));
    care.start();
    help.start();
    export(&care, &sample(USAGE, "20260520111500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    until("looked into", || {
        (care.sql("SELECT id FROM entries WHERE contents = 'read'").len() == 1).then_some(())
    });
    let mut browser = opened(&care);
    let today = browser.get("/").body;
    for number in [CARE, DAY] {
        assert!(today.contains(&format!("aria-label=\"{number}\"")), "{number}: {today}");
    }
    // The lists tell them apart too.
    let sent = browser.get("/sent").body;
    assert!(sent.contains(&format!("our office: <bdi>{CARE}</bdi>")), "{sent}");
    let of_other = browser.get(&format!("/sent?office={DAY}")).body;
    assert!(of_other.contains("Nothing fits"), "{of_other}");
    let fields = [("which", "out"), ("office", CARE), ("text", "")];
    let found = browser.submit("/sent", "/search", &fields);
    assert_eq!(found.location(), format!("/sent?office={CARE}"));
    let month = |browser: &mut super::browser::Browser, office: &str| {
        browser.get(&format!("/month?month=2026-06&office={office}")).body
    };
    let (of_care, of_day) = (month(&mut browser, CARE), month(&mut browser, DAY));
    for page in [&of_care, &of_day] {
        assert!(page.contains(&format!("<option value=\"{CARE}\"")), "{page}");
        assert!(page.contains(&format!("<option value=\"{DAY}\"")), "{page}");
    }
    assert!(of_care.contains("0000800013"), "{of_care}");
    assert!(!of_day.contains("0000800013"), "another office sees nothing of it: {of_day}");
    // An office that is not ours is none.
    assert!(month(&mut browser, HELP).contains(&format!("<option value=\"{CARE}\" selected")));
    let versions = browser.get(&format!("/versions?office={DAY}")).body;
    assert!(versions.contains(&format!("<option value=\"{DAY}\" selected")), "{versions}");
    assert_eq!(browser.get(&format!("/versions/send?office={DAY}&kind=care")).status, 200);
}
