//! What the files of a package say about people: who they are, which documents about them there are,
//! and of which day or month these are.
//!
//! Files are read as they are, also such that the checks would refuse: what cannot be made out is left
//! out, and the rest counts. Nothing here judges. A record is about the person whose 保険者番号 and
//! 被保険者番号 it carries; names stand in UPHOSOKU, UPKIHON and UPYOBO alone, and belong to the records
//! of the same person in all files of the unit (R-REL).
//!
//! Pure. Memory is bounded by [`Contents::MOST_PEOPLE`] and [`Contents::MOST_MENTIONS`], whatever comes.

mod document;
mod key;
mod person;
mod read;

pub use crate::types::PersonKey;
pub use document::{Document, Mention, When};
pub use key::SearchKey;
pub use person::{ActualOf, Person};
pub use read::{Contents, of_attachments, read};

#[cfg(test)]
mod tests;
