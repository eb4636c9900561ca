//! `renkei certs import`: what an authority sent, checked and put where the configuration wants it.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use super::super::secret::secret;
use super::super::{UsageError, output};
use super::show;
use crate::certs::files::{self, Access, Existing};
use crate::certs::{
    self, CertsError, certificates_to_pem, key_to_pem, load_all_of_pkcs12, load_identity,
    load_password, with_key,
};
use crate::package::CertificateInfo;
use crate::types::{Clock, Lang};

/// Files to import, and where to.
pub(super) struct Import<'a> {
    pub(super) file: &'a Path,
    pub(super) key: Option<&'a Path>,
    pub(super) password_file: Option<&'a Path>,
    pub(super) out: &'a Path,
}

pub(super) fn run(import: &Import<'_>, lang: Lang) -> anyhow::Result<()> {
    let told = |error: CertsError| UsageError(error.text(lang));
    let key = import.key.map_or_else(|| import.out.with_extension("key"), Path::to_owned);
    let identities = match certs::load_certificates(import.file) {
        Ok(_) => vec![load_identity(import.file, &key).map_err(told)?],
        // DER that is no certificate: PKCS#12.
        Err(CertsError::NoCertificate { .. }) => {
            let password = match import.password_file {
                Some(path) => load_password(path).map_err(told)?,
                None if io::stdin().is_terminal() => {
                    secret(lang.pick("PKCS#12 のパスワード: ", "password of the PKCS#12 file: "))?
                }
                None => {
                    let text = lang.pick(
                        "PKCS#12 のパスワードを入力できる画面がありません。--password-file を使ってください。",
                        "there is no terminal to type the password of the PKCS#12 file on: use --password-file",
                    );
                    return Err(UsageError(text.to_owned()).into());
                }
            };
            let identities = load_all_of_pkcs12(import.file, &password).map_err(told)?;
            // The key that lies there already stays, so it has to be the one of the certificate.
            if let ([identity], true) = (identities.as_slice(), key.exists()) {
                with_key(identity.chain().to_vec(), import.file, &key).map_err(told)?;
            }
            identities
        }
        Err(error) => return Err(told(error).into()),
    };
    // All is looked at before anything is written.
    let mut wanted = Vec::new();
    for (place, identity) in (1..).zip(&identities) {
        let file = import.file.display();
        certs::unfit(identity, Clock::system().now())
            .map_err(|why| UsageError(format!("{file}: {}", why.text(lang))))?;
        let out = numbered(import.out, place, identities.len());
        let certificate = out.with_extension("pem");
        let own_key = out.with_extension("key");
        // A key that a request was made with lies there already, and stays.
        let is_there = identities.len() == 1 && key == own_key && key.exists();
        let files = [Some(certificate.clone()), (!is_there).then(|| own_key.clone())];
        if let Some(path) = files.iter().flatten().find(|path| path.exists()) {
            return Err(told(CertsError::Exists { path: path.clone() }).into());
        }
        wanted.push((identity, certificate, (!is_there).then_some(own_key)));
    }
    for (identity, certificate, key) in wanted {
        if let Some(key) = key {
            let pem = key_to_pem(&identity.key()).map_err(told)?;
            files::write(&key, pem.as_bytes(), Access::Secret, Existing::Keep).map_err(told)?;
        }
        let pem = certificates_to_pem(identity.chain());
        files::write(&certificate, pem.as_bytes(), Access::Public, Existing::Keep).map_err(told)?;
        for info in identity.chain().iter().take(1).filter_map(|der| CertificateInfo::of(der).ok())
        {
            output::line(&show(&info, lang))?;
        }
        let (path, above) = (certificate.display(), identity.chain().len().saturating_sub(1));
        output::line(&match lang {
            Lang::Ja => {
                format!("{path} に取り込みました（中間の認証局の証明書 {above} 枚を含む）。")
            }
            Lang::En => {
                format!("imported as {path}, with {above} certificates of authorities above it")
            }
        })?;
    }
    Ok(())
}

/// `tls` for a single one, else `tls-1`, `tls-2`, in the order of the file.
fn numbered(out: &Path, place: usize, count: usize) -> PathBuf {
    if count == 1 {
        return out.to_owned();
    }
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(format!("-{place}"));
    out.with_file_name(name)
}
