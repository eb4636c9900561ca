//! What may travel beside the sets of the standard: documents such as PDF files, pictures, files of
//! office programs, and CSV files of sibling standards.
//!
//! Nothing here believes a name: the type of a file is told by its bytes, and its name has to fit.
//! Files that can carry programs (macros) are refused, and so is whatever is not known. This is no
//! virus scanner; an office that has one names it in its configuration.
//!
//! Pure. What is read of a file is bounded: its first bytes, and of containers their directories.
//!
//! # Errors
//!
//! [`Refused`] says why a file is no attachment: with a stable code, and a text that holds nothing of
//! the file or its name.

mod compound;
mod file_type;
mod judge;
mod package_parts;
mod refused;
mod title;

pub use file_type::FileType;
pub use judge::judge;
pub use refused::Refused;
pub use title::{DocumentKind, Title};
