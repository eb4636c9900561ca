//! The page of an office, as browsers, people and strangers find it: a real node, real requests.

mod api;
mod attach;
mod audit;
mod backups;
mod browser;
#[cfg(unix)]
mod chromium;
mod compare;
mod doctor;
mod downloads;
mod first_start;
mod forms;
mod guard;
mod habits;
mod held;
mod login;
mod outbox;
mod partners;
mod renewal;
mod roles;
mod settings;
mod several;
mod tls;
mod versions;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::harness::{CARE, HELP, Office, offices, quoted, until};
use browser::Browser;

/// A password that is good enough.
const PASSWORD: &str = "correct horse battery";

/// An office whose node serves a page when it runs.
fn at_rest() -> Office {
    let [mut care, _] = offices([CARE, HELP]);
    care.set("page", "listen", quoted("127.0.0.1:0"));
    care
}

/// An office whose node serves a page.
fn office() -> Office {
    let mut care = at_rest();
    care.start();
    care
}

/// Where the page of a running node is: `127.0.0.1:12345`.
fn address(office: &Office) -> String {
    until("the address of the page", || {
        let log = office.log();
        let (_, rest) = log.rsplit_once("  page: http")?;
        let rest = rest.trim_start_matches("s:").trim_start_matches(':').trim_start_matches("//");
        Some(rest.split([' ', '\n']).next()?.to_owned())
    })
}

/// A browser that came in by `renkei open`.
fn opened(office: &Office) -> Browser {
    let mut browser = Browser::new(&address(office));
    let output = office.command(&["open", "--print"]);
    let link = String::from_utf8(output.stdout).expect("UTF-8");
    let (_, path) = link.trim().split_once("/enter/").unwrap_or_else(|| panic!("no link: {link}"));
    let answer = browser.get(&format!("/enter/{path}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    browser
}

/// `renkei user …` with this on its standard input.
fn user(office: &Office, arguments: &[&str], input: &str) -> Output {
    let config = office.write_config();
    let mut command = Command::new(env!("CARGO_BIN_EXE_renkei"));
    command.args(["--lang", "en", "user"]).args(arguments).arg("--config").arg(config);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    // A command that needs no password may have ended already.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// The same, which has to succeed; what it says.
fn user_ok(office: &Office, arguments: &[&str], input: &str) -> String {
    let output = user(office, arguments, input);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Adds somebody with [`PASSWORD`].
fn add(office: &Office, name: &str, role: &str) {
    user_ok(office, &["add", name, "--role", role], &format!("{PASSWORD}\n"));
}

/// A browser in which somebody has logged in.
fn logged_in(office: &Office, name: &str) -> Browser {
    let mut browser = Browser::new(&address(office));
    let answer = browser.login(name, PASSWORD, "");
    assert_eq!((answer.status, answer.location()), (303, "/"), "{}", answer.body);
    browser
}
