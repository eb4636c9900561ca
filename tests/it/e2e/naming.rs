//! Offices whose authority puts the office number elsewhere than into the common name.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use renkei::certs::certificates_to_pem;
use renkei::certs::files::Access;

use super::units::{export, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, until};

fn params() -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2090, 1, 1);
    params
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = params();
    params.distinguished_name.push(DnType::CommonName, "Elsewhere CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("a root")
}

/// Gives an office certificates whose unit is `unit` and whose common name is another office's number.
fn put(node: &Office, authority: &CertifiedIssuer<'static, KeyPair>, unit: &str, common: &str) {
    for name in ["tls", "signing"] {
        let mut params = params();
        params.distinguished_name.push(DnType::OrganizationalUnitName, unit);
        params.distinguished_name.push(DnType::CommonName, common);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::EmailProtection,
        ];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, authority).expect("a certificate");
        let pem = certificates_to_pem(&[certificate.der().clone()]);
        node.put_key_file(&format!("{name}.pem"), &pem, Access::Public);
        node.put_key_file(&format!("{name}.key"), &key.serialize_pem(), Access::Secret);
    }
}

#[test]
fn the_configured_field_counts_and_nothing_else() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let elsewhere = authority();
    // Each names the other one in its common name: by that, each would speak for the other.
    put(&care, &elsewhere, &format!("JP-{CARE}"), HELP);
    put(&help, &elsewhere, &format!("JP-{HELP}"), CARE);
    let root = certificates_to_pem(&[elsewhere.der().clone()]);
    for node in [&mut care, &mut help] {
        node.put_key_file("elsewhere.pem", &root, Access::Public);
        node.set("tls", "roots", "[\"keys/elsewhere.pem\"]");
        node.set(
            "tls",
            "office_number",
            "[{ authority = \"keys/elsewhere.pem\", field = \"OU\", pattern = \"JP-{office}\" }]",
        );
        node.start();
    }
    export(&care, &withdrawal(CARE, 1));
    until("handed over", || care.has_sent("HANDED_OVER", 1));

    // In the name of the other one, by the common name alone: nobody.
    put(&care, &elsewhere, "JP-2799999999", CARE);
    until("taken up", || {
        let log = care.log();
        let taken = log.lines().filter(|line| line.contains("a new certificate was taken up"));
        (taken.count() >= 2).then_some(())
    });
    export(&care, &withdrawal(CARE, 2));
    until("refused", || {
        let details = care.sql("SELECT detail FROM outgoing WHERE state = 'QUEUED'");
        details.iter().any(|detail| detail.contains("not-a-partner")).then_some(())
    });
    assert_eq!(help.sql("SELECT count(*) FROM incoming"), ["1"]);
}
