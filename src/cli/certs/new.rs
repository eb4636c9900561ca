//! `renkei certs new`: certificates that an office makes for itself.

use std::path::Path;

use super::super::{UsageError, output};
use crate::certs::files::{self, Access, Existing};
use crate::certs::renewal::SELF_MADE;
use crate::certs::{CertsError, Validity, self_made};
use crate::disk::create_private_folders;
use crate::package::Usage;
use crate::types::{Clock, Digest, Lang, OfficeNumber};

/// Makes the two pairs of an office, or none of them.
pub(super) fn run(
    office: OfficeNumber,
    hosts: &[String],
    folder: &Path,
    lang: Lang,
) -> anyhow::Result<()> {
    let told = |error: CertsError| UsageError(error.text(lang));
    create_private_folders(folder)
        .map_err(|source| told(CertsError::Io { path: folder.to_owned(), source }))?;
    let names = [("tls", Usage::Tls), ("signing", Usage::Signing)];
    for (name, _) in names {
        for ending in ["pem", "key"] {
            let path = folder.join(name).with_extension(ending);
            if path.exists() {
                return Err(told(CertsError::Exists { path }).into());
            }
        }
    }
    let now = Clock::system().now();
    let late = jiff::SignedDuration::from_mins(15);
    let validity = Validity { not_before: now - late, not_after: now + SELF_MADE };
    let mut rows = Vec::new();
    for (name, usage) in names {
        let hosts = if usage == Usage::Tls { hosts } else { &[] };
        let made = self_made(office, usage, hosts, validity).map_err(told)?;
        let (certificate, key) =
            (folder.join(name).with_extension("pem"), { folder.join(name).with_extension("key") });
        files::write(&key, made.key_pem().as_bytes(), Access::Secret, Existing::Keep)
            .map_err(told)?;
        files::write(&certificate, made.chain_pem().as_bytes(), Access::Public, Existing::Keep)
            .map_err(told)?;
        let sha256 = made.certificate().map(|der| Digest::of(der).to_string());
        rows.push(vec![certificate.display().to_string(), sha256.unwrap_or_default()]);
    }
    let head = [lang.pick("証明書", "certificate"), "SHA-256"];
    output::line(&output::table(&head, &rows))?;
    output::line(lang.pick(
        "相手に、上の SHA-256 を [[peer]] の tls_certificates と signing_certificates に登録してもらってください（改ざんされない方法で伝えます）。\n秘密鍵（.key）は誰にも渡さないでください。期限の 90 日前から、renkei が次の証明書を用意します。",
        "have your partners enter these SHA-256 as tls_certificates and signing_certificates of [[peer]], told to them on a way that nobody can tamper with\ngive the keys (.key) to nobody; from 90 days before the end on renkei prepares the next certificates",
    ))
}
