//! About how much room a text takes on paper, where something has to be decided by it.
//!
//! A browser knows better; what is decided here is where a long table may be cut and whether the text
//! of a small box is also listed below, so it is counted rather too much than too little.

/// Half the width of a full-width character is one column.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|character| if is_narrow(character) { 1 } else { 2 }).sum()
}

/// The lines that a text takes where `room` columns are on one.
pub(super) fn lines(text: &str, room: usize) -> usize {
    let room = room.max(2);
    text.split('\n').map(|line| columns(line).div_ceil(room).max(1)).sum()
}

/// The beginning of a text that takes no more columns, without its line breaks.
pub(super) fn beginning(text: &str, room: usize) -> String {
    let mut left = room;
    let fits = |character: &char| {
        let width = if is_narrow(*character) { 1 } else { 2 };
        let fits = left >= width;
        left = left.saturating_sub(width);
        fits
    };
    text.chars().filter(|character| *character != '\n').take_while(fits).collect()
}

const fn is_narrow(character: char) -> bool {
    matches!(character, '\u{20}'..='\u{7E}' | '\u{FF61}'..='\u{FF9F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_characters_take_two() {
        assert_eq!(columns("訪問ｱ1"), 6);
        assert_eq!(lines("訪問介護\n\nab", 4), 4);
        assert_eq!(lines("", 10), 1);
        assert_eq!(beginning("訪問\n介護", 7), "訪問介");
    }
}
