//! What was exchanged can be looked through: a running node finds out who is in its packages.

use renkei::node::compare_month;
use renkei::package::Limits;
use renkei::spec::Spec;
use renkei::store::{
    ContentsState, Count, ListFilter, ListPage, PageStart, SearchText, Store, Which,
};
use renkei::transfer::Direction;

use super::units::{ACTUAL, PLAN, USAGE, export, sample};
use crate::harness::{CARE, HELP, Office, running, until};

/// Stands in every sample about this person.
const INSURED: &str = "0000800013";
/// The same person, by the kana of UPHOSOKU.
const KANA: &str = "かくう　はなえ";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn search(office: &Office, text: &str) -> ListPage {
    let store = Store::open_for_reading(&office.path("data"), None).expect("a store");
    let filter = ListFilter { text: SearchText::new(text), ..ListFilter::default() };
    runtime().block_on(store.list(filter, PageStart::Newest, 50)).expect("a page")
}

#[test]
fn a_person_is_found_in_everything_that_was_exchanged() {
    let [mut care, help] = running([CARE, HELP]);
    let done = sample(ACTUAL, "20260702090000");
    export(&care, &sample(PLAN, "20260520101500"));
    export(&care, &sample(USAGE, "20260520111500"));
    export(&help, &done);
    let found = until("all are looked into", || {
        let found = search(&care, INSURED);
        (found.rows.len() == 3 && found.waiting == Count::Exactly(0)).then_some(found)
    });
    for row in &found.rows {
        assert_eq!(row.contents, ContentsState::Read);
        assert!(row.people_count >= 1, "{row:?}");
        assert!(!row.people[0].name.reveal().is_empty(), "also where the file has no names");
    }
    assert_eq!(search(&care, KANA).rows.len(), 3);
    assert!(search(&care, "いない人").rows.is_empty());
    let log = care.log();
    assert!(!log.contains(INSURED) && !log.contains(found.rows[0].people[0].name.reveal()));

    // What is left of the month, on both sides the same.
    let spec = Spec::builtin().expect("consistent");
    let month = "202606".parse().expect("a month");
    let [care_number, help_number] = [CARE, HELP].map(|number| number.parse().expect("a number"));
    let compared = [(&care, (care_number, help_number)), (&help, (help_number, care_number))].map(
        |(office, pair)| {
            let compared = until("the other side has all", || {
                let store = Store::open_for_reading(&office.path("data"), None).expect("a store");
                let comparing =
                    compare_month(&store, (spec, Limits::default()), pair, month, help_number);
                let compared = runtime().block_on(comparing).expect("compared");
                let people = &compared.comparison.people;
                let is_whole = people.iter().any(|person| person.has_plan && person.has_actuals);
                is_whole.then_some(compared)
            });
            assert_eq!((compared.left_out, compared.is_cut), (0, false));
            compared.comparison
        },
    );
    assert_eq!(compared[0], compared[1]);
    let person = compared[0].people.iter().find(|person| person.key.insured() == INSURED);
    let person = person.expect("in the month");
    assert!(person.lines.iter().any(|line| line.slip.is_some() && line.done() > 0), "{person:?}");

    // A node that was killed goes on where it was.
    care.kill();
    care.start();
    export(&care, &super::units::withdrawal(CARE, 1));
    until("the new one too", || {
        let store = Store::open_for_reading(&care.path("data"), None).expect("a store");
        let filter = ListFilter { which: Which::Sent, ..ListFilter::default() };
        let page = runtime().block_on(store.list(filter, PageStart::Newest, 50)).expect("a page");
        let newest = page.rows.first()?;
        let is_new = newest.line.direction == Direction::Out && page.rows.len() == 3;
        (is_new && newest.contents == ContentsState::Read).then_some(())
    });
}
