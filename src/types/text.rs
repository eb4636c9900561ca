//! Characters that a reader does not see, or that change how others are seen.

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

#[cfg(test)]
mod tests {
    use super::*;

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
