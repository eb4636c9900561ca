//! A full disk, played by a small `limits.store_size`: nothing is lost, and it goes on when there
//! is room.

use super::invariants;
use super::units::{PLAN, export, sample, withdrawal};
use crate::harness::{CARE, HELP, offices, until};

/// Less than the empty store: it cannot grow by a single page.
const NO_ROOM: &str = "\"4KiB\"";
const ROOM: &str = "\"64MiB\"";

#[test]
fn a_full_recipient_asks_to_come_again_and_gets_it_later() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.set("limits", "store_size", NO_ROOM);
    care.start();
    help.start();
    let unit = sample(PLAN, "20260520101500");
    export(&care, &unit);
    until("refused for want of room", || {
        let rows = care.sql("SELECT state, detail FROM outgoing");
        (rows == ["QUEUED|peer-busy:storage-full"]).then_some(())
    });
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["0"]);
    assert_eq!(help.sql("SELECT count(*) FROM receipts"), ["0"], "a receipt for nothing");
    assert!(help.files("import").is_empty());
    assert!(help.is_alive());
    assert!(help.log().contains("storage-full"));

    help.kill();
    help.set("limits", "store_size", ROOM);
    help.start();
    // Its first sign of life ends the wait that it has asked for.
    export(&help, &withdrawal(HELP, 1));
    until("arrived when there is room", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
    invariants::check(&care, &help, 1);
}

#[test]
fn a_full_sender_leaves_the_files_where_they_are() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("limits", "store_size", NO_ROOM);
    care.start();
    help.start();
    let unit = sample(PLAN, "20260520101500");
    export(&care, &unit);
    until("noticed", || care.log().contains("store-full").then_some(()));
    until("back in the drop folder", || (care.files("drop") == unit).then_some(()));
    assert_eq!(care.sql("SELECT count(*) FROM outgoing"), ["0"]);
    assert!(care.is_alive() && care.sets("hold").is_empty() && care.sets("sent").is_empty());
    assert!(help.files("import").is_empty());

    care.kill();
    care.set("limits", "store_size", ROOM);
    care.start();
    until("sent when there is room", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
    assert!(care.files("drop").is_empty());
    invariants::check(&care, &help, 1);
}
