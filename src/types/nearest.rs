//! What somebody probably meant: of what is known, that which differs in the fewest slips of a
//! finger.

/// The most candidates that a message names; further ones only confuse.
pub const MOST: usize = 3;

/// The most characters of a text that are compared; all that is known is shorter.
const LONGEST: usize = 60;

/// The number of characters to change, add, leave out or swap to make one text of the other.
pub fn distance(one: &str, other: &str) -> usize {
    let cut = |text: &str| text.chars().take(LONGEST).collect::<String>();
    strsim::osa_distance(&cut(one), &cut(other))
}

/// Whether one word may be a slip for another: a third of it differs at most, which `xml` for
/// `html` exceeds.
pub fn is_slip(given: &str, known: &str) -> bool {
    let most = (known.trim_start_matches('-').chars().count() / 3).max(1);
    distance(given, known) <= most
}

/// The known word that was probably meant: one that it may be a slip for, or that it begins or that
/// begins it, as `listen_on` for `listen`; the nearest of them, and first those that it begins.
pub fn meant<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let begins = |one: &str, other: &str| one.len() > 2 && other.starts_with(one);
    let fits = |known: &&str| is_slip(given, known) || begins(given, known) || begins(known, given);
    let place = |known: &&str| (!known.starts_with(given), distance(given, known));
    known.into_iter().filter(fits).min_by_key(place)
}

/// The known texts that come nearest to one, the nearest first; of those that are as near, the order
/// stays. At most [`MOST`].
pub fn nearest<'k>(text: &str, known: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_by_cached_key(|known| distance(text, known));
    known.truncate(MOST);
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "ab", 2),
            ("abc", "abc", 0),
            ("abc", "adc", 1),
            ("abc", "acb", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
        assert_eq!(distance(&"x".repeat(1_000_000), "x"), LONGEST - 1);
    }

    #[test]
    fn slips_are_told_from_other_words() {
        for (given, known) in [("dorp", "drop"), ("--lnag", "--lang"), ("hodl", "hold")] {
            assert!(is_slip(given, known), "{given} {known}");
        }
        for (given, known) in [("xml", "html"), ("en", "ja"), ("--out", "--format")] {
            assert!(!is_slip(given, known), "{given} {known}");
        }
    }

    #[test]
    fn a_word_is_meant_by_a_slip_or_by_its_beginning() {
        let known = ["data", "listen", "log", "log_file", "file_size"];
        for (given, expected) in [
            ("listen_on", Some("listen")),
            ("log_fiel", Some("log_file")),
            ("log_f", Some("log_file")),
            ("file_siez", Some("file_size")),
            ("colour", None),
            ("d", None),
        ] {
            assert_eq!(meant(given, known), expected, "{given}");
        }
    }

    #[test]
    fn the_nearest_comes_first() {
        assert_eq!(nearest("hodl", ["drop", "hold", "import", "log"])[0], "hold");
        assert_eq!(nearest("", ["a", "b", "c", "d"]), ["a", "b", "c"]);
    }
}
