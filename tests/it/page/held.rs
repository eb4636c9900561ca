//! What is held is settled as it was shown.

use std::fs;

use encoding_rs::SHIFT_JIS;

use super::browser::Browser;
use super::{at_rest, opened};
use crate::e2e::guards::full;
use crate::e2e::units::{ACTUAL, USAGE, export, sample};
use crate::harness::{CARE, HELP, Office, offices, quoted, until};

/// An office that holds a set that can be corrected by itself: it is UTF-8 with other ends of lines.
fn holds_fixable() -> Office {
    let mut office = at_rest();
    let mut unit = sample(USAGE, "20260520101501");
    for bytes in unit.values_mut() {
        let (text, ..) = SHIFT_JIS.decode(bytes);
        *bytes = text.replace("\r\n", "\n").into_bytes();
    }
    // Before it starts: with a mistake in it a set waits for no file that comes later.
    export(&office, &unit);
    office.start();
    until("held", || (office.sql("SELECT id FROM held") == ["1"]).then_some(()));
    office
}

/// Presses the button to correct, with what stands on a page that was opened before.
fn correct(browser: &mut Browser, shown: &super::browser::Answer) -> String {
    let fields = ["csrf", "form", "files"].map(|name| (name, shown.field(name)));
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = browser.post("/held/h1/correct", &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location().to_owned()
}

#[test]
fn what_is_corrected_is_what_was_shown() {
    let office = holds_fixable();
    let mut browser = opened(&office);
    let shown = browser.get("/held/h1");
    assert!(shown.body.contains("/held/h1/correct"), "{}", shown.body);
    // Somebody puts other files there meanwhile.
    let folder = office.sql("SELECT folder FROM held").remove(0);
    let folder = office.path("hold").join(folder);
    let entries = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("one").path());
    let file = entries.filter(|path| path.extension().is_some_and(|it| it == "CSV" || it == "csv"));
    let file = file.min().expect("a file");
    let mut bytes = fs::read(&file).expect("read");
    bytes.push(b'\n');
    fs::write(&file, &bytes).expect("written");
    assert_eq!(correct(&mut browser, &shown), "/held/h1");
    let shown = browser.get("/held/h1");
    assert!(shown.body.contains("have changed since this page was opened"), "{}", shown.body);
    assert_eq!(fs::read(&file).expect("read"), bytes, "nothing was corrected");
    assert_eq!(correct(&mut browser, &shown), "/held");
    until("corrected", || {
        (office.sql("SELECT settled FROM held WHERE id = 1") == ["corrected"]).then_some(())
    });
}

#[test]
fn files_that_cannot_be_read_are_told() {
    let office = holds_fixable();
    let mut browser = opened(&office);
    let folder = office.sql("SELECT folder FROM held").remove(0);
    let folder = office.path("hold").join(folder);
    // A file in the place of the folder.
    fs::remove_dir_all(&folder).expect("removed");
    fs::write(&folder, b"no folder").expect("written");
    let shown = browser.get("/held/h1").body;
    assert!(shown.contains("cannot be read, so there is nothing to show"), "{shown}");
}

#[test]
fn a_browser_that_goes_away_leaves_nothing_half_done() {
    let office = holds_fixable();
    let mut browser = opened(&office);
    let shown = browser.get("/held/h1");
    let fields = ["csrf", "form", "files"].map(|name| (name, shown.field(name)));
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    until("corrected", || {
        // Whoever leaves before all is read has asked for nothing; the same form is done once.
        browser.post_and_leave("/held/h1/correct", &fields);
        (office.sql("SELECT settled FROM held WHERE id = 1") == ["corrected"]).then_some(())
    });
    until("packed", || (office.sql("SELECT state FROM outgoing").len() == 1).then_some(()));
    // The same once more, by whoever saw no answer.
    let answer = browser.post("/held/h1/correct", &fields);
    assert_eq!((answer.status, answer.location()), (303, "/held"));
    assert_eq!(office.sql("SELECT message_id FROM outgoing").len(), 1);
}

#[test]
fn the_list_shows_what_is_asked_for() {
    let office = holds_fixable();
    let mut browser = opened(&office);
    let all = browser.get("/held").body;
    assert!(
        all.contains("/held/h1") && !all.contains("id=\"partner\""),
        "nothing to choose: {all}"
    );
    let theirs = browser.get(&format!("/held?partner={HELP}&way=out")).body;
    assert!(theirs.contains("/held/h1") && theirs.contains(" selected"), "{theirs}");
    for nothing in ["partner=2770000037", "way=in"] {
        let page = browser.get(&format!("/held?{nothing}")).body;
        assert!(page.contains("Nothing fits") && !page.contains("/held/h1"), "{nothing}: {page}");
    }
    let page = browser.get("/held?partner=%3Cscript%3E&way=x").body;
    assert!(page.contains("/held/h1") && !page.contains("<script>"), "{page}");
}

/// What would be replaced stands beside it, on both sides, before anybody decides.
#[test]
fn actuals_that_lose_services_are_shown_beside_the_former() {
    let [mut care, mut help] = offices([CARE, HELP]);
    for office in [&mut care, &mut help] {
        office.set("page", "listen", quoted("127.0.0.1:0"));
        office.start();
    }
    export(&help, &full("20260702090000"));
    until("the full ones", || help.has_sent("HANDED_OVER", 1));
    export(&help, &sample(ACTUAL, "20260703090000"));
    until("held", || (help.sql("SELECT id FROM held") == ["1"]).then_some(()));
    let mut browser = opened(&help);
    let shown = browser.get("/held/h1").body;
    for text in ["The actuals before, and these", "2026-06", "111411", "gets lost", "times +"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(shown.contains("Send it all the same") && shown.contains("Do not send it"), "{shown}");
    // The table stands before the buttons.
    assert!(shown.find("gets lost") < shown.find("Do not send it"), "{shown}");

    // The other side: a person is told who it is about, and led to the same table.
    let answer = browser.submit("/held/h1", "/held/h1/release", &[]);
    assert_eq!(answer.status, 303);
    until("with a word", || help.has_sent("HANDED_OVER", 2));
    let mut browser = opened(&care);
    let today = until("told", || {
        let today = browser.get("/").body;
        today.contains("Compare with those before").then_some(today)
    });
    for text in ["actuals", "2026-06", HELP, "users: 0000800013"] {
        assert!(today.contains(text), "{text}: {today}");
    }
    let (_, link) = today.split_once("href=\"/package/").expect("a link");
    let here = format!("/package/{}", link.split('"').next().expect("an id"));
    let shown = browser.get(&here).body;
    for text in ["The actuals before, and these", "111411", "gets lost", "I have looked at it"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    browser.submit(&here, &format!("{here}/seen"), &[]);
    until("over", || (!browser.get("/").body.contains("Compare with those before")).then_some(()));
}
