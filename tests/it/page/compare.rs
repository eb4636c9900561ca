//! What a package is compared with.

use super::{office, opened};
use crate::e2e::units::{export, withdrawal};
use crate::harness::{CARE, Office, until};

/// The ids of what was sent, oldest first, as they stand in addresses.
fn sent(office: &Office, count: usize) -> Vec<String> {
    let rows = until("packed", || {
        let rows = office.sql("SELECT message_id FROM outgoing ORDER BY rowid");
        (rows.len() == count).then_some(rows)
    });
    let id = |digits: &String| {
        let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
        parts.join("-")
    };
    rows.iter().map(id).collect()
}

#[test]
fn a_package_is_compared_with_the_one_before_about_the_same_person() {
    let office = office();
    let (first, other, mut newest) =
        (withdrawal(CARE, 1), withdrawal(CARE, 2), withdrawal(CARE, 3));
    let record = first.values().next().expect("a file");
    for bytes in newest.values_mut() {
        bytes.clone_from(record);
    }
    for (count, unit) in [first, other, newest].iter().enumerate() {
        export(&office, unit);
        sent(&office, count + 1);
    }
    let ids = sent(&office, 3);
    let [first, other, newest] = ids.as_slice() else { panic!("{ids:?}") };
    let mut browser = opened(&office);
    let body = until("what they are about", || {
        let body = browser.get(&format!("/package/{newest}/compare")).body;
        body.contains("What changed since the earlier version").then_some(body)
    });
    assert!(!body.contains(other), "somebody else is no earlier version: {body}");
    let body = browser.get(&format!("/package/{other}/compare")).body;
    assert!(body.contains("No earlier version was exchanged yet"), "{body}");
    assert!(!body.contains(first), "{body}");
    // One that was there once.
    let gone = first.replace(&first[..8], "01900000");
    let answer = browser.get(&format!("/package/{newest}/compare?with={gone}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("no longer kept"), "{}", answer.body);
    assert!(answer.body.contains(&format!("?with={first}")), "{}", answer.body);
}
