//! Users log in, are locked out, and are signed out when they should be.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;

use super::browser::{Answer, Browser};
use super::{PASSWORD, add, address, logged_in, office, opened, user, user_ok};
use crate::harness::{CARE, HELP, offices, quoted, until};

/// What the page says of a failure, without what differs from moment to moment.
fn told(answer: &Answer) -> String {
    answer.body.chars().filter(|character| !character.is_ascii_digit()).collect()
}

#[test]
fn only_the_right_password_of_a_user_gets_in() {
    let office = office();
    let address = address(&office);
    let mut browser = Browser::new(&address);
    assert_eq!(browser.get("/").location(), "/welcome");
    assert!(browser.get("/welcome").body.contains("renkei open"));
    assert_eq!(browser.login("hanako", PASSWORD, "").status, 403, "there is nobody yet");
    add(&office, "hanako", "general");
    let welcome = browser.get("/welcome").body;
    assert!(welcome.contains("action=\"/login\""), "{welcome}");

    let wrong = browser.login("hanako", "correct horse batterx", "");
    let unknown = browser.login("hanakp", "correct horse batterx", "");
    assert_eq!((wrong.status, unknown.status), (403, 403));
    assert_eq!(wrong.body, unknown.body, "nobody learns who there is");
    for (name, password) in
        [("", ""), ("hanako", ""), ("hanako'--", PASSWORD), ("HANAKO", PASSWORD)]
    {
        assert_eq!(browser.login(name, password, "").status, 403, "{name}");
    }
    assert!(browser.cookie.is_none(), "a cookie for nothing");

    let answer = browser.login(" hanako ", PASSWORD, "");
    assert_eq!((answer.status, answer.location()), (303, "/"), "{}", answer.body);
    let today = browser.get("/");
    assert!(today.status == 200 && today.body.contains("hanako"), "{}", today.body);
    assert_eq!(browser.submit("/account", "/leave", &[]).location(), "/welcome");
    assert_eq!(browser.get("/").location(), "/welcome");
}

#[test]
fn passwords_are_never_arguments_and_never_weak() {
    let office = office();
    let refused = |name: &str, input: &str| {
        let output = user(&office, &["add", name], input);
        assert_eq!(output.status.code(), Some(2), "{name} {input}");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(refused("hanako", "short\n").contains("13 to 256 characters"));
    assert!(refused("hanako", "").contains("13 to 256 characters"));
    assert!(refused("=1+1", &format!("{PASSWORD}\n")).contains("letters and digits"));
    assert_eq!(
        user_ok(&office, &["list"], ""),
        "there are no users yet; renkei open opens the page\n"
    );
    add(&office, "hanako", "general");
    assert!(refused("Hanako", &format!("{PASSWORD}\n")).contains("differs only in case"));
    let list = user_ok(&office, &["list"], "");
    assert!(list.contains("hanako") && list.contains("general"), "{list}");
    let file = std::fs::read_to_string(office.path("data/users/users.json")).expect("written");
    assert!(file.contains("$argon2id$v=19$m=65536,t=3,p=4$") && !file.contains(PASSWORD), "{file}");
    assert!(!office.log().contains(PASSWORD));
}

#[test]
fn who_tries_too_often_has_to_wait_whoever_it_is() {
    let mut office = office();
    add(&office, "hanako", "general");
    add(&office, "taro", "general");
    let mut browser = Browser::new(&address(&office));
    let mut tries = |name: &str| {
        for _ in 0..5 {
            assert_eq!(browser.login(name, "not the password", "").status, 403, "{name}");
        }
        let locked = browser.login(name, PASSWORD, "");
        assert_eq!(locked.status, 429, "{name}");
        assert!(locked.body.contains("Try again in 1"), "{}", locked.body);
        locked
    };
    let (known, unknown) = (tries("hanako"), tries("nobody"));
    assert_eq!(told(&known), told(&unknown), "nobody learns who there is");
    assert_eq!(browser.login("taro", PASSWORD, "").status, 303, "others are not locked");
    // The lock does not end because the node does.
    until("the lock on disk", || office.path("data/users/locks.json").exists().then_some(()));
    office.kill();
    office.start();
    let mut browser = Browser::new(&address(&office));
    assert_eq!(browser.login("hanako", PASSWORD, "").status, 429);
    user_ok(&office, &["unlock", "hanako"], "");
    assert_eq!(browser.login("hanako", PASSWORD, "").status, 303);
}

#[test]
fn a_new_login_has_a_new_cookie() {
    let office = office();
    add(&office, "hanako", "general");
    let mut browser = Browser::new(&address(&office));
    // Somebody has planted a cookie.
    let name = opened(&office).cookie.expect("a cookie").0;
    browser.cookie = Some((name.clone(), "planted".to_owned()));
    assert_eq!(browser.login("hanako", PASSWORD, "").status, 303);
    let first = browser.cookie.clone().expect("a cookie");
    assert!(first.1 != "planted" && first.1.len() > 40);
    assert_eq!(browser.login("hanako", PASSWORD, "").status, 303);
    assert_ne!(browser.cookie, Some(first.clone()));
    // What the browser held before is of no use to whoever took it.
    let mut old = browser.clone();
    old.cookie = Some(first);
    assert_eq!(old.get("/").location(), "/welcome");
    assert_eq!(browser.get("/").status, 200);
    browser.cookie = Some((name, "planted".to_owned()));
    assert_eq!(browser.get("/").location(), "/welcome");
}

#[test]
fn a_new_password_ends_every_other_session() {
    let office = office();
    add(&office, "hanako", "general");
    add(&office, "taro", "administrator");
    let (mut here, mut there) = (logged_in(&office, "hanako"), logged_in(&office, "hanako"));
    let mut taro = logged_in(&office, "taro");
    let before = here.cookie.clone();
    let new = "another horse battery";
    let change = |browser: &mut Browser, old: &str, new: &str, again: &str| {
        let fields = [("password", old), ("new", new), ("again", again)];
        let answer = browser.submit("/account", "/account/password", &fields);
        assert_eq!((answer.status, answer.location()), (303, "/account"));
        browser.get("/account").body
    };
    assert!(change(&mut here, "not the password", new, new).contains("not your password"));
    assert!(change(&mut here, PASSWORD, new, "something else").contains("the same twice"));
    assert!(change(&mut here, PASSWORD, "short", "short").contains("13 to 256"));
    assert_eq!(there.get("/").status, 200, "nothing was changed");
    assert!(change(&mut here, PASSWORD, new, new).contains("Your password is changed"));
    assert_eq!(there.get("/").location(), "/welcome");
    assert_ne!(here.cookie, before);
    let mut old = here.clone();
    old.cookie = before;
    assert_eq!(old.get("/").location(), "/welcome");
    assert_eq!(there.login("hanako", PASSWORD, "").status, 403);
    assert_eq!(there.login("hanako", new, "").status, 303);

    // Whoever is removed, or gets another password or role from somebody else, feels it at once.
    assert_eq!(there.get("/users").status, 403);
    user_ok(&office, &["role", "hanako", "administrator"], "");
    assert_eq!(there.get("/users").status, 200);
    user_ok(&office, &["passwd", "hanako"], "a third horse battery\n");
    assert_eq!((here.get("/").location(), there.get("/").location()), ("/welcome", "/welcome"));
    assert_eq!(there.login("hanako", "a third horse battery", "").status, 303);
    let answer = taro.submit("/users", "/users/remove", &[("name", "hanako")]);
    assert_eq!(answer.status, 303);
    assert_eq!(there.get("/").location(), "/welcome");
    assert_eq!(there.login("hanako", "a third horse battery", "").status, 403);
}

/// The step of codes that it is now. The steps beside it are taken too.
fn step() -> i64 {
    Timestamp::now().as_second() / 30
}

/// The code of an app, by RFC 4226 and RFC 6238, for a step.
fn code(secret: &str, step: i64) -> String {
    let key = BASE32_NOPAD.decode(secret.as_bytes()).expect("Base32");
    let tag =
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key), &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[19] & 15);
    let four: [u8; 4] = bytes[offset..offset + 4].try_into().expect("four");
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

#[test]
fn a_code_of_an_app_or_a_recovery_code_works_once() {
    let office = office();
    add(&office, "hanako", "general");
    let mut browser = logged_in(&office, "hanako");
    let page = browser.get("/account/app").body;
    assert!(
        page.contains("<svg class=\"square\"") && page.contains("otpauth://totp/renkei:hanako")
    );
    let (_, rest) = page.split_once("<code>").expect("the secret");
    let secret: String = rest.split('<').next().expect("an end").replace(' ', "");
    let set = |browser: &mut Browser, password: &str, code: &str| {
        browser.submit("/account/app", "/account/app", &[("password", password), ("code", code)])
    };
    assert_eq!(set(&mut browser, PASSWORD, "000000").location(), "/account/app");
    assert_eq!(
        set(&mut browser, "not the password", &code(&secret, step())).location(),
        "/account"
    );
    assert_eq!(browser.login("hanako", PASSWORD, "").status, 303, "no code is asked for yet");
    // That was another session, with another secret.
    let mut browser = logged_in(&office, "hanako");
    let page = browser.get("/account/app").body;
    let (_, rest) = page.split_once("<code>").expect("the secret");
    let secret: String = rest.split('<').next().expect("an end").replace(' ', "");
    let first = step();
    let answer = set(&mut browser, PASSWORD, &code(&secret, first));
    assert_eq!(answer.status, 200, "{}", answer.location());
    let codes: Vec<_> = answer.body.split("<li class=\"mono\">").skip(1).collect();
    let codes: Vec<_> = codes.iter().map(|rest| rest.split('<').next().expect("a code")).collect();
    assert_eq!(codes.len(), 10);

    let mut other = Browser::new(&address(&office));
    assert_eq!(other.login("hanako", PASSWORD, "").status, 403, "without a code");
    // Nothing is written for a wrong code: the time that takes would tell that the password is right.
    let path = office.path("data/users/users.json");
    let written = || std::fs::metadata(&path).and_then(|it| it.modified()).expect("a file");
    let before = written();
    assert_eq!(other.login("hanako", PASSWORD, "123456").status, 403);
    assert_eq!(written(), before);
    let used = code(&secret, first + 1);
    assert_eq!(other.login("hanako", PASSWORD, &used).status, 303);
    assert_eq!(other.login("hanako", PASSWORD, &used).status, 403, "the same once more");
    assert_eq!(other.login("hanako", PASSWORD, &code(&secret, first)).status, 403, "an older one");
    assert_eq!(other.login("hanako", "not the password", codes[0]).status, 403);
    assert_eq!(other.login("hanako", PASSWORD, &codes[0].to_lowercase()).status, 303);
    let told = other.get("/").body;
    assert!(told.contains("9 are left"), "{told}");
    assert_eq!(other.login("hanako", PASSWORD, codes[0]).status, 403, "the same once more");
    assert_eq!(other.login("hanako", PASSWORD, codes[1]).status, 303);
    let file = std::fs::read_to_string(office.path("data/users/users.json")).expect("written");
    assert!(!codes.iter().any(|code| file.contains(code)), "only hashes are kept");

    // Whoever lost the telephone asks for help.
    user_ok(&office, &["passwd", "hanako", "--remove-app"], &format!("{PASSWORD}\n"));
    assert_eq!(other.login("hanako", PASSWORD, "").status, 303);
}

/// An open page asks for news by itself, again and again: nobody sits before it.
#[test]
fn an_open_page_keeps_nobody_logged_in() {
    let [mut office, _] = offices([CARE, HELP]);
    office.set("page", "listen", quoted("127.0.0.1:0"));
    office.set("page", "idle", quoted("2s"));
    office.start();
    let mut browser = opened(&office);
    assert_eq!(browser.get("/").status, 200);
    let (name, value) = browser.cookie.clone().expect("a cookie");
    let address = address(&office);
    let mut live = browser.headers("GET");
    live.insert("X-Renkei-Live", "1".to_owned());
    until("the end of the session", || {
        let mut events = TcpStream::connect(&address).expect("connected");
        let head =
            format!("GET /events HTTP/1.1\r\nHost: {address}\r\nCookie: {name}={value}\r\n\r\n");
        events.write_all(head.as_bytes()).expect("written");
        events.read_exact(&mut [0; 12]).expect("an answer");
        (browser.ask("GET", "/", &live, "").status == 401).then_some(())
    });
    assert_eq!(browser.get("/").location(), "/welcome");
}

#[test]
fn a_damaged_file_of_users_keeps_everybody_out_but_who_runs_the_node() {
    let office = office();
    add(&office, "hanako", "administrator");
    let mut hanako = logged_in(&office, "hanako");
    let path = office.path("data/users/users.json");
    let good = std::fs::read(&path).expect("written");
    std::fs::write(&path, "{").expect("written");
    assert_eq!(hanako.get("/").location(), "/welcome");
    assert_eq!(Browser::new(&address(&office)).login("hanako", PASSWORD, "").status, 503);
    let mut browser = opened(&office);
    let today = browser.get("/").body;
    assert!(today.contains("who may log in to the page cannot be read"), "{today}");
    std::fs::write(&path, good).expect("written");
    assert_eq!(hanako.get("/").status, 200, "the session goes on");
}

#[test]
fn a_form_that_was_sent_twice_costs_no_recovery_codes() {
    let office = office();
    add(&office, "hanako", "general");
    let mut browser = logged_in(&office, "hanako");
    let shown = browser.get("/account/app");
    let (_, rest) = shown.body.split_once("<code>").expect("the secret");
    let secret: String = rest.split('<').next().expect("an end").replace(' ', "");
    let (csrf, form, code) = (shown.field("csrf"), shown.field("form"), code(&secret, step()));
    let fields = [("csrf", &*csrf), ("form", &*form), ("password", PASSWORD), ("code", &*code)];
    let first = browser.post("/account/app", &fields);
    assert_eq!(first.status, 200, "{}", first.location());
    let second = browser.post("/account/app", &fields);
    assert_eq!((second.status, second.location()), (303, "/account"));
    assert!(browser.get("/account").body.contains("Recovery codes left: 10"));
    let (_, rest) = first.body.split_once("<li class=\"mono\">").expect("a recovery code");
    let recovery = rest.split('<').next().expect("an end");
    let mut other = Browser::new(&address(&office));
    assert_eq!(other.login("hanako", PASSWORD, recovery).status, 303, "the first ones hold");
}
