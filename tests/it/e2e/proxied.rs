//! An office that reaches the world through an HTTP proxy alone, and it is a real one.

use std::fs;
use std::process::{Child, Command, Stdio};

use renkei::certs::files::Access;

use super::fetched_lists::Publisher;
use super::units::{PLAN, export, sample, together, withdrawal};
use crate::harness::{CARE, HELP, Office, free_port, offices, quoted, until};
use crate::proof::seconds;

/// tinyproxy, with a user.
struct Proxy {
    port: u16,
    folder: tempfile::TempDir,
    process: Option<Child>,
}

impl Proxy {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut proxy = Self { port: free_port(), folder, process: None };
        proxy.start();
        proxy
    }

    fn start(&mut self) {
        let (config, log) =
            (self.folder.path().join("tinyproxy.conf"), self.folder.path().join("log"));
        let text = format!(
            "Port {}\nListen 127.0.0.1\nTimeout 600\nMaxClients 100\nAllow 127.0.0.1\n\
             LogFile \"{}\"\nLogLevel Connect\nBasicAuth renkei himitsu\n",
            self.port,
            log.display()
        );
        fs::write(&config, text).expect("written");
        let tinyproxy = Command::new("tinyproxy")
            .args(["-d", "-c"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut process = tinyproxy.expect("tinyproxy, as .ci/test installs it");
        until("a proxy", || {
            assert!(process.try_wait().expect("a child").is_none(), "it ended");
            std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
        self.process = Some(process);
    }

    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("killed");
            process.wait().expect("ended");
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop();
    }
}

fn tells(office: &Office, code: &str) -> Option<()> {
    let said = office.command(&["status"]).stdout;
    String::from_utf8(said).expect("UTF-8").contains(code).then_some(())
}

#[test]
fn outgoing_connections_through_a_proxy_suffice() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let mut proxy = Proxy::new();
    care.close();
    help.forget_url(CARE);
    care.set("network", "proxy", quoted(format!("http://127.0.0.1:{}", proxy.port)));
    let (plan, actual) = (sample(PLAN, "20260520101500"), withdrawal(HELP, 1));
    export(&care, &plan);
    export(&help, &actual);
    care.start();
    help.start();
    until("a proxy that refuses", || tells(&care, "proxy-refuses"));
    // With a login, first a wrong one; both are taken up while it runs.
    care.set("network", "proxy_user", quoted("renkei"));
    care.set("network", "proxy_password_file", quoted("keys/proxy.txt"));
    care.put_key_file("proxy.txt", "wrong\n", Access::Secret);
    care.write_config();
    until("a proxy that does not open", || tells(&care, "proxy-no-connection"));
    care.put_key_file("proxy.txt", "himitsu\n", Access::Secret);
    until("a plan at the partner", || care.has_sent("HANDED_OVER", 1));
    until("an actual that was fetched", || help.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), plan, "INV5");
    assert_eq!(care.files("import-actuals"), actual, "INV5");
    let connect = format!("CONNECT 127.0.0.1:{}", help.port);
    assert!(proxy.log().contains(&connect), "{}", proxy.log());
    assert!(!care.log().contains("himitsu"), "the password is in the log");
    let doctor = care.command(&["doctor", "--json"]).stdout;
    let doctor: serde_json::Value = serde_json::from_slice(&doctor).expect("JSON");
    let lines = doctor["lines"].as_array().expect("lines");
    let partner = lines.iter().find(|line| line["topic"] == "partners").expect("a partner");
    assert_eq!(partner["grade"], "fine", "{partner}");

    // A partner that is off, and a proxy that is.
    help.kill();
    let second = withdrawal(CARE, 2);
    export(&care, &second);
    until("nobody behind the proxy", || tells(&care, "proxy-no-connection"));
    proxy.stop();
    let third = withdrawal(CARE, 3);
    export(&care, &third);
    care.command(&["retry"]);
    until("no proxy", || {
        care.command(&["retry"]);
        tells(&care, "proxy-unreachable")
    });
    proxy.start();
    help.start();
    until("all at the partner", || {
        care.command(&["retry"]);
        care.has_sent("HANDED_OVER", 3)
    });
    assert_eq!(help.files("import"), together(&[plan, second, third]), "INV5");
}

#[test]
fn revocation_lists_come_through_the_proxy() {
    let [mut care] = offices([CARE]);
    let (proxy, publisher) = (Proxy::new(), Publisher::start());
    let list = care.world.authority.revocation_list(&[], seconds(-60, 24 * 3600)).expect("a list");
    publisher.says(&list);
    publisher.set(&mut care);
    care.set("network", "proxy", quoted(format!("http://127.0.0.1:{}", proxy.port)));
    care.start();
    until("a proxy that refuses", || tells(&care, "revocation-list-not-fetched"));
    let said = String::from_utf8(care.command(&["status"]).stdout).expect("UTF-8");
    assert!(said.contains("the proxy does not let us in"), "{said}");
    care.put_key_file("proxy.txt", "himitsu\n", Access::Secret);
    care.set("network", "proxy_user", quoted("renkei"));
    care.set("network", "proxy_password_file", quoted("keys/proxy.txt"));
    care.write_config();
    until("a list", || care.log().contains("a new revocation list was taken up").then_some(()));
    let asked = format!("{}/ca.crl", publisher.address);
    assert!(proxy.log().contains(&asked), "{}", proxy.log());

    // Mails do not go there, and whoever looks is told so.
    care.set("mail", "server", quoted("smtp.example.test"));
    care.set("mail", "roots", "[\"keys/ca.pem\"]".to_owned());
    care.set("mail", "from", quoted("renkei@example.test"));
    care.set("mail", "to", "[\"office@example.test\"]".to_owned());
    care.write_config();
    let doctor = String::from_utf8(care.command(&["doctor"]).stdout).expect("UTF-8");
    assert!(doctor.contains("mails do not go through the proxy"), "{doctor}");
}
