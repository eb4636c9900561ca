//! Tells the type of a file by its bytes, and whether it may travel.

use encoding_rs::{SHIFT_JIS, UTF_8};

use super::compound;
use super::file_type::FileType;
use super::package_parts;
use super::refused::Refused;
use super::title::Title;

/// Readers of PDF look for the header so far into the file, but what stands before it can be another
/// type. It has to stand at the beginning.
const PDF: &[u8] = b"%PDF-";
const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF];
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const ZIP: &[u8] = b"PK\x03\x04";
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Takes a file as an attachment if it is of one of the types that are `allowed`, its name fits, it has
/// no more than `limit` bytes and carries no programs.
pub fn judge(
    title: &Title,
    bytes: &[u8],
    allowed: &[FileType],
    limit: u64,
) -> Result<FileType, Refused> {
    if bytes.is_empty() {
        return Err(Refused::Empty);
    }
    if u64::try_from(bytes.len()).map_or(true, |size| size > limit) {
        return Err(Refused::TooLarge { limit });
    }
    let found = type_of(bytes)?;
    if !allowed.contains(&found) {
        return Err(Refused::TypeNotAllowed);
    }
    if !found.extensions().contains(&title.extension().as_str()) {
        return Err(Refused::Extension);
    }
    Ok(found)
}

fn type_of(bytes: &[u8]) -> Result<FileType, Refused> {
    if bytes.starts_with(PDF) {
        Ok(FileType::Pdf)
    } else if bytes.starts_with(JPEG) {
        Ok(FileType::Jpeg)
    } else if bytes.starts_with(PNG) {
        Ok(FileType::Png)
    } else if bytes.starts_with(ZIP) {
        package_parts::type_of(bytes)
    } else if bytes.starts_with(COMPOUND) {
        compound::type_of(bytes)
    } else if is_table(bytes) {
        Ok(FileType::Csv)
    } else {
        Err(Refused::UnknownType)
    }
}

/// Whether the bytes are text with a comma in its first line. Markup is text as well: what begins with
/// `<` is never a table, as a browser that opens it might run what stands in it.
fn is_table(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\r' | b'\n');
    let first = text.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let begins_markup = text.trim_ascii_start().starts_with(b"<");
    !begins_markup
        && first.contains(&b',')
        && !text.iter().any(|byte| is_control(byte) || *byte == 0x7F)
        && [UTF_8, SHIFT_JIS].iter().any(|encoding| {
            encoding.decode_without_bom_handling_and_without_replacement(text).is_some()
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PDF_FILE: &[u8] = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n";

    fn judged(name: &str, bytes: &[u8]) -> Result<FileType, Refused> {
        judge(&Title::new(name)?, bytes, FileType::ALL, 1 << 20)
    }

    #[test]
    fn the_bytes_say_what_it_is() {
        assert_eq!(judged("a.pdf", PDF_FILE), Ok(FileType::Pdf));
        assert_eq!(judged("a.JPEG", b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"), Ok(FileType::Jpeg));
        assert_eq!(judged("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Ok(FileType::Png));
        let (ms932, _, _) = SHIFT_JIS.encode("氏名,番号\r\n架空,1\r\n");
        assert_eq!(judged("a.csv", &ms932), Ok(FileType::Csv));
        assert_eq!(judged("a.CSV", "\u{feff}氏名,番号\n".as_bytes()), Ok(FileType::Csv));
    }

    #[test]
    fn what_pretends_is_refused() {
        assert_eq!(judged("a.csv", b"MZ\x90\0,"), Err(Refused::UnknownType));
        assert_eq!(judged("a.pdf", b"MZ\x90\0\x03\0\0\0"), Err(Refused::UnknownType));
        assert_eq!(judged("a.pdf", b"\x7fELF\x02\x01\x01"), Err(Refused::UnknownType));
        assert_eq!(judged("a.pdf", b"GIF89a%PDF-1.7"), Err(Refused::UnknownType));
        assert_eq!(judged("a.csv", b"<script>a,b</script>"), Err(Refused::UnknownType));
        assert_eq!(judged("a.csv", b"no table at all"), Err(Refused::UnknownType));
        assert_eq!(judged("a.csv", b"a,b\n\xFF\xFF\xFF"), Err(Refused::UnknownType));
        assert_eq!(judged("a.jpg", PDF_FILE), Err(Refused::Extension));
        assert_eq!(judged("a.exe", PDF_FILE), Err(Refused::Extension));
        assert_eq!(judged("a.pdf", b""), Err(Refused::Empty));
        let title = Title::new("a.pdf").expect("a title");
        let judged = |allowed, limit| judge(&title, PDF_FILE, allowed, limit);
        assert_eq!(judged(&[FileType::Png], 99), Err(Refused::TypeNotAllowed));
        assert_eq!(judged(FileType::USUAL, 3), Err(Refused::TooLarge { limit: 3 }));
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config {
            failure_persistence: None, ..Default::default()
        })]

        #[test]
        fn no_bytes_make_it_fail(
            head in prop::sample::select(vec![&b""[..], ZIP, COMPOUND, PDF]),
            rest in prop::collection::vec(any::<u8>(), 0..2_000),
        ) {
            let bytes = [head, &rest].concat();
            let _ = type_of(&bytes);
        }
    }
}
