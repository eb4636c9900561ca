//! The keys to which packages are sealed for our offices.
//!
//! No authority and no person has to do with them, so the node makes them itself and lets each be
//! followed by a new one after a month.
//!
//! # Storage
//!
//! In one folder, `2770000011-20261130T060000Z.key`: whose key it is and when it was made. PKCS#8 in
//! PEM, for the owner alone. A key that cannot be read, as one that another user's command made, is
//! passed over; where none is left, a new one is made.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use zeroize::Zeroizing;

use crate::disk;
use crate::package::CLOCK_TOLERANCE;
use crate::package::sealed::{SealingSecret, SealingSecrets};
use crate::types::OfficeNumber;

use super::CertsError;
use super::files::{self, Access, Existing};
use super::load::load_key;

/// The folder of these keys in the data folder.
pub const SEALING_FOLDER: &str = "sealing";

/// How the time stands in the name of a file.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// The keys of an office that can be read.
///
/// # Errors
///
/// The folder is there and cannot be read.
pub fn sealing_keys(folder: &Path, office: OfficeNumber) -> Result<SealingSecrets, CertsError> {
    let found = files_of(folder, office)?.into_iter();
    Ok(found.filter_map(|(path, made)| read(&path, made)).collect())
}

/// The keys of an office as [`sealing_keys`] reads them, with a new one where it is time for that.
///
/// # Errors
///
/// The folder cannot be read or written.
pub fn sealing_keys_in_time(
    folder: &Path,
    office: OfficeNumber,
    now: Timestamp,
) -> Result<SealingSecrets, CertsError> {
    let keys = sealing_keys(folder, office)?;
    if announced(&keys, now).is_some_and(|newest| now < newest.new_after()) {
        return Ok(keys);
    }
    let failed = |source| CertsError::Io { path: folder.to_owned(), source };
    disk::create_private_folders(folder).map_err(failed)?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
        .map_err(|_| CertsError::Generate { what: "key" })?;
    let pem = Zeroizing::new(key.serialize_pem());
    let time = now.to_zoned(TimeZone::UTC).strftime(TIME);
    let path = folder.join(format!("{office}-{time}.key"));
    files::write(&path, pem.as_bytes(), Access::Secret, Existing::Keep)?;
    sealing_keys(folder, office)
}

/// The key that partners are told of: the last one that was made, unless that was by a clock that ran
/// far ahead.
pub fn announced(keys: &SealingSecrets, now: Timestamp) -> Option<&SealingSecret> {
    let latest = now.checked_add(CLOCK_TOLERANCE).unwrap_or(now);
    keys.iter().filter(|key| key.made() <= latest).max_by_key(|key| key.made())
}

/// Removes the keys to which nothing can come any more, and says how many there were. To be asked
/// only while the clock is believed.
///
/// # Errors
///
/// One of them cannot be removed.
pub fn remove_ended(
    folder: &Path,
    office: OfficeNumber,
    now: Timestamp,
) -> Result<usize, CertsError> {
    let mut removed = 0;
    for (path, made) in files_of(folder, office)? {
        if read(&path, made).is_some_and(|key| now > key.needed_until()) {
            disk::remove_file(&path).map_err(|source| CertsError::Io { path, source })?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn read(path: &Path, made: Timestamp) -> Option<SealingSecret> {
    let key = match load_key(path) {
        Ok(key) => key,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a sealing key cannot be read");
            return None;
        }
    };
    let secret = SealingSecret::of_der(key.secret_der(), made);
    secret.map_err(|error| tracing::warn!(path = %path.display(), %error, "no sealing key")).ok()
}

/// The files of an office, with when each was made.
fn files_of(folder: &Path, office: OfficeNumber) -> Result<Vec<(PathBuf, Timestamp)>, CertsError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let names = disk::names(folder);
    let names = names.map_err(|source| CertsError::Io { path: folder.to_owned(), source })?;
    let made = |name: &str| {
        let time = name.strip_prefix(office.as_str())?.strip_prefix('-')?.strip_suffix(".key")?;
        DateTime::strptime(TIME, time).ok()?.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
    };
    let found = names.into_iter();
    Ok(found.filter_map(|name| Some((folder.join(&name), made(&name)?))).collect())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn after(days: i64) -> Timestamp {
        let start: Timestamp = "2026-11-27T00:00:00Z".parse().expect("a time");
        start + SignedDuration::from_hours(24 * days)
    }

    fn office() -> OfficeNumber {
        "2770000011".parse().expect("an office")
    }

    #[test]
    fn a_key_is_followed_after_a_month_and_goes_when_nothing_can_come_any_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(SEALING_FOLDER);
        let at = |days| sealing_keys_in_time(&path, office(), after(days)).expect("keys");
        let newest = |days| announced(&at(days), after(days)).expect("a key").announced();
        let first = newest(0);
        assert_eq!(newest(29), first);
        assert_eq!(first.valid_until, after(60));
        let second = newest(30);
        assert_ne!(second.key_id, first.key_id);
        assert_eq!(at(31).iter().count(), 2);
        assert_eq!(remove_ended(&path, office(), after(90)).expect("looked"), 0);
        assert!(at(90).find(&first.key_id).is_some());
        assert_eq!(remove_ended(&path, office(), after(91)).expect("looked"), 1);
        let keys = at(91);
        assert!(keys.find(&first.key_id).is_none() && keys.find(&second.key_id).is_some());
        // Nothing of another office is touched or read.
        let other = "2770000045".parse().expect("an office");
        assert_eq!(sealing_keys(&path, other).expect("none").iter().count(), 0);
        assert_eq!(remove_ended(&path, other, after(400)).expect("looked"), 0);
    }

    #[test]
    fn a_clock_that_ran_ahead_makes_no_key_that_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |days| sealing_keys_in_time(folder.path(), office(), after(days)).expect("keys");
        at(4000);
        let keys = at(0);
        let now = announced(&keys, after(0)).expect("a key");
        assert_eq!(now.made(), after(0));
        assert_eq!(at(1).iter().count(), 2, "no new one each time");
    }

    #[test]
    fn what_is_no_key_is_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = folder.path().join("2770000011-20261120T000000Z.key");
        files::write(&name, b"damaged", Access::Secret, Existing::Keep).expect("written");
        let keys = sealing_keys_in_time(folder.path(), office(), after(0)).expect("keys");
        assert_eq!(keys.iter().count(), 1);
    }
}
