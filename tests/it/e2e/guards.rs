//! Actuals that take the place of others and lose what these had: a person decides, and is told on the
//! other side.

use super::held::says;
use super::units::{ACTUAL, Unit, export, sample};
use crate::harness::{CARE, HELP, Office, offices, running, until};

/// Actuals of two service codes: the sample, with another code in place of that of its first records.
pub(crate) fn full(serial: &str) -> Unit {
    let file = |(name, bytes): (String, Vec<u8>)| {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
        let line = |(number, line): (usize, &[u8])| {
            let mut line = line.to_vec();
            if number < 2 {
                let place = line.windows(8).position(|bytes| bytes == b",111211,").expect("a code");
                line[place + 1..place + 7].copy_from_slice(b"111411");
            }
            line
        };
        (name, lines.flat_map(line).collect())
    };
    sample(ACTUAL, serial).into_iter().map(file).collect()
}

/// The number of what is held, when something is.
fn held(office: &Office) -> String {
    let one = || office.sql("SELECT 'h' || id FROM held WHERE settled_at IS NULL").pop();
    until("held", one)
}

fn reason(office: &Office) -> Vec<String> {
    office.sql("SELECT reason FROM held WHERE settled_at IS NULL")
}

#[test]
fn actuals_that_lose_services_wait_for_a_word_and_are_flagged() {
    let [care, mut help] = running([CARE, HELP]);
    export(&help, &full("20260702090000"));
    until("the full ones", || help.has_sent("HANDED_OVER", 1));
    assert!(care.sql("SELECT rules FROM flags WHERE rules != ''").is_empty());

    // An export of another program, which knows one of both services only.
    let less = sample(ACTUAL, "20260703090000");
    export(&help, &less);
    let id = held(&help);
    assert_eq!(reason(&help), ["actuals-need-word"]);
    let set = help.path("hold").join(format!("20260703090000_{HELP}_{CARE}"));
    let report = std::fs::read_to_string(set.join("report.txt")).expect("a report in UTF-8");
    assert!(report.contains("111411") && report.contains("20260702090000"), "{report}");
    assert!(report.contains("L8-JSK-001") && !report.contains("0000800013"), "{report}");
    assert!(set.join("report.html").exists());

    // Nothing goes without a word, whatever happens.
    until("nothing in work", || help.sets(".renkei-work-drop").is_empty().then_some(()));
    help.kill();
    help.start();
    assert_eq!(reason(&help), ["actuals-need-word"]);
    assert_eq!(help.sql("SELECT count(*) FROM outgoing"), ["1"]);

    // It goes as it is: nobody has mended anything.
    let (listed, _) = says(&help, &["hold", "list"]);
    assert!(listed.contains(&format!("to send it as it is: renkei hold release {id}")), "{listed}");
    let (said, code) = says(&help, &["hold", "release", &id]);
    assert_eq!(code, 0, "{said}");
    until("with a word", || help.has_sent("HANDED_OVER", 2));
    assert_eq!(care.files("import-actuals").len(), 2, "it is taken all the same");
    let (name, bytes) = less.first_key_value().expect("a file");
    assert_eq!(&care.files("import-actuals")[name], bytes);
    assert!(reason(&help).is_empty());

    until("flagged", || {
        let flags = care.sql("SELECT rules FROM flags WHERE rules != '' AND seen_at IS NULL");
        (flags == ["L8-JSK-001"]).then_some(())
    });
    let status = until("told", || {
        let status = says(&care, &["status"]).0;
        status.contains("losing-actuals-came").then_some(status)
    });
    assert!(status.contains("of 2026-06, file serial 20260703090000"), "{status}");
    assert!(!status.contains("0000800013"), "{status}");
}

#[test]
fn the_ordinary_month_waits_for_nobody() {
    let [care, help] = running([CARE, HELP]);
    // A correction with more, the same once more, and after a withdrawal another one with less.
    let name = format!("DLTJSK_202606_{HELP}_11_{CARE}_43_20260705090000.CSV");
    let record = format!("202407,271001,0000800013,202606,{HELP},11\r\n");
    let course: [Unit; 5] = [
        sample(ACTUAL, "20260702090000"),
        full("20260703090000"),
        full("20260704090000"),
        Unit::from([(name, record.into_bytes())]),
        sample(ACTUAL, "20260706090000"),
    ];
    for (sent, unit) in (1..).zip(&course) {
        export(&help, unit);
        until("handed over", || help.has_sent("HANDED_OVER", sent));
    }
    assert!(help.sets("hold").is_empty() && reason(&help).is_empty());
    until("all judged", || {
        let open = "SELECT count(*) FROM entries WHERE contents = 'waiting'";
        let unjudged = "SELECT count(*) FROM flags WHERE rules = ''";
        (care.sql(open) == ["0"] && care.sql(unjudged) == ["0"]).then_some(())
    });
    assert!(care.sql("SELECT rules FROM flags").is_empty());
}

/// Both lie in the drop folder when the node starts, and are judged before either is packed.
#[test]
fn what_was_exported_while_the_node_was_off_is_held_against_what_goes_before_it() {
    let [mut care, mut help] = offices([CARE, HELP]);
    export(&help, &full("20260702090000"));
    export(&help, &sample(ACTUAL, "20260703090000"));
    care.start();
    help.start();
    until("the first", || help.has_sent("HANDED_OVER", 1));
    held(&help);
    assert_eq!(reason(&help), ["actuals-need-word"]);
    assert_eq!(help.sql("SELECT count(*) FROM outgoing"), ["1"]);
}
