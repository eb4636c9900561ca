//! Offices that join by exchanging cards and comparing digits, and nothing else.

use std::fs;
use std::path::Path;
use std::process::Output;

use renkei::certs::renewal::next_certificate;
use renkei::package::Usage;
use renkei::package::card::{SignedCard, check_digits};
use renkei::types::Digest;

use super::overlap::{DAY, files, made};
use super::units::{PLAN, export, sample, withdrawal};
use crate::harness::{CARE, HELP, Office, free_port, offices, quoted, until, visible};
use crate::proof::{long, seconds};

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
pub(super) fn card(office: &Office) -> String {
    let path = office.path("outside").join(format!("{}.card", office.number));
    let path = path.to_str().expect("UTF-8").to_owned();
    done(&office.command(&["card", "--out", &path]));
    path
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

pub(super) fn opened(path: &str) -> SignedCard {
    SignedCard::open(&fs::read(path).expect("a card")).expect("a good card")
}

/// The office registers the card, after the digits were compared.
fn join(office: &Office, card: &str, digits: &str) {
    let said = done(&office.command(&["partner", "add", card, "--expect", digits]));
    assert!(said.contains(digits), "{said}");
}

/// Two offices exchange their cards and compare digits.
pub(super) fn join_each_other(pair: [&Office; 2]) {
    let cards = pair.map(card);
    let [one, other] = [opened(&cards[0]), opened(&cards[1])];
    let digits = check_digits(one.sha256(), other.sha256()).to_string();
    join(pair[0], &cards[1], &digits);
    join(pair[1], &cards[0], &digits);
}

/// Two strangers that have joined.
pub(super) fn joined() -> [Office; 2] {
    let pair = strangers();
    join_each_other([&pair[0], &pair[1]]);
    pair
}

/// How many newer cards of partners an office has noted that it took.
fn replaced(office: &Office) -> usize {
    let noted = "SELECT at FROM journal WHERE state = 'CHANGED' AND detail LIKE 'card-replaced:%'";
    office.sql(noted).len()
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
    until("the first cards are settled", || {
        help.log().contains("the partner has our card").then_some(())
    });
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
    // Made by the command before the node knew of it, it is the one card that the node hands on.
    until("it is noted", || (replaced(&care) > 0).then_some(()));
    let taken_up = format!("peer {HELP} tls_certificates");
    until("it is in use", || care.log().contains(&taken_up).then_some(()));
    assert_eq!(replaced(&care), 1, "once");
    assert!(registered(&care, HELP).contains(&format!("{HELP}-{}.card", next.card().serial)));

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

/// A person hands a card to a partner as a command made it: while the node goes by another configuration
/// for a moment, it does not put its own in the place of that.
#[test]
fn a_card_that_a_command_made_is_handed_on_as_it_is() {
    let [mut care, mut help] = joined();
    for office in [&mut care, &mut help] {
        office.start();
    }
    let first = opened(&card(&help)).card().serial;
    until("the partner has it", || help.log().contains("the partner has our card").then_some(()));
    // A configuration that the node does not go by, with the same data.
    let config = fs::read_to_string(help.path("renkei.toml")).expect("a configuration");
    let changed = config.replace("[[office]]", "[[office]]\nname = \"another name\"");
    let beside = help.path("other-config");
    fs::write(&beside, changed).expect("written");
    let out = help.path("outside/other.card");
    let arguments = ["--config", utf8(&beside), "--out", utf8(&out)];
    let made = crate::support::renkei(&[&["card"], &arguments[..]].concat(), &help.path(""));
    done(&made);
    let other = opened(utf8(&out)).card().serial;
    assert!(other > first);
    until("the partner has it as it is", || {
        registered(&care, HELP).contains(&format!("{HELP}-{other}.card")).then_some(())
    });
}

/// Nobody names a file or starts anything anew: what a node has prepared for itself stands on its card,
/// so that partners know it before it is used.
#[test]
fn a_certificate_that_renews_itself_reaches_partners_by_the_card() {
    let [mut care, mut help] = strangers();
    let kinds = [("tls", Usage::Tls), ("signing", Usage::Signing)];
    // Two years of which 80 days are left.
    let old = kinds.map(|(name, usage)| {
        let issued = made(&care, usage, seconds(-650 * DAY, 80 * DAY));
        care.put_identity(name, &issued);
        Digest::of(issued.certificate().expect("one"))
    });
    join_each_other([&care, &help]);
    care.start();
    let next = kinds.map(|(name, _)| {
        let files = files(&care, name);
        Digest::of(&until("prepared", || next_certificate(&files)))
    });
    // The partner cannot know it yet: whoever switches now would be cut off from it.
    let early = care.command(&["certs", "renew", "--take"]);
    assert_eq!(early.status.code(), Some(1), "{early:?}");
    let said = text(&early.stdout);
    assert!(said.lines().count() == 2 && said.lines().all(|line| line.contains(HELP)), "{said}");
    let in_use = kinds.map(|(name, _)| next_certificate(&files(&care, name)).is_some());
    assert_eq!(in_use, [true; 2], "they wait as before");
    help.start();
    let is_pinned = |digest: &Digest| registered(&help, CARE).contains(&digest.to_string());
    until("both of each kind are registered", || {
        old.iter().chain(&next).all(is_pinned).then_some(())
    });
    let taken_up = format!("peer {CARE} tls_certificates");
    until("they are known", || help.log().contains(&taken_up).then_some(()));
    export(&care, &withdrawal(CARE, 1));
    until("handed over with the old ones", || care.has_sent("HANDED_OVER", 1));
    assert!(old.iter().all(is_pinned));

    until("the partner has said that it has them", || {
        care.command(&["certs", "renew", "--take"]).status.success().then_some(())
    });
    until("in use", || {
        let log = care.log();
        let is_used = |digest: &Digest| {
            let sha256 = digest.to_string();
            log.lines().any(|line| {
                line.contains("a new certificate was taken up") && line.contains(&sha256)
            })
        };
        next.iter().all(is_used).then_some(())
    });
    export(&care, &withdrawal(CARE, 2));
    until("handed over with the new ones", || care.has_sent("HANDED_OVER", 2));
    until("the old ones are let go", || {
        let stay = next.iter().all(is_pinned);
        (stay && !old.iter().any(is_pinned)).then_some(())
    });
    export(&care, &withdrawal(CARE, 3));
    until("handed over with nothing else", || care.has_sent("HANDED_OVER", 3));
    assert!(care.is_alive() && help.is_alive());
}

/// The page, the node and a person may begin the same renewal in the same moment.
#[test]
fn renewals_that_begin_at_once_make_one_pair() {
    let [care, _] = strangers();
    done(&care.command(&["certs", "check"]));
    let config = care.path("renkei.toml");
    for _ in 0..5 {
        std::thread::scope(|scope| {
            let begin = || {
                let arguments = ["certs", "renew", "--config", utf8(&config)];
                done(&crate::support::renkei(&arguments, &care.path("")))
            };
            let all: Vec<_> = (0..6).map(|_| scope.spawn(begin)).collect();
            for one in all {
                one.join().expect("it ended");
            }
        });
        for name in ["tls", "signing"] {
            assert!(next_certificate(&files(&care, name)).is_some(), "key and certificate: {name}");
            for file in ["pem", "key"] {
                let path = care.path(&format!("keys/{name}.next.{file}"));
                fs::remove_file(path).expect("removed");
            }
        }
    }
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
    join_each_other([&care, &help]);
    for office in [&mut care, &mut help] {
        office.start();
    }
    export(&care, &sample(PLAN, "20260520101500"));
    // The files come first, then the row by which they are listed.
    until("held", || (care.sql("SELECT count(*) FROM held") == ["1"]).then_some(()));
    let set = care.sets("hold").into_iter().next().expect("a set");
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
    // A unit that is none, and more than anybody has.
    let units = "事業所番号,URL,送信単位,TLS証明書,署名証明書\r\n";
    let row = format!("{HELP},https://b.test:8443,K1 全部,{digest},{digest}\r\n");
    fs::write(&table, format!("{units}{row}")).expect("written");
    let refused = care.command(&["partner", "import", &path]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(text(&refused.stderr).contains("line 2: takes"), "{refused:?}");
    fs::write(&table, format!("{heads}{}", good.repeat(10_001))).expect("written");
    let refused = care.command(&["partner", "import", &path]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(text(&refused.stderr).contains("at most 10000 partners"), "{refused:?}");
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
