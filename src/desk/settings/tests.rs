use std::path::PathBuf;

use super::*;

const TEXT: &str = r#"# ours
[node]
listen = "127.0.0.1:8443" # the port

[tls]
certificate = "tls.pem"
key = "tls.key"

# how long
[timing]
settle = "2s"   # the server is slow
# scan_interval = "3s"

[[office]]
number = "1370000018"
drop = 'C:\ケア\送信' # of the software
import = "import"
hold = "hold"
signing_certificate = "s.pem"
signing_key = "s.key"

[[office]]
number = "1370000026"
drop = "drop-2"
import = "import-2"
hold = "hold-2"
signing_certificate = "s.pem"
signing_key = "s.key"
[office.import_habits]
profile = "one-user" # as they said

# the end
"#;

fn sources(text: &str) -> Sources {
    Sources { path: PathBuf::from("renkei.toml"), text: text.to_owned(), partners: Vec::new() }
}

fn changed(text: &str, wanted: &[(&str, &str)]) -> (String, usize) {
    let wanted: Wanted =
        wanted.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let proposal = propose(sources(text), &wanted, Lang::En).expect("it can be changed");
    (proposal.text.clone(), proposal.changes.len())
}

#[test]
fn a_value_changes_and_nothing_else() {
    let expected = TEXT
        .replace("settle = \"2s\"   #", "settle = \"5s\"   #")
        .replace("drop = \"drop-2\"", "drop = 'D:\\new'")
        .replace("\"one-user\" #", "\"as-sent\" #");
    let wanted = [
        ("timing.settle", " 5s "),
        ("office.1370000026.drop", "D:\\new"),
        ("office.1370000026.profile", "as-sent"),
        ("office.1370000018.drop", "C:\\ケア\\送信"),
        ("node.data", "elsewhere"),
    ];
    assert_eq!(changed(TEXT, &wanted), (expected.clone(), 3));
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(changed(&crlf(TEXT), &wanted), (crlf(&expected), 3));
}

#[test]
fn what_was_not_said_is_said_where_it_belongs() {
    let wanted = [
        ("timing.scan_interval", "9s"),
        ("limits.in_flight", "7"),
        ("office.1370000018.profile", "one-user"),
        ("office.1370000018.work", "D:\\work"),
    ];
    let (text, count) = changed(TEXT, &wanted);
    assert_eq!(count, 4);
    for line in TEXT.lines() {
        assert!(text.contains(line), "{line} is gone from {text}");
    }
    let config = sources(&text).draft();
    assert!(config.problems.is_empty(), "{:?} in {text}", config.problems);
    let config = config.config;
    assert_eq!(config.timing.scan_interval, jiff::SignedDuration::from_secs(9));
    assert_eq!(config.limits.in_flight, 7);
    assert!(config.offices.iter().all(|office| office.import_habits.one_user_per_set));
    assert_eq!(config.offices[0].work, PathBuf::from("D:\\work"));
    // Said as it is by default, nothing is said.
    let same = [("timing.scan_interval", "3s"), ("limits.store_size", "0B")];
    assert_eq!(changed(TEXT, &same), (TEXT.to_owned(), 0));
}

#[test]
fn a_folder_that_need_not_be_named_goes_again() {
    let name = "office.1370000018.downloads";
    let (text, count) = changed(TEXT, &[(name, "D:\\Downloads")]);
    assert_eq!(count, 1);
    let named = sources(&text).draft().config.offices[0].downloads.clone();
    assert_eq!(named, Some(PathBuf::from("D:\\Downloads")));
    let (text, count) = changed(&text, &[(name, "")]);
    assert_eq!((text.as_str(), count), (TEXT, 1));
    assert_eq!(changed(TEXT, &[(name, "")]).1, 0);
}

#[test]
fn what_cannot_be_changed_here_is_told() {
    let of = |text: &str| {
        let wanted = [("timing.settle".to_owned(), "9s".to_owned())].into();
        propose(sources(text), &wanted, Lang::Ja).expect_err("refused")
    };
    assert!(matches!(of("[timing\n"), EditError::Text(_)));
    assert_eq!(of("timing = 1\n"), EditError::Form("timing".to_owned()));
    assert!(of("timing = 1\n").text(Lang::Ja).contains("timing"));
}
