//! `renkei print` of what a node knows: by message id at both ends, and of what is held.

use std::fs;

use super::units::{PLAN, export, sample};
use crate::harness::{CARE, HELP, Office, running, until};

fn printed(office: &Office, id: &str, folder: &str) -> String {
    let out = office.path(folder);
    let output = office.command(&["print", id, "--out", out.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    fs::read_to_string(out.join("forms.html")).expect("a page")
}

#[test]
fn what_was_sent_received_or_held_is_printed_by_its_id() {
    let [care, help] = running([CARE, HELP]);
    export(&care, &sample(PLAN, "20260520101500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    for office in [&care, &help] {
        let id = office.sql(
            "SELECT lower(hex(message_id)) FROM outgoing
             UNION ALL SELECT lower(hex(message_id)) FROM incoming",
        );
        let id = uuid::Uuid::parse_str(&id[0]).expect("an id").to_string();
        assert!(printed(office, &id, "by-id").contains("架空　花枝"));
    }
    let mut broken = sample(PLAN, "20260520101600");
    let first = broken.iter_mut().find(|(name, _)| name.starts_with("UP1KYO")).expect("there").1;
    let date = first.windows(8).position(|part| part == b"20260401").expect("a date");
    first[date..date + 8].copy_from_slice(b"20260231");
    export(&care, &broken);
    until("held", || care.command(&["hold", "show", "h1"]).status.success().then_some(()));
    assert!(printed(&care, "h1", "held").contains("20260231"));
    let out = care.path("nothing");
    let unknown = care.command(&["print", "h9", "--out", out.to_str().expect("UTF-8")]);
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
}
