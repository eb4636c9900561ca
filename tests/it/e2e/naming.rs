//! Offices whose authority puts the office number elsewhere than into the common name.

use rcgen::{DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
use renkei::certs::certificates_to_pem;
use renkei::certs::files::Access;

use super::units::{export, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, until};
use crate::proof::naming::Authority;

/// Gives an office certificates whose unit is `unit` and whose common name is another office's number.
fn put(node: &Office, authority: &Authority, unit: &str, common: &str) {
    for name in ["tls", "signing"] {
        let (certificate, key) = authority.issue_with_key(|params| {
            params.distinguished_name.push(DnType::OrganizationalUnitName, unit);
            params.distinguished_name.push(DnType::CommonName, common);
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![
                ExtendedKeyUsagePurpose::ServerAuth,
                ExtendedKeyUsagePurpose::ClientAuth,
                ExtendedKeyUsagePurpose::EmailProtection,
            ];
        });
        let pem = certificates_to_pem(&[certificate]);
        node.put_key_file(&format!("{name}.pem"), &pem, Access::Public);
        node.put_key_file(&format!("{name}.key"), &key.serialize_pem(), Access::Secret);
    }
}

#[test]
fn the_configured_field_counts_and_nothing_else() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let elsewhere = Authority::new("Elsewhere CA");
    // Each names the other one in its common name: by that, each would speak for the other.
    put(&care, &elsewhere, &format!("JP-{CARE}"), HELP);
    put(&help, &elsewhere, &format!("JP-{HELP}"), CARE);
    let root = certificates_to_pem(&[elsewhere.root()]);
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
