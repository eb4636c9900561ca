//! The newest plans go to all who lack them, and to nobody else.

use std::collections::BTreeMap;

use renkei::types::FileName;

use super::browser::{Answer, Browser};
use super::{add, logged_in, opened};
use crate::e2e::units::{PLAN, Unit, export, sample};
use crate::harness::{CARE, DAY, HELP, Office, offices, quoted, until};

const PERSON: &str = "0000800013";
const OTHER: &str = "0000800021";

/// An office with a page and two partners, all running.
fn three() -> [Office; 3] {
    let [mut care, mut help, mut day] = offices([CARE, HELP, DAY]);
    care.set("page", "listen", quoted("127.0.0.1:0"));
    for office in [&mut care, &mut help, &mut day] {
        office.start();
    }
    [care, help, day]
}

/// Another text in the place of one of the same length.
fn with(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    for place in 0..bytes.len().saturating_sub(from.len() - 1) {
        if bytes[place..].starts_with(from.as_bytes()) {
            bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
        }
    }
    bytes
}

/// A plan that was made on a day, to a partner.
fn plan(serial: &str, day: &str, partner: (&str, &str)) -> Unit {
    let renamed = |(name, bytes): (String, Vec<u8>)| {
        let parsed = FileName::parse(&name).expect("a name");
        let (sender, _) = parsed.service_types.expect("v4.1");
        let to = FileName {
            recipient: partner.0.parse().expect("an office"),
            service_types: Some((sender, partner.1.parse().expect("a type"))),
            ..parsed
        };
        (to.to_string(), with(&bytes, "20260520", day))
    };
    sample(PLAN, serial).into_iter().map(renamed).collect()
}

/// The same about somebody else too.
fn about_two(unit: &Unit) -> Unit {
    let both = |bytes: &Vec<u8>| [bytes.clone(), with(bytes, PERSON, OTHER)].concat();
    unit.iter().map(|(name, bytes)| (name.clone(), both(bytes))).collect()
}

fn send(care: &Office, unit: &Unit, count: usize) {
    export(care, unit);
    until("handed over", || care.has_sent("HANDED_OVER", count));
}

/// Waits until everything that was sent is found by its people.
fn looked_into(care: &Office, count: usize) {
    until("looked into", || {
        let read = care.sql("SELECT id FROM entries WHERE contents = 'read'");
        (read.len() >= count).then_some(())
    });
}

fn asked(browser: &mut Browser) -> Answer {
    browser.get(&format!("/versions/send?office={CARE}&kind=care"))
}

fn press(browser: &mut Browser, shown: &Answer) -> Answer {
    let fields = ["csrf", "form", "office", "kind", "shown"].map(|name| (name, shown.field(name)));
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    browser.post("/versions/send", &fields)
}

/// The bytes of files by their kinds.
fn by_kind(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let kind = |name: &str| FileName::parse(name).expect("a name").kind.to_string();
    files.iter().map(|(name, bytes)| (kind(name), bytes.clone())).collect()
}

#[test]
fn the_newest_plan_goes_to_who_lacks_it_once() {
    let [care, help, day] = three();
    send(&care, &plan("20260520101500", "20260510", (DAY, "15")), 1);
    let newest = plan("20260520101600", "20260520", (HELP, "11"));
    send(&care, &newest, 2);
    looked_into(&care, 2);
    let old: Vec<_> = day.files("import").into_keys().collect();
    add(&care, "hanako", "general");
    let mut browser = logged_in(&care, "hanako");
    let page = browser.get("/versions").body;
    assert!(page.contains("Send the newest to all who lack it"), "{page}");
    let shown = asked(&mut browser);
    assert!(shown.body.contains(DAY) && shown.body.contains(PERSON), "{}", shown.body);
    assert!(!shown.body.contains("cannot be sent from here"), "{}", shown.body);
    // Somebody else has the same page open.
    let mut second = opened(&care);
    let also_shown = asked(&mut second);
    let answer = press(&mut browser, &shown);
    assert_eq!(
        (answer.status, answer.location()),
        (303, format!("/versions?office={CARE}&kind=care").as_str())
    );
    let page = browser.get("/versions").body;
    assert!(page.contains("1 are in the drop folder"), "{page}");
    // The same button twice, and that of the other page.
    assert_eq!(press(&mut browser, &shown).status, 303);
    let answer = press(&mut second, &also_shown);
    assert!(answer.location().starts_with("/versions/send?"), "{answer:?}");
    assert!(asked(&mut second).body.contains("Nothing can be sent from here"));
    until("handed over", || care.has_sent("HANDED_OVER", 3));
    let came: BTreeMap<_, _> =
        day.files("import").into_iter().filter(|(name, _)| !old.contains(name)).collect();
    for name in came.keys() {
        let name = FileName::parse(name).expect("a name");
        let types = name.service_types.expect("v4.1");
        assert_eq!((name.recipient.as_str(), types.1.as_str()), (DAY, "15"), "{name}");
        assert!(name.serial.as_str() > "20260520101600", "{name}");
    }
    assert_eq!(by_kind(&came), by_kind(&newest), "the bytes are the same");
    assert_eq!(help.files("import").len(), newest.len());
    looked_into(&care, 3);
    until("nobody lacks it", || {
        browser.get("/versions").body.contains("Every partner has the newest plans").then_some(())
    });
    assert_eq!(care.sql("SELECT message_id FROM outgoing").len(), 3);
    // Who did it stands with the package whose files they were.
    let by = care.sql("SELECT detail FROM journal WHERE state = 'COPIED'");
    assert_eq!(by, [format!("{DAY} by hanako")]);
    let history = browser.get(&format!("/sent?partner={HELP}")).body;
    let (_, link) = history.split_once("href=\"/package/").expect("a package");
    let id = link.split('"').next().expect("an id");
    let package = browser.get(&format!("/package/{id}")).body;
    assert!(package.contains("ordered to be sent to another partner too"), "{package}");
    assert!(package.contains(&format!("{DAY}, by: hanako")), "{package}");
}

#[test]
fn nobody_gets_a_plan_of_somebody_they_do_not_know() {
    let [care, _help, _day] = three();
    send(&care, &plan("20260520101500", "20260510", (DAY, "15")), 1);
    let newest = about_two(&plan("20260520101600", "20260520", (HELP, "11")));
    send(&care, &newest, 2);
    looked_into(&care, 2);
    let mut browser = opened(&care);
    let shown = asked(&mut browser).body;
    assert!(shown.contains("Nothing can be sent from here"), "{shown}");
    assert!(shown.contains("the same files hold other people too"), "{shown}");
    // What a page that is not ours makes up is not sent either.
    let form = browser.get("/versions/send?kind=care");
    let fields =
        [("office", CARE), ("kind", "care"), ("shown", "00"), ("csrf", "0"), ("form", "0")];
    assert_eq!(browser.post("/versions/send", &fields).status, 403, "{}", form.body);
    assert_eq!(care.sql("SELECT message_id FROM outgoing").len(), 2);
}
