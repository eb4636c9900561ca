//! The journal of an authority: one file for each step, none of which is ever changed.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AuthorityError;
use crate::certs::files::{self, Access, Existing};
use crate::disk::{self, create_private_folders, remove_leftovers};
use crate::package::Usage;
use crate::types::{Digest, OfficeNumber};

/// The most bytes of an entry: lists grow with what was revoked.
const MAX_ENTRY: u64 = 16 << 20;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The place of the entry, from 1.
    pub number: u64,
    /// SHA-256 of the file of the entry before; of nothing for the first one.
    pub before: Digest,
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub step: Step,
}

/// What an authority did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// It began.
    Begun {
        /// The root in PEM.
        certificate: String,
    },
    /// It issued a certificate.
    Issued {
        /// The serial number in hexadecimal digits.
        serial: String,
        /// For whom.
        office: OfficeNumber,
        /// What for.
        usage: UsageName,
        /// When it ends.
        not_after: Timestamp,
        /// The certificate in PEM.
        certificate: String,
    },
    /// It revoked one.
    Revoked {
        /// The serial number in hexadecimal digits.
        serial: String,
        /// Why.
        reason: Reason,
    },
    /// It made a revocation list.
    Listed {
        /// When the next one is promised.
        next_update: Timestamp,
        /// The list in PEM.
        list: String,
    },
}

/// [`Usage`] in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UsageName {
    /// Either end of a TLS connection.
    Tls,
    /// Signing.
    Signing,
}

impl UsageName {
    pub(super) const fn usage(self) -> Usage {
        match self {
            Self::Tls => Usage::Tls,
            Self::Signing => Usage::Signing,
        }
    }
}

impl From<Usage> for UsageName {
    fn from(usage: Usage) -> Self {
        match usage {
            Usage::Tls => Self::Tls,
            Usage::Signing => Self::Signing,
        }
    }
}

/// Why a certificate was revoked (RFC 5280, section 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// No reason is told.
    Unspecified,
    /// Somebody else may have the key.
    KeyCompromise,
    /// There is another one in its place.
    Superseded,
    /// The office does not exist any more, or exchanges nothing any more.
    Cessation,
}

/// All entries, in their order.
pub(super) struct Journal {
    folder: PathBuf,
    entries: Vec<Entry>,
    /// Of the last entry.
    last: Digest,
}

impl Journal {
    /// Reads the journal below the folder of an authority, and checks it.
    pub(super) fn open(authority: &Path) -> Result<Self, AuthorityError> {
        let folder = authority.join("journal");
        let failed = |error| AuthorityError::io(&folder, error);
        create_private_folders(&folder).map_err(failed)?;
        remove_leftovers(&folder).map_err(failed)?;
        let mut count = 0_u64;
        for name in disk::names(&folder).map_err(failed)? {
            // Other programs leave their own files beside.
            count += u64::from(is_entry(&name));
        }
        let mut journal =
            Self { folder: folder.clone(), entries: Vec::new(), last: Digest::of(&[]) };
        for number in 1..=count {
            let path = journal.path(number);
            let broken = || AuthorityError::Journal { path: path.clone() };
            let bytes = files::read(&path, Access::Secret, MAX_ENTRY).map_err(|_| broken())?;
            let entry: Entry = serde_json::from_slice(&bytes).map_err(|_| broken())?;
            if entry.number != number || entry.before != journal.last {
                return Err(broken());
            }
            journal.last = Digest::of(&bytes);
            journal.entries.push(entry);
        }
        Ok(journal)
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The number of the entry that comes next.
    pub(super) fn next_number(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Adds an entry, durable when this returns.
    pub(super) fn add(&mut self, at: Timestamp, step: Step) -> Result<(), AuthorityError> {
        let number = self.next_number();
        let entry = Entry { number, before: self.last, at, step };
        let path = self.path(number);
        let mut bytes = serde_json::to_vec_pretty(&entry)
            .map_err(|_| AuthorityError::Journal { path: path.clone() })?;
        bytes.push(b'\n');
        files::write(&path, &bytes, Access::Secret, Existing::Keep)?;
        self.last = Digest::of(&bytes);
        self.entries.push(entry);
        Ok(())
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(name_of(number))
    }
}

fn name_of(number: u64) -> String {
    format!("{number:06}.json")
}

fn is_entry(name: &str) -> bool {
    let number = name.strip_suffix(".json").and_then(|digits| digits.parse().ok());
    number.is_some_and(|number| number > 0 && name == name_of(number))
}
