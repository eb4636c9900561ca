//! The pictures of families that come with 利用者基本情報.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::rules::SourceFile;
use crate::types::FileName;

/// A larger picture is not put into a page; a drawn family has a hundredth of it.
const MOST_EMBEDDED: usize = 8 << 20;

/// The pictures among some files, by their names.
#[derive(Debug, Default)]
pub(super) struct Pictures<'f>(HashMap<FileName, &'f [u8]>);

/// Why a picture is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unshown {
    /// No file has its name.
    Missing,
    /// It is no JPEG.
    Other,
    /// It is larger than what is put into a page.
    Large,
}

impl<'f> Pictures<'f> {
    pub(super) fn new(files: &[SourceFile<'f>]) -> Self {
        let named = files.iter().filter_map(|file| {
            let name = file.name.rsplit_once('/').map_or(file.name, |(_, name)| name);
            let name = FileName::parse(name).ok().filter(|name| name.kind.is_image())?;
            Some((name, file.bytes))
        });
        Self(named.collect())
    }

    /// The bytes of the picture that a record names.
    pub(super) fn bytes(&self, name: &str) -> Option<&'f [u8]> {
        self.0.get(&FileName::parse(name).ok()?).copied()
    }

    /// The address of a picture: behind `base`, where there is one, or else the picture itself.
    pub(super) fn address(&self, name: &str, base: Option<&str>) -> Result<String, Unshown> {
        let name = FileName::parse(name).map_err(|_| Unshown::Missing)?;
        let bytes = self.0.get(&name).ok_or(Unshown::Missing)?;
        // The three bytes that begin a JPEG.
        if !bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Err(Unshown::Other);
        }
        match base {
            // A name of the standard needs no escapes.
            Some(base) => Ok(format!("{base}{name}")),
            None if bytes.len() > MOST_EMBEDDED => Err(Unshown::Large),
            None => Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes))),
        }
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
            of(b"\xFF\xD8\xFF\xE0").address(&upper, None),
            Ok("data:image/jpeg;base64,/9j/4A==".to_owned())
        );
        assert_eq!(of(&large).address(NAME, Some("/p/")), Ok(format!("/p/{NAME}")));
        assert_eq!(of(&large).address(NAME, None), Err(Unshown::Large));
        assert_eq!(of(b"<svg onload=x>").address(NAME, None), Err(Unshown::Other));
        for other in ["", "../x.jpg", "x\" onerror=\"y.jpg", &NAME.replace("0001", "0002")] {
            assert_eq!(of(b"\xFF\xD8\xFF").address(other, Some("/")), Err(Unshown::Missing));
        }
    }
}
