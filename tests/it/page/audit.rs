//! Who looked at whose data is written down.

use rusqlite::Connection;

use super::{PASSWORD, add, address, logged_in, office, opened, user_ok};
use crate::e2e::units::{export, withdrawal};
use crate::harness::{CARE, until};
use crate::page::browser::Browser;

#[test]
fn every_view_of_personal_data_is_written_down() {
    let office = office();
    add(&office, "hanako", "general");
    add(&office, "taro", "administrator");
    // A month that there is not, in a record about somebody.
    let person = "0000800001".to_owned();
    let mut unit = withdrawal(CARE, 1);
    for bytes in unit.values_mut() {
        *bytes = format!("202407,271001,{person},202613\r\n").into_bytes();
    }
    export(&office, &unit);
    until("held", || (office.sql("SELECT id FROM held") == ["1"]).then_some(()));
    let mut hanako = logged_in(&office, "hanako");
    let page = hanako.get("/held/h1");
    assert!(page.status == 200 && page.body.contains("*******001"), "{}", page.body);
    // The page shows itself anew: that is one view.
    let mut headers = hanako.headers("GET");
    headers.insert("X-Renkei-Live", "1".to_owned());
    hanako.ask("GET", "/held/h1", &headers, "");
    Browser::new(&address(&office)).login("hanako", "not the password", "");
    Browser::new(&address(&office)).login("a password by mistake", "x", "");
    let rows = "SELECT who, account, address, what, about, people FROM audit
                WHERE what <> 'user-added' ORDER BY id";
    until("the rows", || {
        let rows = office.sql(rows);
        (rows.len() == 3).then(|| {
            assert_eq!(rows[0], "hanako|user|127.0.0.1|login||0");
            assert_eq!(rows[1], "hanako|user|127.0.0.1|view-held|h1|1");
            assert_eq!(rows[2], "hanako|none|127.0.0.1|login-refused||0");
        })
    });
    assert_eq!(office.sql("SELECT person FROM audit_people"), std::slice::from_ref(&person));

    let mut taro = logged_in(&office, "taro");
    let shown = taro.get("/audit").body;
    assert!(!shown.contains(&person), "numbers are shortened");
    assert!(shown.contains(&format!("●{}", &person[person.len() - 4..])), "{shown}");
    let find = |taro: &mut Browser, fields: &[(&str, &str)]| {
        let answer = taro.submit("/audit", "/audit", fields);
        assert_eq!(answer.status, 200);
        let (_, table) = answer.body.split_once("<h2 id=\"rows\">").expect("the table");
        table.to_owned()
    };
    let found = find(&mut taro, &[("person", &person)]);
    assert!(found.contains("looked at something held") && !found.contains("logged in"), "{found}");
    // That somebody searched for this number may be written down by then.
    let found = find(&mut taro, &[("person", "0000000000")]);
    assert!(!found.contains("looked at something held"), "{found}");
    assert!(find(&mut taro, &[("who", "hanako"), ("what", "login")]).contains("logged in"));
    assert!(find(&mut taro, &[("until", "2001-01-01")]).contains("Nothing."));

    let sheet = taro.submit("/audit", "/audit/export", &[("what", "view-held")]);
    assert_eq!(sheet.status, 200);
    assert!(sheet.header("content-disposition").contains("renkei-audit.csv"));
    let mark = if person.starts_with('0') { "'" } else { "" };
    assert!(sheet.body.contains(&format!(",h1,{mark}{person},1\r\n")), "{}", sheet.body);
    assert!(!sheet.body.contains("login,"), "{}", sheet.body);
    // Searching for a person, and taking the record away, are written down too.
    until("the rows of the administrator", || {
        let rows = office.sql("SELECT what FROM audit WHERE who = 'taro' ORDER BY id");
        (rows == ["login", "audit-read", "audit-read", "audit-exported"]).then_some(())
    });
    let log = office.log();
    assert!(!log.contains(&person) && !log.contains(PASSWORD), "the log names nobody");
}

#[test]
fn whoever_comes_in_by_a_command_is_named_too() {
    let office = office();
    let mut browser = opened(&office);
    let password = PASSWORD;
    let fields =
        [("name", "hanako"), ("role", "general"), ("password", password), ("again", password)];
    browser.submit("/users", "/users/add", &fields);
    until("the rows", || {
        let rows = office.sql("SELECT account, what, about FROM audit ORDER BY id");
        (rows == ["system|entered|", "system|user-added|hanako general"]).then_some(())
    });
}

#[test]
fn what_commands_change_of_users_and_tokens_is_written_down() {
    let mut office = office();
    add(&office, "hanako", "general");
    user_ok(&office, &["role", "hanako", "administrator"], "");
    let rows = |count: usize| {
        until("the rows", || {
            let rows = office.sql("SELECT account, what, about FROM audit ORDER BY id");
            (rows.len() >= count).then_some(rows)
        })
    };
    assert_eq!(
        rows(2),
        ["system|user-added|hanako general", "system|user-role|hanako administrator"]
    );
    // While the node is off, it is noted when it starts.
    office.stop();
    user_ok(&office, &["passwd", "hanako"], "another long password\n");
    user_ok(&office, &["unlock", "hanako"], "");
    user_ok(&office, &["remove", "hanako"], "");
    for command in [["new", "kaigo"], ["revoke", "kaigo"]] {
        let output = office.command(&[&["token"][..], &command].concat());
        assert!(output.status.success(), "{output:?}");
    }
    office.start();
    let rows = until("the rows", || {
        let rows = office.sql("SELECT what, about FROM audit ORDER BY id");
        (rows.len() >= 7).then_some(rows)
    });
    assert_eq!(
        rows[2..],
        [
            "user-password|hanako",
            "user-unlocked|hanako",
            "user-removed|hanako",
            "token-made|kaigo",
            "token-revoked|kaigo"
        ]
    );
    let page = opened(&office).get("/audit").body;
    assert!(page.contains("set a password anew") && page.contains("removed a user"), "{page}");
}

#[test]
fn a_long_record_is_exported_whole() {
    const ROWS: usize = 1_234;
    let office = office();
    let mut browser = opened(&office);
    until("a row", || (!office.sql("SELECT id FROM audit").is_empty()).then_some(()));
    let connection = Connection::open(office.path("data/renkei.db")).expect("a store");
    connection.busy_timeout(std::time::Duration::from_secs(20)).expect("a timeout");
    connection
        .execute(
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
             INSERT INTO audit (at, who, account, address, what, about, people)
                 SELECT 1700000000000000 + n, 'row ' || n, 'user', '::1', 'login', '', 0 FROM number",
            [i64::try_from(ROWS).expect("small")],
        )
        .expect("rows");
    drop(connection);
    let sheet = browser.submit("/audit", "/audit/export", &[("what", "login")]);
    // Between the parts stand their lengths (RFC 9112, section 7.1).
    let lines: Vec<_> = sheet.body.lines().filter(|line| line.contains(',')).collect();
    assert_eq!(lines.len(), ROWS + 1, "with one head");
    assert!(lines[0].trim_start_matches('\u{feff}').starts_with("no.,time,"), "{}", lines[0]);
    for (line, number) in lines[1..].iter().zip((1..=ROWS).rev()) {
        assert!(line.contains(&format!(",row {number},user,")), "{line}");
    }
}
