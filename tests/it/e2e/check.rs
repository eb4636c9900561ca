//! `run --check` finds what cannot work, all at once, and changes nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use renkei::certs::files::Access;
use renkei::certs::{TestCa, Validity, certificates_to_pem, revocation_list_to_pem};
use renkei::package::Usage;
use renkei::types::Clock;

use crate::harness::{CARE, DAY, HELP, Office, offices, quoted};
use crate::proof::{long, office};

/// Checks the configuration: the exit code and everything that is said.
fn check(node: &Office) -> (Option<i32>, String) {
    told(&node.command(&["run", "--check"]))
}

fn told(output: &Output) -> (Option<i32>, String) {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    (output.status.code(), said.concat())
}

/// Every path below a folder.
fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(paths(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

fn pin(node: &mut Office, number: &str, tls: bool, signing: bool) {
    for (key, usage, is_there) in
        [("tls_certificates", Usage::Tls, tls), ("signing_certificates", Usage::Signing, signing)]
    {
        let sha256 =
            renkei::types::Digest::of(node.issue(number, usage).certificate().expect("one"));
        let value = if is_there { format!("[{}]", quoted(sha256)) } else { "[]".to_owned() };
        node.set_peer(number, key, value);
    }
}

#[test]
fn nothing_is_made_before_and_beside_a_node() {
    let [mut care, _] = offices([CARE, HELP]);
    care.write_config();
    let before = paths(&care.path(""));
    let (code, said) = check(&care);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("in order"), "{said}");
    assert_eq!(paths(&care.path("")), before);

    care.start();
    // In its data folder the node itself is at work.
    let beside = |care: &Office| {
        let mut paths = paths(&care.path(""));
        paths.retain(|path| !path.starts_with(care.path("data")));
        paths
    };
    let before = beside(&care);
    let (code, said) = check(&care);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("a node runs by this configuration"), "{said}");
    assert_eq!(beside(&care), before);
    care.set("office", "import", quoted("nowhere"));
    let (code, said) = check(&care);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("nowhere") && said.contains("folder-missing"), "{said}");
    assert!(care.is_alive());
}

#[test]
fn all_of_it_is_told_although_the_file_has_a_mistake() {
    let [mut care, _] = offices([CARE, HELP]);
    care.set("office", "hodl", quoted("hold"));
    care.set("office", "drop", quoted("dorp"));
    care.set("tls", "certificate", quoted("keys/tsl.pem"));
    care.set("office", "service_types", "[\"99\"]");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    care.set("node", "listen", quoted(address));
    let (code, said) = check(&care);
    assert_eq!(code, Some(2), "{said}");
    for expected in ["did you mean hold", "dorp", "tsl.pem", "\"99\"", "cannot-listen"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let (_, japanese) = told(&care.command_in("ja", &["run", "--check"]));
    for expected in ["hold の間違い", "送信用フォルダーが見つかりません。フォルダーを作るか", "99"]
    {
        assert!(japanese.contains(expected), "{expected}: {japanese}");
    }
}

#[test]
fn a_number_that_is_not_that_of_the_certificate_is_found() {
    let [care, help] = offices([CARE, HELP]);
    care.put_identity("tls", &help.issue(HELP, Usage::Tls));
    let (code, said) = check(&care);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("own-certificate-other-name") && said.contains(HELP), "{said}");
}

#[test]
fn own_certificates_of_another_authority_are_found_unless_everybody_is_pinned() {
    let [mut care, _] = offices([CARE, HELP]);
    let other = TestCa::new("Other", long()).expect("an authority");
    let root = certificates_to_pem(&[other.certificate().clone()]);
    care.put_key_file("ca.pem", &root, Access::Public);
    let (code, said) = check(&care);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("own-certificate-to-register"), "{said}");
    pin(&mut care, HELP, true, true);
    let (code, said) = check(&care);
    assert_eq!(code, Some(0), "{said}");
    // Where no authority plays a part there is nothing to say.
    care.set("tls", "roots", "[]");
    let (code, said) = check(&care);
    assert_eq!((code, said.contains("own-certificate")), (Some(0), false), "{said}");
}

#[test]
fn partners_that_nobody_vouches_for_are_found_with_what_is_missing() {
    let [mut care, _] = offices([CARE, HELP]);
    care.set("tls", "roots", "[]");
    for (tls, signing, missing) in [
        (false, false, "neither be reached nor believed"),
        (true, false, "signing_certificates its signatures"),
        (false, true, "tls_certificates no connection"),
    ] {
        pin(&mut care, HELP, tls, signing);
        let (code, said) = check(&care);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("peer-cannot-work") && said.contains(missing), "{missing}: {said}");
    }
}

#[test]
fn a_partner_with_the_own_number_is_found() {
    let [mut care, _] = offices([CARE, HELP]);
    care.remember_peer(CARE, care.port);
    let (code, said) = check(&care);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("peer-is-own-office"), "{said}");
}

#[test]
fn folders_inside_the_drop_folder_are_found_before_they_are_made() {
    let [mut care, _] = offices([CARE, HELP]);
    care.set("office", "hold", quoted("drop/hold"));
    care.set("office", "sent", quoted("outside/../drop/sent"));
    care.set("node", "data", quoted("drop/data"));
    let (code, said) = check(&care);
    assert_eq!(code, Some(2), "{said}");
    for key in ["hold", "sent"].map(|key| format!("office {CARE} {key} [folders-not-apart]")) {
        assert!(said.contains(&key), "{key}: {said}");
    }
    assert!(said.contains("node.data [folders-not-apart]"), "{said}");
    assert_eq!(fs::read_dir(care.path("drop")).expect("listed").count(), 0);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(care.path("drop"), care.path("link")).expect("a link");
        care.set("office", "hold", quoted("link/new"));
        let (_, said) = check(&care);
        assert!(said.contains(&format!("office {CARE} hold [folders-not-apart]")), "{said}");
    }
}

#[test]
fn what_ends_soon_is_told() {
    let [mut care, _] = offices([CARE, HELP]);
    let now = Clock::system().now();
    let hour = jiff::SignedDuration::from_hours(1);
    let validity = |hours| Validity { not_before: now - hour, not_after: now + hour * hours };
    let world = std::sync::Arc::clone(&care.world);
    let authority = &world.authority;
    let soon = authority.issue(office(CARE), Usage::Signing, &[], validity(24 * 10));
    care.put_identity("signing", &soon.expect("issued"));
    let list = authority.revocation_list(&[], validity(5)).expect("a list");
    care.put_key_file("ca.crl.pem", &revocation_list_to_pem(&list), Access::Public);
    care.set("tls", "revocation_lists", "[\"keys/ca.crl.pem\"]");
    let (code, said) = check(&care);
    assert_eq!(code, Some(0), "{said}");
    for expected in
        ["certificate-ends-within-30-days", "signing.pem", "revocation-list-ends-within-hours"]
    {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let ended = authority.issue(office(CARE), Usage::Signing, &[], validity(0));
    care.put_identity("signing", &ended.expect("issued"));
    let (code, said) = check(&care);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("own-certificate-not-valid"), "{said}");
}

#[test]
fn a_certificate_in_the_place_of_a_key_is_not_to_be_hidden() {
    let [mut care, _] = offices([CARE, HELP]);
    care.set("tls", "key", quoted("keys/tls.pem"));
    let (code, said) = check(&care);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("a certificate, where the private key is expected"), "{said}");
    assert!(!said.contains("chmod"), "{said}");
}

#[test]
fn what_would_run_and_do_harm_is_found() {
    let [mut care, _] = offices([CARE, HELP]);
    let import = care.path("import");
    care.set("node", "log", quoted("verbose"));
    care.set("office", "hold", quoted(import.display()));
    care.set("office", "sent", quoted(import.join("sent").display()));
    care.set("node", "log_file", quoted(care.path("outside").display()));
    care.set_peer(HELP, "url", quoted(format!("https://127.0.0.1:{}", care.port)));
    let (code, said) = check(&care);
    assert_eq!(code, Some(2), "{said}");
    for expected in [
        "one of error, warn, info, debug",
        "is the same folder as office 2770000011 import",
        "lies inside the folder of office 2770000011 import",
        "is a folder; name a file in it",
        "is the address that this node listens on",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

/// What only its owner can show is no partner's.
#[test]
fn an_own_certificate_in_the_place_of_a_partners_is_found() {
    let [mut care, _] = offices([CARE, HELP]);
    care.set("tls", "roots", "[]");
    pin(&mut care, HELP, true, true);
    let own = |care: &Office, name: &str| {
        let path = care.path("keys").join(name);
        let chain = renkei::certs::load_certificates(&path).expect("read");
        quoted(renkei::types::Digest::of(&chain[0]))
    };
    for (key, name) in [
        ("tls_certificates", "tls.pem"),
        ("signing_certificates", "signing.pem"),
        ("tls_certificates", "signing.pem"),
    ] {
        pin(&mut care, HELP, true, true);
        let value = own(&care, name);
        care.set_peer(HELP, key, format!("[{value}]"));
        let (code, said) = check(&care);
        assert_eq!(code, Some(2), "{said}");
        let expected = format!("peer {HELP} {key} [peer-has-own-certificate]");
        assert!(said.contains(&expected), "{expected}: {said}");
        let (_, japanese) = told(&care.command_in("ja", &["run", "--check"]));
        assert!(japanese.contains("自分の証明書（"), "{japanese}");
    }
}

#[test]
fn the_same_certificate_for_two_partners_is_doubted_unless_one_node_serves_both() {
    let [mut care, help, _] = offices([CARE, HELP, DAY]);
    let pins = "[\"1111111111111111111111111111111111111111111111111111111111111111\"]";
    for partner in [HELP, DAY] {
        care.set_peer(partner, "tls_certificates", pins.to_owned());
    }
    let (code, said) = check(&care);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("peers-share-certificate") && said.contains(HELP), "{said}");
    care.set_peer(DAY, "url", quoted(format!("https://127.0.0.1:{}", help.port)));
    let (code, said) = check(&care);
    assert_eq!((code, said.contains("peers-share-certificate")), (Some(0), false), "{said}");
}

#[test]
fn strict_revocation_without_a_list_is_found_where_lists_are_needed() {
    let [mut care, _] = offices([CARE, HELP]);
    care.set("tls", "revocation", quoted("strict"));
    let (code, said) = check(&care);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("tls.revocation [revocation-strict-without-list]"), "{said}");
    pin(&mut care, HELP, true, true);
    let (_, said) = check(&care);
    assert!(!said.contains("revocation-strict-without-list"), "{said}");
}

#[test]
fn a_node_without_partners_or_for_itself_alone_is_told_what_is_missing() {
    let [mut care, _] = offices([CARE, HELP]);
    care.set_peer(HELP, "url", quoted("https://care.example.jp:8443"));
    let (code, said) = check(&care);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("node.listen [listens-for-itself]"), "{said}");
    care.forget_peer(HELP);
    let (code, said) = check(&care);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("peer [no-peer]") && !said.contains("listens-for-itself"), "{said}");
    let (_, japanese) = told(&care.command_in("ja", &["run", "--check"]));
    assert!(japanese.contains("まだ何も送受信できません"), "{japanese}");
}

#[test]
fn a_partners_address_that_leads_back_is_found_however_it_is_written() {
    let [mut care, _] = offices([CARE, HELP]);
    let port = care.port;
    care.set("node", "listen", quoted(format!("0.0.0.0:{port}")));
    for (host, is_own) in
        [("127.0.0.1", true), ("localhost", true), ("[::1]", true), ("192.0.2.7", false)]
    {
        care.set_peer(HELP, "url", quoted(format!("https://{host}:{port}")));
        let (code, said) = check(&care);
        let told = said.contains("is the address that this node listens on");
        assert_eq!((told, code), (is_own, Some(if is_own { 2 } else { 0 })), "{host}: {said}");
    }
}

/// What a node leaves that was killed is for the next start, not for who only looks.
#[test]
fn the_log_of_a_killed_node_is_left_alone() {
    let [mut care, _] = offices([CARE, HELP]);
    care.start();
    care.kill();
    let left =
        || ["renkei.db", "renkei.db-wal"].map(|name| fs::read(care.path("data").join(name)).ok());
    let before = left();
    assert!(before[1].as_ref().is_some_and(|log| !log.is_empty()), "there is a log");
    let (code, said) = check(&care);
    assert_eq!(code, Some(0), "{said}");
    assert!(care.command(&["status"]).status.success());
    assert!(left() == before, "the store was written to");
}
