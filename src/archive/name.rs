//! Which files are meant, by their names.

use std::path::Path;

use crate::types::{FileName, FileNameError, FileSerial, OfficeNumber};

/// Whether a name is that of an archive.
pub fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

/// Whether a name is one that Windows and macOS give to files of their own, or to a folder of them.
pub fn is_of_the_system(name: &str) -> bool {
    const NAMES: [&str; 4] = ["__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)) || name.starts_with("._")
}

/// Whether a file of a folder or an archive is judged, by its name.
pub fn is_wanted_name(name: &str) -> bool {
    let (_, extension) = name.rsplit_once('.').unwrap_or_default();
    let csv = extension.eq_ignore_ascii_case("csv");
    !name.starts_with('.') && (is_of_the_standard(name) || csv)
}

/// Whether a name is one of the standard, or meant to be.
pub fn is_of_the_standard(name: &str) -> bool {
    FileName::parse(name) != Err(FileNameError::UnknownPrefix) || is_meant_to_be(name)
}

/// Whether a name has two office numbers and a serial, whatever it begins with.
fn is_meant_to_be(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let Some(stem) = upper.strip_suffix(".CSV") else { return false };
    let parts = || stem.split('_').skip(1);
    let offices = parts().filter(|part| part.parse::<OfficeNumber>().is_ok()).count();
    let serial = parts().last().is_some_and(|part| part.parse::<FileSerial>().is_ok());
    offices == 2 && serial
}
