//! Characters that a reader does not see, or that change how others are seen, and names that a system
//! reads as something else.

/// Whether nobody sees a character though it is no control character: zero width, joiners, marks and
/// overrides of direction (Unicode Standard Annex 9), line and paragraph separators, the byte order
/// mark, tags.
pub const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// Whether an invisible character turns the direction of the text around it, as the protocol says
/// it: receipts of partners are refused because of these and of no others (`spec/PROTOCOL.md`).
pub const fn turns_direction(character: char) -> bool {
    matches!(
        character,
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    )
}

/// The longest name of an office in characters.
pub const LONGEST_NAME: usize = 100;

/// Whether a text may be what people call an office: on one line, and every character of it seen. A
/// name that is shown to everybody has nothing that needs a special font either.
pub fn is_office_name(text: &str) -> bool {
    let seen = |c: char| c == '\u{3000}' || c.escape_debug().count() == 1 || "\"'\\".contains(c);
    (1..=LONGEST_NAME).contains(&text.chars().count())
        && text.chars().all(seen)
        && text.trim() == text
}

/// The longest id of a send unit.
const LONGEST_UNIT: usize = 16;

/// Whether a text has the form of the id of a send unit, such as `K1` or `3-2`, or of an edition.
pub fn is_unit(text: &str) -> bool {
    is_word(text, LONGEST_UNIT)
}

/// Whether no file on Windows may have the character in its name.
pub const fn is_forbidden_in_names(character: char) -> bool {
    matches!(character, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*')
}

/// Whether a text is a word of letters, digits, `.`, `_` and `-`, of at most so many, as programs name
/// things for each other.
pub fn is_word(text: &str, most: usize) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=most).contains(&text.len()) && text.bytes().all(fits)
}

/// Whether a name is one of the device names of Windows, which no extension makes into files. COM and LPT take the
/// superscript digits too.
pub fn is_device_name(name: &str) -> bool {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ');
    let stem = stem.to_ascii_uppercase();
    if DEVICES.contains(&stem.as_str()) {
        return true;
    }
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut rest = port.unwrap_or_default().chars();
    matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_an_end_and_no_spaces() {
        let long = "x".repeat(16);
        for word in ["K2", "v4.1", "a_b-c", &long] {
            assert!(is_word(word, 16), "{word}");
        }
        for none in ["", "K 2", "K2\n", "計画", &format!("{long}x")] {
            assert!(!is_word(none, 16), "{none}");
        }
    }

    #[test]
    fn what_turns_direction_is_invisible() {
        let all = ('\0'..=char::MAX).filter(|character| turns_direction(*character));
        assert!(all.clone().all(is_invisible));
        assert_eq!(all.count(), 11);
        assert!(
            !('\0'..=char::MAX).any(|c| is_invisible(c) && (c.is_control() || c.is_alphanumeric()))
        );
    }
}
