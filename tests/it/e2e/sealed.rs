//! Packages that are sealed to their recipients.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use renkei::link::{PackageForm, SendError};
use renkei::package::sealed::{SUITE, seal};
use renkei::package::{Limits, Receipt};

use super::cards::{card, joined, opened};
use super::proof::receipts;
use super::rogue::Rogue;
use super::units::{PLAN, export, sample, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, until, visible};

/// What the first receipts say of the seal: one for each package that arrived, in their order.
fn seals(of: &Office) -> Vec<Option<String>> {
    let first = receipts(of).into_iter().filter(|(_, kind, _)| kind == "ContentConsignment");
    let seal = |der: Vec<u8>| {
        let (receipt, _) = Receipt::stated(&der, &Limits::default()).expect("a receipt");
        assert_ne!(receipt.sealed_sha256, Some(receipt.package_sha256));
        receipt.sealed_sha256.map(|sha256| sha256.to_string())
    };
    first.map(|(_, _, der)| seal(der)).collect()
}

/// The files of the sealing keys of an office, the oldest first.
fn keys(of: &Office) -> Vec<PathBuf> {
    let mut keys = visible(&of.path("data/sealing"));
    keys.sort();
    keys
}

/// Makes a key look so many days older than it is.
fn age(key: &Path, days: i64) -> PathBuf {
    let made = Timestamp::now() - SignedDuration::from_hours(24 * days);
    let number = key.file_name().and_then(|name| name.to_str()?.split('-').next());
    let number = number.expect("an office");
    let older = key.with_file_name(format!("{number}-{}.key", made.strftime("%Y%m%dT%H%M%SZ")));
    fs::rename(key, &older).expect("renamed");
    older
}

/// The id of the key that the card of an office announces, which is made by a command.
fn announced(of: &Office) -> String {
    let card = opened(&card(of));
    card.card().sealing.as_ref().expect("a key").key_id.clone()
}

/// How often the history tells of it.
fn noted(of: &Office, code: &str) -> usize {
    of.sql(&format!("SELECT at FROM journal WHERE state = 'CHANGED' AND detail LIKE '{code}%'"))
        .len()
}

#[test]
fn offices_that_know_each_other_by_cards_seal() {
    let [mut care, mut help] = joined();
    let opened = opened(&card(&help));
    assert_eq!(opened.card().sealing.as_ref().map(|key| key.suite.as_str()), Some(SUITE));
    care.start();
    help.start();
    let unit = sample(PLAN, "20260520101500");
    export(&care, &unit);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
    let sealed = seals(&care);
    assert!(matches!(&sealed[..], [Some(_)]), "{sealed:?}");
    assert_eq!(seals(&help), sealed);
    // The keys are their owner's alone.
    for key in keys(&help) {
        let metadata = fs::metadata(&key).expect("a file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        }
        assert!(metadata.is_file());
    }
    let checked = help.command(&["certs", "check"]);
    let checked = String::from_utf8(checked.stdout).expect("UTF-8");
    assert!(checked.contains(&announced(&help)), "{checked}");
}

#[test]
fn a_partner_without_a_known_key_gets_packages_as_before() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.start();
    help.start();
    export(&care, &withdrawal(CARE, 1));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(seals(&care), [None]);
}

/// A month passes, with packages that wait; then another two.
#[test]
fn keys_follow_each_other_and_go_when_their_time_is_over() {
    let [mut care, mut help] = joined();
    care.start();
    help.start();
    export(&care, &withdrawal(CARE, 1));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let first = announced(&help);
    help.stop();
    export(&care, &withdrawal(CARE, 2));
    until("it waits", || care.has_sent("QUEUED", 1));
    let [key] = &keys(&help)[..] else { panic!("{:?}", keys(&help)) };
    let key = age(key, 31);
    help.start();
    until("handed over", || care.has_sent("HANDED_OVER", 2));
    until("a new key", || (noted(&help, "sealing-key-made") == 1).then_some(()));
    let second = announced(&help);
    assert_ne!(second, first);
    assert_eq!(keys(&help).len(), 2);
    until("the partner has the new card", || (noted(&care, "card-replaced") > 0).then_some(()));
    help.stop();
    export(&care, &withdrawal(CARE, 3));
    until("it waits", || care.has_sent("QUEUED", 1));
    let gone = age(&key, 91);
    help.start();
    until("handed over", || care.has_sent("HANDED_OVER", 3));
    until("the old key is gone", || (!gone.exists()).then_some(()));
    until("it is noted", || (noted(&help, "sealing-key-removed") > 0).then_some(()));
    assert_eq!(announced(&help), second);
    // Sealed to what was not there any more, or to the new one: each arrived sealed.
    let sealed = seals(&care);
    assert_eq!(sealed.len(), 3);
    assert!(sealed.iter().all(Option::is_some), "{sealed:?}");
}

/// The keys of an office are lost, and its partner has an old card while it sends.
#[test]
fn an_office_that_lost_its_keys_gets_what_waits_and_is_sealed_to_again() {
    let [mut care, mut help] = joined();
    care.start();
    help.start();
    export(&care, &withdrawal(CARE, 1));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let before = announced(&help);
    help.stop();
    fs::remove_dir_all(help.path("data/sealing")).expect("removed");
    export(&care, &withdrawal(CARE, 2));
    help.start();
    until("handed over", || care.has_sent("HANDED_OVER", 2));
    until("the partner has the new card", || (noted(&care, "card-replaced") > 0).then_some(()));
    assert_ne!(announced(&help), before);
    export(&care, &withdrawal(CARE, 3));
    until("handed over", || care.has_sent("HANDED_OVER", 3));
    // What waited may have gone under TLS alone, where the new card was not made yet.
    let sealed = seals(&care);
    assert!(sealed.len() == 3 && sealed[0].is_some() && sealed[2].is_some(), "{sealed:?}");
}

/// Whatever is wrong with a seal is told by its code, and a repeat that is sealed anew is the same
/// package.
#[test]
fn a_wrong_seal_is_refused_and_another_seal_is_no_other_package() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.start();
    care.start();
    let key = opened(&card(&help)).card().sealing.clone().expect("a key");
    care.stop();
    let rogue = Rogue::of(&care);
    let parcel = rogue.parcel(&help, &withdrawal(CARE, 1), 1, |_| {});
    let now = Timestamp::now();
    let sealed = || {
        let sealed = seal(&parcel.open(), &key, now).expect("sealed");
        sealed.bytes().to_vec()
    };
    let put = |bytes: Vec<u8>| rogue.put_in_form(&help, parcel.id, bytes, PackageForm::Sealed);
    let refused = |bytes: Vec<u8>| match put(bytes) {
        Err(SendError::Refused { problem }) => problem.code,
        other => panic!("{other:?}"),
    };
    let good = sealed();
    // Nothing of the files is to be read in it.
    for (_, bytes) in withdrawal(CARE, 1) {
        assert!(!good.windows(bytes.len()).any(|window| window == bytes));
    }
    assert_eq!(refused(parcel.bytes.to_vec()), "not-sealed");
    let mut flipped = good.clone();
    *flipped.last_mut().expect("bytes") ^= 1;
    assert_eq!(refused(flipped), "seal-broken");
    assert_eq!(refused(good[..good.len() - 1].to_vec()), "seal-broken");
    let other = renkei::package::card::SealingKey { key_id: "another".to_owned(), ..key.clone() };
    let other = seal(&parcel.open(), &other, now).expect("sealed");
    assert_eq!(refused(other.bytes().to_vec()), "seal-unknown-key");
    let first = put(good).expect("taken");
    assert!(!first.repeated);
    let again = put(sealed()).expect("taken");
    assert!(again.repeated);
    assert_eq!(again.receipt, first.receipt);
    let open = rogue.put_in_form(&help, parcel.id, parcel.bytes.to_vec(), PackageForm::Plain);
    assert_eq!(open.expect("taken").receipt, first.receipt);
    until("it is placed", || (help.files("import").len() == 1).then_some(()));
    assert_eq!(help.files("import"), withdrawal(CARE, 1));
}
