//! What every request has to fulfil.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use super::browser::form;
use super::{address, office, opened};
use crate::harness::until;

#[test]
fn a_page_answers_to_its_own_names_alone() {
    let office = office();
    let mut browser = opened(&office);
    assert_eq!(browser.get("/").status, 200);
    let address = address(&office);
    let (_, port) = address.split_once(':').expect("a port");
    for (host, status) in [
        (address.clone(), 200),
        (format!("localhost:{port}"), 200),
        (format!("LOCALHOST:{port}"), 200),
        // A name that somebody else lets lead here.
        (format!("evil.example:{port}"), 421),
        ("evil.example".to_owned(), 421),
        (format!("127.0.0.1.evil.example:{port}"), 421),
        ("127.0.0.1".to_owned(), 421),
        (format!("127.0.0.1:{port}@evil.example"), 421),
        (String::new(), 421),
    ] {
        let mut headers = browser.headers("GET");
        headers.insert("Host", host.clone());
        let answer = browser.ask("GET", "/", &headers, "");
        let is_refused = status == 421 && [400, 421].contains(&answer.status);
        assert!(answer.status == status || is_refused, "{host}: {}", answer.status);
        assert!(status == 200 || !answer.body.contains("csrf"), "{host}");
    }
    let (name, value) = browser.cookie.clone().expect("a cookie");
    for hosts in [
        String::new(),
        format!("Host: {address}\r\nHost: evil.example\r\n"),
        format!("Host: evil.example\r\nHost: {address}\r\n"),
    ] {
        let request =
            format!("GET / HTTP/1.1\r\nConnection: close\r\nCookie: {name}={value}\r\n{hosts}\r\n");
        let answer = browser.raw(request.as_bytes()).expect("an answer");
        assert!([400, 421].contains(&answer.status), "{hosts}: {}", answer.status);
    }
    // The name in an address that stands in the request itself counts for nothing.
    let request = format!(
        "GET http://{address}/ HTTP/1.1\r\nConnection: close\r\nCookie: {name}={value}\r\nHost: evil.example\r\n\r\n"
    );
    assert_eq!(browser.raw(request.as_bytes()).expect("an answer").status, 421);
}

/// Cookies know no ports: every page on this computer may add one.
#[test]
fn a_strange_cookie_of_another_page_ends_no_session() {
    let office = office();
    let browser = opened(&office);
    let (name, value) = browser.cookie.clone().expect("a cookie");
    let address = address(&office);
    for strange in [&b"other=\xe9\xff"[..], "other=連携".as_bytes(), b"=;;==", b"other"] {
        let mut request =
            format!("GET / HTTP/1.1\r\nConnection: close\r\nHost: {address}\r\nCookie: ")
                .into_bytes();
        request.extend_from_slice(strange);
        request.extend_from_slice(format!("; {name}={value}\r\n\r\n").as_bytes());
        let answer = browser.raw(&request).expect("an answer");
        assert_eq!(answer.status, 200, "{strange:?}: {}", answer.location());
    }
}

#[test]
fn what_cannot_be_read_is_answered_in_words() {
    let office = office();
    let mut browser = opened(&office);
    let large = "x".repeat(100 << 10);
    for (media, body) in [
        ("text/plain", ""),
        ("application/x-www-form-urlencoded", "csrf=1"),
        ("application/x-www-form-urlencoded", &*large),
    ] {
        let mut headers = browser.headers("POST");
        headers.insert("Content-Type", media.to_owned());
        let answer = browser.ask("POST", "/account/sessions", &headers, body);
        assert!([413, 415, 422].contains(&answer.status), "{media}: {}", answer.status);
        assert!(answer.body.contains("<h1>"), "{media}: {}", answer.body);
    }
}

#[test]
fn what_changes_something_comes_from_the_page_itself() {
    let office = office();
    let mut browser = opened(&office);
    let other = opened(&office);
    let page = browser.get("/account");
    let (csrf, number) = (page.field("csrf"), page.field("form"));
    let right = form(&[("csrf", &csrf), ("form", &number)]);
    let port = address(&office).split_once(':').expect("a port").1.to_owned();
    let mut refused = |change: &dyn Fn(&mut BTreeMap<&'static str, String>), body: &str| {
        let mut headers = browser.headers("POST");
        change(&mut headers);
        let answer = browser.ask("POST", "/account/sessions", &headers, body);
        assert!([403, 415, 422].contains(&answer.status), "{}: {headers:?} {body}", answer.status);
        assert_eq!(other.clone().get("/account").status, 200, "it was done: {headers:?}");
    };
    refused(&|headers| drop(headers.remove("Origin")), &right);
    for origin in [
        "null".to_owned(),
        "http://evil.example".to_owned(),
        format!("https://127.0.0.1:{port}"),
        // Another page on this computer.
        "http://127.0.0.1:1".to_owned(),
        "http://127.0.0.1".to_owned(),
        format!("http://127.0.0.1:{port}.evil.example"),
    ] {
        refused(&|headers| drop(headers.insert("Origin", origin.clone())), &right);
    }
    for site in ["cross-site", "same-site", "none"] {
        refused(&|headers| drop(headers.insert("Sec-Fetch-Site", site.to_owned())), &right);
    }
    let foreign = other.clone().get("/account").field("csrf");
    for csrf in ["", "x", &foreign, &csrf[1..]] {
        refused(&|_| {}, &form(&[("csrf", csrf), ("form", &number)]));
    }
    refused(&|_| {}, &form(&[("form", &number)]));
    refused(&|_| {}, "");
    refused(&|headers| drop(headers.insert("Content-Type", "text/plain".to_owned())), &right);
    // And as it should be.
    let answer = browser.post("/account/sessions", &[("csrf", &csrf), ("form", &number)]);
    assert_eq!((answer.status, answer.location()), (303, "/account"));
    assert_eq!(other.clone().get("/account").location(), "/welcome");
    assert_eq!(browser.get("/account").status, 200);
}

/// A page of another port is of the same site, so its requests carry our cookie.
#[test]
fn other_pages_on_the_computer_cannot_read() {
    let office = office();
    let mut browser = opened(&office);
    for (site, mode, dest, status) in [
        ("same-origin", "cors", "empty", 200),
        ("none", "navigate", "document", 200),
        ("same-site", "navigate", "document", 200),
        ("same-site", "no-cors", "empty", 403),
        ("same-site", "cors", "empty", 403),
        ("same-site", "no-cors", "image", 403),
        ("same-site", "navigate", "iframe", 403),
        ("cross-site", "no-cors", "script", 403),
    ] {
        let mut headers = browser.headers("GET");
        headers.insert("Sec-Fetch-Site", site.to_owned());
        headers.insert("Sec-Fetch-Mode", mode.to_owned());
        headers.insert("Sec-Fetch-Dest", dest.to_owned());
        let answer = browser.ask("GET", "/", &headers, "");
        assert_eq!(answer.status, status, "{site} {mode} {dest}");
    }
}

#[test]
fn a_form_that_is_sent_twice_is_done_once() {
    let office = office();
    let mut browser = opened(&office);
    let page = browser.get("/users");
    let (csrf, number) = (page.field("csrf"), page.field("form"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("form", number.as_str()),
        ("name", "hanako"),
        ("role", "general"),
        ("password", super::PASSWORD),
        ("again", super::PASSWORD),
    ];
    for _ in 0..2 {
        let answer = browser.post("/users/add", &fields);
        assert_eq!((answer.status, answer.location()), (303, "/users"));
    }
    let told = browser.get("/users").body;
    assert!(told.contains("hanako is added") && !told.contains("there is a user"), "{told}");
}

#[test]
fn every_answer_tells_the_browser_to_be_careful() {
    let office = office();
    let mut browser = opened(&office);
    for (path, status) in [("/", 200), ("/welcome", 200), ("/no-such-page", 404), ("/users", 200)] {
        let answer = browser.get(path);
        assert_eq!(answer.status, status, "{path}");
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
    }
    assert_eq!(browser.get("/assets/../renkei.toml").status, 404);
    assert_eq!(browser.get("/assets/..%2F..%2Frenkei.toml").status, 404);
}

#[test]
fn the_cookie_is_of_no_use_to_scripts_and_other_pages() {
    let office = office();
    let output = office.command(&["open", "--print"]);
    let link = String::from_utf8(output.stdout).expect("UTF-8");
    let (_, token) = link.trim().split_once("/enter/").expect("a link");
    let mut browser = super::Browser::new(&address(&office));
    let answer = browser.get(&format!("/enter/{token}"));
    let cookie = answer.header("set-cookie");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(browser.clone().get(&format!("/enter/{token}")).status, 403, "once");
    // Another page on this computer sets a cookie of our name: ours counts all the same.
    let (name, value) = browser.cookie.clone().expect("a cookie");
    let mut headers = browser.headers("GET");
    headers.insert("Cookie", format!("{name}=planted; {name}={value}"));
    assert_eq!(browser.ask("GET", "/", &headers, "").status, 200);
    headers.insert("Cookie", format!("{name}=planted"));
    assert_eq!(browser.ask("GET", "/", &headers, "").location(), "/welcome");
}

#[test]
fn what_is_too_large_or_stands_still_costs_little() {
    let office = office();
    let mut browser = opened(&office);
    let page = browser.get("/account");
    let (csrf, number) = (page.field("csrf"), page.field("form"));
    let large = "x".repeat(80 << 10);
    let fields = [("csrf", csrf.as_str()), ("form", number.as_str()), ("x", large.as_str())];
    assert_eq!(browser.post("/account/sessions", &fields).status, 413);
    let head = format!("GET /{} HTTP/1.1\r\n", "x".repeat(40 << 10));
    let answer = browser.raw(head.as_bytes());
    assert!(answer.is_err() || answer.is_ok_and(|answer| [414, 431, 400].contains(&answer.status)));
    // More connections than one site may have: the rest are closed, and when they are gone the page
    // is there again.
    let silent: Vec<_> = (0..120)
        .map(|_| {
            let mut tcp = TcpStream::connect(address(&office)).expect("connected");
            let _ = tcp.write_all(b"GET / HT");
            tcp.set_nonblocking(true).expect("set");
            tcp
        })
        .collect();
    until("somebody who is turned away", || {
        let is_closed = |mut tcp: &TcpStream| match tcp.read(&mut [0; 1]) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        };
        silent.iter().any(is_closed).then_some(())
    });
    drop(silent);
    until("the page again", || {
        (browser.raw(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").is_ok()).then_some(())
    });
}
