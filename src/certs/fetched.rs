//! Revocation lists that were fetched, kept in the data folder.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;

use super::files::{self, Access, Existing};
use super::load::{lists_in, load_revocation_lists};
use super::{CertsError, revocation_list_to_pem};
use crate::config::{Config, Tls};
use crate::disk::create_private_folders;
use crate::package::{read_list, verify_list};
use crate::types::{Digest, ListUrl};

pub use super::load::MAX_LIST;

/// What is there after a list came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// What came.
    pub what: Came,
    /// When the issuer promised the next one.
    pub next_update: Timestamp,
}

/// What came from an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Another one than before, which is kept.
    New,
    /// The one that is there.
    Same,
    /// One that is older, or lacks an issuer: what is there stays.
    Older,
}

/// Where the list of an address lies.
pub fn path(data: &Path, url: &ListUrl) -> PathBuf {
    // The address may have characters that no file name has.
    let name = Digest::of(url.as_str().as_bytes());
    data.join("lists").join(format!("{name}.crl.pem"))
}

/// Every file with revocation lists that a configuration names, by its path or by the address from
/// which it is fetched.
pub fn list_files(config: &Config) -> Vec<PathBuf> {
    let Tls { revocation_lists, revocation_list_urls, .. } = &config.tls;
    let fetched = revocation_list_urls.iter().map(|url| path(&config.node.data, url));
    revocation_lists.iter().cloned().chain(fetched).collect()
}

/// How a file with lists is called where it is told of: as the configuration names it.
pub fn place(config: &Config, file: &Path) -> String {
    let mut urls = config.tls.revocation_list_urls.iter();
    match urls.find(|url| path(&config.node.data, url) == file) {
        Some(url) => format!("tls.revocation_list_urls {url}"),
        None => format!("tls.revocation_lists {}", file.display()),
    }
}

/// Keeps what came from an address, if each list in it was signed by one of `authorities` and none is
/// older than what is there.
pub fn keep(
    data: &Path,
    url: &ListUrl,
    bytes: &[u8],
    authorities: &[CertificateDer<'_>],
) -> Result<Kept, CertsError> {
    let path = path(data, url);
    // What is told of it is told of its address.
    let lists = lists_in(Path::new(url.as_str()), bytes)?;
    let mut next_update = Timestamp::MAX;
    let mut newest = Vec::new();
    for (place, list) in (1..).zip(&lists) {
        let unusable = |fault| CertsError::List { path: PathBuf::from(url.as_str()), place, fault };
        let info = verify_list(list, authorities).map_err(unusable)?;
        next_update = next_update.min(info.next_update);
        newest.push(info);
    }
    let former = load_revocation_lists(&path).unwrap_or_default();
    if former == lists {
        return Ok(Kept { what: Came::Same, next_update });
    }
    let former: Vec<_> = former.iter().filter_map(|list| read_list(list).ok()).collect();
    let is_older = former.iter().any(|old| {
        let same = newest.iter().find(|new| new.issuer == old.issuer);
        // One that is missing now would let go of what was revoked, too.
        same.is_none_or(|new| new.this_update < old.this_update)
    });
    if is_older {
        // A server that is behind, or somebody who brings back what was revoked.
        let ends = former.iter().map(|old| old.next_update).min();
        return Ok(Kept { what: Came::Older, next_update: ends.unwrap_or(next_update) });
    }
    if let Some(folder) = path.parent() {
        create_private_folders(folder)
            .map_err(|source| CertsError::Io { path: folder.to_owned(), source })?;
    }
    let pem: String = lists.iter().map(revocation_list_to_pem).collect();
    files::write(&path, pem.as_bytes(), Access::Public, Existing::Replace)?;
    Ok(Kept { what: Came::New, next_update })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::certs::{TestCa, Validity};
    use crate::package::ListFault;

    fn days(from: i64, until: i64) -> Validity {
        let at =
            |days: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * (20_000 + days));
        Validity { not_before: at(from), not_after: at(until) }
    }

    #[test]
    fn only_newer_lists_of_known_authorities_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let url: ListUrl = "http://crl.example.jp/ca.crl".parse().expect("an address");
        let ca = TestCa::new("CA", days(0, 900)).expect("a CA");
        let other = TestCa::new("CA", days(0, 900)).expect("another one of the same name");
        let list =
            |ca: &TestCa, from| ca.revocation_list(&[], days(from, from + 30)).expect("a list");
        let keep =
            |bytes: &[u8]| keep(folder.path(), &url, bytes, std::slice::from_ref(ca.certificate()));
        let there = || load_revocation_lists(&path(folder.path(), &url)).unwrap_or_default();

        for bytes in [b"".as_slice(), b"<html>not found</html>", b"\x30\x80"] {
            assert!(keep(bytes).is_err(), "{bytes:?}");
        }
        let forged = keep(&list(&other, 5)).expect_err("the name alone is nothing");
        assert!(matches!(forged, CertsError::List { fault: ListFault::Signature, .. }), "{forged}");
        assert!(there().is_empty());

        let (first, second) = (list(&ca, 1), list(&ca, 2));
        let kept = keep(&first).expect("kept");
        assert_eq!(kept, Kept { what: Came::New, next_update: days(0, 31).not_after });
        assert_eq!(keep(&first).expect("the same").what, Came::Same);
        // In PEM as well.
        let pem = revocation_list_to_pem(&second);
        assert_eq!(keep(pem.as_bytes()).expect("newer").what, Came::New);
        assert_eq!(there(), std::slice::from_ref(&second));
        let kept = keep(&first).expect("older");
        assert_eq!(kept, Kept { what: Came::Older, next_update: days(0, 32).not_after });
        assert_eq!(there(), [second], "what was revoked stays revoked");
        let mut flipped = list(&ca, 3).to_vec();
        let last = flipped.len() - 1;
        flipped[last] ^= 1;
        assert!(keep(&flipped).is_err());
    }
}
