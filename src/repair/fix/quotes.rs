//! Double quotes around items: free text has them, other items do not (R-CSV-02, README A-06).

use crate::record::Span;
use crate::repair::change::Reason;
use crate::spec::Item;

/// An item, in MS932.
pub(super) struct Cell {
    pub(super) bytes: Vec<u8>,
    pub(super) span: Span,
    /// What was removed stood before a double quote, which must not come to open the item.
    pub(super) bares_quote: bool,
    /// Invisible characters were removed, so that quotes may stand side by side that did not.
    pub(super) closed_up: bool,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// It stands as it stood.
    Same,
    /// Its quotes were changed.
    Changed(Reason),
    /// Its quotes make no sense, and would mean something else now.
    Unclear,
}

/// Writes an item, between quotes or not as the layout wants it; without one, as it stood there.
pub(super) fn write(out: &mut Vec<u8>, cell: &Cell, item: Option<&Item>) -> Written {
    let (bytes, span) = (cell.bytes.as_slice(), cell.span);
    let open = span.is_quoted() && !span.is_stray();
    let bare = item.is_some_and(|item| !item.quoted && !item.quotes_optional);
    let free = item.is_some_and(|item| item.quoted);
    if cell.bares_quote && !open {
        put_doubled(out, bytes);
        return Written::Changed(Reason::QuotesDoubled);
    }
    if span.is_stray() {
        return match stray_value(bytes).filter(|_| free) {
            Some(value) => {
                put_doubled(out, value);
                Written::Changed(Reason::QuotesDoubled)
            }
            None if cell.closed_up => Written::Unclear,
            None => {
                put(out, bytes, false);
                Written::Same
            }
        };
    }
    let needed = bytes.iter().any(|byte| b",\"\r\n".contains(byte));
    match (open, free) {
        (true, false) if bare && !needed => {
            put(out, bytes, false);
            Written::Changed(Reason::QuotesRemoved)
        }
        (false, true) if !bytes.is_empty() => {
            put(out, bytes, true);
            Written::Changed(Reason::QuotesAdded)
        }
        (open, _) => {
            put(out, bytes, open);
            Written::Same
        }
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8], quoted: bool) {
    if quoted {
        out.push(b'"');
    }
    out.extend_from_slice(bytes);
    if quoted {
        out.push(b'"');
    }
}

/// Writes a value between quotes; those inside it are doubled.
fn put_doubled(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'"');
    for byte in value {
        out.push(*byte);
        if *byte == b'"' {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

/// What an item with stray quotes means: text with quotes that were not doubled. None where that
/// is not certain.
fn stray_value(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [b'"', inner @ .., b'"'] => {
            let doubled = inner.windows(2).any(|pair| pair == b"\"\"");
            (!doubled).then_some(inner)
        }
        _ if without_blanks(bytes).starts_with(b"\"") => None,
        _ => Some(bytes),
    }
}

/// The bytes behind blanks: those of ASCII, tabs and the full-width blank (81 40).
fn without_blanks(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [0x81, 0x40, rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that puts a blank behind each comma means quotes around the item, not in it.
    #[test]
    fn quotes_behind_blanks_are_not_made_a_part_of_the_text() {
        for unclear in [&b" \"name\""[..], b"\t\"name\"", b"\x81\x40 \"name\"", b"\"name\" "] {
            assert_eq!(stray_value(unclear), None);
        }
        assert_eq!(stray_value(b" a \"b\" c"), Some(&b" a \"b\" c"[..]));
        assert_eq!(stray_value(b"\"a\"b\""), Some(&b"a\"b"[..]));
    }
}
