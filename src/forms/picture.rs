//! The pictures of families that come with 利用者基本情報.

use std::cell::Cell;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::rules::SourceFile;
use crate::types::FileName;

/// A larger picture is not put into a page; a drawn family has a hundredth of it.
const MOST_EMBEDDED: usize = 8 << 20;

/// So many bytes of pictures are put into a drawing: every record may name the same picture, and each
/// has its own copy. Four hundred drawn families are as large.
const MOST_TOGETHER: usize = 32 << 20;

/// The pictures among some files, by their names.
#[derive(Default)]
pub(super) struct Pictures<'f> {
    by_name: HashMap<FileName, &'f [u8]>,
    /// How many bytes were put into the drawing.
    embedded: Cell<usize>,
}

/// Why a picture is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unshown {
    /// No file has its name.
    Missing,
    /// It is no JPEG.
    Other,
    /// It is larger than what is put into a page.
    Large,
    /// With it, the pictures of the drawing would be larger than all of them may be.
    Many,
}

impl<'f> Pictures<'f> {
    pub(super) fn new(files: &[SourceFile<'f>]) -> Self {
        let named = files.iter().filter_map(|file| {
            let name = file.name.rsplit_once('/').map_or(file.name, |(_, name)| name);
            let name = FileName::parse(name).ok().filter(|name| name.kind.is_image())?;
            Some((name, file.bytes))
        });
        Self { by_name: named.collect(), embedded: Cell::new(0) }
    }

    /// The bytes of the picture that a record names.
    pub(super) fn bytes(&self, name: &str) -> Option<&'f [u8]> {
        self.by_name.get(&FileName::parse(name).ok()?).copied()
    }

    /// A picture as the address of itself.
    pub(super) fn embed(&self, name: &str) -> Result<String, Unshown> {
        let bytes = self.bytes(name).ok_or(Unshown::Missing)?;
        // The three bytes that begin a JPEG.
        if !bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Err(Unshown::Other);
        }
        if bytes.len() > MOST_EMBEDDED {
            return Err(Unshown::Large);
        }
        let embedded = self.embedded.get() + bytes.len();
        if embedded > MOST_TOGETHER {
            return Err(Unshown::Many);
        }
        self.embedded.set(embedded);
        Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "UPKIHON_IMAGE_2700000051_46_27A0000018_A6_20260518140000_0001.jpg";

    #[test]
    fn pictures_are_found_by_the_name_and_shown_when_they_are_some() {
        let large = [&[0xFF, 0xD8, 0xFF][..], &vec![0; MOST_EMBEDDED]].concat();
        let of = |bytes| Pictures::new(&[SourceFile { name: NAME, bytes }]);
        let upper = NAME.replace("jpg", "JPG");
        assert_eq!(
            of(b"\xFF\xD8\xFF\xE0").embed(&upper),
            Ok("data:image/jpeg;base64,/9j/4A==".to_owned())
        );
        assert_eq!(of(&large).embed(NAME), Err(Unshown::Large));
        assert_eq!(of(b"<svg onload=x>").embed(NAME), Err(Unshown::Other));
        for other in ["", "../x.jpg", "x\" onerror=\"y.jpg", &NAME.replace("0001", "0002")] {
            assert_eq!(of(b"\xFF\xD8\xFF").embed(other), Err(Unshown::Missing));
        }
    }

    #[test]
    fn a_picture_that_every_record_names_is_not_copied_without_end() {
        let picture = [&[0xFF, 0xD8, 0xFF][..], &vec![0; MOST_EMBEDDED - 3]].concat();
        let pictures = Pictures::new(&[SourceFile { name: NAME, bytes: &picture }]);
        let shown = (0..1_000).filter(|_| pictures.embed(NAME).is_ok()).count();
        assert_eq!(shown, MOST_TOGETHER / MOST_EMBEDDED);
        assert_eq!(pictures.embed(NAME), Err(Unshown::Many));
    }
}
