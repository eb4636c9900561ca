//! Keys and certificates of a new office: made here, asked of an authority, or from one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::certs::files::Access;
use crate::certs::renewal::SELF_MADE;
use crate::certs::{
    self, CertsError, Identity, Validity, certificates_to_pem, key_to_pem, self_made,
};
use crate::package::Usage;
use crate::types::OfficeNumber;

/// The folder of keys beside the configuration.
const FOLDER: &str = "keys";

/// Self-made certificates begin a little earlier, for clocks that are late.
const LATE: SignedDuration = SignedDuration::from_mins(15);

/// Where keys and certificates come from.
#[derive(Clone)]
pub enum Keys {
    /// Made here; partners register them.
    Made,
    /// Keys are made here, and an authority is asked for certificates.
    Request,
    /// An authority has issued them.
    Given(Given),
}

/// What an authority has issued.
#[derive(Clone)]
pub struct Given {
    /// For connections; not needed where an office is added to a node.
    pub tls: Option<Arc<Identity>>,
    /// For signing.
    pub signing: Arc<Identity>,
}

/// A file that is to be written.
pub(super) struct NewFile {
    pub(super) path: PathBuf,
    pub(super) text: Zeroizing<String>,
    pub(super) access: Access,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Made => "Made",
            Self::Request => "Request",
            Self::Given(_) => "Given",
        })
    }
}

/// Certificate and key for TLS, from the folder of the configuration on.
pub(super) fn tls() -> [PathBuf; 2] {
    pair("tls")
}

/// Certificate and key of an office for signing.
pub(super) fn signing(office: OfficeNumber) -> [PathBuf; 2] {
    pair(&format!("{office}-signing"))
}

fn pair(name: &str) -> [PathBuf; 2] {
    ["pem", "key"].map(|ending| Path::new(FOLDER).join(format!("{name}.{ending}")))
}

/// The folder that has to be there for the files.
pub(super) fn folder(home: &Path) -> PathBuf {
    home.join(FOLDER)
}

/// The files of an office; those for TLS too where the node is new. `hosts` are the names by which
/// partners reach it.
pub(super) fn files(
    keys: &Keys,
    office: OfficeNumber,
    with_tls: bool,
    hosts: &[String],
    now: Timestamp,
) -> Result<Vec<NewFile>, CertsError> {
    let mut files = Vec::new();
    if with_tls {
        let given = match keys {
            Keys::Given(given) => given.tls.as_deref().or(Some(&*given.signing)),
            Keys::Made | Keys::Request => None,
        };
        files.extend(of(keys, given, tls(), (office, Usage::Tls), hosts, now)?);
    }
    let given = match keys {
        Keys::Given(given) => Some(&*given.signing),
        Keys::Made | Keys::Request => None,
    };
    files.extend(of(keys, given, signing(office), (office, Usage::Signing), &[], now)?);
    Ok(files)
}

fn of(
    keys: &Keys,
    given: Option<&Identity>,
    [certificate, key]: [PathBuf; 2],
    (office, usage): (OfficeNumber, Usage),
    hosts: &[String],
    now: Timestamp,
) -> Result<Vec<NewFile>, CertsError> {
    let secret = |path, text| NewFile { path, text, access: Access::Secret };
    let public =
        |path, text: String| NewFile { path, text: Zeroizing::new(text), access: Access::Public };
    Ok(match (keys, given) {
        (Keys::Given(_), Some(identity)) => vec![
            secret(key, key_to_pem(&identity.key())?),
            public(certificate, certificates_to_pem(identity.chain())),
        ],
        (Keys::Request, _) => {
            let made = certs::request(office, None)?;
            vec![
                secret(key, made.key_pem),
                public(certificate.with_extension("csr"), made.request_pem),
            ]
        }
        (Keys::Made | Keys::Given(_), _) => {
            let validity = Validity { not_before: now - LATE, not_after: now + SELF_MADE };
            let made = self_made(office, usage, hosts, validity)?;
            vec![
                secret(key, Zeroizing::new(made.key_pem().to_owned())),
                public(certificate, made.chain_pem()),
            ]
        }
    })
}
