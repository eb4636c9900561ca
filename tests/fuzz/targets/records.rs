//! CSV: where the pieces are cut changes nothing, items lie inside their records, and what is said
//! to be as before is as before.

#![no_main]

use libfuzzer_sys::fuzz_target;
use renkei::record::{Note, Reader, Record, Sink, Span};

#[derive(Default)]
struct Seen {
    /// Number, line, offset and items of each record, and every note.
    all: Vec<String>,
    number: u64,
    before: Vec<(Vec<u8>, bool)>,
}

impl Sink for Seen {
    fn record(&mut self, record: &Record<'_>) {
        let item = |span: &Span| {
            let raw = record.raw(*span);
            assert_eq!(raw.len(), span.len());
            (raw.to_vec(), span.is_quoted())
        };
        let items: Vec<_> = record.spans().iter().map(item).collect();
        for (place, item) in items.iter().enumerate().take(128) {
            if record.changed() & (1 << place) == 0 {
                assert_eq!(record.number, self.number + 1);
                assert_eq!(Some(item), self.before.get(place));
            }
        }
        let place = (record.number, record.line, record.offset, record.item_count);
        self.all.push(format!("{place:?} {items:?}"));
        (self.number, self.before) = (record.number, items);
    }

    fn note(&mut self, note: Note) {
        self.all.push(format!("{note:?}"));
    }
}

fn read(bytes: &[u8], piece: usize) -> Vec<String> {
    let (mut reader, mut seen) = (Reader::default(), Seen::default());
    for piece in bytes.chunks(piece) {
        reader.feed(piece, &mut seen);
    }
    reader.finish(&mut seen);
    seen.all
}

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    assert_eq!(read(bytes, usize::from(piece) + 1), read(bytes, usize::MAX));
});
