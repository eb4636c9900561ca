//! `/api/v1`, as care software calls it: real nodes, real requests.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::browser::{Answer, Browser};
use super::{add, address, logged_in};
use crate::e2e::guards::full;
use crate::e2e::units::{ACTUAL, PLAN, Unit, export, sample, withdrawal};
use crate::foreign::tools::said;
use crate::harness::{CARE, HELP, Office, offices, quoted, until};
use crate::schema;
use crate::tools::{here, tool};

/// Two offices, the first with a page; none of them runs yet.
fn pair() -> [Office; 2] {
    let mut pair = offices([CARE, HELP]);
    pair[0].set("page", "listen", quoted("127.0.0.1:0"));
    pair
}

/// `renkei token …`, which has to succeed; what it prints.
fn token(office: &Office, arguments: &[&str]) -> String {
    let arguments: Vec<_> = ["token"].iter().chain(arguments).copied().collect();
    let output = office.command(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

/// A program with a token.
pub(super) struct Program {
    address: String,
    headers: Vec<(&'static str, String)>,
}

impl Program {
    pub(super) fn new(office: &Office, rights: &[&str]) -> Self {
        let name = format!("soft {}", rights.len());
        let token = token(office, &[&["new", &name][..], rights].concat());
        Self::with(office, &token)
    }

    fn with(office: &Office, token: &str) -> Self {
        let headers = vec![("Authorization", format!("Bearer {token}"))];
        Self { address: address(office), headers }
    }

    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        let own = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in own.chain(more.iter().copied()) {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        let _ = write!(request, "Content-Length: {}\r\n\r\n", body.len());
        let mut bytes = request.into_bytes();
        bytes.extend(body);
        Browser::new(&self.address).raw(&bytes).expect("an answer")
    }

    /// What a path answers, which has to be good.
    pub(super) fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, &[], b"");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store");
        serde_json::from_str(&answer.body).expect("JSON")
    }

    /// With what code a request is refused, and with what status.
    fn refused(answer: &Answer) -> (u16, String) {
        assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.body);
        let told: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(told["status"], answer.status);
        (answer.status, told["code"].as_str().expect("a code").to_owned())
    }

    fn send(&self, key: &str, body: &[u8]) -> Answer {
        let headers = [("Content-Type", "application/zip"), ("Idempotency-Key", key)];
        self.ask("POST", "/api/v1/send", &headers, body)
    }
}

/// Files as a ZIP file, in a folder.
fn zipped(unit: &Unit) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in unit {
        zip.start_file(format!("out/{name}"), SimpleFileOptions::default()).expect("begun");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("finished").into_inner()
}

fn value(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.body))
}

#[test]
fn a_token_opens_what_it_says_and_nothing_else() {
    let [mut care, _] = pair();
    care.start();
    add(&care, "hanako", "administrator");
    let refused =
        |program: &Program, path: &str| Program::refused(&program.ask("GET", path, &[], b""));
    let reader = Program::new(&care, &[]);
    assert_eq!(reader.get("/api/v1/status")["offices"][0]["office"], CARE);
    // The session of a person is none here, whatever the browser sends with it.
    let (name, cookie) = logged_in(&care, "hanako").cookie.expect("a session");
    let nobody = Program { headers: vec![("Cookie", format!("{name}={cookie}"))], ..reader };
    let answer = nobody.ask("GET", "/api/v1/status", &[], b"");
    assert_eq!(Program::refused(&answer), (401, "token-missing".to_owned()));
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    let reader = Program::with(&care, &token(&care, &["new", "reader"]));
    // Nor does a token open the page.
    assert_eq!(reader.ask("GET", "/sent", &[], b"").status, 303);

    assert_eq!(Program::refused(&reader.send("k", b"")), (403, "token-not-allowed".to_owned()));
    let sender = Program::new(&care, &["--may", "send"]);
    assert_eq!(refused(&sender, "/api/v1/sent"), (403, "token-not-allowed".to_owned()));
    let both = Program::new(&care, &["--may", "read,send", "--office", CARE, "--days", "30"]);
    assert_eq!(both.get("/api/v1/held"), json!({ "held": [], "more": false }));
    let other = format!("/api/v1/sent?office={HELP}");
    assert_eq!(refused(&both, &other), (403, "token-not-allowed".to_owned()));
    assert_eq!(refused(&both, "/api/v1/nothing"), (404, "not-found".to_owned()));
    let answer = both.ask("DELETE", "/api/v1/status", &[], b"");
    assert_eq!(Program::refused(&answer), (405, "method-not-allowed".to_owned()));
    assert!(answer.header("allow").contains("GET"), "{answer:?}");
    let mut named = Program { headers: both.headers.clone(), address: both.address.clone() };
    named.headers.push(("Host", "evil.example".to_owned()));
    assert_eq!(refused(&named, "/api/v1/status").0, 421);

    let listed = token(&care, &["list"]);
    assert!(listed.contains("read, send") && listed.contains(CARE), "{listed}");
    let secret = &both.headers[0].1["Bearer ".len()..];
    let kept = fs::read_to_string(care.path("data/users/tokens.json")).expect("written");
    for text in [&listed, &kept, &care.log()] {
        assert!(!text.contains(secret), "a token is told once");
    }
    assert!(kept.contains("\"used\""), "{kept}");
    token(&care, &["revoke", "reader"]);
    assert_eq!(refused(&reader, "/api/v1/status"), (401, "token-refused".to_owned()));
    // One that is over.
    let over = kept.replacen("\"expires\": \"20", "\"expires\": \"19", 1);
    assert_ne!(over, kept);
    fs::write(care.path("data/users/tokens.json"), over).expect("written");
    assert_eq!(refused(&both, "/api/v1/status"), (401, "token-refused".to_owned()));
    // The same wrong token again and again has to wait, and no other does.
    let answers: Vec<_> = (0..8).map(|_| both.ask("GET", "/api/v1/status", &[], b"")).collect();
    let last = answers.last().expect("some");
    assert_eq!(Program::refused(last), (429, "token-locked".to_owned()));
    assert!(last.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0));
    assert_eq!(refused(&sender, "/api/v1/sent").0, 403, "this one is known");

    let office = care.command(&["token", "new", "x", "--office", HELP]);
    assert_eq!(office.status.code(), Some(2), "no office of ours");
}

#[test]
fn administrators_make_tokens_on_the_page() {
    let [mut care, _] = pair();
    care.start();
    add(&care, "taro", "administrator");
    let mut taro = logged_in(&care, "taro");
    let fields =
        [("name", "kaigo"), ("read", "1"), ("office", CARE), ("days", "30"), ("send", "1")];
    let made = taro.submit("/tokens", "/tokens/add", &fields);
    let (_, rest) = made.body.split_once("<p class=\"mono\">").expect("it is shown");
    let secret = rest.split('<').next().expect("a token").to_owned();
    let program = Program::with(&care, &secret);
    assert_eq!(program.get("/api/v1/held")["more"], false);
    assert_eq!(program.send("k", &zipped(&withdrawal(CARE, 1))).status, 201);
    let shown = taro.get("/tokens").body;
    assert!(shown.contains("kaigo") && !shown.contains(&secret), "{shown}");
    let odd: [&[(&str, &str)]; 5] = [
        &[("name", "kaigo"), ("read", "1")],
        &[("name", "a/b"), ("read", "1")],
        &[("name", "nothing")],
        &[("name", "other"), ("read", "1"), ("office", HELP)],
        &[("name", "long"), ("read", "1"), ("days", "0")],
    ];
    for fields in odd {
        assert_eq!(
            taro.submit("/tokens", "/tokens/add", fields).location(),
            "/tokens",
            "{fields:?}"
        );
    }
    assert_eq!(
        taro.submit("/tokens", "/tokens/revoke", &[("name", "kaigo")]).location(),
        "/tokens"
    );
    let answer = program.ask("GET", "/api/v1/held", &[], b"");
    assert_eq!(Program::refused(&answer), (401, "token-refused".to_owned()));
    let rows = "SELECT what, about FROM audit WHERE who = 'taro' ORDER BY id";
    let expected = ["login|", "token-made|kaigo", "token-revoked|kaigo"];
    until("the rows", || (care.sql(rows) == expected).then_some(()));
}

#[test]
fn a_set_is_sent_once_and_can_be_followed() {
    let [mut care, mut help] = pair();
    care.start();
    let program = Program::new(&care, &["--may", "read,send"]);
    let before = program.get("/api/v1/changes")["next"].clone();
    let unit = sample(PLAN, "20260601120000");
    let answer = program.send("first", &zipped(&unit));
    assert_eq!(answer.status, 201, "{}", answer.body);
    let taken = value(&answer);
    assert_eq!((&taken["before"], &taken["partner"]), (&json!(false), &json!(HELP)));
    schema::check_document(&taken["report"]);
    let place = answer.header("location").to_owned();
    let row = "SELECT what FROM audit WHERE account = 'token'";
    until("the row", || (care.sql(row) == ["set-sent"]).then_some(()));
    // What was answered is durable.
    care.kill();
    care.start();
    let program = Program { address: address(&care), ..program };
    let again = program.send("first", &zipped(&unit));
    assert_eq!((again.status, &value(&again)["message_id"]), (200, &taken["message_id"]));
    let other = program.send("first", &zipped(&withdrawal(CARE, 1)));
    assert_eq!(Program::refused(&other), (422, "key-reused".to_owned()));
    assert_eq!(program.get(&place)["state"], "QUEUED");
    help.start();
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import").keys().collect::<Vec<_>>(), unit.keys().collect::<Vec<_>>());
    assert_eq!(care.sql("SELECT count(*) FROM outgoing"), ["1"]);

    let package = program.get(&place);
    assert_eq!(package["state"], "HANDED_OVER");
    let kinds: Vec<_> = package["receipts"].as_array().expect("receipts").iter().collect();
    assert_eq!(kinds[0]["kind"], "ContentConsignment");
    assert_eq!(kinds[0]["office"], HELP, "the recipient signed it");
    for file in package["files"].as_array().expect("files") {
        let answer = program.ask("GET", &format!("{place}/files/{}", file["n"]), &[], b"");
        assert_eq!(answer.bytes, unit[file["name"].as_str().expect("a name")]);
    }
    let none = program.ask("GET", &format!("{place}/files/99"), &[], b"");
    assert_eq!(Program::refused(&none).0, 404);
    let of_other = place.replace(CARE, HELP);
    assert_eq!(Program::refused(&program.ask("GET", &of_other, &[], b"")).0, 404);
    let proof = program.ask("GET", &format!("{place}/evidence"), &[], b"");
    assert_eq!((proof.status, &proof.bytes[..2]), (200, &b"PK"[..]));

    let feed = program.get(&format!("/api/v1/changes?after={before}"));
    let steps: Vec<_> = feed["changes"].as_array().expect("changes").iter().collect();
    let steps: Vec<_> = steps.iter().map(|it| it["step"].as_str().expect("a step")).collect();
    assert_eq!(steps[..2], ["PACKED", "QUEUED"]);
    assert_eq!(steps.last(), Some(&"HANDED_OVER"));
    until("the rows", || {
        let rows = care.sql("SELECT who, account, what, people > 0 FROM audit ORDER BY id");
        let of = |what: &str| {
            rows.iter().filter(|row| row.ends_with(&format!("|token|{what}|1"))).count()
        };
        (of("set-sent") == 1 && of("file-saved") == unit.len() && of("proof-saved") == 1)
            .then_some(())
    });
}

#[test]
fn what_cannot_be_sent_is_not_and_says_why() {
    let [mut care, _] = pair();
    care.set("limits", "unit_files", "8");
    care.set("limits", "package_size", quoted("1 MiB"));
    care.set("limits", "file_size", quoted("1 MiB"));
    care.start();
    let program = Program::new(&care, &["--may", "read,send"]);
    let one = withdrawal(CARE, 1);
    let broken: Unit = one
        .keys()
        .map(|name| (name.clone(), b"202407,271001,0000800001,202613\r\n".to_vec()))
        .collect();
    let answer = program.send("broken", &zipped(&broken));
    assert_eq!(Program::refused(&answer), (422, "set-refused".to_owned()));
    let told = value(&answer);
    assert!(told["codes"].to_string().contains("L2-FMT-002"), "{told}");
    schema::check_document(&told["report"]);
    assert!(!answer.body.contains("0000800001"), "numbers are shortened: {told}");
    // What was refused can come again with the same key, mended.
    let unknown: Unit =
        one.iter().map(|(name, bytes)| (name.replace(HELP, "9999999999"), bytes.clone())).collect();
    let answer = program.send("unknown", &zipped(&unknown));
    assert_eq!(Program::refused(&answer).1, "set-refused");
    assert_eq!(value(&answer)["codes"], json!(["unknown-partner"]));
    let not_ours: Unit = withdrawal(HELP, 1);
    assert_eq!(Program::refused(&program.send("ours", &zipped(&not_ours))).0, 403);
    let two: Unit = one.clone().into_iter().chain(withdrawal(CARE, 2)).collect();
    assert_eq!(Program::refused(&program.send("two", &zipped(&two))).1, "not-one-set");
    assert_eq!(Program::refused(&program.send("none", &zipped(&Unit::new()))).1, "not-one-set");
    for body in [&b""[..], b"PK", &zipped(&one)[..40]] {
        assert_eq!(Program::refused(&program.send("zip", body)).1, "request-malformed");
    }
    let large = |count: usize, size: usize| -> Unit {
        (0..count).map(|number| (format!("{number}.csv"), vec![b'0'; size])).collect()
    };
    assert_eq!(Program::refused(&program.send("many", &zipped(&large(9, 1)))).1, "too-many-files");
    // Small as a ZIP, large when it is unpacked.
    let bomb = zipped(&large(4, 1 << 20));
    assert!(bomb.len() < 1 << 16);
    assert_eq!(Program::refused(&program.send("bomb", &bomb)), (413, "too-large".to_owned()));
    let zip = zipped(&one);
    let ask = |headers: &[(&str, &str)]| {
        Program::refused(&program.ask("POST", "/api/v1/send", headers, &zip)).1
    };
    assert_eq!(ask(&[("Content-Type", "application/zip")]), "request-malformed");
    let key = ("Idempotency-Key", "a b");
    assert_eq!(ask(&[("Content-Type", "application/zip"), key]), "request-malformed");
    assert_eq!(ask(&[("Idempotency-Key", "a")]), "unsupported-media-type");
    assert_eq!(care.sql("SELECT count(*) FROM outgoing"), ["0"]);
    assert_eq!(care.sql("SELECT count(*) FROM held"), ["0"]);
    assert_eq!(program.send("broken", &zip).status, 201);
}

#[test]
fn the_feed_waits_for_what_happens() {
    let [mut care, _] = pair();
    care.start();
    let program = Program::new(&care, &["--may", "read,send"]);
    let next = program.get("/api/v1/changes")["next"].clone();
    assert_eq!(program.get(&format!("/api/v1/changes?after={next}"))["changes"], json!([]));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let began = Instant::now();
            (program.get(&format!("/api/v1/changes?after={next}&wait=25")), began.elapsed())
        });
        assert_eq!(program.send("k", &zipped(&withdrawal(CARE, 1))).status, 201);
        let (feed, took) = waiting.join().expect("an answer");
        assert_eq!(feed["changes"][0]["step"], "PACKED", "{feed}");
        assert!(took < Duration::from_secs(25), "it did not wait for nothing: {took:?}");
    });
    for query in ["after=x", "after=-1", "wait=26", "wait=x", "more=1", "after=1&after=2"] {
        let answer = program.ask("GET", &format!("/api/v1/changes?{query}"), &[], b"");
        assert_eq!(Program::refused(&answer).1, "request-malformed", "{query}");
    }
}

#[test]
fn lists_are_paged_and_found_by_people() {
    let [mut care, mut help] = pair();
    care.start();
    help.start();
    export(&care, &(1..=5).flat_map(|number| withdrawal(CARE, number)).collect());
    until("handed over", || care.has_sent("HANDED_OVER", 5));
    let program = Program::new(&care, &[]);
    until("looked into", || {
        let page = program.get("/api/v1/sent");
        (page["count"]["at_least"] == 5 && page["unread"]["at_least"] == 0).then_some(())
    });
    let (mut seen, mut path) = (Vec::new(), "/api/v1/sent?limit=2".to_owned());
    loop {
        let page = program.get(&path);
        for item in page["items"].as_array().expect("items") {
            assert!(item.get("people").is_none(), "nobody asked for them");
            seen.push(item["serial"].as_str().expect("a serial").to_owned());
        }
        let Some(older) = page["older"].as_str() else { break };
        path = format!("/api/v1/sent?limit=2&cursor={older}");
    }
    let expected: Vec<_> = (1..=5).rev().map(|second| format!("202606010000{second:02}")).collect();
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.reverse();
    assert_eq!(sorted, expected, "each once: {seen:?}");
    let count =
        |query: &str| program.get(&format!("/api/v1/sent?{query}"))["count"]["at_least"].clone();
    assert_eq!(count(&format!("partner={HELP}&state=HANDED_OVER&kind=K4&month=202606")), 5);
    assert_eq!(count("month=202605"), 0);
    assert_eq!(count("until=2020-01-01T00:00:00Z"), 0);
    let named = program.get("/api/v1/sent?people=true&limit=1");
    assert_eq!(named["items"][0]["people"].as_array().expect("people").len(), 1, "{named}");

    let search = |body: &Value| {
        let headers = [("Content-Type", "application/json")];
        program.ask("POST", "/api/v1/search", &headers, body.to_string().as_bytes())
    };
    let answer =
        search(&json!({ "list": "sent", "text": "0000800003", "filter": { "people": true } }));
    let found = value(&answer);
    assert_eq!(found["items"].as_array().expect("items").len(), 1, "{found}");
    assert_eq!(found["items"][0]["people"][0]["insured"], "0000800003");
    assert_eq!(
        value(&search(&json!({ "list": "received", "text": "0000800003" })))["items"],
        json!([])
    );
    for odd in [
        json!([]),
        json!({}),
        json!({ "list": "sent", "text": "" }),
        json!({ "list": "sent", "text": "x", "filter": { "limit": 0 } }),
    ] {
        assert_eq!(Program::refused(&search(&odd)), (400, "request-malformed".to_owned()), "{odd}");
    }
    let rows = "SELECT about, person FROM audit JOIN audit_people ON audit = id WHERE what = 'view-list' AND about = 'search'";
    until("the row", || (care.sql(rows) == ["search|0000800003"]).then_some(()));
    assert!(!care.log().contains("0000800003"));
    assert_eq!(program.get("/api/v1/partners")["partners"][0]["sent"], 5);
}

#[test]
fn what_is_held_has_its_report() {
    let [mut care, _] = pair();
    care.start();
    let mut unit = withdrawal(CARE, 1);
    for bytes in unit.values_mut() {
        *bytes = b"202407,271001,0000800001,202613\r\n".to_vec();
    }
    export(&care, &unit);
    until("held", || (care.sql("SELECT id FROM held") == ["1"]).then_some(()));
    let program = Program::new(&care, &[]);
    assert_eq!(program.get("/api/v1/held")["held"][0]["id"], "h1");
    let held = program.get(&format!("/api/v1/held/{CARE}/h1"));
    schema::check_document(&held["report"]);
    assert!(
        held["reason"].to_string().contains("L2-FMT-002")
            && !held.to_string().contains("0000800001")
    );
    for path in [format!("{HELP}/h1"), format!("{CARE}/h2"), format!("{CARE}/x")] {
        let answer = program.ask("GET", &format!("/api/v1/held/{path}"), &[], b"");
        assert_eq!(Program::refused(&answer).0, 404, "{path}");
    }
    let rows = "SELECT account, what, about, person FROM audit JOIN audit_people ON audit = id";
    until("the row", || (care.sql(rows) == ["token|view-held|h1|0000800001"]).then_some(()));
    assert_eq!(program.get("/api/v1/status")["held"], 1);
    // Somebody removes it while nobody sees it.
    care.stop();
    let set = care.sets("hold").into_keys().next().expect("held");
    fs::remove_dir_all(care.path("hold").join(set)).expect("removed");
    care.start();
    let program = Program { address: address(&care), ..program };
    assert_eq!(program.get("/api/v1/held"), json!({ "held": [], "more": false }));
    assert_eq!(program.get("/api/v1/status")["held"], 0);
}

#[test]
fn no_rule_speaks_of_attachments_that_are_held() {
    let [mut care, _] = pair();
    care.set("attachments", "types", r#"["png"]"#);
    care.start();
    let lot = care.path("drop").join(HELP);
    fs::create_dir_all(&lot).expect("made");
    fs::write(lot.join("plan.csv"), "202407,271001,0000800001,202613\r\n").expect("written");
    until("held", || (care.sql("SELECT id FROM held") == ["1"]).then_some(()));
    let held = Program::new(&care, &[]).get(&format!("/api/v1/held/{CARE}/h1"));
    assert_eq!(held["unit"]["kind"], "ATT");
    assert_eq!(held["report"], Value::Null);
}

/// No answer that the description does not have, and none of 500 or above.
#[test]
fn schemathesis_finds_nothing() {
    let Some(schemathesis) = tool("schemathesis") else { return };
    let [mut care, mut help] = pair();
    care.start();
    help.start();
    let mut broken = withdrawal(CARE, 9);
    for bytes in broken.values_mut() {
        *bytes = b"202407,271001,0000800001,202613\r\n".to_vec();
    }
    export(&care, &broken);
    let program = Program::new(&care, &["--may", "read,send"]);
    let sent = program.send("first", &zipped(&sample(PLAN, "20260601120000")));
    let id = value(&sent)["message_id"].as_str().expect("an id").to_owned();
    export(&help, &withdrawal(HELP, 1));
    until("held", || (care.sql("SELECT id FROM held") == ["1"]).then_some(()));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let received = "SELECT count(*) FROM incoming WHERE state = 'HANDED_OVER'";
    until("received", || (care.sql(received) == ["1"]).then_some(()));
    let folder = tempfile::tempdir().expect("a folder");
    let set = folder.path().join("set.zip");
    fs::write(&set, zipped(&withdrawal(CARE, 2))).expect("written");
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,\
                  response_headers_conformance,response_schema_conformance,unsupported_method,\
                  allow_header_conformance,missing_required_header";
    let report = said(
        Command::new(schemathesis)
            .arg("run")
            .arg(here("spec/page-api.yaml"))
            .args(["--url", &format!("http://{}", program.address)])
            .args([
                "--phases",
                "examples,coverage,fuzzing,stateful",
                "--max-time",
                "40",
                "--seed",
                "1",
            ])
            .args(["--checks", checks, "--warnings", "off", "--no-color"])
            .args([
                "--mode",
                "all",
                "--header",
                &format!("Authorization: {}", program.headers[0].1),
            ])
            .env("SCHEMATHESIS_HOOKS", here("tests/foreign/schemathesis_page_hooks.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("SET", &set)
            .env("ID", &id)
            .env("OFFICE", CARE)
            .current_dir(folder.path()),
    );
    assert!(report.contains("No issues found"), "{report}");
    // It came as far as to sets that are sent, packages that are read, and proof.
    assert_eq!(care.sql("SELECT count(DISTINCT serial) FROM outgoing"), ["2"], "{report}");
    for what in ["set-sent", "file-saved", "proof-saved", "view-held", "view-list"] {
        let rows = format!("SELECT count(*) > 0 FROM audit WHERE what = '{what}'");
        until(what, || (care.sql(&rows) == ["1"]).then_some(()));
    }
    assert!(care.is_alive());
}

/// Whichever is packed first, the one behind it is judged with it: actuals that lose services never
/// go behind those that have them.
#[test]
fn actuals_that_come_at_once_do_not_slip_past_each_other() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.set("page", "listen", quoted("127.0.0.1:0"));
    care.start();
    help.start();
    let sender = Program::new(&help, &["--may", "send"]);
    let (whole, less) = ("20260702100000", "20260703100000");
    let units = [zipped(&full(whole)), zipped(&sample(ACTUAL, less))];
    let answers = thread::scope(|scope| {
        let send = |(sender, unit): (&Program, &Vec<u8>), key: &'static str| {
            let (sender, unit) = (sender.headers.clone(), unit.clone());
            let address = address(&help);
            scope.spawn(move || Program { address, headers: sender }.send(key, &unit).status)
        };
        let both = [send((&sender, &units[0]), "whole"), send((&sender, &units[1]), "less")];
        both.map(|one| one.join().expect("an answer"))
    });
    assert_eq!(answers[0], 201, "those with all services go");
    let order = help.sql("SELECT serial FROM outgoing ORDER BY sequence");
    assert_eq!(order.last().map(String::as_str), Some(whole), "{answers:?} {order:?}");
}
