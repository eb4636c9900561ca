//! `Content-Digest` (RFC 9530, section 2): the sender's promise about the bytes of a body.
//!
//! The value is a dictionary of structured fields (RFC 9651, section 3.2) whose members are byte
//! sequences: `sha-256=:…:, sha-512=:…:`. We require `sha-256` and look at no other algorithm.

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::types::Digest;

/// The name of the header field.
pub(super) const CONTENT_DIGEST: &str = "content-digest";

const SHA_256: &[u8] = b"sha-256";

/// More text than this is refused: room for every algorithm of the registry.
const MAX_BYTES: usize = 1024;

/// RFC 9651, section 4.2.7: a parser should not insist on padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is wrong with a `Content-Digest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentDigestError {
    /// There is none, or none with `sha-256`.
    #[error("expected Content-Digest with sha-256, found none")]
    Missing,
    /// It is no dictionary of byte sequences, names `sha-256` twice, or is too long.
    #[error("expected Content-Digest as sha-256=:<base64 of 32 bytes>: (RFC 9530)")]
    Malformed,
}

/// The value that promises `digest`.
pub(super) fn format(digest: &Digest) -> String {
    format!("sha-256=:{}:", STANDARD.encode(digest.as_raw()))
}

/// The SHA-256 digest that the header fields promise; several fields are one list.
///
/// # Errors
///
/// There is no promise that can be held against the body.
pub fn parse<'a>(
    fields: impl IntoIterator<Item = &'a HeaderValue>,
) -> Result<Digest, ContentDigestError> {
    let mut room = MAX_BYTES;
    let mut found = None;
    for field in fields {
        let bytes = field.as_bytes();
        room = room.checked_sub(bytes.len()).ok_or(ContentDigestError::Malformed)?;
        for member in bytes.split(|byte| *byte == b',') {
            let (algorithm, value) = parse_member(member.trim_ascii())?;
            if algorithm != SHA_256 {
                continue;
            }
            let raw = <[u8; 32]>::try_from(value).map_err(|_| ContentDigestError::Malformed)?;
            // RFC 9651 lets the last one win; two promises about one body are a mistake.
            if found.replace(Digest::from_raw(raw)).is_some() {
                return Err(ContentDigestError::Malformed);
            }
        }
    }
    found.ok_or(ContentDigestError::Missing)
}

/// `key=:base64:`. Base64 has no comma, so cutting at commas first was safe.
fn parse_member(member: &[u8]) -> Result<(&[u8], Vec<u8>), ContentDigestError> {
    let malformed = ContentDigestError::Malformed;
    let equals = member.iter().position(|byte| *byte == b'=').ok_or(malformed)?;
    let (key, value) = member.split_at_checked(equals).ok_or(malformed)?;
    let starts = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'*';
    let goes_on = |byte: &u8| starts(byte) || byte.is_ascii_digit() || b"_-.".contains(byte);
    if !key.first().is_some_and(starts) || !key.iter().all(goes_on) {
        return Err(malformed);
    }
    let [b'=', b':', base64 @ .., b':'] = value else { return Err(malformed) };
    LENIENT.decode(base64).map(|value| (key, value)).map_err(|_| malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse_texts(texts: &[&str]) -> Result<Digest, ContentDigestError> {
        let fields: Vec<_> =
            texts.iter().map(|text| HeaderValue::from_str(text).expect("a header value")).collect();
        parse(&fields)
    }

    #[test]
    fn takes_the_example_of_the_rfc() {
        let body = b"{\"hello\": \"world\"}\n";
        let example = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
        assert_eq!(parse_texts(&[example]), Ok(Digest::of(body)));
        assert_eq!(format(&Digest::of(body)), example);
        let unpadded = example.replace("=:", ":").replace("sha-256:", "sha-256=:");
        assert_eq!(parse_texts(&[&unpadded]), Ok(Digest::of(body)));
    }

    #[test]
    fn looks_past_other_algorithms() {
        let ours = format(&Digest::of(b"x"));
        for texts in [
            vec![format!("sha-512=:AAAA:, {ours}")],
            vec![format!("{ours},\tunixsum=:AQ==:")],
            vec!["sha-512=:AAAA:".to_owned(), ours.clone()],
        ] {
            let texts: Vec<_> = texts.iter().map(String::as_str).collect();
            assert_eq!(parse_texts(&texts), Ok(Digest::of(b"x")), "{texts:?}");
        }
        assert_eq!(parse_texts(&["sha-512=:AAAA:"]), Err(ContentDigestError::Missing));
        assert_eq!(parse_texts(&[]), Err(ContentDigestError::Missing));
    }

    #[test]
    fn refuses_what_it_cannot_be_sure_of() {
        let ours = format(&Digest::of(b"x"));
        for text in [
            String::new(),
            ",".to_owned(),
            format!("{ours},"),
            format!("{ours}, {ours}"),
            format!("{ours};a=1"),
            ours.replace("sha-256", "SHA-256"),
            ours.replace("=:", "="),
            ours.replace("sha-256=:", "sha-256=::"),
            "sha-256=:AAAA:".to_owned(),
            "sha-256=:".to_owned(),
            "sha-256".to_owned(),
            "=:AAAA:".to_owned(),
            "sha-256=:****:".to_owned(),
            format!("{ours}, x=:{}:", "A".repeat(MAX_BYTES)),
        ] {
            assert_eq!(parse_texts(&[&text]), Err(ContentDigestError::Malformed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_round_trips(bytes: Vec<u8>, junk: Vec<u8>) {
            let digest = Digest::of(&bytes);
            prop_assert_eq!(parse_texts(&[&format(&digest)]), Ok(digest));
            if let Ok(field) = HeaderValue::from_bytes(&junk) {
                let _ = parse([&field]);
            }
        }
    }
}
