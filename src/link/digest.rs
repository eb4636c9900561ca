//! `Content-Digest` (RFC 9530, section 2): the sender's promise about the bytes of a body.
//!
//! The value is a dictionary of structured fields (RFC 9651, section 3.2) whose members are byte
//! sequences: `sha-256=:…:, sha-512=:…:`. We require `sha-256` without parameters and look at no other
//! algorithm, as long as it is written well.

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
        // An empty field has no member.
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let mut quoted = Quoted::default();
        for member in bytes.split(|byte| !quoted.holds(*byte) && *byte == b',') {
            let (algorithm, value, parameters) = parse_member(member.trim_ascii())?;
            if algorithm != SHA_256 {
                continue;
            }
            if !parameters.is_empty() {
                return Err(ContentDigestError::Malformed);
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

/// Whether what is read stands in a string, in which a comma is no end (RFC 9651, section 3.3.3).
#[derive(Debug, Default)]
struct Quoted {
    is_open: bool,
    escapes: bool,
}

impl Quoted {
    /// Takes the next byte; says whether it belongs to a string.
    const fn holds(&mut self, byte: u8) -> bool {
        let was_open = self.is_open;
        if self.escapes {
            self.escapes = false;
        } else if self.is_open && byte == b'\\' {
            self.escapes = true;
        } else if byte == b'"' {
            self.is_open = !self.is_open;
        }
        was_open || self.is_open
    }
}

/// A key, its bytes, and the parameters behind them.
type Member<'m> = (&'m [u8], Vec<u8>, &'m [u8]);

/// `key=:base64:` and the parameters behind it.
fn parse_member(member: &[u8]) -> Result<Member<'_>, ContentDigestError> {
    let malformed = ContentDigestError::Malformed;
    let equals = member.iter().position(|byte| *byte == b'=').ok_or(malformed)?;
    let (key, value) = member.split_at_checked(equals).ok_or(malformed)?;
    let [b'=', b':', value @ ..] = value else { return Err(malformed) };
    let end = value.iter().position(|byte| *byte == b':').ok_or(malformed)?;
    let (base64, rest) = value.split_at_checked(end).ok_or(malformed)?;
    let [b':', parameters @ ..] = rest else { return Err(malformed) };
    if !is_key(key) || !are_parameters(parameters) {
        return Err(malformed);
    }
    LENIENT.decode(base64).map(|value| (key, value, parameters)).map_err(|_| malformed)
}

fn is_key(text: &[u8]) -> bool {
    let starts = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'*';
    let goes_on = |byte: &u8| starts(byte) || byte.is_ascii_digit() || b"_-.".contains(byte);
    text.first().is_some_and(starts) && text.iter().all(goes_on)
}

/// `;key=value;key`, or nothing. What the values mean nobody asks: each is a string, or has the
/// characters of a number, a token, bytes or a truth value.
fn are_parameters(text: &[u8]) -> bool {
    let is_plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/=?@".contains(byte);
    let is_value = |value: &[u8]| match value {
        [b'"', inside @ .., b'"'] => {
            let mut quoted = Quoted { is_open: true, escapes: false };
            let holds = |byte: &u8| {
                (!quoted.escapes || matches!(*byte, b'"' | b'\\'))
                    && quoted.holds(*byte)
                    && quoted.is_open
                    && matches!(*byte, b' '..=b'~')
            };
            inside.iter().all(holds) && !quoted.escapes
        }
        plain => !plain.is_empty() && plain.iter().all(is_plain),
    };
    let mut quoted = Quoted::default();
    let mut parts = text.split(|byte| !quoted.holds(*byte) && *byte == b';');
    // Nothing stands before the first one.
    parts.next().is_some_and(<[u8]>::is_empty)
        && parts.all(|part| {
            let part = part.trim_ascii_start();
            match part.iter().position(|byte| *byte == b'=').map(|at| part.split_at(at)) {
                Some((key, [b'=', value @ ..])) => is_key(key) && is_value(value),
                _ => is_key(part),
            }
        })
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
            vec![format!("md5=:AA==:;x; y=1;z=\"a,b;\\\"\", {ours}")],
            vec![format!("md5=:AA==:;at=@1;b=:AAAA:;c=?0;d=*t/x"), ours.clone()],
            vec![String::new(), ours.clone(), " ".to_owned()],
        ] {
            let texts: Vec<_> = texts.iter().map(String::as_str).collect();
            assert_eq!(parse_texts(&texts), Ok(Digest::of(b"x")), "{texts:?}");
        }
        assert_eq!(parse_texts(&["sha-512=:AAAA:"]), Err(ContentDigestError::Missing));
        assert_eq!(parse_texts(&[]), Err(ContentDigestError::Missing));
        assert_eq!(parse_texts(&[""]), Err(ContentDigestError::Missing));
        assert_eq!(parse_texts(&["md5=:AA==:;x"]), Err(ContentDigestError::Missing));
    }

    #[test]
    fn refuses_what_it_cannot_be_sure_of() {
        let ours = format(&Digest::of(b"x"));
        for text in [
            ",".to_owned(),
            format!("{ours},"),
            format!("{ours}, {ours}"),
            format!("{ours};a=1"),
            format!("{ours};"),
            format!("md5=:AA==:;, {ours}"),
            format!("md5=:AA==:x, {ours}"),
            format!("md5=:AA==:;X, {ours}"),
            format!("md5=:AA==:;x=, {ours}"),
            format!("md5=:AA==:;x=\"a, {ours}"),
            format!("md5=:AA==:;x=\"a\"b\", {ours}"),
            format!("md5=:AA==:;x=\"a\\\", {ours}"),
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
