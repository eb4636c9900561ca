//! 相手: registered by a card whose digits were compared, tried, renamed and removed.

use std::fs;

use renkei::package::card::{SignedCard, check_digits};

use super::browser::{Answer, Browser};
use super::{office, opened};
use crate::e2e::held::says;
use crate::e2e::recall::sent_id;
use crate::e2e::units::{export, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, quoted, until};

/// An office with a page that knows nobody, and others that it will know.
fn strangers<const N: usize>(numbers: [&'static str; N]) -> [Office; N] {
    let mut all = offices(numbers);
    for office in &mut all {
        let url = quoted(format!("https://127.0.0.1:{}", office.port));
        office.set("node", "url", url);
        for other in numbers {
            office.forget_peer(other);
        }
    }
    all[0].set("page", "listen", quoted("127.0.0.1:0"));
    all
}

/// The card of an office, just made.
fn card(office: &Office) -> Vec<u8> {
    let path = office.path("outside").join("own.card");
    let output = office.command(&["card", "--out", path.to_str().expect("UTF-8")]);
    assert!(output.status.success(), "{output:?}");
    fs::read(path).expect("a card")
}

/// Chooses a file on the page of partners.
fn choose(browser: &mut Browser, file: &[u8]) -> Answer {
    browser.submit_file("/partners", "/partners/card", &[], file)
}

/// What is told on the next page that `answer` leads to.
fn told(browser: &mut Browser, answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = browser.get(answer.location());
    let (_, rest) = page.body.split_once("class=\"told").unwrap_or_else(|| {
        panic!("nothing is told on {}: {}", answer.location(), page.body);
    });
    rest.split("</div></div>").next().expect("a text").to_owned()
}

/// What the file of a partner says.
fn registered(office: &Office) -> String {
    fs::read_to_string(office.path(&format!("partners/{HELP}.toml"))).unwrap_or_default()
}

/// Registers a card whose digits were compared.
fn join(browser: &mut Browser, file: &[u8]) -> Answer {
    let chosen = choose(browser, file);
    let place = chosen.location().to_owned();
    let shown = browser.get(&place);
    assert_eq!(shown.status, 200, "{}", shown.location());
    let (office, digits) = (shown.field("office"), shown.field("digits"));
    let path = place.split('?').next().expect("a path").to_owned();
    let fields = [("office", &*office), ("digits", &digits), ("compared", "yes")];
    browser.submit(&place, &path, &fields)
}

#[test]
fn a_card_is_registered_when_its_digits_were_compared() {
    let [mut care, mut help] = strangers([CARE, HELP]);
    let theirs = card(&help);
    care.start();
    help.start();
    let mut browser = opened(&care);
    let page = browser.get("/partners").body;
    assert!(page.contains("href=\"/partners/invitation\""), "{page}");

    // Ours, as the partner gets it.
    let invitation = browser.get("/partners/invitation").body;
    for shown in [CARE, "<svg class=\"square\"", "renkei partner add", "mailto:?subject="] {
        assert!(invitation.contains(shown), "{shown}: {invitation}");
    }
    let saved = browser.get(&format!("/partners/invitation/{CARE}/card"));
    assert!(saved.header("content-disposition").starts_with("attachment; filename"));
    let [own, other] = [&saved.bytes, &theirs].map(|it| SignedCard::open(it).expect("a card"));

    let answer = choose(&mut browser, &theirs);
    let place = format!("/partners/card/{}?office={CARE}", other.sha256());
    assert_eq!((answer.status, answer.location()), (303, &*place));
    let shown = browser.get(&place);
    let digits = check_digits(own.sha256(), other.sha256()).to_string();
    for group in digits.split(' ') {
        assert!(shown.body.contains(&format!("<li>{group}</li>")), "{group}: {}", shown.body);
    }
    assert!(shown.body.contains(HELP) && shown.body.contains("A new partner"), "{}", shown.body);

    // Without the word of two people nothing is registered, nor with other digits, nor another card.
    let path = place.split('?').next().expect("a path");
    let missing = browser.submit(&place, path, &[("office", CARE), ("digits", &digits)]);
    assert!(told(&mut browser, &missing).contains("Compare the 30 digits"));
    let wrong = [("office", CARE), ("digits", "00000 00000"), ("compared", "yes")];
    let wrong = browser.submit(&place, path, &wrong);
    assert!(told(&mut browser, &wrong).contains("the digits are others now"));
    let good = [("office", CARE), ("digits", &*digits), ("compared", "yes")];
    let elsewhere = format!("/partners/card/{}", own.sha256());
    let elsewhere = browser.submit(&place, &elsewhere, &good);
    assert!(told(&mut browser, &elsewhere).contains("Choose the card again"));
    let mut stranger = opened(&care);
    let elsewhere = stranger.submit("/partners", path, &good);
    assert!(told(&mut stranger, &elsewhere).contains("Choose the card again"));
    assert_eq!(registered(&care), "");

    let answer = browser.submit(&place, path, &good);
    assert_eq!(answer.location(), format!("/partners/{HELP}"));
    assert!(told(&mut browser, &answer).contains("The partner is registered"));
    let pin = other.signer().sha256().to_string();
    assert!(registered(&care).contains(&pin), "{}", registered(&care));
    // The node has taken it up, and both records say so.
    let noted = care.sql("SELECT detail FROM journal WHERE state = 'CHANGED'");
    assert!(noted.contains(&format!("peer {HELP} added")), "{noted:?}");
    until("written down", || {
        let did = care.sql("SELECT what, about FROM audit WHERE what LIKE 'partner-%'");
        (did == [format!("partner-added|{HELP} {}", other.card().serial)]).then_some(())
    });
    // Once more is no mistake.
    let again = choose(&mut browser, &theirs);
    assert!(browser.get(again.location()).body.contains("registered already"));

    // The other side does it by the command.
    let path = help.path("outside").join("theirs.card");
    fs::write(&path, &saved.bytes).expect("written");
    let joined =
        help.command(&["partner", "add", path.to_str().expect("UTF-8"), "--expect", &digits]);
    assert!(joined.status.success(), "{joined:?}");
    let here = format!("/partners/{HELP}");
    let tested = until("registered there", || {
        let answer = browser.submit(&here, &format!("{here}/test"), &[]);
        assert_eq!((answer.status, answer.location()), (303, &*here));
        let page = browser.get(&here).body;
        page.contains("has registered our office").then_some(page)
    });
    assert_eq!(tested.matches("class=\"need good\"").count(), 5, "{tested}");
}

#[test]
fn a_partner_is_tried_renamed_and_removed() {
    let [mut care, help] = strangers([CARE, HELP]);
    let theirs = card(&help);
    care.start();
    let mut browser = opened(&care);
    assert_eq!(join(&mut browser, &theirs).location(), format!("/partners/{HELP}"));
    let here = format!("/partners/{HELP}");
    // The partner does not run.
    let answer = browser.submit(&here, &format!("{here}/test"), &[]);
    assert_eq!(answer.location(), here);
    let page = browser.get(&here).body;
    assert!(page.contains("class=\"need bad\"") && page.contains("connection (TCP)"), "{page}");

    let rename = format!("{here}/rename");
    let wrong = browser.submit(&here, &rename, &[("name", "a\u{202e}b")]);
    assert!(told(&mut browser, &wrong).contains("all visible"));
    let renamed = browser.submit(&here, &rename, &[("name", " Sunny \"Help\" ")]);
    assert!(told(&mut browser, &renamed).contains("new name"));
    assert!(registered(&care).contains(r#"name = "Sunny \"Help\"""#), "{}", registered(&care));
    assert!(browser.get("/partners").body.contains("Sunny &#34;Help&#34;"));

    // What waits for it is told before it goes.
    export(&care, &withdrawal(CARE, 1));
    until("it waits", || care.has_sent("QUEUED", 1));
    let page = browser.get(&here).body;
    assert!(page.contains("Packages that wait for it: 1"), "{page}");
    let remove = format!("{here}/remove");
    let kept = browser.submit(&here, &remove, &[]);
    assert!(told(&mut browser, &kept).contains("1 packages wait"));
    assert_ne!(registered(&care), "");
    let gone = browser.submit(&here, &remove, &[("force", "yes")]);
    assert_eq!(gone.location(), "/partners");
    assert!(told(&mut browser, &gone).contains("is removed"));
    assert_eq!(registered(&care), "");
    assert_eq!(browser.get(&here).status, 404);
    let noted = care.sql("SELECT detail FROM journal WHERE state = 'CHANGED' ORDER BY rowid");
    let expected = ["added", "name", "removed"].map(|what| format!("peer {HELP} {what}"));
    assert_eq!(noted, expected);
    until("written down", || {
        let did = care.sql("SELECT what FROM audit WHERE what LIKE 'partner-%' ORDER BY id");
        (did == ["partner-added", "partner-renamed", "partner-removed"]).then_some(())
    });
}

/// Nobody is reached by what was taken back, whatever had been made for it.
#[test]
fn only_what_was_signed_for_counts_as_arrived() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("page", "listen", quoted("127.0.0.1:0"));
    care.start();
    let mut browser = opened(&care);
    export(&care, &withdrawal(CARE, 1));
    until("an attempt", || {
        let failed = care.sql("SELECT count(*) FROM outgoing WHERE failures > 0");
        (failed == ["1"]).then_some(())
    });
    assert_eq!(says(&care, &["recall", &sent_id(&care), "--yes"]).1, 0);
    help.start();
    until("taken back", || care.has_sent("RECALLED", 1));
    let page = browser.get("/partners").body;
    assert!(page.contains("nothing has arrived there yet"), "{page}");
    assert!(page.contains("Arrived there, with a receipt</dt><dd>0<"), "{page}");
    // The receipt that gives it back is not called a rejection.
    let package = browser.get(&format!("/package/{}", sent_id(&care))).body;
    assert!(package.contains("<h3>given back</h3>") && !package.contains("rejection"), "{package}");
    export(&care, &withdrawal(CARE, 2));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let page = browser.get("/partners").body;
    assert!(page.contains("reached") && page.contains("a receipt</dt><dd>1<"), "{page}");
}

/// Nothing is tried where the partner comes by itself.
#[test]
fn a_partner_that_comes_for_it_is_not_tried_soon() {
    let mut care = super::at_rest();
    care.forget_url(HELP);
    care.start();
    let mut browser = opened(&care);
    export(&care, &withdrawal(CARE, 1));
    until("it waits", || care.has_sent("QUEUED", 1));
    let page = browser.get("/partners").body;
    assert!(page.contains("waits for the partner to come"), "{page}");
    assert!(page.contains("when the partner&#39;s renkei comes for it"), "{page}");
    assert!(!page.contains("next attempt") && !page.contains("Try again now"), "{page}");
}

#[test]
fn a_card_that_is_not_to_be_taken_says_why() {
    let [mut care, mut help] = strangers([CARE, HELP]);
    let first = card(&help);
    help.set("office", "name", quoted("Himawari"));
    let second = card(&help);
    let own = card(&care);
    care.start();
    let mut browser = opened(&care);
    let mut refused = |file: &[u8], why: &str| {
        let answer = choose(&mut browser, file);
        let place = answer.location().to_owned();
        // What is a card is looked at on its own page, which leads back where it is not to be taken.
        let answer = if place == "/partners" { answer } else { browser.get(&place) };
        assert_eq!(answer.location(), "/partners", "{why}: {}", answer.body);
        let said = told(&mut browser, &answer);
        assert!(said.contains(why), "{why}: {said}");
    };
    let mut flipped = first.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    refused(&flipped, "the card is not taken");
    refused(b"no card", "the card is not taken");
    refused(&vec![0; 70_000], "the card is not taken");
    refused(b"", "Choose the file of a card");
    refused(&own, "the card of your own office");
    assert_eq!(registered(&care), "");

    assert_eq!(join(&mut browser, &first).location(), format!("/partners/{HELP}"));
    // A newer one of the same hand needs no telephone.
    let newer = choose(&mut browser, &second);
    let place = newer.location().to_owned();
    let shown = browser.get(&place).body;
    assert!(shown.contains("nothing has to be compared") && shown.contains("Himawari"), "{shown}");
    let path = place.split('?').next().expect("a path");
    browser.submit(&place, path, &[("office", CARE)]);
    assert!(registered(&care).contains("Himawari"), "{}", registered(&care));
    // The former one comes back.
    let older = choose(&mut browser, &first);
    let older = browser.get(older.location());
    assert!(told(&mut browser, &older).contains("the registered card has"));
    // Somebody else signs: two people have to compare the digits again.
    help.put_identity("signing", &help.issue(HELP, renkei::package::Usage::Signing));
    let other = choose(&mut browser, &card(&help));
    let shown = browser.get(other.location()).body;
    assert!(shown.contains("Not signed with the registered key"), "{shown}");
    assert!(shown.contains("name=\"compared\""), "{shown}");
}

#[test]
fn a_partner_of_the_configuration_is_changed_there() {
    let mut office = office();
    office.speak("en");
    let mut browser = opened(&office);
    let here = format!("/partners/{HELP}");
    let page = browser.get(&here).body;
    assert!(page.contains("stands in the configuration") && !page.contains("/rename"), "{page}");
    for (path, fields) in [("remove", [("force", "yes")]), ("rename", [("name", "x")])] {
        let answer = browser.submit(&here, &format!("{here}/{path}"), &fields);
        let answer = if answer.location() == here { answer } else { panic!("{answer:?}") };
        assert!(told(&mut browser, &answer).contains("[[peer]]"));
    }
    assert_eq!(browser.get("/partners/2700000051").status, 404);
}

#[test]
fn of_several_offices_one_is_chosen() {
    let [mut care, help, other] = strangers([CARE, HELP, "2700000051"]);
    care.host(&other);
    let theirs = card(&help);
    care.start();
    let mut browser = opened(&care);
    let answer =
        browser.submit_file("/partners", "/partners/card", &[("office", "2700000051")], &theirs);
    let place = answer.location().to_owned();
    assert!(place.ends_with("?office=2700000051"), "{place}");
    let shown = browser.get(&place);
    let of = |browser: &mut Browser, office: &str| {
        let saved = browser.get(&format!("/partners/invitation/{office}/card"));
        let own = SignedCard::open(&saved.bytes).expect("a card");
        assert_eq!(own.card().office.to_string(), office);
        check_digits(own.sha256(), SignedCard::open(&theirs).expect("a card").sha256()).to_string()
    };
    assert_eq!(shown.field("digits"), of(&mut browser, "2700000051"));
    let first = browser.get(&place.replace("2700000051", CARE));
    assert_eq!(first.field("digits"), of(&mut browser, CARE));
    let invitation = browser.get("/partners/invitation?office=2700000051").body;
    assert!(invitation.contains("2700000051.card"), "{invitation}");
}
