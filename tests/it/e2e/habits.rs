//! Habits of care software: what it gets, when, and what a kill in between changes of it.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use renkei::record::Quoting;
use renkei::repair::{renumbered, requote, split};
use renkei::rules::{Options, SourceFile, check};
use renkei::spec::Spec;
use renkei::synth::{Content, Request, files};
use renkei::types::{Digest, Edition, FileName, FileSerial};

use super::crashes::{CareSoftware, Random};
use super::held::says;
use super::invariants;
use super::units::{Unit, export, serial_of, together, withdrawal};
use crate::harness::{CARE, HELP, Office, name_of, offices, until, until_within, visible};

const PLACED: &str = "SELECT serial FROM journal WHERE state = 'PLACED' ORDER BY id";

/// A unit of invented people between two offices.
fn unit(id: &str, parties: [&str; 2], people: u64, serial: &str) -> Unit {
    let spec = Spec::builtin().expect("consistent");
    let content = Content::Unit { id: id.to_owned(), people };
    let usual = Request::usual(spec, Edition::V4_1, content).expect("possible");
    let [from, to] = parties.map(|party| party.parse().expect("an office and a type"));
    let serial = Some(serial.parse().expect("14 digits"));
    let made = files(spec, &Request { from, to, serial, ..usual }).expect("possible");
    let made = made.into_iter().map(|file| {
        let name = file.name().to_string();
        (name, file.flat_map(|piece| piece.expect("in MS932")).collect())
    });
    made.collect()
}

/// サービス利用票 from [`CARE`] to [`HELP`].
pub(crate) fn slips(people: u64, serial: &str) -> Unit {
    unit("K2", [&format!("{CARE}:43"), &format!("{HELP}:11")], people, serial)
}

/// The copies of one user each, in a style of quoting: what the care software has to get where no
/// 連番 is taken.
fn copies(unit: &Unit, quoting: Option<Quoting>) -> Vec<Unit> {
    let spec = Spec::builtin().expect("consistent");
    let named: Vec<_> = unit
        .iter()
        .map(|(name, bytes)| (FileName::parse(name).expect("a name"), bytes.as_slice()))
        .collect();
    let mut serial: FileSerial = serial_of(unit).parse().expect("14 digits");
    let users = split(spec, &named).expect("divided").into_values();
    let each = users.map(|parts| {
        let parts = renumbered(spec, parts, serial).expect("readable");
        serial = serial.next().expect("a moment");
        let written = parts.into_iter().map(|part| {
            let bytes = match (part.bytes, quoting) {
                (Some(bytes), Some(style)) => {
                    requote(spec, &part.name, &bytes, style).expect("read")
                }
                (Some(bytes), None) => bytes,
                (None, _) => named[part.of].1.to_vec(),
            };
            (part.name.to_string(), bytes)
        });
        written.collect()
    });
    each.collect()
}

fn assert_valid(unit: &Unit) {
    let sources: Vec<_> = unit.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let report = check(Spec::builtin().expect("consistent"), &sources, &Options::default());
    assert!(!report.has_errors(), "{:?}", report.findings);
    assert_eq!(report.units.len(), 1);
}

/// [`CARE`] and a [`HELP`] whose care software has habits, both running.
fn with_habits(habits: &str) -> [Office; 2] {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.set("office", "import_habits", habits);
    care.start();
    help.start();
    [care, help]
}

/// The visible files below the import folder, with the folder before each.
fn below(office: &Office) -> BTreeMap<String, Vec<u8>> {
    let folders = visible(&office.path("import")).into_iter().filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| {
        visible(&folder).into_iter().map(move |path| {
            let bytes = fs::read(&path).expect("read");
            (format!("{}/{}", name_of(&folder), name_of(&path)), bytes)
        })
    });
    files.collect()
}

#[test]
fn a_set_of_several_users_is_placed_as_valid_sets_of_one_user() {
    let habits = "{ profile = \"one-user\", folders = \"user\", quoting = \"all\" }";
    let [care, help] = with_habits(habits);
    let sent = slips(3, "20260320090000");
    export(&care, &sent);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let expected = copies(&sent, Some(Quoting::All));
    assert_eq!(expected.len(), 3);
    expected.iter().for_each(assert_valid);
    let placed = below(&help);
    let bare: Unit = placed
        .iter()
        .map(|(path, bytes)| (path.split_once('/').expect("a folder").1.to_owned(), bytes.clone()))
        .collect();
    assert!(bare == together(&expected), "{:?}", placed.keys());
    assert!(help.files("import").is_empty(), "nothing at the top");
    // Each user has a folder of one set.
    let mut folders: Vec<_> = placed.keys().map(|path| &path[..10]).collect();
    folders.dedup();
    assert_eq!(folders.len(), 3);

    // The history says which copies of which files, and the package is what was signed.
    let detail = help.sql("SELECT detail FROM journal WHERE state = 'PLACED'");
    assert_eq!(detail, ["placed-as-copies"]);
    let told = help.sql(
        "SELECT json_extract(value, '$.name'), json_extract(value, '$.of'),
             json_extract(value, '$.sha256') FROM import_plans, json_each(plan, '$.files')
         ORDER BY 1",
    );
    let lies: Vec<_> = placed
        .iter()
        .map(|(path, bytes)| {
            let name = path.split_once('/').expect("a folder").1;
            let kind = name.split_once('_').expect("a prefix").0;
            let of = sent.keys().find(|name| name.starts_with(&format!("{kind}_")));
            format!("{path}|{}|{}", of.expect("sent"), Digest::of(bytes))
        })
        .collect();
    assert_eq!(told, lies);
    invariants::check(&care, &help, 1);
    // The numbers of the users stand in no log.
    for folder in folders {
        assert!(!help.log().contains(folder), "a user's number in the log");
    }
}

/// The 連番 of a copy never meets that of the next set, and the order stays that of sending.
#[test]
fn copies_of_sets_that_follow_closely_keep_their_order_and_their_names_apart() {
    let [care, help] = with_habits("{ one_user_per_set = true }");
    let sets = [slips(3, "20260320090000"), slips(2, "20260320090001"), slips(1, "20260320100000")];
    for (number, set) in (1..).zip(&sets) {
        export(&care, set);
        until("handed over", || care.has_sent("HANDED_OVER", number));
    }
    let mut serials: Vec<_> = help
        .files("import")
        .keys()
        .map(|name| FileName::parse(name).expect("a name").serial.to_string())
        .collect();
    serials.sort();
    serials.dedup();
    let expected = ["00", "01", "02", "03", "04"].map(|second| format!("202603200900{second}"));
    assert_eq!(serials[..5], expected);
    assert_eq!(serials[5..], ["20260320100000"]);
    // The last one stayed what it was, byte for byte.
    for (name, bytes) in &sets[2] {
        assert!(help.files("import").get(name) == Some(bytes), "{name}");
    }
    let details = help.sql("SELECT detail FROM journal WHERE state = 'PLACED' ORDER BY id");
    assert_eq!(details, ["placed-as-copies", "placed-as-copies", ""]);
    invariants::check(&care, &help, 3);
}

/// Only a divided set needs numbers of its own.
#[test]
fn where_no_set_is_divided_names_stay_as_they_were_sent() {
    let [care, help] = with_habits("{ profile = \"folder-per-sender\", quoting = \"minimal\" }");
    let sets = [slips(2, "20260320100000"), slips(2, "20260320090000")];
    for (number, set) in (1..).zip(&sets) {
        export(&care, set);
        until("handed over", || care.has_sent("HANDED_OVER", number));
    }
    let names = |set: &Unit| set.keys().map(|name| format!("{CARE}/{name}")).collect::<Vec<_>>();
    let mut expected = [names(&sets[0]), names(&sets[1])].concat();
    expected.sort();
    let placed = below(&help);
    assert_eq!(placed.keys().cloned().collect::<Vec<_>>(), expected);
    let spec = Spec::builtin().expect("consistent");
    for (name, bytes) in sets.iter().flatten() {
        let parsed = FileName::parse(name).expect("a name");
        let copy = requote(spec, &parsed, bytes, Quoting::Minimal).expect("readable");
        assert!(placed[&format!("{CARE}/{name}")] == copy, "{name}");
        assert!(copy != *bytes || !bytes.contains(&b'"'), "{name}: nothing to quote otherwise");
    }
    invariants::check(&care, &help, 2);
}

#[test]
fn a_set_that_cannot_be_divided_is_placed_whole_and_that_is_told() {
    let [manager, service] = ["2700000051", "27A0000018"];
    let [mut manager, mut service] = offices([manager, service]);
    service.set("office", "import_habits", "{ one_user_per_set = true, folders = \"sender\" }");
    manager.start();
    service.start();
    let parties = [&format!("{}:46", manager.number)[..], &format!("{}:A6", service.number)];
    let mut sent = unit("Y1", parties, 2, "20260320090000");
    let picture = sent.keys().find(|name| name.contains(".jpg")).expect("a picture").clone();
    // A picture that no record names: nobody knows whose it is.
    let nobodys = picture.replace("_0001.jpg", "_0099.jpg");
    let bytes = sent[&picture].clone();
    sent.insert(nobodys, bytes);
    export(&manager, &sent);
    until("handed over", || manager.has_sent("HANDED_OVER", 1));
    let placed: Unit = below(&service)
        .into_iter()
        .map(|(path, bytes)| {
            let name = path.strip_prefix(&format!("{}/", manager.number)).expect("its folder");
            (name.to_owned(), bytes)
        })
        .collect();
    assert!(placed == sent, "{:?}", placed.keys());
    assert_eq!(service.sql("SELECT detail FROM journal WHERE state = 'PLACED'"), ["placed-whole"]);
    let status = until("told", || {
        let (status, _) = says(&service, &["status"]);
        status.contains("no copies that suit the care software").then_some(status)
    });
    assert!(status.contains("see whether the care software imported them rightly"), "{status}");
    invariants::check(&manager, &service, 1);
}

#[test]
fn the_next_set_waits_until_the_last_one_is_taken_or_somebody_says_so() {
    let habits = "{ wait_until_taken = true, remind_after = \"1s\" }";
    let [care, mut help] = with_habits(habits);
    let sets: Vec<_> = (1..=3).map(|number| withdrawal(CARE, number)).collect();
    export(&care, &sets[0]);
    until("placed", || (help.files("import") == sets[0]).then_some(()));
    export(&care, &sets[1]);
    export(&care, &sets[2]);
    until("all received", || care.has_sent("CONSIGNED", 2));
    let status = until("told", || {
        let (status, _) = says(&help, &["status"]);
        status.contains(&format!("renkei hold taken {HELP}")).then_some(status)
    });
    assert!(status.contains("import-not-taken"), "{status}");
    // A power cut does not make it forget what it waits for.
    help.kill();
    help.start();
    until("it looks again", || {
        let (status, _) = says(&help, &["status"]);
        status.contains(&format!("renkei hold taken {HELP}")).then_some(())
    });
    assert_eq!(help.files("import"), sets[0]);
    // The care software takes it.
    let first = sets[0].keys().next().expect("a file");
    fs::remove_file(help.path("import").join(first)).expect("taken");
    until("the second", || (help.files("import") == sets[1]).then_some(()));
    until("handed over", || care.has_sent("HANDED_OVER", 2));
    // A person says so, and the file stays.
    until("counted", || (says(&help, &["hold", "taken", HELP]).1 == 0).then_some(()));
    until("the third", || (help.files("import") == together(&sets[1..])).then_some(()));
    until("handed over", || care.has_sent("HANDED_OVER", 3));
    let by = "SELECT count(*) FROM journal WHERE state = 'TAKEN' AND detail LIKE 'taken-by-hand%'";
    assert_eq!(help.sql(by), ["1"]);
    let serials: Vec<_> = sets.iter().map(serial_of).collect();
    assert_eq!(help.sql(PLACED), serials);
    until("told no more", || {
        let (status, _) = says(&help, &["status"]);
        (!status.contains("import-not-taken")).then_some(())
    });
    invariants::check(&care, &help, 3);
}

#[test]
fn other_habits_are_in_force_as_soon_as_they_are_taken_up() {
    let [care, mut help] = with_habits("{ folders = \"flat\" }");
    help.set("office", "import_habits", "{ wait_until_taken = true, remind_after = \"1s\" }");
    help.write_config();
    let (said, code) = says(&help, &["reload"]);
    assert_eq!(code, 0, "{said}");
    let sets: Vec<_> = (1..=2).map(|number| withdrawal(CARE, number)).collect();
    export(&care, &sets[0]);
    until("placed", || (help.files("import") == sets[0]).then_some(()));
    export(&care, &sets[1]);
    until("told", || says(&help, &["status"]).0.contains("import-not-taken").then_some(()));
    assert_eq!(help.files("import"), sets[0]);
    let first = sets[0].keys().next().expect("a file");
    fs::remove_file(help.path("import").join(first)).expect("taken");
    until("the second", || (help.files("import") == sets[1]).then_some(()));
}

/// The id under which the only held package of an office can be settled.
fn held(office: &Office) -> String {
    let (list, _) = says(office, &["hold", "list"]);
    let id = list.lines().find_map(|line| line.strip_prefix("  to let it in: "));
    let id = id.and_then(|command| command.strip_prefix("renkei hold release "));
    id.unwrap_or_else(|| panic!("nothing is held: {list}")).to_owned()
}

#[test]
fn a_deletion_waits_for_a_word_and_what_follows_it_too() {
    let [care, mut help] = with_habits("{ profile = \"ask-before-deleting\" }");
    let before = slips(1, "20260520090000");
    export(&care, &before);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let deletions = [1, 2].map(|number| withdrawal(CARE, number));
    let after = slips(1, "20260601120000");
    export(&care, &deletions[0]);
    until("held", || care.has_sent("HELD_BY_RECIPIENT", 1));
    export(&care, &after);
    until("received", || care.has_sent("CONSIGNED", 1));
    let (status, _) = says(&help, &["status"]);
    assert!(status.contains("[deletion-needs-word]"), "{status}");
    let (history, _) = says(&care, &["history"]);
    assert!(history.contains("before a person has looked at it"), "{history}");
    help.kill();
    help.start();
    let id = held(&help);
    assert_eq!(help.files("import"), before, "neither it nor what follows");
    assert_eq!(says(&help, &["hold", "release", &id]).1, 0);
    until("both", || care.has_sent("HANDED_OVER", 3));
    let order = [&before, &deletions[0], &after].map(serial_of);
    assert_eq!(help.sql(PLACED), order);
    assert!(help.sets("hold").is_empty());

    // Refused: what follows comes all the same.
    let later = slips(1, "20260601130000");
    let mut second = Unit::new();
    for (name, bytes) in &deletions[1] {
        second.insert(name.replace("20260601000002", "20260601125959"), bytes.clone());
    }
    export(&care, &second);
    until("held", || care.has_sent("HELD_BY_RECIPIENT", 1));
    export(&care, &later);
    until("received", || care.has_sent("CONSIGNED", 1));
    assert_eq!(says(&help, &["hold", "dismiss", &held(&help)]).1, 0);
    until("refused", || care.has_sent("REJECTED", 1));
    until("the later one", || care.has_sent("HANDED_OVER", 4));
    let second = second.keys().next().expect("a file");
    assert!(!help.files("import").contains_key(second));
}

/// What was begun without habits is not taken for the beginning of copies.
#[test]
fn a_set_that_was_shown_in_part_goes_on_as_it_was_begun() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.start();
    help.start();
    let sent = slips(2, "20260320090000");
    let mut ordered: Vec<_> = sent.iter().collect();
    ordered.sort_by_key(|(name, _)| (FileName::parse(name).expect("a name").kind, *name));
    let in_the_way = help.path("import").join(ordered[1].0);
    fs::write(&in_the_way, "typed in by hand").expect("written");
    export(&care, &sent);
    until("held", || care.has_sent("HELD_BY_RECIPIENT", 1));
    let id = help.sql("SELECT lower(hex(message_id)) FROM incoming").remove(0);
    let id = uuid::Uuid::parse_str(&id).expect("an id").to_string();
    help.kill();
    // As a conflict leaves it that came late: the first file was shown, and imported.
    let staged = help.path("import").join(format!(".renkei-{id}"));
    fs::create_dir(&staged).expect("made");
    for (number, (_, bytes)) in (1..).zip(&ordered).skip(1) {
        fs::write(staged.join(format!("{number:04}")), bytes).expect("written");
    }
    fs::remove_file(in_the_way).expect("moved away");
    help.set("office", "import_habits", "{ one_user_per_set = true }");
    help.start();
    assert_eq!(says(&help, &["hold", "release", &id]).1, 0);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let rest = ordered.iter().skip(1).map(|(name, bytes)| ((*name).clone(), (*bytes).clone()));
    assert_eq!(help.files("import"), rest.collect::<Unit>());
    assert!(!staged.exists());
}

/// What is signed are the copies; those of the office stay as they were written.
#[test]
fn a_partner_that_is_particular_about_quotes_gets_a_package_of_copies() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set_peer(HELP, "quoting", "\"all\"".to_owned());
    care.start();
    help.start();
    let sent = slips(2, "20260320090000");
    export(&care, &sent);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let spec = Spec::builtin().expect("consistent");
    let placed = help.files("import");
    assert_eq!(placed.len(), sent.len());
    for (name, bytes) in &sent {
        let parsed = FileName::parse(name).expect("a name");
        let copy = requote(spec, &parsed, bytes, Quoting::All).expect("readable");
        assert!(placed[name] == copy && copy != *bytes, "{name}");
        let digest = Digest::of(&copy).to_string();
        let listed = format!(
            "SELECT count(*) FROM outgoing, json_each(unit, '$.files')
             WHERE json_extract(value, '$.sha256') = '{digest}'"
        );
        assert_eq!(care.sql(&listed), ["1"], "{name}: other bytes were signed");
    }
    assert_eq!(care.sql("SELECT detail FROM journal WHERE state = 'PACKED'"), ["quoted-all"]);
    let (history, _) = says(&care, &["history"]);
    assert!(history.contains("(quotes written anew: all)"), "{history}");
    let json = care.command(&["history", "--format", "json"]);
    assert!(String::from_utf8_lossy(&json.stdout).contains("\"quoted\": \"all\""));
    assert!(care.files("drop").is_empty() && care.sets("hold").is_empty());
    invariants::check(&care, &help, 1);
}

#[test]
fn killed_at_any_moment_no_copy_is_lost_or_doubled() {
    const SETS: u32 = 24;
    let mut random = Random::new();
    let [care, mut help] = with_habits("{ one_user_per_set = true, quoting = \"minimal\" }");
    let sets: Vec<_> = (0..SETS)
        .map(|number| slips(3, &format!("20260320{:02}{:02}00", 9 + number / 60, number % 60)))
        .collect();
    let expected: Vec<_> =
        sets.iter().flat_map(|set| copies(set, Some(Quoting::Minimal))).collect();
    let expected = together(&expected);
    let software = CareSoftware::of(&help, "import", &expected);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| software.work(&stop));
        let run = std::panic::AssertUnwindSafe(|| {
            for wave in sets.chunks(3) {
                for set in wave {
                    export(&care, set);
                }
                thread::sleep(Duration::from_millis(random.below(900)));
                help.kill();
                help.start();
            }
            until_within(Duration::from_mins(3), "everything handed over", || {
                care.has_sent("HANDED_OVER", sets.len())
            });
        });
        // The care software has to end also when this fails.
        let result = std::panic::catch_unwind(run);
        stop.store(true, Ordering::Relaxed);
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    });
    assert!(software.has() == expected, "something was lost");
    invariants::check(&care, &help, sets.len());
    assert!(help.sets("hold").is_empty());
    let left = fs::read_dir(help.path("import")).expect("listed");
    let left = left.filter(|entry| {
        let name = entry.as_ref().expect("an entry").file_name();
        name.to_string_lossy() != ".renkei-folder"
    });
    assert_eq!(left.count(), 0, "nothing temporary stays");
}
