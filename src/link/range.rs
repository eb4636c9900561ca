//! Parts of a body (RFC 9110, section 14): one range of bytes, for who was cut off and goes on.

use std::ops::Range;

use axum::http::header::{self, HeaderMap, HeaderValue};

use crate::types::Digest;

/// What of a body is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// Some of it, never nothing.
    Part(Range<u64>),
    /// A part that there is not.
    Outside,
}

/// The value of `ETag` for bytes of this digest.
pub(super) fn etag(sha256: &Digest) -> String {
    format!("\"{sha256}\"")
}

/// What a request wants of `size` bytes with this digest. What is not understood, several ranges, and
/// a part of other bytes than these stand for the whole, as the standard wants it.
pub(super) fn wanted(headers: &HeaderMap, size: u64, sha256: &Digest) -> Wanted {
    let mut ranges = headers.get_all(header::RANGE).iter();
    let (Some(range), None) = (ranges.next(), ranges.next()) else { return Wanted::Whole };
    let is_of_these = headers
        .get(header::IF_RANGE)
        .is_none_or(|value| value.as_bytes() == etag(sha256).as_bytes());
    match parse(range).filter(|_| is_of_these) {
        None => Wanted::Whole,
        Some(Spec::From { first, last }) if first < size => {
            Wanted::Part(first..last.map_or(size, |last| last.saturating_add(1).min(size)))
        }
        Some(Spec::Last(count)) if count > 0 && size > 0 => {
            Wanted::Part(size.saturating_sub(count)..size)
        }
        Some(_) => Wanted::Outside,
    }
}

/// A range as it is written.
enum Spec {
    From { first: u64, last: Option<u64> },
    Last(u64),
}

fn parse(value: &HeaderValue) -> Option<Spec> {
    let text = value.to_str().ok()?;
    let (unit, range) = text.split_once('=')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    match (first, last) {
        ("", last) => number(last).map(Spec::Last),
        (first, "") => Some(Spec::From { first: number(first)?, last: None }),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Spec::From { first, last: Some(last) })
        }
    }
}

/// Digits; more than there can be are as many as there can be.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(range: &str, size: u64) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_str(range).expect("a value"));
        wanted(&headers, size, &Digest::of(b"x"))
    }

    #[test]
    fn takes_one_range_of_bytes() {
        for (range, expected) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-", 0..10),
            ("Bytes=3-5", 3..6),
            ("bytes=3-99999999999999999999999", 3..10),
            ("bytes=-4", 6..10),
            ("bytes=-40", 0..10),
        ] {
            assert_eq!(of(range, 10), Wanted::Part(expected), "{range}");
        }
        for outside in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
            assert_eq!(of(outside, 10), Wanted::Outside, "{outside}");
        }
        for whole in [
            "bytes=5-3",
            "bytes=0-1,3-4",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "lines=0-1",
            "0-1",
            "bytes=+1-2",
        ] {
            assert_eq!(of(whole, 10), Wanted::Whole, "{whole}");
        }
        assert_eq!(wanted(&HeaderMap::new(), 10, &Digest::of(b"x")), Wanted::Whole);
    }

    #[test]
    fn gives_the_whole_where_the_part_was_of_other_bytes() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=3-"));
        let etag =
            |bytes: &[u8]| HeaderValue::from_str(&etag(&Digest::of(bytes))).expect("a value");
        headers.insert(header::IF_RANGE, etag(b"x"));
        assert_eq!(wanted(&headers, 10, &Digest::of(b"x")), Wanted::Part(3..10));
        assert_eq!(wanted(&headers, 10, &Digest::of(b"y")), Wanted::Whole);
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_nor_beyond(range in "bytes=[0-9]{0,3}-[0-9]{0,3}", size in 0_u64..500) {
            if let Wanted::Part(part) = of(&range, size) {
                prop_assert!(part.start < part.end && part.end <= size);
            }
        }
    }
}
