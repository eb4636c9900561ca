//! Certificates and revocation lists: read or refused, and nobody is believed by chance.

#![no_main]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;
use renkei::package::{CertificateInfo, Trust, TrustSources, Usage};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};

mod common;

fuzz_target!(|input: &[u8]| {
    let files = common::files(input);
    let of_kind = |kind: &str| -> Vec<&[u8]> {
        let own = files.iter().filter(|(name, _)| name.starts_with(kind));
        own.map(|(_, bytes)| *bytes).collect()
    };
    let now = Timestamp::from_second(1_780_000_000).expect("in range");
    let office = "1370000018".parse().expect("an office");
    let certificates: Vec<CertificateDer<'_>> =
        of_kind("certificate").into_iter().map(CertificateDer::from).collect();
    let lists: Vec<CertificateRevocationListDer<'static>> =
        of_kind("list").into_iter().map(|bytes| bytes.to_vec().into()).collect();
    let roots: Vec<CertificateDer<'static>> =
        of_kind("root").into_iter().map(|bytes| bytes.to_vec().into()).collect();
    let rootless = Trust::new(TrustSources {
        roots: Vec::new(),
        revocation_lists: lists.clone(),
        revocation_grace: SignedDuration::ZERO,
        pins: BTreeMap::new(),
        ..TrustSources::default()
    });
    let trust = Trust::new(TrustSources {
        roots,
        revocation_lists: lists,
        revocation_grace: SignedDuration::MAX,
        pins: BTreeMap::new(),
        ..TrustSources::default()
    });
    for certificate in &certificates {
        let info = CertificateInfo::of(certificate);
        for usage in [Usage::Signing, Usage::Tls] {
            if let Ok(rootless) = &rootless {
                assert!(rootless.accepts(certificate, &certificates, usage, now).is_err());
            }
            let Ok(trust) = &trust else { continue };
            trust.revocation_lists().for_each(drop);
            let accepted = trust.accepts(certificate, &certificates, usage, now).is_ok();
            let speaks = trust.speaks_for(certificate, &certificates, office, usage, now).is_ok();
            if accepted {
                let info = info.as_ref().expect("what is believed is readable");
                assert!(info.not_before <= now && now <= info.not_after && info.key.is_some());
                assert_eq!(speaks, info.office == Some(office));
            } else {
                assert!(!speaks);
            }
        }
    }
});
