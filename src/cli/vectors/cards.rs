//! Cards, what takes the place of what, and the digits that two people compare.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::Deserialize;

use super::{Expected, TrustOf, Vectors};
use crate::certs;
use crate::package::card::{CardFault, SignedCard, certificate_digits, check_digits};
use crate::types::Digest;

#[derive(Debug, Deserialize)]
struct Cards {
    cases: Vec<Case>,
    digits: Vec<Digits>,
    certificates: Vec<CertificateDigits>,
}

#[derive(Debug, Deserialize)]
struct Case {
    file: String,
    /// The card that is registered.
    #[serde(default)]
    held: Option<String>,
    /// The certificates that are registered with it.
    #[serde(default)]
    trust: Option<TrustOf>,
    #[serde(flatten)]
    expected: Expected,
}

#[derive(Debug, Deserialize)]
struct Digits {
    cards: [String; 2],
    digits: String,
}

#[derive(Debug, Deserialize)]
struct CertificateDigits {
    certificate: PathBuf,
    digits: String,
}

pub(super) fn cards(vectors: &mut Vectors) -> anyhow::Result<()> {
    let index: Cards = vectors.index("cards")?;
    for Case { file, held, trust, expected } in index.cases {
        let card = open(vectors, &file)?;
        let judged = match (card, held, trust) {
            (Ok(card), Some(held), Some(trust)) => {
                let held = open(vectors, &held)??;
                card.replaces(&held, &vectors.trust(&trust)?, vectors.now)
            }
            (Ok(card), ..) => card.check_time(vectors.now),
            (Err(fault), ..) => Err(fault),
        };
        vectors.judged(&file, &expected, judged.err().map(|fault| fault.code()));
    }
    for Digits { cards: [one, other], digits } in index.digits {
        let [first, second] = [open(vectors, &one)??, open(vectors, &other)??];
        let got = check_digits(first.sha256(), second.sha256()).to_string();
        let name = format!("{one} and {other}");
        vectors.same(&name, got == digits, || format!("expected {digits}, got {got}"));
    }
    for CertificateDigits { certificate, digits } in index.certificates {
        let read = certs::load_certificates(&vectors.folder.join(&certificate))?;
        let sha256 = read.first().map(|der| Digest::of(der)).context("a certificate")?;
        let got = certificate_digits(sha256).to_string();
        let name = certificate.display().to_string();
        vectors.same(&name, got == digits, || format!("expected {digits}, got {got}"));
    }
    Ok(())
}

fn open(vectors: &Vectors, file: &str) -> anyhow::Result<Result<SignedCard, CardFault>> {
    let bytes = vectors.read("cards", file).context("a card")?;
    Ok(SignedCard::open(&bytes))
}
