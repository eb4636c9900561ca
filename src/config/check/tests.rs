use std::path::PathBuf;

use jiff::SignedDuration;

use super::super::{MailSecurity, Peer, Problem, Problems, Way};
use super::*;
use crate::types::{FormChoices, Honorific, PeerUrl, Slip};

const LEAST: &str = r#"
[node]
listen = "127.0.0.1:0"
[tls]
certificate = "tls.pem"
key = "tls.key"
[[office]]
number = "1370000018"
drop = "drop"
import = "import"
hold = "hold"
signing_pkcs12 = "sign.p12"
signing_password_file = "sign.txt"
"#;

fn problems(text: &str) -> Vec<(usize, String)> {
    match Config::parse(text, Path::new("base")) {
        Ok(_) => Vec::new(),
        Err(Problems(problems)) => problems.into_iter().map(|p| (p.line, p.key)).collect(),
    }
}

#[test]
fn the_least_configuration_has_safe_defaults() {
    let config = Config::parse(LEAST, Path::new("base")).expect("valid");
    let office = config.offices.first().expect("one office");
    assert_eq!(office.drop, PathBuf::from("base/drop"));
    assert_eq!(office.work, PathBuf::from("base/.renkei-work-drop"));
    assert_eq!(office.import_actuals, office.import);
    assert_eq!(config.timing.expiry, SignedDuration::from_hours(7 * 24));
    assert!(!config.tls.allow_tls12);
    assert!(matches!(office.signing, IdentityFiles::Pkcs12 { .. }));
}

#[test]
fn every_problem_comes_out_with_its_line() {
    let text = r#"
[node]
listen = "somewhere"
colour = "blue"
[tls]
certificate = "tls.pem"
[[office]]
number = "12"
drop = "same"
import = "same"
[[peer]]
office = "1370000026"
url = "http://example.test/"
tls_certificates = ["ab"]
[timing]
settle = 2
expiry = "0s"
"#;
    let expected = [
        (3, "node.listen"),
        (4, "node.colour"),
        (5, "tls.key"),
        (7, "office.hold"),
        (7, "office.signing_certificate"),
        (7, "office.signing_key"),
        (8, "office.number"),
        (13, "peer.url"),
        (14, "peer.tls_certificates"),
        (15, "timing.expiry"),
        (16, "timing.settle"),
    ];
    let expected: Vec<_> = expected.map(|(line, key)| (line, key.to_owned())).into();
    assert_eq!(problems(text), expected);
}

#[test]
fn what_does_not_go_together_is_refused() {
    let twice = format!(
        "{LEAST}{}",
        LEAST
            .split("\n[[office]]")
            .last()
            .map(|rest| format!("[[office]]{rest}"))
            .unwrap_or_default()
    );
    assert_eq!(problems(&twice).len(), 1);
    let same = LEAST.replace("import = \"import\"", "import = \"drop\"");
    assert_eq!(
        problems(&same),
        [(7, "office.import".to_owned()), (7, "office.import_actuals".to_owned())]
    );
    let other = |folders: &str| {
        let office = "[[office]]\nnumber = \"1370000026\"\nhold = \"hold\"\n\
                      signing_certificate = \"a\"\nsigning_key = \"a\"\n";
        problems(&format!("{LEAST}{office}{folders}"))
    };
    let keys = |problems: Vec<(usize, String)>| {
        problems.into_iter().map(|(line, key)| format!("{line} {key}")).collect::<Vec<_>>()
    };
    let separate = other("drop = \"drop2\"\nimport = \"import\"");
    assert_eq!(keys(separate), [""; 0], "one care software may import for two offices");
    let same = other("drop = \"./drop\"\nimport = \"import\"");
    assert_eq!(keys(same), ["14 office.drop", "14 office.work"]);
    let crossed = other("drop = \"import\"\nimport = \"drop\"");
    assert_eq!(keys(crossed), ["14 office.drop", "14 office.import", "14 office.import_actuals"]);
    let both = LEAST.replace("[tls]", "[tls]\npkcs12 = \"a.p12\"\npassword_file = \"a\"");
    assert!(problems(&both).iter().any(|(_, key)| key == "tls.pkcs12"));
}

#[test]
fn a_path_with_backslashes_says_how_to_write_it() {
    for path in [
        r#""C:\users\care""#,
        r#""C:\renkei\drop""#,
        r#""C:\new\table""#,
        r#""C:\xampp""#,
        r#""C:\renkei\""#,
    ] {
        let text = LEAST.replace("\"drop\"", path);
        let problems = Config::parse(&text, Path::new("")).expect_err(path).0;
        let at = |line| problems.iter().filter(move |problem| problem.line == line);
        assert_eq!(at(9).count(), 1, "{path}: {problems:?}");
        assert!(at(9).all(|problem| problem.en.contains("backslash")), "{problems:?}");
    }
    for path in [r"'C:\users\new'", r#""C:\\users\\new""#, r#""C:/users/new""#] {
        let text = LEAST.replace("\"drop\"", path);
        let config = Config::parse(&text, Path::new("")).expect("a path");
        let drop = config.offices.first().expect("one office").drop.to_string_lossy();
        assert_eq!(drop.replace('\\', "/"), "C:/users/new");
    }
    let list = LEAST.replace("[tls]", "[tls]\nroots = [\n\"a\",\n\"C:\\new\"]");
    assert_eq!(problems(&list), [(7, "tls.roots".to_owned())]);
}

#[test]
fn a_mark_and_line_ends_of_windows_change_nothing() {
    let text = format!("\u{FEFF}{}", LEAST.replace('\n', "\r\n"));
    assert_eq!(problems(&text), []);
    let wrong = text.replace("127.0.0.1:0", "somewhere");
    assert_eq!(problems(&wrong), [(3, "node.listen".to_owned())]);
}

#[cfg(windows)]
#[test]
fn letter_case_does_not_make_another_folder() {
    let same = LEAST.replace("import = \"import\"", "import = \"DROP\"");
    assert_eq!(
        problems(&same),
        [(7, "office.import".to_owned()), (7, "office.import_actuals".to_owned())]
    );
}

#[test]
fn broken_toml_is_a_problem_not_a_panic() {
    for text in ["", "[", "[node", "node = 1", "[[node]]", "office = [1]", "\u{0}", "a.b.c = {"] {
        assert!(!problems(text).is_empty(), "{text:?}");
    }
}

#[test]
fn a_misspelt_key_is_told_with_the_one_that_was_meant() {
    let told = |text: &str| {
        let problems = Config::parse(text, Path::new("")).expect_err("problems");
        problems.text(Lang::En)
    };
    let said = told("[node]\nlisten_on = \"0.0.0.0:1\"\n[limits]\nfile_siez = \"1MiB\"\nzzz = 1\n");
    assert!(said.contains("did you mean listen?"), "{said}");
    assert!(said.contains("did you mean file_size?"), "{said}");
    assert!(said.contains("known here: ") && said.contains("package_size"), "{said}");
    let both = "[tls]\ncertificate = \"a\"\nkey = \"b\"\npkcs12 = \"c\"\npassword_file = \"d\"\n";
    assert!(!told(both).contains("unknown key"), "{}", told(both));
}

#[test]
fn a_page_that_others_reach_needs_a_certificate() {
    let page = |text: &str| problems(&format!("{LEAST}[page]\n{text}\n"));
    let keys = |text: &str| page(text).into_iter().map(|(_, key)| key).collect::<Vec<_>>();
    let identity = "certificate = \"page.pem\"\nkey = \"page.key\"";
    for right in [
        "",
        "listen = \"127.0.0.1:0\"",
        "listen = \"[::1]:8480\"",
        identity,
        &format!("listen = \"192.0.2.1:8480\"\n{identity}"),
        &format!(
            "listen = \"0.0.0.0:443\"\n{identity}\nhosts = [\"renkei.example.jp\", \"192.0.2.1\"]"
        ),
        "listen = \"192.0.2.1:443\"\npkcs12 = \"page.p12\"\npassword_file = \"page.txt\"",
    ] {
        assert_eq!(keys(right), [""; 0], "{right}");
    }
    for address in ["192.0.2.1:8480", "[2001:db8::1]:8480", "10.0.0.1:1"] {
        assert_eq!(keys(&format!("listen = \"{address}\"")), ["page.listen"], "{address}");
    }
    assert_eq!(keys("listen = \"0.0.0.0:8480\""), ["page.listen", "page.hosts"]);
    assert_eq!(keys(&format!("listen = \"[::]:8480\"\n{identity}")), ["page.hosts"]);
    assert_eq!(keys("certificate = \"page.pem\""), ["page.key"]);
    assert_eq!(keys("key = \"page.key\""), ["page.certificate"]);
    for host in ["https://a", "a:8480", "a/b", "", "a..b", "-a", "a b", "\\n"] {
        let written = format!("{identity}\nhosts = [\"{host}\"]");
        assert_eq!(keys(&written), ["page.hosts"], "{host}");
    }
    let text = format!("{LEAST}[page]\nhosts = [\"Renkei.Example.JP\", \"2001:DB8::1\"]\n");
    let config = Config::parse(&text, Path::new("")).expect("valid");
    assert_eq!(config.page.expect("a page").hosts, ["renkei.example.jp", "2001:db8::1"]);
    let told = Config::parse(&format!("{LEAST}[page]\nlisten = \"0.0.0.0:1\""), Path::new(""));
    let told = told.expect_err("problems").text(Lang::Ja);
    assert!(told.contains("certificate と key"), "{told}");
}

/// A configuration with files of partners, as [`Sources::read`] finds them.
fn with_partners(least: &str, partners: &[(&str, &str)]) -> Draft {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("renkei.toml");
    std::fs::write(&path, least).expect("written");
    std::fs::create_dir(folder.path().join("partners")).expect("made");
    for (name, text) in partners {
        std::fs::write(folder.path().join("partners").join(name), text).expect("written");
    }
    super::super::Sources::read(&path).expect("read").draft()
}

#[test]
fn partners_stand_in_files_of_their_own_too() {
    let digest = "ab".repeat(32);
    let text = format!(
        "office = \"1370000026\"\nname = \"訪問\\u30fb\\\"一\\\"\"\nurl = \"https://b.test\"\n\
         takes = [\"K2\"]\nedition = \"v3\"\nservice_types = [\"11\"]\n\
         tls_certificates = [\"{digest}\"]\ncard = \"1370000026-7.card\"\n"
    );
    let files = [
        ("1370000026.toml", text.as_str()),
        // What is unfinished, and what is a card, is none.
        (".renkei-0-1.tmp", "x"),
        ("1370000026-7.card", "x"),
    ];
    let Draft { config, problems } = with_partners(LEAST, &files);
    assert_eq!(problems, []);
    let [peer] = &config.peers[..] else { panic!("{:?}", config.peers) };
    assert_eq!(peer.takes, ["K2"]);
    let folder = config.home.join("partners");
    assert_eq!(peer.card.as_deref(), Some(folder.join("1370000026-7.card").as_path()));
    // What is written of it is read again as the same.
    let written = super::super::partner_text(peer, Some("1370000026-7.card"));
    let again = with_partners(LEAST, &[("1370000026.toml", &written)]);
    assert_eq!(again.problems, []);
    let mut again = again.config.peers;
    again[0].card.clone_from(&peer.card);
    assert_eq!(again, config.peers);
}

#[test]
fn problems_of_partners_name_the_file_and_the_line() {
    let least = format!("{LEAST}[[peer]]\noffice = \"1370000026\"\nurl = \"https://b.test\"\n");
    let same = "# ours\noffice = \"1370000026\"\nurl = \"https://c.test\"\n";
    let other = "office = \"1370000034\"\nurl = \"ftp://c.test\"\ntakes = [\"\"]\ncolour = 1\n";
    let wrong = "office = \"1370000042\"\nurl = \"https://d.test\"\n";
    let found = with_partners(
        &least,
        &[("1370000026.toml", same), ("1370000034.toml", other), ("x.toml", wrong)],
    );
    let found = found.problems.iter();
    let found: Vec<_> = found.map(|p| (p.file.as_deref().unwrap(), p.line, &*p.key)).collect();
    let expected = [
        ("partners/1370000026.toml", 2, "office"),
        ("partners/1370000034.toml", 2, "url"),
        ("partners/1370000034.toml", 3, "takes"),
        ("partners/1370000034.toml", 4, "colour"),
        ("partners/x.toml", 1, "office"),
    ];
    assert_eq!(found, expected);
    let problem = Problem {
        line: 3,
        ..with_partners(&least, &[("1370000026.toml", same)]).problems[0].clone()
    };
    assert!(
        Problems(vec![problem]).text(Lang::En).starts_with("partners/1370000026.toml:3: office: ")
    );
}

#[test]
fn mails_have_safe_defaults() {
    let mail = "[mail]\nserver = \"smtp.example.jp\"\nroots = [\"ca.pem\"]\nfrom = \"renkei@example.jp\"\nto = [\"a@example.jp\", \"b@example.jp\"]\n";
    let config = Config::parse(&format!("{LEAST}{mail}"), Path::new("base")).expect("valid");
    let read = config.mail.expect("mails");
    assert_eq!((read.port, read.security), (465, MailSecurity::Tls));
    assert!(read.conditions && read.daily.is_some() && read.login.is_none());
    assert_eq!(read.wait, SignedDuration::from_mins(2));
    let only =
        format!("{LEAST}{mail}security = \"starttls\"\nwhen = [\"daily\"]\ndaily_at = \"17:30\"\n");
    let read = Config::parse(&only, Path::new("base")).expect("valid").mail.expect("mails");
    assert_eq!((read.port, read.conditions), (587, false));
    assert_eq!(read.daily.map(|at| at.to_string()), Some("17:30:00".to_owned()));
}

#[test]
fn backups_have_safe_defaults_and_a_place_of_their_own() {
    let parse = |text: &str| Config::parse(&format!("{LEAST}{text}"), Path::new("base"));
    assert_eq!(parse("").expect("valid").backup, None);
    let least = "[backup]\nfolder = \"/disk/backups\"\npassphrase_file = \"p.txt\"\n";
    let read = parse(least).expect("valid").backup.expect("backups");
    assert_eq!((read.keep.daily, read.keep.weekly, read.keep.monthly), (7, 4, 12));
    assert_eq!(read.daily_at, jiff::civil::Time::constant(12, 30, 0, 0));
    assert!(!read.keys && read.passphrase_file.ends_with("base/p.txt"));
    let wrong = |text: &str| -> Vec<String> {
        let problems = parse(text).expect_err("wrong").0;
        problems.into_iter().map(|problem| problem.key).collect()
    };
    assert_eq!(wrong("[backup]\n"), ["backup.folder", "backup.passphrase_file"]);
    assert_eq!(
        wrong(&format!("{least}daily_at = \"noon\"\nkeep_daily = 0\nkeep = 3\n")),
        ["backup.daily_at", "backup.keep_daily", "backup.keep"]
    );
    // It would be taken for something to send, or become a part of itself.
    for folder in ["data", "data/backups", "./data/../data/x", "drop", "drop/backups"] {
        let text = least.replace("/disk/backups", folder);
        assert_eq!(wrong(&text), ["backup.folder"], "{folder}");
    }
}

#[test]
fn what_is_wrong_with_mails_is_told() {
    let wrong = |more: &str| {
        let text = format!("{LEAST}[mail]\n{more}");
        problems(&text).into_iter().map(|(_, key)| key).collect::<Vec<_>>()
    };
    assert_eq!(wrong(""), ["mail.server", "mail.roots", "mail.from", "mail.to"]);
    let whole = "server = \"localhost\"\nsecurity = \"none\"\nfrom = \"a@b.example\"\nto = [\"a@b.example\"]\n";
    assert!(wrong(whole).is_empty());
    assert_eq!(wrong(&whole.replace("localhost", "mail.example")), ["mail.security"]);
    assert_eq!(wrong(&format!("{whole}user = \"a\"\n")), ["mail.password_file"]);
    for (from, to, key) in [
        ("\"localhost\"", "\"a b\"", "mail.server"),
        ("\"localhost\"", "\"localhost:25\"", "mail.server"),
        ("\"a@b.example\"\nto", "\"a@b.example\\r\\nBcc: x@y.example\"\nto", "mail.from"),
        ("[\"a@b.example\"]", "[\"a\"]", "mail.to"),
        ("[\"a@b.example\"]", "[]", "mail.to"),
    ] {
        assert!(wrong(&whole.replace(from, to)).contains(&key.to_owned()), "{to}");
    }
    for (more, key) in [
        ("when = [\"always\"]", "mail.when"),
        ("daily_at = \"8:00\"", "mail.daily_at"),
        ("daily_at = \"24:00\"", "mail.daily_at"),
        ("port = 0", "mail.port"),
        ("lang = \"fr\"", "mail.lang"),
        ("passwort = \"x\"", "mail.passwort"),
    ] {
        assert_eq!(wrong(&format!("{whole}{more}\n")), [key], "{more}");
    }
}

#[test]
fn an_office_chooses_how_its_forms_are_drawn() {
    let text = format!("{LEAST}[office.forms]\nhonorific = \"sama\"\nslip = \"provider\"\n");
    let config = Config::parse(&text, Path::new("base")).expect("valid");
    let forms = config.offices.first().expect("one office").forms;
    assert_eq!((forms.honorific, forms.slip), (Honorific::Sama, Slip::ForProvider));
    assert_eq!(forms.day_start, FormChoices::USUAL.day_start);
    let wrong = format!("{LEAST}[office.forms]\nday_start = \"5\"\n");
    assert_eq!(problems(&wrong)[0].1, "office.forms.day_start");
}

#[test]
fn where_an_authority_puts_the_office_number_is_read_and_checked() {
    let with = |rest: &str| {
        let tables = "[tls]\nroots = [\"a.pem\", \"b.pem\"]\n";
        LEAST.replacen("[tls]\n", tables, 1).replacen(
            "[[office]]",
            &format!("{rest}\n[[office]]"),
            1,
        )
    };
    let text = with(
        "[[tls.office_number]]\nauthority = \"a.pem\"\nfield = \"OU\"\npattern = \"JP-{office}\"\n\
         [[tls.office_number]]\nauthority = \"b.pem\"\nfield = \"serialNumber\"",
    );
    let config = Config::parse(&text, Path::new("base")).expect("valid");
    let [first, second] = config.tls.office_numbers.as_slice() else {
        panic!("{:?}", config.tls.office_numbers)
    };
    assert_eq!(first.authority, PathBuf::from("base/a.pem"));
    assert_eq!(
        first.rule,
        NumberRule::new(NumberField::OrganizationalUnit, "JP-{office}").unwrap()
    );
    assert_eq!(second.rule, NumberRule::new(NumberField::SerialNumber, "{office}").unwrap());
    for (rest, key) in [
        ("[[tls.office_number]]\nauthority = \"c.pem\"\nfield = \"OU\"", "authority"),
        ("[[tls.office_number]]\nfield = \"OU\"", "authority"),
        ("[[tls.office_number]]\nauthority = \"a.pem\"", "field"),
        ("[[tls.office_number]]\nauthority = \"a.pem\"\nfield = \"L\"", "field"),
        (
            "[[tls.office_number]]\nauthority = \"a.pem\"\nfield = \"OU\"\npattern = \"x\"",
            "pattern",
        ),
    ] {
        let keys: Vec<_> = problems(&with(rest)).into_iter().map(|(_, key)| key).collect();
        assert_eq!(keys, [format!("tls.office_number.{key}")], "{rest}");
    }
}

#[test]
fn lists_are_fetched_from_addresses() {
    let with = |urls: &str| {
        LEAST.replacen("[tls]\n", &format!("[tls]\nrevocation_list_urls = [{urls}]\n"), 1)
    };
    let config = Config::parse(&with("\"http://crl.example.jp/ca.crl\""), Path::new("base"));
    let urls = config.expect("valid").tls.revocation_list_urls;
    assert_eq!(
        urls.iter().map(ListUrl::as_str).collect::<Vec<_>>(),
        ["http://crl.example.jp/ca.crl"]
    );
    for wrong in ["\"ftp://crl.example.jp/\"", "\"ca.crl.pem\"", "7"] {
        assert_eq!(problems(&with(wrong)), [(5, "tls.revocation_list_urls".to_owned())], "{wrong}");
    }
}

/// Relays and the proxy, with every mistake in its place.
#[test]
fn what_stands_between_is_read_and_judged() {
    let pin = "ab".repeat(32);
    let relay = format!(
        "[[relay]]\nurl = \"https://relay.test\"\ntls_certificates = [\"{pin}\"]\n\
         signing_certificates = [\"{pin}\"]\n"
    );
    let text = format!(
        "{LEAST}{relay}[network]\nproxy = \"http://proxy.test:8080\"\nproxy_user = \"u\"\n\
         proxy_password_file = \"p.txt\"\n[[peer]]\noffice = \"1370000026\"\n\
         relay = \"https://relay.test\"\n"
    );
    let config = Config::parse(&text, Path::new("base")).expect("valid");
    let proxy = config.network.proxy.as_ref().expect("a proxy");
    assert_eq!(proxy.url.to_string(), "http://proxy.test:8080");
    let login = proxy.login.as_ref().expect("a login");
    assert_eq!(login.password_file, Path::new("base/p.txt"));
    let secrets = config.named_files().into_iter().filter(|(_, is_secret)| *is_secret);
    assert!(secrets.map(|(path, _)| path).any(|path| path == login.password_file));
    let peer = config.peers.first().expect("a peer");
    let url: PeerUrl = "https://relay.test".parse().expect("an address");
    assert_eq!(config.way(peer), Way::Relay(url.clone()));
    let direct = Peer { url: Some("https://b.test".parse().expect("one")), ..peer.clone() };
    assert!(matches!(config.way(&direct), Way::Direct { relay: Some(_), .. }));
    let other = Peer { relay: Some("https://other.test".parse().expect("one")), ..peer.clone() };
    assert_eq!(config.way(&other), Way::Collect, "it is none of ours");
    let mut closed = config.clone();
    closed.node.listen = None;
    assert_eq!(closed.way(&other), Way::None);

    let keys = |more: &str| -> Vec<String> {
        problems(&format!("{LEAST}{more}")).into_iter().map(|(_, key)| key).collect()
    };
    assert_eq!(keys(&format!("{relay}{relay}")), ["relay.url"]);
    assert_eq!(
        keys("[[relay]]\nurl = \"https://relay.test\"\n"),
        ["relay.tls_certificates", "relay.signing_certificates"]
    );
    assert_eq!(keys("[network]\nproxy = \"http://u:p@proxy.test:8080\"\n"), ["network.proxy"]);
    assert_eq!(keys("[network]\nproxy = \"http://proxy.test\"\n"), ["network.proxy"]);
    let half = "[network]\nproxy = \"http://proxy.test:1\"\nproxy_user = \"u\"\n";
    assert_eq!(keys(half), ["network.proxy_password_file"]);
    let alone = "[network]\nproxy_user = \"u\"\nproxy_password_file = \"p\"\n";
    assert_eq!(keys(alone), ["network.proxy"]);
    let unheard = LEAST.replace("listen = \"127.0.0.1:0\"", "url = \"https://a.test\"");
    assert_eq!(problems(&unheard), [(3, "node.url".to_owned())]);
}
