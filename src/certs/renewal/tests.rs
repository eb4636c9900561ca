use super::*;

fn at(days: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * (20_000 + days))
}

struct Place {
    folder: tempfile::TempDir,
    files: IdentityFiles,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name| folder.path().join(name);
        let files = IdentityFiles::Pem { certificate: path("tls.pem"), key: path("tls.key") };
        Self { folder, files }
    }

    fn put(&self, certificate: &str, key: &str, issued: &super::super::Issued) {
        let write = |name: &str, text: &str, access| {
            let path = self.folder.path().join(name);
            files::write(&path, text.as_bytes(), access, Existing::Keep).expect("written");
        };
        write(certificate, &issued.chain_pem(), Access::Public);
        write(key, issued.key_pem(), Access::Secret);
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("listed");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("ASCII"))
            .collect();
        names.sort();
        names
    }

    fn renewable(&self) -> Renewable<'_> {
        Renewable { files: &self.files, office: office(), usages: vec![Usage::Tls] }
    }

    fn advance(&self, haste: Haste, now: Timestamp) -> Done {
        let never = |_: &Identity, _| Err(TrustError::UnknownIssuer);
        advance(&self.renewable(), haste, now, never).expect("it goes on")
    }

    fn own(&self) -> CertificateDer<'static> {
        load(&self.files).expect("it fits").chain().first().expect("one").clone()
    }
}

fn office() -> OfficeNumber {
    "1370000018".parse().expect("an office")
}

fn of_two_years() -> super::super::Issued {
    let hosts = ["node.example".to_owned(), "192.0.2.7".to_owned()];
    let validity = Validity { not_before: at(0), not_after: at(730) };
    self_made(office(), Usage::Tls, &hosts, validity).expect("made")
}

#[test]
fn a_self_made_certificate_is_followed_with_overlap() {
    let place = Place::new();
    place.put("tls.pem", "tls.key", &of_two_years());
    let old = place.own();
    assert_eq!(place.advance(Haste::InTime, at(639)), Done::Nothing);
    assert_eq!(place.names(), ["tls.key", "tls.pem"]);
    assert_eq!(place.advance(Haste::InTime, at(640)), Done::Begun);
    let next = next_certificate(&place.files).expect("announced");
    assert!(is_self_made(&next));
    assert_eq!(self_made::hosts_of(&next), ["node.example", "192.0.2.7"]);
    let Stage::Prepared { certificate, at: switch } = stage(&place.files) else {
        panic!("{:?}", stage(&place.files))
    };
    assert_eq!((certificate, switch), (next.clone(), at(729)));
    // It stays as it was announced, and the old one in use, until the last day.
    assert_eq!(place.advance(Haste::InTime, at(700)), Done::Nothing);
    assert_eq!((place.own(), next_certificate(&place.files)), (old.clone(), Some(next.clone())));
    assert_eq!(place.advance(Haste::InTime, at(729)), Done::Taken);
    assert_eq!(place.own(), next);
    let kept = "tls.until-20261004.pem";
    let names = ["tls.key", "tls.pem", "tls.until-20261004.key", kept];
    assert_eq!(place.names(), names);
    let kept = super::super::load_certificates(&place.folder.path().join(kept));
    assert_eq!(kept.expect("the old one"), [old]);
    assert_eq!(place.advance(Haste::InTime, at(729)), Done::Nothing);
}

/// Several that end on the same day are all kept: partners may know any of them.
#[test]
fn none_that_was_in_use_is_lost() {
    let place = Place::new();
    place.put("tls.pem", "tls.key", &of_two_years());
    let mut used = vec![place.own()];
    for _ in 0..3 {
        assert_eq!(place.advance(Haste::Begin, at(100)), Done::Begun);
        assert_eq!(place.advance(Haste::Take, at(100)), Done::Taken);
        used.push(place.own());
    }
    let kept = place.names().into_iter().filter(|name| !name.contains(".key"));
    let load = |name: String| super::super::load_certificates(&place.folder.path().join(name));
    let kept: Vec<_> = kept.flat_map(|name| load(name).expect("a certificate")).collect();
    assert!(used.iter().all(|one| kept.contains(one)), "{:?}", place.names());
}

#[test]
fn a_person_may_begin_and_take_it_earlier() {
    let place = Place::new();
    place.put("tls.pem", "tls.key", &of_two_years());
    assert_eq!(place.advance(Haste::Begin, at(1)), Done::Begun);
    let next = next_certificate(&place.files).expect("announced");
    assert_eq!(place.advance(Haste::Begin, at(1)), Done::Nothing, "once");
    assert_eq!(place.advance(Haste::Take, at(1)), Done::Taken);
    assert_eq!(place.own(), next);
}

#[test]
fn a_crash_at_any_rename_is_made_good() {
    for renamed_key in [false, true] {
        let place = Place::new();
        place.put("tls.pem", "tls.key", &of_two_years());
        place.advance(Haste::Begin, at(1));
        let next = next_certificate(&place.files).expect("announced");
        if renamed_key {
            let path = |name| place.folder.path().join(name);
            std::fs::rename(path("tls.next.key"), path("tls.key")).expect("renamed");
            assert!(load(&place.files).is_err(), "the key is another one's");
            assert!(finish(&place.files).expect("finished"));
            assert_eq!(place.own(), next);
            assert_eq!(stage(&place.files), Stage::None);
        }
        assert!(!finish(&place.files).expect("nothing to do"));
    }
    // A key alone, as a crash leaves it, is in nobody's way.
    let place = Place::new();
    place.put("tls.pem", "tls.key", &of_two_years());
    std::fs::write(place.folder.path().join("tls.next.key"), "").expect("written");
    assert_eq!(place.advance(Haste::Begin, at(1)), Done::Begun);
    assert!(next_certificate(&place.files).is_some());
}

#[test]
fn what_an_authority_issued_is_asked_for_and_taken_when_it_comes() {
    let validity = Validity { not_before: at(0), not_after: at(365) };
    let ca = super::super::TestCa::new("CA", validity).expect("a CA");
    let issue = || ca.issue(office(), Usage::Tls, &[], validity).expect("issued");
    let place = Place::new();
    place.put("tls.pem", "tls.key", &issue());
    let old = place.own();
    assert_eq!(place.advance(Haste::InTime, at(300)), Done::Begun);
    assert_eq!(place.names(), ["tls.key", "tls.next.csr", "tls.next.key", "tls.pem"]);
    assert!(matches!(stage(&place.files), Stage::Requested { .. }));
    assert_eq!(place.advance(Haste::Take, at(364)), Done::Nothing, "nothing came");
    assert_eq!(place.own(), old);

    // Not for our key: it is told, and the old one stays.
    let path = place.folder.path().join("tls.next.pem");
    std::fs::write(&path, issue().chain_pem()).expect("written");
    let taken = advance(&place.renewable(), Haste::InTime, at(301), |_, _| Ok(()));
    assert!(matches!(taken, Err(RenewalError::Certs(CertsError::Signer { .. }))));
    // For our key.
    std::fs::remove_file(&path).expect("removed");
    std::fs::remove_file(place.folder.path().join("tls.next.key")).expect("removed");
    place.put("tls.next.pem", "tls.next.key", &issue());
    let next = next_certificate(&place.files).expect("there");
    let taken =
        advance(&place.renewable(), Haste::InTime, at(301), |_, _| Err(TrustError::Revoked));
    let Err(RenewalError::NotAccepted { why: TrustError::Revoked, .. }) = taken else {
        panic!("{taken:?}")
    };
    assert_eq!(place.own(), old);
    let taken = advance(&place.renewable(), Haste::InTime, at(301), |_, _| Ok(()));
    assert_eq!(taken.expect("taken"), Done::Taken);
    assert_eq!(place.own(), next);
    assert!(!place.names().contains(&"tls.next.csr".to_owned()), "it is answered");
}

#[test]
fn a_request_that_a_crash_left_is_in_nobodys_way() {
    let validity = Validity { not_before: at(0), not_after: at(365) };
    let ca = super::super::TestCa::new("CA", validity).expect("a CA");
    let issued = ca.issue(office(), Usage::Tls, &[], validity).expect("issued");
    let place = Place::new();
    place.put("tls.pem", "tls.key", &issued);
    let request = place.folder.path().join("tls.next.csr");
    std::fs::write(&request, "of the former renewal").expect("written");
    assert_eq!(place.advance(Haste::InTime, at(300)), Done::Begun);
    assert!(matches!(stage(&place.files), Stage::Requested { .. }));
    let asked = std::fs::read_to_string(&request).expect("a request");
    assert!(asked.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{asked}");
    // Between the two renames it goes with what it asked for.
    let next = ca.issue(office(), Usage::Tls, &[], validity).expect("issued");
    place.put("tls.next.pem", "new.key", &next);
    std::fs::remove_file(place.folder.path().join("tls.next.key")).expect("removed");
    let path = |name| place.folder.path().join(name);
    std::fs::rename(path("new.key"), path("tls.key")).expect("renamed");
    assert!(finish(&place.files).expect("finished"));
    assert!(!request.exists());
}

#[test]
fn short_lives_are_renewed_late() {
    assert!(!is_due(at(0), at(30), at(19)));
    assert!(is_due(at(0), at(30), at(20)));
    assert!(!is_due(at(0), at(3650), at(3559)));
    assert!(is_due(at(0), at(3650), at(3560)));
}
