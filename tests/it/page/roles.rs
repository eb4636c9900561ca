//! What each may do, for every route that there is.

use super::browser::Browser;
use super::{add, address, logged_in, office, opened};

/// A route as it stands in the table.
struct Route {
    need: String,
    path: String,
    methods: Vec<&'static str>,
}

fn routes() -> Vec<Route> {
    let table = include_str!("../../../src/web/routes.rs");
    let routes: Vec<_> = table
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Route("))
        .filter_map(|line| {
            let (need, rest) = line.split_once(", \"")?;
            let (path, handlers) = rest.split_once("\", ")?;
            let found = [("get(", "GET"), ("post(", "POST")].into_iter();
            let methods = found.filter(|(call, _)| handlers.contains(call)).map(|(_, it)| it);
            Some(Route { need: need.to_owned(), path: path.to_owned(), methods: methods.collect() })
        })
        .collect();
    assert!(routes.len() > 25 && routes.iter().all(|route| !route.methods.is_empty()));
    // One that stood elsewhere would not be seen here.
    assert_eq!(table.matches(".route(").count(), 1, "every route stands in the table");
    routes
}

/// The path with something in place of its parts.
fn filled(path: &str) -> String {
    path.replace("{id}", "h1")
        .replace("{number}", "1")
        .replace("{name}", "x")
        .replace("{token}", "x")
        .replace("{sha256}", &"0".repeat(64))
        .replace("{office}", "1370000018")
        .replace("{of}", "tls")
}

fn ask(browser: &mut Browser, method: &str, path: &str) -> (u16, String) {
    let headers = browser.headers(method);
    let answer = browser.ask(method, path, &headers, "");
    (answer.status, answer.location().to_owned())
}

#[test]
fn nobody_gets_more_than_they_may() {
    let office = office();
    add(&office, "hanako", "general");
    add(&office, "taro", "administrator");
    let mut stranger = Browser::new(&address(&office));
    let mut hanako = logged_in(&office, "hanako");
    let mut taro = logged_in(&office, "taro");
    let mut seen = 0;
    for route in routes() {
        // They end the session, or go on for ever.
        let is_special =
            ["/leave", "/events", "/events/needs", "/login"].contains(&route.path.as_str());
        for method in &route.methods {
            let path = filled(&route.path);
            let place = format!("{method} {path}");
            let (status, location) = ask(&mut stranger, method, &path);
            match route.need.as_str() {
                "Nobody" => assert_ne!(location, "/welcome", "{place}"),
                // The script of a page is led nowhere.
                "Visitor" if path.starts_with("/events") => assert_eq!(status, 401, "{place}"),
                "Visitor" | "Administrator" => {
                    assert_eq!((status, location.as_str()), (303, "/welcome"), "{place}");
                }
                other => panic!("{place}: {other}"),
            }
            if is_special {
                continue;
            }
            let (status, _) = ask(&mut hanako, method, &path);
            // A form without its fields is refused after the role, with another status.
            assert_eq!(
                status == 403,
                route.need == "Administrator" || path.starts_with("/enter/"),
                "{place}: {status}"
            );
            let (status, _) = ask(&mut taro, method, &path);
            assert!(status != 403 || path.starts_with("/enter/"), "{place}: {status}");
            seen += usize::from(route.need == "Administrator");
        }
    }
    assert!(seen >= 9, "{seen}");
    assert_eq!(hanako.get("/").status, 200);
}

#[test]
fn the_menu_shows_what_may_be_done() {
    let office = office();
    add(&office, "hanako", "general");
    add(&office, "taro", "administrator");
    for (mut browser, is_administrator) in [
        (logged_in(&office, "hanako"), false),
        (logged_in(&office, "taro"), true),
        // Whoever may write into the data folder may do everything.
        (opened(&office), true),
    ] {
        let body = browser.get("/").body;
        for link in ["href=\"/users\"", "href=\"/audit\""] {
            assert_eq!(body.contains(link), is_administrator, "{link}");
        }
    }
}

#[test]
fn administrators_set_users_and_not_themselves() {
    let office = office();
    add(&office, "taro", "administrator");
    let mut taro = logged_in(&office, "taro");
    let mut order = |path: &str, fields: &[(&str, &str)]| {
        let answer = taro.submit("/users", path, fields);
        // What cannot be added is shown again with what was typed.
        if answer.status == 200 {
            assert_eq!(path, "/users/add");
            return answer.body;
        }
        assert_eq!((answer.status, answer.location()), (303, "/users"), "{path}");
        taro.get("/users").body
    };
    let password = super::PASSWORD;
    let fields =
        [("name", "hanako"), ("role", "general"), ("password", password), ("again", password)];
    assert!(order("/users/add", &fields).contains("hanako is added"));
    assert!(order("/users/add", &fields).contains("there is a user of this name"));
    let weak = [("name", "jiro"), ("role", "general"), ("password", "short"), ("again", "short")];
    assert!(order("/users/add", &weak).contains("13 to 256"));
    let odd = [("name", "<b>"), ("role", "general"), ("password", password), ("again", password)];
    assert!(order("/users/add", &odd).contains("this cannot be a name"));
    let twice = [("name", "jiro"), ("role", "general"), ("password", password), ("again", "other")];
    assert!(order("/users/add", &twice).contains("the same twice"));
    assert!(
        order("/users/role", &[("name", "hanako"), ("role", "administrator")])
            .contains("hanako is now administrator")
    );
    for role in ["", "Administrator", "root"] {
        let fields = [("name", "hanako"), ("role", role)];
        assert!(order("/users/role", &fields).contains("general or an administrator"), "{role}");
        let fields =
            [("name", "jiro"), ("role", role), ("password", password), ("again", password)];
        assert!(order("/users/add", &fields).contains("general or an administrator"), "{role}");
    }
    let new = [
        ("name", "hanako"),
        ("password", "another horse battery"),
        ("again", "another horse battery"),
    ];
    assert!(order("/users/password", &new).contains("The password of hanako is set"));
    assert!(order("/users/unlock", &[("name", "hanako")]).contains("may try again"));
    assert!(order("/users/unlock", &[("name", "nobody")]).contains("there is no user"));
    for path in ["/users/role", "/users/password", "/users/remove"] {
        let own =
            [("name", "taro"), ("role", "general"), ("password", password), ("again", password)];
        assert!(order(path, &own).contains("You cannot do this to yourself"), "{path}");
    }
    let mut hanako = Browser::new(&address(&office));
    assert_eq!(hanako.login("hanako", "another horse battery", "").status, 303);
    assert_eq!(hanako.get("/users").status, 200);
}

#[test]
fn what_was_typed_stays_where_a_password_is_refused() {
    let office = office();
    let mut browser = opened(&office);
    let add = |browser: &mut Browser, name: &str, password: &str, again: &str| {
        let fields =
            [("name", name), ("role", "administrator"), ("password", password), ("again", again)];
        browser.submit("/users", "/users/add", &fields)
    };
    for (name, password, again, told) in [
        ("hanako", "short", "short", "13 to 256 characters"),
        ("hanako", "correct horse battery", "another horse battery", "not written the same twice"),
        ("<script>\"", "correct horse battery", "correct horse battery", "letters and digits"),
    ] {
        let answer = add(&mut browser, name, password, again);
        assert_eq!(answer.status, 200, "{name} {password}");
        assert!(answer.body.contains(told), "{}", answer.body);
        assert!(answer.body.contains("value=\"administrator\" selected"), "{}", answer.body);
        assert!(
            !answer.body.contains(password) && !answer.body.contains("<script>\""),
            "{}",
            answer.body
        );
        assert_eq!(answer.body.contains("value=\"hanako\""), name == "hanako");
    }
    let answer = add(&mut browser, "hanako", "correct horse battery", "correct horse battery");
    assert_eq!((answer.status, answer.location()), (303, "/users"));
    assert!(!browser.get("/users").body.contains("id=\"name\" name=\"name\" type=\"text\" autocomplete=\"off\" maxlength=\"40\" value=\"hanako\""));
}
