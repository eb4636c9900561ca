//! Sealed packages, opened with the key.

use std::path::PathBuf;

use anyhow::Context as _;
use bytes::Bytes;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;

use super::{Expected, Vectors};
use crate::package::open;
use crate::package::sealed::{Sealed, SealedFault, SealingSecret, SealingSecrets, open_sealed};

#[derive(Debug, Deserialize)]
struct Index {
    /// The private key of the recipient.
    key: PathBuf,
    key_id: String,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    file: String,
    #[serde(flatten)]
    expected: Expected,
}

pub(super) fn sealed(vectors: &mut Vectors) -> anyhow::Result<()> {
    let Index { key, key_id, cases } = vectors.index("sealed")?;
    // Everybody knows this key, whatever the rights of its file.
    let key = PrivateKeyDer::from_pem_file(vectors.folder.join(key)).context("the key")?;
    let secret = SealingSecret::of_der(key.secret_der(), vectors.now)?;
    vectors.same("key_id", secret.key_id() == key_id, || format!("got {}", secret.key_id()));
    let keys: SealingSecrets = std::iter::once(secret).collect();
    for Case { file, expected } in cases {
        let bytes = vectors.read("sealed", &file)?;
        let code = judged(vectors, bytes, &keys)?.err().map(|fault| fault.code());
        vectors.judged(&file, &expected, code);
    }
    Ok(())
}

fn judged(
    vectors: &Vectors,
    bytes: Bytes,
    keys: &SealingSecrets,
) -> anyhow::Result<Result<(), SealedFault>> {
    let sealed = match Sealed::read(bytes.into(), &vectors.limits) {
        Ok(sealed) => sealed,
        Err(fault) => return Ok(Err(fault)),
    };
    let inside = match open_sealed(&sealed, keys) {
        Ok(inside) => open(inside, &vectors.limits).context("what is inside is no package")?,
        Err(fault) => return Ok(Err(fault)),
    };
    Ok(sealed.header().check_is_of(inside.manifest()))
}
