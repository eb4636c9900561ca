use proptest::prelude::*;

use super::quick::one_line;
use super::*;
use crate::record::{Record, Span};

/// Everything a sink is given, as text.
#[derive(Default, Debug, PartialEq, Eq)]
struct Seen(Vec<String>);

impl Sink for Seen {
    fn record(&mut self, record: &Record<'_>) {
        let items: Vec<String> = record
            .spans()
            .iter()
            .map(|span| {
                let mark = |set, mark| if set { mark } else { "" };
                format!(
                    "{}@{}/{}{}{}{}",
                    record.raw(*span).escape_ascii(),
                    record.line_of(*span),
                    record.offset_of(*span),
                    mark(span.is_quoted(), "q"),
                    mark(span.is_escaped(), "e"),
                    mark(span.is_stray(), "s"),
                )
            })
            .collect();
        let place = (record.number, record.line, record.offset);
        self.0.push(format!("{place:?} {} {}", record.item_count, items.join(" | ")));
    }

    fn note(&mut self, note: Note) {
        self.0.push(format!("{note:?}"));
    }
}

/// How many items the last record had, and how many were kept.
struct Count(usize, usize);
impl Sink for Count {
    fn record(&mut self, record: &Record<'_>) {
        *self = Self(record.item_count, record.spans().len());
    }
    fn note(&mut self, note: Note) {
        panic!("{note:?}");
    }
}

/// The items of all records as text.
struct Items(Vec<Vec<String>>);
impl Sink for Items {
    fn record(&mut self, record: &Record<'_>) {
        let text = |span: &Span| String::from_utf8_lossy(record.raw(*span)).replace("\"\"", "\"");
        self.0.push(record.spans().iter().map(text).collect());
    }
    fn note(&mut self, note: Note) {
        panic!("{note:?}");
    }
}

/// Holds what [`Record::changed`] says against the record before.
#[derive(Default)]
struct Changes {
    number: u64,
    before: Vec<(Vec<u8>, u8)>,
    repeated: usize,
}
impl Sink for Changes {
    fn record(&mut self, record: &Record<'_>) {
        let spans = record.spans().iter();
        let items: Vec<_> = spans.map(|span| (record.raw(*span).to_vec(), span.flags)).collect();
        for (place, item) in items.iter().enumerate() {
            if record.changed() & (1 << place) == 0 {
                assert_eq!(record.number, self.number + 1);
                assert_eq!(Some(item), self.before.get(place));
                self.repeated += 1;
            }
        }
        (self.number, self.before) = (record.number, items);
    }
    fn note(&mut self, _: Note) {}
}

fn read(bytes: &[u8], piece: usize) -> (Vec<String>, LineEnds) {
    let mut reader = Reader::default();
    let mut seen = Seen::default();
    for piece in bytes.chunks(piece) {
        reader.feed(piece, &mut seen);
    }
    reader.finish(&mut seen);
    (seen.0, reader.line_ends())
}

fn lines(bytes: &[u8]) -> Vec<String> {
    read(bytes, usize::MAX).0
}

#[test]
fn gives_items_with_places() {
    assert_eq!(
        lines(b"1,,\"a,\"\"b\"\"\r\nc\",2\r\n3,4\n"),
        [
            r#"(1, 1, 0) 4 1@1/0 | @1/2 | a,\"\"b\"\"\r\nc@1/4qe | 2@2/16"#,
            "(2, 3, 19) 2 3@3/19 | 4@3/21",
        ]
    );
    assert_eq!(lines(b""), [""; 0]);
    assert_eq!(lines(b"1,"), ["(1, 1, 0) 2 1@1/0 | @1/2"]);
    assert_eq!(lines(b"\"\""), ["(1, 1, 0) 1 @1/1q"]);
}

#[test]
fn knows_every_line_end() {
    let ends = |bytes| read(bytes, 1).1;
    let mixed = ends(b"1\r\n2\n3\r4");
    assert_eq!((mixed.crlf, mixed.lf, mixed.cr), (1, 1, 1));
    assert_eq!((mixed.first_lf, mixed.first_cr), (Some(2), Some(3)));
    assert!(mixed.missing_at_end);
    assert_eq!(ends(b"1\r").cr, 1);
    assert!(!ends(b"1\r\n").missing_at_end);
    assert_eq!(lines(b"1\r\r2").len(), 3);
}

#[test]
fn stray_quotes_end_at_the_next_delimiter() {
    assert_eq!(
        lines(b"\"a\"b\"c\",2\n1\"2,3\n"),
        [r#"(1, 1, 0) 2 \"a\"b\"c\"@1/0s | 2@1/8"#, r#"(2, 2, 10) 2 1\"2@2/10s | 3@2/14"#,]
    );
    // A quote that nobody closed takes the next record with it, and no more.
    let joined = lines(b"\"a,1\r\nb,\"c\",2\r\n3,4\r\n");
    assert_eq!(joined.len(), 2, "{joined:?}");
    assert_eq!(joined[1], "(2, 3, 15) 2 3@3/15 | 4@3/17");
}

#[test]
fn tells_blank_lines_and_unclosed_quotes() {
    assert_eq!(
        lines(b"1,2\r\n\r\n3,\"4\r\n5"),
        [
            "(1, 1, 0) 2 1@1/0 | 2@1/2".to_owned(),
            format!("{:?}", Note::BlankLine { line: 2, offset: 5 }),
            format!("{:?}", Note::UnclosedQuote { line: 3, offset: 9, record: 2, item: 2 }),
        ]
    );
}

#[test]
fn a_record_above_the_limit_is_skipped() {
    let mut bytes = b"1,2\n\"".to_vec();
    bytes.resize(Reader::MOST_BYTES + (3 << 20), b'x');
    bytes.extend_from_slice(b"\n\"\"\",3\n4,5\n");
    let expected = [
        "(1, 1, 0) 2 1@1/0 | 2@1/2".to_owned(),
        format!("{:?}", Note::TooLong { line: 2, offset: 4, record: 2 }),
    ];
    for piece in [64 << 10, usize::MAX] {
        let seen = read(&bytes, piece).0;
        assert_eq!(seen[..2], expected);
        assert!(seen[2].starts_with("(3, 4, ") && seen.len() == 3, "{seen:?}");
    }
}

#[test]
fn only_the_first_items_are_kept() {
    let mut reader = Reader::default();
    let mut count = Count(0, 0);
    reader.feed(&vec![b','; 1 << 20], &mut count);
    reader.finish(&mut count);
    assert_eq!((count.0, count.1), ((1 << 20) + 1, Reader::MOST_ITEMS));
}

#[test]
fn how_many_items_are_kept_does_not_depend_on_the_record_before() {
    // The second begins and ends as the first, and has far more between.
    let few = "1,".repeat(77);
    let many = format!("{}{}{}", "1,".repeat(40), "2,".repeat(250), "1,".repeat(37));
    for lines in [format!("{many}\r\n"), format!("{few}\r\n{many}\r\n")] {
        let (mut reader, mut count) = (Reader::default(), Count(0, 0));
        reader.feed(lines.as_bytes(), &mut count);
        reader.finish(&mut count);
        assert_eq!((count.0, count.1), (328, Reader::MOST_ITEMS));
    }
}

#[test]
fn a_line_like_the_one_before_says_what_changed() {
    let lines = [
        "20260401,\"見本\",,1", // nothing before
        "20260402,\"見本\",,1", // the first item
        "20260402,\"見本\",,1", // nothing
        "20260402,\"見木\",,2", // the second and the last
        "202604022,\"見本\",,", // all but the third, at other places
        "\"",                   // goes on
        "\",\"見本\",,",        // until here
        "20260402,\"見本\",,2",
    ];
    let bytes = lines.join("\r\n").into_bytes();
    let mut seen = Vec::new();
    struct Mask<'m>(&'m mut Vec<u128>);
    impl Sink for Mask<'_> {
        fn record(&mut self, record: &Record<'_>) {
            self.0.push(record.changed() & 0b1111);
        }
        fn note(&mut self, note: Note) {
            panic!("{note:?}");
        }
    }
    let mut reader = Reader::default();
    reader.feed(&bytes, &mut Mask(&mut seen));
    reader.finish(&mut Mask(&mut seen));
    assert_eq!(seen, [0b1111, 0b0001, 0, 0b1010, 0b1011, 0b1111, 0b1111]);
}

proptest! {
    /// Where the pieces are cut changes nothing.
    #[test]
    fn pieces_change_nothing(
        bytes in prop::collection::vec(prop::sample::select(&b"12,\"\r\n\x81\x40\x00x"[..]), 0..200),
        piece in 1_usize..20,
    ) {
        prop_assert_eq!(read(&bytes, piece), read(&bytes, usize::MAX));
    }

    /// Items that are said to be as before are as before.
    #[test]
    fn what_did_not_change_is_the_same(
        lines in prop::collection::vec(
            prop::collection::vec(prop::sample::select(&b"1111111122,,,\"\r\x83"[..]), 9..20), 1..9),
        turns in prop::collection::vec(0_usize..9, 1..40),
    ) {
        let chosen = turns.iter().filter_map(|turn| lines.get(turn % lines.len()));
        let bytes: Vec<u8> =
            chosen.flat_map(|line| line.iter().copied().chain(*b"\r\n")).collect();
        let mut changes = Changes::default();
        let mut reader = Reader::default();
        reader.feed(&bytes, &mut changes);
        reader.finish(&mut changes);
        prop_assert_eq!(read(&bytes, 1), read(&bytes, usize::MAX));
    }

    /// The `csv` crate agrees wherever the form is one that it accepts the same way.
    #[test]
    fn agrees_with_the_csv_crate(
        rows in prop::collection::vec(
            prop::collection::vec("[a-z\"\r\n,\u{3042}]{0,6}", 2..5), 1..6)
    ) {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).expect("memory");
        }
        let bytes = writer.into_inner().expect("memory");
        let mut reader = Reader::default();
        let mut items = Items(Vec::new());
        reader.feed(&bytes, &mut items);
        reader.finish(&mut items);
        prop_assert_eq!(items.0, rows);
    }
}

/// Whoever looks for the line feed behind each of many CR looks at all that follows, each time anew.
#[test]
fn a_line_is_sought_no_further_than_its_first_line_end() {
    assert_eq!(one_line(b"a,b\r\nc"), Some((&b"a,b"[..], LineEnd::CrLf)));
    assert_eq!(one_line(b"a,b\nc\r\n"), Some((&b"a,b"[..], LineEnd::Lf)));
    for none in [&b"\r\r\r\r\r\r\n"[..], b"a\rb\n", b"a\r", b"a"] {
        assert_eq!(one_line(none), None);
    }
}
