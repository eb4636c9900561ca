//! Offices that join by exchanging cards and comparing digits, and nothing else.

use std::fs;
use std::process::Output;

use renkei::package::Usage;
use renkei::package::card::{SignedCard, check_digits};

use super::overlap::made;
use super::units::{PLAN, export, sample, withdrawal};
use crate::harness::{CARE, HELP, Office, free_port, offices, quoted, until, visible};
use crate::proof::long;

/// Gives an office a key and a certificate that it made itself.
fn make_own(office: &Office, file: &str) {
    let usage = if file.starts_with("tls") { Usage::Tls } else { Usage::Signing };
    office.put_identity(file, &made(office, usage, long()));
}

/// Two offices with certificates of their own making, who know nobody.
fn strangers() -> [Office; 2] {
    let mut pair = offices([CARE, HELP]);
    for office in &mut pair {
        for file in ["tls", "signing"] {
            make_own(office, file);
        }
        let url = quoted(format!("https://127.0.0.1:{}", office.port));
        office.set("tls", "roots", "[]");
        office.set("node", "url", url);
        for other in [CARE, HELP] {
            if other != office.number {
                office.forget_peer(other);
            }
        }
    }
    pair
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout)
}

/// The path of the office's card, just written.
fn card(office: &Office) -> String {
    let path = office.path("outside").join(format!("{}.card", office.number));
    let path = path.to_str().expect("UTF-8").to_owned();
    done(&office.command(&["card", "--out", &path]));
    path
}

fn opened(path: &str) -> SignedCard {
    SignedCard::open(&fs::read(path).expect("a card")).expect("a good card")
}

/// The office registers the card, after the digits were compared.
fn join(office: &Office, card: &str, digits: &str) {
    let said = done(&office.command(&["partner", "add", card, "--expect", digits]));
    assert!(said.contains(digits), "{said}");
}

/// Two strangers that have joined.
fn joined() -> [Office; 2] {
    let pair = strangers();
    let cards = [card(&pair[0]), card(&pair[1])];
    let [one, other] = [opened(&cards[0]), opened(&cards[1])];
    let digits = check_digits(one.sha256(), other.sha256()).to_string();
    join(&pair[0], &cards[1], &digits);
    join(&pair[1], &cards[0], &digits);
    pair
}

/// What the file of a partner says.
fn registered(office: &Office, partner: &str) -> String {
    fs::read_to_string(office.path(&format!("partners/{partner}.toml"))).unwrap_or_default()
}

#[test]
fn two_offices_join_by_cards_and_digits_alone() {
    let [mut care, mut help] = strangers();
    let cards = [card(&care), card(&help)];
    // Written again it is the same card: both sides go on reading the same digits.
    let before = fs::read(&cards[0]).expect("a card");
    card(&care);
    assert_eq!(fs::read(&cards[0]).expect("a card"), before);
    let svg = fs::read_to_string(cards[0].replace(".card", ".svg")).expect("a picture");
    assert!(svg.starts_with("<svg "), "{svg}");

    // Nobody is there to compare: nothing is registered.
    let asked = care.command(&["partner", "add", &cards[1]]);
    assert_eq!(asked.status.code(), Some(2), "{asked:?}");
    let wrong = ["partner", "add", &cards[1], "--expect", &"12345 ".repeat(6)];
    let wrong = care.command(&wrong);
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    assert_eq!(registered(&care, HELP), "");
    let own = care.command(&["partner", "add", &cards[0], "--expect", &"12345 ".repeat(6)]);
    assert_eq!(own.status.code(), Some(2), "{own:?}");

    // Both sides are shown the same.
    let said = text(&asked.stdout);
    let digits = said
        .lines()
        .map(str::trim)
        .find(|line| line.len() == 35 && line.starts_with(|c: char| c.is_ascii_digit()));
    let digits = digits.unwrap_or_else(|| panic!("{said}")).to_owned();
    let there = text(&help.command(&["partner", "add", &cards[0]]).stdout);
    assert!(there.contains(&digits), "{digits} is not in {there}");
    join(&care, &cards[1], &digits);
    join(&help, &cards[0], &digits);
    // Once more is no mistake.
    done(&care.command(&["partner", "add", &cards[1]]));

    let listed = done(&care.command(&["partner", "list", "--json"]));
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed["partners"][0]["office"], HELP);
    let shown = done(&care.command(&["partner", "show", HELP]));
    assert!(shown.contains(&format!("https://127.0.0.1:{}", help.port)), "{shown}");

    let away = care.command(&["partner", "test", HELP]);
    assert_eq!(away.status.code(), Some(1), "{away:?}");
    assert!(text(&away.stdout).contains("broken connection (TCP)"), "{away:?}");
    care.start();
    help.start();
    let there = done(&care.command(&["partner", "test", HELP]));
    assert_eq!(there.lines().filter(|line| line.starts_with("fine")).count(), 5, "{there}");
    let unit = sample(PLAN, "20260520101500");
    export(&care, &unit);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);

    // While packages wait for it, a partner stays.
    help.kill();
    export(&care, &withdrawal(CARE, 1));
    until("it waits", || care.has_sent("QUEUED", 1));
    let kept = care.command(&["partner", "remove", HELP, "--yes"]);
    assert_eq!(kept.status.code(), Some(1), "{kept:?}");
    done(&care.command(&["partner", "rename", HELP, "Help at home"]));
    assert!(registered(&care, HELP).contains("name = \"Help at home\""));
    done(&care.command(&["partner", "remove", HELP, "--yes", "--force"]));
    assert_eq!(registered(&care, HELP), "");
    assert_eq!(visible(&care.path("partners")), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_renewed_card_is_taken_up_by_itself() {
    let [mut care, mut help] = joined();
    for office in [&mut care, &mut help] {
        office.start();
    }
    let before = opened(&card(&help)).card().serial;
    // New keys are told beforehand, by a card that the old one signs. Nothing is started anew.
    for file in ["tls", "signing"] {
        make_own(&help, &format!("{file}-next"));
    }
    help.set("tls", "next_certificates", "[\"keys/tls-next.pem\"]");
    help.set("office", "signing_next_certificates", "[\"keys/signing-next.pem\"]");
    help.write_config();
    let next = opened(&card(&help));
    assert!(next.card().serial > before);
    let pins = |card: &SignedCard| {
        let certificates = &card.card().certificates;
        let all = certificates.tls.iter().chain(&certificates.signing);
        all.map(|certificate| certificate.sha256().to_string()).collect::<Vec<_>>()
    };
    until("both certificates of each kind are registered", || {
        let held = registered(&care, HELP);
        pins(&next).iter().all(|pin| held.contains(pin)).then_some(())
    });
    until("it is told", || care.log().contains("card-replaced").then_some(()));
    let noted = care.sql(
        "SELECT count(*) FROM journal WHERE state = 'CHANGED' AND detail LIKE 'card-replaced:%'",
    );
    assert_eq!(noted, ["1"]);
    let taken_up = format!("peer {HELP} tls_certificates");
    until("it is in use", || care.log().contains(&taken_up).then_some(()));

    // The new keys are in use, at a new address; the old certificates are gone.
    help.kill();
    for file in ["tls", "signing"] {
        for kind in ["pem", "key"] {
            let (from, to) = (format!("keys/{file}-next.{kind}"), format!("keys/{file}.{kind}"));
            fs::copy(help.path(&from), help.path(&to)).expect("copied");
        }
    }
    help.set("tls", "next_certificates", "[]");
    help.set("office", "signing_next_certificates", "[]");
    help.port = free_port();
    help.set("node", "listen", quoted(format!("127.0.0.1:{}", help.port)));
    help.set("node", "url", quoted(format!("https://127.0.0.1:{}", help.port)));
    help.start();
    let last = opened(&card(&help));
    until("the new address is registered", || {
        let held = registered(&care, HELP);
        let is_there = held.contains(&format!("https://127.0.0.1:{}", help.port))
            && held.contains(&format!("{HELP}-{}.card", last.card().serial));
        is_there.then_some(())
    });
    assert_eq!(registered(&care, HELP).matches(&pins(&last)[0]).count(), 1);
    assert!(!registered(&care, HELP).contains(&pins(&next)[0]), "the old certificate is pinned");
    let unit = sample(PLAN, "20260520101500");
    export(&care, &unit);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
    // The former card comes back, from whatever corner: it is too old.
    let former = help.path("outside/former.card");
    fs::write(&former, next.bytes()).expect("written");
    let refused = care.command(&["partner", "add", former.to_str().expect("UTF-8")]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(text(&refused.stderr).contains("the registered card has"), "{refused:?}");
}

#[test]
fn a_card_of_another_hand_is_not_taken_up() {
    let [mut care, mut help] = joined();
    let held = registered(&care, HELP);
    // Whoever has the TLS key alone can hand cards, but not sign them.
    make_own(&help, "signing");
    help.set("office", "name", quoted("somebody else"));
    for office in [&mut care, &mut help] {
        office.start();
    }
    until("it is told", || care.log().contains("card-not-trusted").then_some(()));
    assert_eq!(registered(&care, HELP), held);
    until("the status tells it", || {
        let status = text(&care.command(&["status"]).stdout);
        status.contains("card-not-trusted").then_some(())
    });
}

#[test]
fn what_a_partner_does_not_take_is_held_before_it_leaves() {
    let [mut care, mut help] = strangers();
    help.set("office", "takes", "[\"K2\", \"K4\"]");
    help.set("office", "editions", "[\"v4.1\"]");
    let cards = [card(&care), card(&help)];
    let [one, other] = [opened(&cards[0]), opened(&cards[1])];
    let digits = check_digits(one.sha256(), other.sha256()).to_string();
    join(&care, &cards[1], &digits);
    join(&help, &cards[0], &digits);
    for office in [&mut care, &mut help] {
        office.start();
    }
    export(&care, &sample(PLAN, "20260520101500"));
    let set = until("held", || care.sets("hold").into_iter().next());
    assert!(set.1.iter().any(|name| name.contains("UP3KYO")), "{set:?}");
    assert_eq!(care.sql("SELECT count(*) FROM outgoing"), ["0"], "it left");
    let held = done(&care.command(&["hold", "list"]));
    assert!(held.contains("unit-not-taken"), "{held}");
    let reports = fs::read_dir(care.path("hold").join(&set.0)).expect("a set");
    let reports =
        reports.filter_map(|entry| fs::read_to_string(entry.expect("an entry").path()).ok());
    let report = reports.collect::<Vec<_>>().join("\n");
    assert!(report.contains("does not import the send unit K1"), "{report}");
}

#[test]
fn partners_come_from_a_table_all_or_none() {
    let [mut care] = offices([CARE]);
    care.set("tls", "roots", "[]");
    let table = care.path("outside/partners.csv");
    let path = table.to_str().expect("UTF-8").to_owned();
    let digest = "ab".repeat(32);
    let heads = "事業所番号,名称,URL,サービス種類,TLS証明書,署名証明書\r\n";
    let good = format!("{HELP},訪問介護 一,https://b.test:8443,11,{digest},{digest}\r\n");
    let bad =
        format!("27,,http://c.test,1,{digest},\r\n{HELP},二,https://d.test,,{digest},{digest}\r\n");
    fs::write(&table, format!("{heads}{good}{bad}")).expect("written");
    let refused = care.command(&["partner", "import", &path]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let said = text(&refused.stderr);
    for part in [
        "line 3: office",
        "line 3: url",
        "line 3: service_types",
        "line 3: signing_certificates",
        "line 4: office: stands here twice",
    ] {
        assert!(said.contains(part), "{part} is missing: {said}");
    }
    assert!(!care.path("partners").exists(), "something was written");
    // As a spreadsheet on Windows writes it.
    let (bytes, ..) = encoding_rs::SHIFT_JIS.encode(heads);
    let (row, ..) = encoding_rs::SHIFT_JIS.encode(&good);
    fs::write(&table, [bytes, row].concat()).expect("written");
    done(&care.command(&["partner", "import", &path]));
    assert!(registered(&care, HELP).contains("name = \"訪問介護 一\""));
    let again = done(&care.command(&["partner", "import", &path]));
    assert!(again.contains("0 partners (1 unchanged)"), "{again}");
}
