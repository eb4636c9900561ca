//! Corrected copies, copies in the other edition and copies for care software that is particular, as
//! pure functions from bytes to bytes.
//!
//! [`fix`] mends what can be mended without knowing what the sender meant: the form of the CSV,
//! another encoding, characters that MS932 has under another code point. Characters for which MS932
//! has only a similar one are replaced when the office approved it, and a place without any
//! candidate blocks the file. Whole strings are never normalised: NFC and NFKC change real names.
//!
//! [`convert`] writes a set in the other edition: names, CSVバージョン, items added and removed by
//! their official names. What the other edition has no room for is in the list of losses, and what
//! it asks for in addition in the list of gaps; whether these are acceptable is for the caller.
//!
//! [`split`] divides a set by users, and [`requote`] writes a file in another style of quoting, for
//! care software that takes in nothing else.
//!
//! Everything else stays byte for byte; of two MS932 codes for one character the one that was
//! there stays.

mod change;
mod characters;
mod convert;
mod fix;
mod kana;
#[cfg(test)]
mod linear;
mod loss;
mod records;
mod requote;
mod source;
mod split;
mod text;

pub use change::{Change, ChangeCounts, ChangeKind, Changes, Reason};
pub use characters::{Unusable, unusable};
pub use convert::{Conversion, ConvertError, Converted, OfficeTypes, convert};
pub use fix::{FixOptions, Fixed, Remaining, fix};
pub use loss::{Gap, GapKind, Loss, LossKind};
pub use records::Unreadable;
pub use requote::requote;
pub use source::Encoding;
pub use split::{Part, SplitError, renumbered, split};
pub use text::{change_text, conversion_text, fix_text};
