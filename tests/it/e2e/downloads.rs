//! What a person downloads from the official WEB service, taken out of the folder of the browser.

use std::fs;
use std::io::{Cursor, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use zip::write::{SimpleFileOptions, ZipWriter};

use super::crashes::{CareSoftware, Random};
use super::recall::asking_for;
use super::rogue::Rogue;
use super::units::{PLAN, USAGE, Unit, sample, serial_of, together, withdrawal};
use crate::harness::{CARE, DAY, HELP, Office, offices, quoted, until};

const SERIAL: &str = "20260601100000";
const PLACED: &str = "SELECT serial FROM journal WHERE state = 'PLACED' ORDER BY id";

/// An office whose partner uses the WEB service, with the folder of its browser.
fn downloading() -> Office {
    let [_, mut help] = offices([CARE, HELP]);
    help.forget_url(CARE);
    help.set_peer(CARE, "channel", quoted("web"));
    browser(&mut help);
    help
}

fn browser(office: &mut Office) {
    fs::create_dir_all(office.path("Downloads")).expect("a folder");
    office.set("office", "downloads", quoted("Downloads"));
}

/// Downloads a file as a browser does: under another name until it is whole.
fn download(office: &Office, name: &str, bytes: &[u8]) {
    let folder = office.path("Downloads");
    let partial = folder.join(format!("{name}.crdownload"));
    fs::write(&partial, bytes).expect("written");
    fs::rename(&partial, folder.join(name)).expect("renamed");
}

fn download_all(office: &Office, unit: &Unit) {
    for (name, bytes) in unit {
        download(office, name, bytes);
    }
}

fn is_placed(office: &Office, unit: &Unit) {
    until("placed", || (office.files("import") == *unit).then_some(()));
}

fn states(office: &Office) -> Vec<String> {
    office.sql("SELECT state, detail, came_by FROM incoming ORDER BY serial, created_at")
}

/// The codes of the conditions that stand.
fn conditions(office: &Office) -> String {
    String::from_utf8(office.command(&["status", "--json"]).stdout).expect("UTF-8")
}

/// Waits until the folder was looked into again after everything in it had settled.
fn looked_through(office: &Office, marker: u32) {
    let unit = withdrawal(CARE, marker);
    download_all(office, &unit);
    let name = unit.keys().next().expect("a file").clone();
    until("the next one", || office.files("import").contains_key(&name).then_some(()));
}

fn packed(files: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let name = String::from_utf8_lossy(name).into_owned();
        zip.start_file(name, SimpleFileOptions::default()).expect("begun");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("a ZIP").into_inner()
}

fn zipped(unit: &Unit) -> Vec<u8> {
    let files: Vec<_> = unit.iter().map(|(name, bytes)| (name.as_bytes(), &bytes[..])).collect();
    packed(&files)
}

#[test]
fn a_plan_is_checked_stored_and_placed_and_stays_where_it_was_downloaded() {
    let mut help = downloading();
    help.start();
    let unit = sample(PLAN, SERIAL);
    download_all(&help, &unit);
    is_placed(&help, &unit);
    assert_eq!(help.files("Downloads"), unit, "nothing there is touched");
    until("done", || (states(&help) == ["HANDED_OVER||web"]).then_some(()));
    assert_eq!(help.sql("SELECT count(*) FROM receipts"), ["0"], "nobody signs for it");
    let history = help.command(&["history", "--format", "json"]);
    let history = String::from_utf8(history.stdout).expect("UTF-8");
    assert!(history.contains("\"came_by\": \"web\""), "{history}");
    let history = String::from_utf8(help.command(&["history"]).stdout).expect("UTF-8");
    assert!(history.contains("from the WEB service"), "{history}");

    let whole = help.command(&["verify", "--all"]);
    assert!(whole.status.success(), "{whole:?}");
    let id = help.command(&["history", "--format", "json"]).stdout;
    let id: serde_json::Value = serde_json::from_slice(&id).expect("JSON");
    let id = id["history"][0]["message_id"].as_str().expect("an id").to_owned();
    let export =
        help.command(&["export", &id, "--out", help.path("proof").to_str().expect("UTF-8")]);
    let said = String::from_utf8(export.stderr).expect("UTF-8");
    assert!(
        !export.status.success() && said.contains("neither a signature nor receipts"),
        "{said}"
    );

    // It is not taken again: not under another name, not after a restart.
    for (name, bytes) in &unit {
        let (stem, end) = name.rsplit_once('.').expect("an extension");
        download(&help, &format!("{stem} (1).{end}"), bytes);
        download(&help, &format!("{stem} - コピー.{end}"), bytes);
    }
    help.stop();
    for name in unit.keys() {
        fs::remove_file(help.path("import").join(name)).expect("imported");
    }
    help.start();
    looked_through(&help, 9);
    assert_eq!(help.files("import").len(), 1);
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["2"]);
}

#[test]
fn zips_are_opened_and_everything_else_is_left_alone_and_unnamed() {
    let mut help = downloading();
    help.start();
    let (one, other) = (sample(USAGE, SERIAL), withdrawal(CARE, 1));
    let both = together([&one, &other]);
    let names: Vec<String> = both.keys().map(|name| format!("4月分/{name}")).collect();
    let mut inside: Vec<(&[u8], &[u8])> = names
        .iter()
        .zip(both.values())
        .map(|(name, bytes)| (name.as_bytes(), &bytes[..]))
        .collect();
    inside.push(("お知らせ_山田太郎.pdf".as_bytes(), b"hello"));
    download(&help, "ダウンロード (2).ZIP", &packed(&inside));
    for (name, bytes) in [
        ("山田太郎.csv", &b"a,b"[..]),
        ("家族写真_山田太郎.zip", b"no ZIP at all"),
        ("UPPLAN_山田太郎.CSV", b"1,2"),
        ("山田太郎.pdf.part", b"1"),
    ] {
        fs::write(help.path("Downloads").join(name), bytes).expect("written");
    }
    download(&help, "memo.zip", &packed(&[(b"memo_yamada.txt", b"1")]));
    is_placed(&help, &both);
    let said = conditions(&help);
    assert!(!said.contains("download-"), "nothing is wrong: {said}");
    assert!(!help.log().contains("山田") && !help.log().contains("yamada"), "{}", help.log());
}

#[test]
fn what_comes_by_renkei_and_by_the_web_service_is_placed_in_one_order_and_once() {
    let [care, mut help] = offices([CARE, HELP]);
    browser(&mut help);
    // Nothing is placed before both are there.
    help.set("office", "import_habits", "{ wait_until_taken = true }".to_owned());
    help.start();
    let partner = Rogue::of(&care);
    let units = [1, 2, 3, 4].map(|number| withdrawal(CARE, number));
    partner.put(&help, &partner.parcel(&help, &units[0], 1, |_| {})).expect("taken");
    until("the first", || (help.sql(PLACED).len() == 1).then_some(()));
    partner.put(&help, &partner.parcel(&help, &units[3], 2, |_| {})).expect("taken");
    download_all(&help, &units[2]);
    download_all(&help, &units[1]);
    // It came by renkei already.
    download_all(&help, &units[0]);
    until("stored", || {
        (help.sql("SELECT id FROM entries WHERE direction = 'in'").len() == 4).then_some(())
    });
    for unit in &units {
        let name = unit.keys().next().expect("a file");
        until("its turn", || help.files("import").contains_key(name).then_some(()));
        fs::remove_file(help.path("import").join(name)).expect("imported");
    }
    // A file is seen before it is noted that it was placed.
    let in_order = units.each_ref().map(serial_of);
    until("noted", || (help.sql(PLACED).len() == in_order.len()).then_some(()));
    assert_eq!(help.sql(PLACED), in_order);
    assert_eq!(
        help.sql("SELECT came_by FROM incoming ORDER BY serial"),
        ["renkei", "web", "web", "renkei"]
    );
}

#[test]
fn what_was_downloaded_and_imported_is_not_placed_again_when_renkei_brings_it() {
    let [care, mut help] = offices([CARE, HELP]);
    browser(&mut help);
    help.start();
    let partner = Rogue::of(&care);
    let unit = sample(PLAN, SERIAL);
    download_all(&help, &unit);
    is_placed(&help, &unit);
    until("done", || (states(&help) == ["HANDED_OVER||web"]).then_some(()));
    for name in unit.keys() {
        fs::remove_file(help.path("import").join(name)).expect("imported");
    }
    partner.put(&help, &partner.parcel(&help, &unit, 1, |_| {})).expect("taken");
    let both = ["HANDED_OVER||web", "HANDED_OVER|placed-before|renkei"];
    until("handed over", || (states(&help) == both).then_some(()));
    assert!(help.files("import").is_empty(), "it would be imported twice");
    assert_eq!(
        help.sql("SELECT kind FROM receipts ORDER BY id"),
        ["ContentConsignment", "ContentHandover"]
    );
    let history = String::from_utf8(help.command(&["history"]).stdout).expect("UTF-8");
    assert!(history.contains("not placed again"), "{history}");

    // Sent once more it was wanted once more.
    partner.put(&help, &partner.parcel(&help, &unit, 2, |_| {})).expect("taken");
    is_placed(&help, &unit);

    // Another set of the same 連番 is another one.
    let other = withdrawal(CARE, 7);
    partner.put(&help, &partner.parcel(&help, &other, 3, |_| {})).expect("taken");
    is_placed(&help, &together(&[unit, other]));
}

#[test]
fn a_set_that_waits_twice_is_placed_once() {
    let [care, mut help] = offices([CARE, HELP]);
    browser(&mut help);
    help.set("timing", "order_wait", quoted("1h"));
    help.start();
    let partner = Rogue::of(&care);
    let units = [1, 2, 3].map(|number| withdrawal(CARE, number));
    // Everything waits for the package with the number 1.
    partner.put(&help, &partner.parcel(&help, &units[0], 2, |_| {})).expect("taken");
    download_all(&help, &units[1]);
    let is_stored = || states(&help).contains(&"COMMITTED||web".to_owned()).then_some(());
    until("stored", is_stored);
    partner.put(&help, &partner.parcel(&help, &units[1], 3, |_| {})).expect("taken");
    assert!(help.files("import").is_empty(), "nothing is placed yet");
    partner.put(&help, &partner.parcel(&help, &units[2], 1, |_| {})).expect("taken");
    until("all of them", || {
        let wanted = [
            "HANDED_OVER||renkei",
            "HANDED_OVER||web",
            "HANDED_OVER|placed-before|renkei",
            "HANDED_OVER||renkei",
        ];
        (states(&help) == wanted).then_some(())
    });
    assert_eq!(help.files("import"), together(&units));
}

#[test]
fn an_incomplete_set_is_held_and_goes_on_when_the_rest_comes() {
    let mut help = downloading();
    help.start();
    let mut unit = sample(USAGE, SERIAL);
    assert!(unit.len() > 1, "a set of several files");
    let whole = unit.clone();
    let (name, bytes) = unit.pop_last().expect("a file");
    download_all(&help, &unit);
    until("held", || (states(&help) == ["HELD|download-incomplete|web"]).then_some(()));
    let listed = String::from_utf8(help.command(&["hold", "list"]).stdout).expect("UTF-8");
    assert!(listed.contains("download-incomplete"), "{listed}");
    assert!(listed.contains("not to import it; nobody is told"), "{listed}");
    assert!(help.files("import").is_empty());
    download(&help, &name, &bytes);
    is_placed(&help, &whole);
    until("settled", || {
        let wanted = ["REJECTED|download-completed|web", "HANDED_OVER||web"];
        (states(&help) == wanted).then_some(())
    });
}

#[test]
fn a_person_decides_about_errors_and_about_another_version() {
    let mut help = downloading();
    help.start();
    let unit = withdrawal(CARE, 1);
    let (name, bytes) = unit.first_key_value().expect("a file");
    let broken = String::from_utf8(bytes.clone()).expect("ASCII").replace("202407", "202x07");
    download(&help, name, broken.as_bytes());
    until("held", || (states(&help) == ["HELD|download-has-errors|web"]).then_some(()));
    let id = held_id(&help);
    let said = help.command(&["hold", "dismiss", &id]);
    let text = String::from_utf8(said.stdout).expect("UTF-8");
    assert!(said.status.success() && text.contains("stay where they are"), "{text}");
    assert_eq!(states(&help), ["REJECTED|download-dismissed|web"]);

    // The sender has mended it: the same 連番, other bytes.
    fs::remove_file(help.path("Downloads").join(name)).expect("removed");
    download(&help, name, bytes);
    is_placed(&help, &unit);
    // And once more another version, which is not placed over the first.
    let (stem, end) = name.rsplit_once('.').expect("an extension");
    let other =
        String::from_utf8(bytes.clone()).expect("ASCII").replace("0000800001", "0000800002");
    download(&help, &format!("{stem} (1).{end}"), other.as_bytes());
    let is_held = |rows: Vec<String>| rows.contains(&"HELD|download-differs|web".to_owned());
    until("held", || is_held(states(&help)).then_some(()));
    assert_eq!(help.files("import"), unit);
    fs::remove_file(help.path("import").join(name)).expect("imported");
    let said = help.command(&["hold", "release", &held_id(&help)]);
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success() && text.contains("move them elsewhere"), "{text}");
    is_placed(&help, &Unit::from([(name.clone(), other.into_bytes())]));
}

fn held_id(office: &Office) -> String {
    let list = office.command(&["hold", "list", "--json"]);
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).expect("JSON");
    assert_eq!(list["held"][0]["came_by"], "web", "{list}");
    list["held"][0]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn what_is_for_others_or_from_strangers_is_told_and_not_placed() {
    let [_, mut help, _] = offices([CARE, HELP, DAY]);
    browser(&mut help);
    help.forget_peer(CARE);
    help.start();
    let stranger = withdrawal(CARE, 1);
    download_all(&help, &stranger);
    let foreign: Unit = withdrawal(CARE, 2)
        .into_iter()
        .map(|(name, bytes)| (name.replace(&format!("{HELP}_11"), &format!("{DAY}_15")), bytes))
        .collect();
    download_all(&help, &foreign);
    let zip = zipped(&foreign);
    download(&help, "cut.zip", &zip[..zip.len() / 2]);
    until("told", || {
        let said = conditions(&help);
        let codes = ["download-not-for-us", "download-unknown-sender", "download-not-taken"];
        codes.iter().all(|code| said.contains(code)).then_some(())
    });
    assert!(conditions(&help).contains(CARE), "the sender is named");
    assert!(help.files("import").is_empty());
    // What it sends itself was saved to be uploaded.
    download_all(&help, &withdrawal(HELP, 3));

    help.remember_peer(CARE, 1);
    help.write_config();
    is_placed(&help, &stranger);
    for name in [foreign.keys().next().expect("a file"), "cut.zip"] {
        fs::remove_file(help.path("Downloads").join(name)).expect("removed");
    }
    until("settled", || (!conditions(&help).contains("download-")).then_some(()));
}

#[test]
fn what_lay_there_before_is_left_alone() {
    let mut help = downloading();
    let old = withdrawal(CARE, 1);
    download_all(&help, &old);
    let path = help.path("Downloads").join(old.keys().next().expect("a file"));
    let came = fs::metadata(path).and_then(|metadata| metadata.modified()).expect("a time");
    // Clocks of disks are coarse: what came just before counts as new.
    until("a while later", || (came.elapsed().ok()? > Duration::from_secs(3)).then_some(()));
    help.start();
    until("looked into", || help.sql("SELECT folder FROM downloads").pop());
    let new = withdrawal(CARE, 2);
    download_all(&help, &new);
    is_placed(&help, &new);
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["1"]);
}

#[test]
fn a_folder_that_is_gone_is_told_and_comes_back() {
    let mut help = downloading();
    fs::remove_dir(help.path("Downloads")).expect("removed");
    help.start();
    until("told", || conditions(&help).contains("downloads-not-read").then_some(()));
    fs::create_dir(help.path("Downloads")).expect("made");
    let unit = withdrawal(CARE, 1);
    download_all(&help, &unit);
    is_placed(&help, &unit);
    until("settled", || (!conditions(&help).contains("downloads-not-read")).then_some(()));
}

#[test]
fn the_folder_is_taken_up_live() {
    let [_, mut help] = offices([CARE, HELP]);
    help.start();
    browser(&mut help);
    help.write_config();
    until("taken up", || help.sql("SELECT folder FROM downloads").pop());
    let unit = withdrawal(CARE, 1);
    download_all(&help, &unit);
    is_placed(&help, &unit);
}

#[test]
fn kills_lose_nothing_and_place_nothing_twice() {
    let mut random = Random::new();
    let mut help = downloading();
    help.start();
    let units: Vec<Unit> = (1..=12).map(|number| withdrawal(CARE, number)).collect();
    let all = together(&units);
    let software = CareSoftware::of(&help, "import", &all);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| software.work(&stop));
        let run = std::panic::AssertUnwindSafe(|| {
            for unit in &units {
                download_all(&help, unit);
                thread::sleep(Duration::from_millis(random.below(400)));
                help.kill();
                help.start();
            }
            until("all of them", || {
                let done = help.sql("SELECT count(*) FROM incoming WHERE state = 'HANDED_OVER'");
                (done == ["12"]).then_some(())
            });
        });
        // The care software has to end also when this fails.
        let result = std::panic::catch_unwind(run);
        stop.store(true, Ordering::Relaxed);
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    });
    assert!(software.has() == all, "something was lost");
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["12"]);
    assert_eq!(help.files("Downloads"), all);
}

#[test]
fn what_was_told_of_a_folder_is_over_when_nobody_looks_into_it_any_more() {
    let mut help = downloading();
    help.forget_peer(CARE);
    help.start();
    download_all(&help, &withdrawal(CARE, 1));
    until("told", || conditions(&help).contains("download-unknown-sender").then_some(()));
    let status = String::from_utf8(help.command(&["status"]).stdout).expect("UTF-8");
    assert!(status.contains("is looked into (nothing came yet)"), "{status}");
    help.unset("office", "downloads");
    help.write_config();
    until("over", || (!conditions(&help).contains("download-")).then_some(()));
    let status = String::from_utf8(help.command(&["status"]).stdout).expect("UTF-8");
    assert!(!status.contains("looked into"), "{status}");
}

#[test]
fn a_healthy_folder_has_its_line_in_the_status() {
    let mut help = downloading();
    help.start();
    let unit = withdrawal(CARE, 1);
    download_all(&help, &unit);
    is_placed(&help, &unit);
    let status = String::from_utf8(help.command(&["status"]).stdout).expect("UTF-8");
    let line = status.lines().find(|line| line.starts_with("downloads folder ")).expect("a line");
    assert!(line.contains("is looked into (the last set came 20"), "{line}");
    // What is not taken up is not called so.
    help.set("office", "downloads", quoted("not-there"));
    help.write_config();
    until("told", || conditions(&help).contains("configuration-not-applied").then_some(()));
    let status = String::from_utf8(help.command(&["status"]).stdout).expect("UTF-8");
    assert!(status.contains("not-there") && !status.contains("is looked into"), "{status}");
    help.stop();
    let status = String::from_utf8(help.command(&["status"]).stdout).expect("UTF-8");
    assert!(status.contains("is not looked into now"), "{status}");
}

#[test]
fn more_files_than_are_looked_at_are_told() {
    let mut help = downloading();
    help.start();
    until("looked into", || help.sql("SELECT folder FROM downloads").pop());
    let folder = help.path("Downloads");
    for number in 0..=10_000 {
        fs::write(folder.join(format!("{number}.zip")), b"PK").expect("written");
    }
    until("told", || conditions(&help).contains("downloads-too-many").then_some(()));
    fs::remove_file(folder.join("7.zip")).expect("removed");
    until("over", || (!conditions(&help).contains("downloads-too-many")).then_some(()));
}

/// The id of a downloaded set follows from its files, which their sender knows.
#[test]
fn a_set_whose_id_something_else_has_is_taken_all_the_same() {
    let units = [1, 2].map(|number| withdrawal(CARE, number));
    let [id_of_one, id_of_other] = {
        let mut twin = downloading();
        twin.start();
        units.each_ref().map(|unit| {
            download_all(&twin, unit);
            let serial = serial_of(unit);
            let sql = format!("SELECT hex(message_id) FROM incoming WHERE serial = '{serial}'");
            let id = until("taken", || twin.sql(&sql).pop());
            id.parse::<uuid::Uuid>().expect("an id").to_string().parse().expect("of version 7")
        })
    };
    let [care, mut help] = offices([CARE, HELP]);
    browser(&mut help);
    help.start();
    let partner = Rogue::of(&care);
    let never = partner.parcel(&help, &withdrawal(CARE, 8), 1, |it| it.message_id = id_of_one);
    partner.recall(&help, never.id, &asking_for(&never)).expect("given back");
    let sent = withdrawal(CARE, 9);
    let parcel = partner.parcel(&help, &sent, 2, |it| it.message_id = id_of_other);
    partner.put(&help, &parcel).expect("taken");
    for unit in &units {
        download_all(&help, unit);
    }
    until("placed", || {
        (help.files("import") == together(units.iter().chain([&sent]))).then_some(())
    });
    assert_eq!(help.sql("SELECT count(*) FROM incoming WHERE came_by = 'web'"), ["2"]);
    assert!(help.log().contains("something else has the id"), "{}", help.log());
}

/// Its name tells a file from another one with the same bytes.
#[test]
fn the_same_bytes_under_another_name_are_another_file() {
    let mut help = downloading();
    help.start();
    let (name, bytes) = withdrawal(CARE, 1).pop_first().expect("a file");
    download(&help, &name, &bytes);
    is_placed(&help, &Unit::from([(name.clone(), bytes.clone())]));
    looked_through(&help, 2);
    let other = name.replace("DLTPLAN_202606", "DLTPLAN_202607");
    download(&help, &other, &bytes);
    until("held", || states(&help).iter().any(|it| it.starts_with("HELD|")).then_some(()));
    let held = "SELECT unit FROM incoming WHERE state = 'HELD'";
    assert!(help.sql(held).concat().contains(&other), "{:?}", help.sql(held));
}

#[test]
fn a_set_that_cannot_be_stored_is_told_and_left_alone() {
    let mut help = downloading();
    help.start();
    // A package is about 120 months at the most.
    let (name, bytes) = withdrawal(CARE, 1).pop_first().expect("a file");
    let months = (2014..=2024).flat_map(|year| (1..=12).map(move |month| (year, month)));
    let unit: Unit = months
        .map(|(year, month)| {
            (name.replace("_202606_", &format!("_{year}{month:02}_")), bytes.clone())
        })
        .collect();
    download(&help, "a.zip", &zipped(&unit));
    until("told", || conditions(&help).contains("download-not-stored").then_some(()));
    for marker in [2, 3, 4] {
        looked_through(&help, marker);
    }
    let tries = help.log().matches("a downloaded set cannot be stored").count();
    assert_eq!(tries, 1, "it is not tried at every look");
    fs::remove_file(help.path("Downloads/a.zip")).expect("removed");
    until("over", || (!conditions(&help).contains("download-not-stored")).then_some(()));
}

/// What a clerk downloaded from the system and cannot be read is told; what else lies there is nobody's
/// business.
#[test]
fn zips_that_cannot_be_read_are_told_if_they_hold_the_standard() {
    let mut help = downloading();
    help.start();
    let unit = withdrawal(CARE, 1);
    let name = unit.keys().next().expect("a file").clone();
    let whole = zipped(&unit);
    let private = packed(&[(b"yamada.jpg", b"1"), (b"memo.csv", b"1")]);
    let mut broken_list = whole.clone();
    let end = broken_list.len() - 22;
    broken_list[end..end + 4].fill(0);
    let near: Vec<(&[u8], &[u8])> = vec![(
        "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500\u{200B}.CSV".as_bytes(),
        b"1",
    )];
    let told: Vec<(&str, Vec<u8>)> = vec![
        ("cut.zip", whole[..whole.len() / 2].to_vec()),
        ("list.zip", broken_list),
        ("before.zip", [&b"0123456789"[..], &whole].concat()),
        ("near.zip", packed(&near)),
        ("a\u{200B}.zip", whole.clone()),
        ("NUL.zip", whole.clone()),
    ];
    let silent: Vec<(&str, Vec<u8>)> = vec![
        ("family.zip", private[..private.len() / 2].to_vec()),
        ("more.zip", [&b"0123456789"[..], &private].concat()),
        ("b\u{200B}.zip", private.clone()),
        ("CON.zip", private),
    ];
    let odd = |count: usize| {
        let said = conditions(&help);
        let is_told =
            said.contains(&format!("が {count} 個")) || said.contains(&format!("{count} ZIPs"));
        (is_told == (count > 0)).then_some(())
    };
    for (name, bytes) in &silent {
        download(&help, name, bytes);
    }
    looked_through(&help, 8);
    assert!(!conditions(&help).contains("download-"), "{}", conditions(&help));
    for (name, bytes) in &told {
        download(&help, name, bytes);
    }
    // This one says it by its name.
    download(&help, &name.replace(".CSV", ".zip"), b"no ZIP at all");
    until("told", || odd(told.len() + 1));
    let log = help.log();
    assert!(!log.contains("yamada") && !log.contains("family"), "{log}");
}

#[test]
fn zips_that_unpack_to_too_much_are_told_and_what_is_right_is_taken() {
    let mut help = downloading();
    help.set("limits", "file_size", quoted("1MiB"));
    help.set("limits", "package_size", quoted("1MiB"));
    help.start();
    let name = |number: u32| withdrawal(CARE, number).pop_first().expect("a file").0;
    let bomb = |number: u32, bytes: usize| packed(&[(name(number).as_bytes(), &vec![b'0'; bytes])]);
    let too_large = bomb(7, 200 << 20);
    for number in 0..5 {
        download(&help, &format!("{number}.zip"), &too_large);
    }
    // It says less than it is.
    let mut liar = bomb(8, 900 << 10);
    let honest = u32::try_from(900 << 10).expect("fits").to_le_bytes();
    for place in 0..liar.len() - 4 {
        if liar[place..].starts_with(&honest) {
            liar[place..place + 4].copy_from_slice(&[9, 0, 0, 0]);
        }
    }
    download(&help, "liar.zip", &liar);
    let unit = withdrawal(CARE, 1);
    download(&help, "z.zip", &zipped(&unit));
    is_placed(&help, &unit);
    until("told", || {
        let said = conditions(&help);
        (said.contains("6 ZIPs") || said.contains("が 6 個")).then_some(())
    });
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["1"]);
}
