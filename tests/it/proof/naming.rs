//! Authorities that put the office number elsewhere, and that nobody speaks for another office by it.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType,
    date_time_ymd,
};
use renkei::package::trust::TrustSourceError;
use renkei::package::{Trust, TrustError, TrustSources, Usage};
use renkei::types::{NumberField, NumberRule};
use rustls::pki_types::CertificateDer;

use super::{RECIPIENT, SENDER, now, office};

const THIRD: &str = "1370000042";

/// An authority that puts numbers wherever it is told.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

fn params() -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2090, 1, 1);
    params
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = params();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(ca_params(name), key).expect("a root"))
    }

    fn below(&self, name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::signed_by(ca_params(name), key, &self.0).expect("an authority"))
    }

    pub(crate) fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
        self.issue_with_key(change).0
    }

    pub(crate) fn issue_with_key(
        &self,
        change: impl FnOnce(&mut CertificateParams),
    ) -> (CertificateDer<'static>, KeyPair) {
        let mut params = params();
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.0).expect("a certificate").der().clone(), key)
    }
}

/// OID of the attribute serialNumber (X.520).
fn serial_number() -> DnType {
    DnType::CustomDnType(vec![2, 5, 4, 5])
}

fn rule(field: NumberField, pattern: &str) -> NumberRule {
    NumberRule::new(field, pattern).expect("a rule")
}

fn trust(roots: &[&Authority], naming: Vec<(CertificateDer<'static>, NumberRule)>) -> Trust {
    let roots = roots.iter().map(|authority| authority.root()).collect();
    Trust::new(TrustSources { roots, naming, ..TrustSources::default() }).expect("usable")
}

/// Asks twice: the second answer comes from what was remembered of the path.
#[track_caller]
fn speaks_only_for(
    trust: &Trust,
    certificate: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
    expected: Option<&str>,
) {
    for _ in 0..2 {
        for number in [SENDER, RECIPIENT, THIRD] {
            let number = office(number);
            let spoken = trust.speaks_for(certificate, chain, number, Usage::Tls, now());
            let is_expected = expected.map(office) == Some(number);
            let fault = Err(TrustError::WrongOffice { office: number });
            assert_eq!(spoken, if is_expected { Ok(()) } else { fault }, "{number}");
        }
        let named = trust.named_office(certificate, chain, Usage::Tls, now());
        assert_eq!(named, expected.map(office));
    }
}

#[test]
fn each_field_may_hold_the_number_and_then_the_common_name_counts_no_more() {
    type Put = fn(&mut CertificateParams, String);
    let cases: [(NumberField, Put); 6] = [
        (NumberField::CommonName, |params, value| {
            params.distinguished_name.push(DnType::CommonName, value);
        }),
        (NumberField::OrganizationalUnit, |params, value| {
            params.distinguished_name.push(DnType::OrganizationalUnitName, value);
        }),
        (NumberField::SerialNumber, |params, value| {
            params.distinguished_name.push(serial_number(), value);
        }),
        (NumberField::DnsName, |params, value| {
            params.subject_alt_names.push(SanType::DnsName(value.try_into().expect("ASCII")));
        }),
        (NumberField::Uri, |params, value| {
            params.subject_alt_names.push(SanType::URI(value.try_into().expect("ASCII")));
        }),
        (NumberField::Email, |params, value| {
            params.subject_alt_names.push(SanType::Rfc822Name(value.try_into().expect("ASCII")));
        }),
    ];
    for (field, put) in cases {
        for (before, after) in [("", ""), ("kaigo-", ".example")] {
            let authority = Authority::new("elsewhere");
            let pattern = format!("{before}{{office}}{after}");
            let trust = trust(&[&authority], vec![(authority.root(), rule(field, &pattern))]);
            let with = |value: String| {
                authority.issue(|params| {
                    if field != NumberField::CommonName {
                        params.distinguished_name.push(DnType::CommonName, RECIPIENT);
                    }
                    put(params, value);
                })
            };
            let certificate = with(format!("{before}{SENDER}{after}"));
            speaks_only_for(&trust, &certificate, &[], Some(SENDER));
            // Not as the pattern says: it does not fall back on the common name.
            let certificate = with(format!("x{before}{SENDER}{after}"));
            speaks_only_for(&trust, &certificate, &[], None);
        }
    }
}

#[test]
fn two_numbers_name_nobody_and_other_values_are_in_nobodys_way() {
    let authority = Authority::new("elsewhere");
    let field = NumberField::DnsName;
    let trust = trust(&[&authority], vec![(authority.root(), rule(field, "{office}.example"))]);
    let with = |names: &[&str]| {
        authority.issue(|params| {
            for name in names {
                let name = SanType::DnsName((*name).try_into().expect("ASCII"));
                params.subject_alt_names.push(name);
            }
        })
    };
    let own = "1370000018.example";
    speaks_only_for(&trust, &with(&["node.example", own]), &[], Some(SENDER));
    speaks_only_for(&trust, &with(&[own, own]), &[], Some(SENDER));
    speaks_only_for(&trust, &with(&[own, "1370000026.example"]), &[], None);
    speaks_only_for(&trust, &with(&["1370000026.example", own]), &[], None);
    speaks_only_for(&trust, &with(&[]), &[], None);
}

#[test]
fn the_rule_of_one_authority_is_none_for_another() {
    let (mapped, usual) = (Authority::new("mapped"), Authority::new("usual"));
    let rules = vec![(mapped.root(), rule(NumberField::OrganizationalUnit, "{office}"))];
    let trust = trust(&[&mapped, &usual], rules);
    let both = |params: &mut CertificateParams| {
        params.distinguished_name.push(DnType::OrganizationalUnitName, SENDER);
        params.distinguished_name.push(DnType::CommonName, RECIPIENT);
    };
    speaks_only_for(&trust, &mapped.issue(both), &[], Some(SENDER));
    speaks_only_for(&trust, &usual.issue(both), &[], Some(RECIPIENT));
    // What stands below an authority follows its rule, whatever else is sent along.
    let below = mapped.below("below");
    let chain = [below.root(), usual.root()];
    speaks_only_for(&trust, &below.issue(both), &chain, Some(SENDER));
}

#[test]
fn an_authority_that_was_renewed_keeps_its_rule() {
    let authority = Authority::new("elsewhere");
    let rules = |first, second| {
        let both = [(first, rule(NumberField::OrganizationalUnit, "{office}")), second];
        both.into_iter().collect::<Vec<_>>()
    };
    // The same name and key in another certificate.
    let key = KeyPair::from_pem(&authority.0.key().serialize_pem()).expect("the key");
    let mut params = ca_params("elsewhere");
    params.not_after = date_time_ymd(2080, 1, 1);
    let renewed = Authority(CertifiedIssuer::self_signed(params, key).expect("a root"));
    assert_ne!(renewed.root(), authority.root());
    let same = (renewed.root(), rule(NumberField::OrganizationalUnit, "{office}"));
    let trust = trust(&[&renewed, &authority], rules(authority.root(), same));
    let certificate = renewed.issue(|params| {
        params.distinguished_name.push(DnType::OrganizationalUnitName, SENDER);
        params.distinguished_name.push(DnType::CommonName, RECIPIENT);
    });
    speaks_only_for(&trust, &certificate, &[], Some(SENDER));

    let other = (renewed.root(), rule(NumberField::CommonName, "{office}"));
    let sources = TrustSources {
        roots: vec![authority.root(), renewed.root()],
        naming: rules(authority.root(), other),
        ..TrustSources::default()
    };
    assert!(matches!(Trust::new(sources), Err(TrustSourceError::Naming)));
}
