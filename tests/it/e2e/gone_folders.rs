//! Folders that are others than they were, or gone: a share that is not mounted leaves an empty
//! folder behind, people delete what they do not know.

use std::fs;

use super::invariants;
use super::units::{Unit, export, export_all, together, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, quoted, running, until};

/// As when the share at this folder is not mounted any more.
fn unmount(office: &Office, folder: &str) {
    fs::rename(office.path(folder), office.path(&format!("{folder}-away"))).expect("renamed");
    fs::create_dir(office.path(folder)).expect("made");
}

/// As when the share is mounted again.
fn mount(office: &Office, folder: &str) {
    fs::remove_dir(office.path(folder)).expect("nothing was put into it");
    fs::rename(office.path(&format!("{folder}-away")), office.path(folder)).expect("renamed");
}

fn handovers(office: &Office) -> String {
    office.sql("SELECT count(*) FROM receipts WHERE kind = 'ContentHandover'").concat()
}

#[test]
fn nothing_is_placed_into_another_import_folder_while_it_runs() {
    let [care, help] = running([CARE, HELP]);
    unmount(&help, "import");
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    until("tried", || {
        let rows = help.sql("SELECT state, detail FROM incoming");
        (rows == ["COMMITTED|folder-replaced"]).then_some(())
    });
    until("told", || help.log().contains("--accept-folders").then_some(()));
    assert_eq!(handovers(&help), "0");
    mount(&help, "import");
    until("placed into the right one", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
    invariants::check(&care, &help, 1);
}

#[test]
fn nothing_is_placed_into_another_import_folder_after_a_start() {
    let [mut care, mut help] = running([CARE, HELP]);
    help.kill();
    unmount(&help, "import");
    help.start();
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    until("tried", || {
        let rows = help.sql("SELECT state, detail FROM incoming");
        (rows == ["COMMITTED|folder-replaced"]).then_some(())
    });
    assert_eq!(handovers(&help), "0");
    mount(&help, "import");
    until("placed into the right one", || care.has_sent("HANDED_OVER", 1));

    // Who replaced it on purpose says so once.
    help.kill();
    unmount(&help, "import");
    let checked = help.command(&["run", "--check", "--accept-folders"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    help.start();
    export(&care, &withdrawal(CARE, 2));
    until("placed into the new one", || care.has_sent("HANDED_OVER", 2));
    assert_eq!(help.files("import"), withdrawal(CARE, 2));
    assert!(care.is_alive());
}

#[test]
fn nothing_is_taken_from_another_drop_folder() {
    let [care, help] = running([CARE, HELP]);
    unmount(&care, "drop");
    until("told", || care.log().contains("folder-replaced").then_some(()));
    mount(&care, "drop");
    export(&care, &withdrawal(CARE, 1));
    until("sent when it is back", || care.has_sent("HANDED_OVER", 1));
    invariants::check(&care, &help, 1);
}

#[test]
fn folders_that_are_one_on_the_disk_are_refused() {
    let [mut care, _] = offices([CARE, HELP]);
    let refused = |care: &Office| {
        let output = care.command(&["run", "--check"]);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        said
    };
    care.set("office", "import", quoted("outside/../drop"));
    let said = refused(&care);
    assert!(said.contains("must not be the drop folder"), "{said}");

    care.set("office", "import", quoted("import"));
    fs::create_dir(care.path("drop/inside")).expect("made");
    care.set("office", "hold", quoted("drop/inside"));
    let said = refused(&care);
    assert!(said.contains("folders-not-apart") && said.contains("hold"), "{said}");
    care.set("office", "hold", quoted("hold"));

    #[cfg(unix)]
    {
        fs::remove_dir_all(care.path("import")).expect("removed");
        std::os::unix::fs::symlink(care.path("drop"), care.path("import")).expect("linked");
        let said = refused(&care);
        let names_both = said.contains("2770000011 import") && said.contains("2770000011 drop");
        assert!(said.contains("folders-not-apart") && names_both, "{said}");
    }
}

#[test]
fn a_deleted_work_folder_is_made_anew() {
    let [care, help] = running([CARE, HELP]);
    export(&care, &withdrawal(CARE, 1));
    until("the first", || care.has_sent("HANDED_OVER", 1));
    fs::remove_dir_all(care.path(".renkei-work-drop")).expect("removed");
    let units: Vec<_> = (2..=4).map(|number| withdrawal(CARE, number)).collect();
    export_all(&care, &units);
    until("the next", || care.has_sent("HANDED_OVER", 4));
    until("told", || care.log().contains("work-folder-made-anew").then_some(()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let work = fs::metadata(care.path(".renkei-work-drop")).expect("there");
        assert_eq!(work.permissions().mode() & 0o777, 0o700);
    }
    invariants::check(&care, &help, 4);
}

/// An open database cannot be moved on Windows.
#[cfg(unix)]
#[test]
fn without_its_store_a_recipient_confirms_nothing() {
    let [care, mut help] = running([CARE, HELP]);
    export(&care, &withdrawal(CARE, 1));
    until("the first", || care.has_sent("HANDED_OVER", 1));
    fs::rename(help.path("data"), help.path("data-away")).expect("renamed");
    export(&care, &withdrawal(CARE, 2));
    until("refused", || {
        let query = "SELECT detail FROM outgoing WHERE state = 'QUEUED'";
        (care.sql(query) == ["peer-busy:store-gone"]).then_some(())
    });
    until("told", || help.log().contains("store-gone").then_some(()));
    assert!(!help.path("data").exists(), "a new store");
    assert_eq!(help.files("import"), withdrawal(CARE, 1));
    assert!(help.is_alive());

    fs::rename(help.path("data-away"), help.path("data")).expect("renamed");
    // Its sign of life ends the wait that it has asked for.
    export(&help, &withdrawal(HELP, 1));
    until("the second", || care.has_sent("HANDED_OVER", 2));
    assert_eq!(help.files("import"), together(&[withdrawal(CARE, 1), withdrawal(CARE, 2)]));
    invariants::check(&care, &help, 2);
}

#[cfg(unix)]
#[test]
fn without_its_store_a_sender_packs_nothing() {
    let [mut care, mut help] = running([CARE, HELP]);
    export(&care, &withdrawal(CARE, 1));
    until("the first", || care.has_sent("HANDED_OVER", 1));
    care.stop();
    // A copy, as people have one.
    let copied = std::process::Command::new("cp")
        .args(["-a".as_ref(), care.path("data").as_os_str(), care.path("copy").as_os_str()])
        .status();
    assert!(copied.expect("the command cp").success());
    care.start();
    // The node may write into it meanwhile.
    until("removed", || fs::remove_dir_all(care.path("data")).ok());
    let unit = withdrawal(CARE, 2);
    export(&care, &unit);
    until("told", || care.log().contains("store-gone").then_some(()));
    assert_eq!(care.files("drop"), unit);
    assert!(!care.path("data").exists(), "a new store");
    care.kill();
    let said = String::from_utf8(care.command(&["run", "--check"]).stderr).expect("UTF-8");
    assert!(said.contains("store-missing") && !care.path("data").exists(), "{said}");

    fs::rename(care.path("copy"), care.path("data")).expect("restored");
    care.start();
    until("the second", || care.has_sent("HANDED_OVER", 2));
    assert!(help.is_alive());
    invariants::check(&care, &help, 2);
}

#[test]
fn what_is_held_on_a_share_that_is_away_stays_held() {
    let [mut care, help] = offices([CARE, HELP]);
    care.start();
    let good = withdrawal(CARE, 1);
    let mut bad = good.clone();
    for bytes in bad.values_mut() {
        bytes.extend_from_slice(b"x\r\n");
    }
    export(&care, &bad);
    until("held", || (care.sql("SELECT count(*) FROM held") == ["1"]).then_some(()));
    let says = |care: &Office, arguments: &[&str]| {
        let output = care.command(arguments);
        let said = [output.stdout, output.stderr].concat();
        (String::from_utf8(said).expect("UTF-8"), output.status.code())
    };
    let is_open = |care: &Office| care.sql("SELECT settled_at IS NULL FROM held") == ["1"];

    unmount(&care, "hold");
    assert!(says(&care, &["hold", "list"]).0.contains("h1 "));
    let (said, code) = says(&care, &["hold", "release", "h1"]);
    assert!(said.contains("not the folder that it was") && code == Some(1), "{code:?}: {said}");
    let (said, code) = says(&care, &["hold", "dismiss", "h1", "--delete"]);
    assert!(said.contains("not the folder that it was") && code == Some(1), "{code:?}: {said}");
    assert!(is_open(&care));

    // Also a node that starts without it does not take the set for removed.
    care.kill();
    care.start();
    for _ in 0..2 {
        // An order is carried out before the held sets are looked after, the next one after that.
        assert_eq!(says(&care, &["reload"]).1, Some(0));
    }
    assert!(is_open(&care));
    fs::remove_file(care.path("hold/.renkei-folder")).expect("the mark of the empty one");
    mount(&care, "hold");
    care.kill();
    care.start();

    unmount(&care, "drop");
    let (said, code) = says(&care, &["hold", "release", "h1"]);
    assert!(said.contains("not the folder that it was") && code == Some(1), "{code:?}: {said}");
    assert_eq!(care.files("drop"), Unit::new(), "nothing was put into the wrong one");
    mount(&care, "drop");
    let (said, code) = says(&care, &["hold", "release", "h1"]);
    assert_eq!(code, Some(0), "{said}");
    until("checked again", || {
        (care.sql("SELECT settled FROM held WHERE id = 1") == ["released"]).then_some(())
    });
    until("held again", || {
        (care.sql("SELECT count(*) FROM held WHERE settled_at IS NULL") == ["1"]).then_some(())
    });
    drop(help);
}
