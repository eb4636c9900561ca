//! Copies with other quotes.

use crate::record::Quoting;
use crate::spec::Spec;
use crate::types::FileName;

use super::records::{Unreadable, records};

/// A copy of a file that the checks found good, in a style of quoting. The values are the same; the
/// form is the strictest: CR LF behind every record, and no header line (README A-06).
pub fn requote(
    spec: &Spec,
    name: &FileName,
    bytes: &[u8],
    quoting: Quoting,
) -> Result<Vec<u8>, Unreadable> {
    let mut out = Vec::with_capacity(bytes.len());
    records(spec, name, bytes, |layout, record| {
        for (place, (span, item)) in record.spans().iter().zip(layout.items.iter()).enumerate() {
            if place > 0 {
                out.push(b',');
            }
            let value = span.unescaped(record.raw(*span));
            quoting.put(&mut out, &value, item.quoted || item.quotes_optional);
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    })?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Note, Reader, Record, Sink};

    fn spec() -> &'static Spec {
        Spec::builtin().expect("consistent")
    }

    fn name() -> FileName {
        let name = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
        FileName::parse(name).expect("a name of the standard")
    }

    #[derive(Default)]
    struct Values(Vec<Vec<Vec<u8>>>);

    impl Sink for Values {
        fn record(&mut self, record: &Record<'_>) {
            let value = |span: &crate::record::Span| span.unescaped(record.raw(*span)).into_owned();
            self.0.push(record.spans().iter().map(value).collect());
        }
        fn note(&mut self, note: Note) {
            panic!("{note:?}");
        }
    }

    fn values(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
        let (mut reader, mut values) = (Reader::default(), Values::default());
        reader.feed(bytes, &mut values);
        reader.finish(&mut values);
        values.0
    }

    #[test]
    fn other_quotes_and_the_same_values() {
        let file =
            b"\"202407\",131011,0000900011,20260325\n202407,131011,\"0000900029\",20260325\x1A";
        let file = &file[..file.len() - 1];
        let copy = |style| requote(spec(), &name(), file, style).expect("readable");
        let bare = b"202407,131011,0000900011,20260325\r\n202407,131011,0000900029,20260325\r\n";
        assert_eq!(copy(Quoting::Strict), bare);
        assert_eq!(copy(Quoting::Minimal), bare);
        assert!(
            copy(Quoting::All)
                .starts_with(b"\"202407\",\"131011\",\"0000900011\",\"20260325\"\r\n")
        );
        for style in Quoting::ALL {
            assert_eq!(values(&copy(style)), values(file));
        }
    }

    #[test]
    fn what_is_no_record_stays_out_and_what_is_broken_is_refused() {
        let marked = b"202407,131011,0000900011,20260325\r\n\r\n\x1A";
        let copy = requote(spec(), &name(), marked, Quoting::Minimal);
        assert_eq!(copy.as_deref(), Ok(&b"202407,131011,0000900011,20260325\r\n"[..]));
        for (broken, record) in [
            (&b"202407,131011,0000900011\r\n"[..], 1),
            (b"202407,131011,0000900011,20260325\r\n202407,131011,00\"00900011,20260325\r\n", 2),
            (b"202407,131011,0000900011,\"20260325\r\n", 1),
            (b"209901,131011,0000900011,20260325,x\r\n", 1),
        ] {
            assert_eq!(requote(spec(), &name(), broken, Quoting::All), Err(Unreadable { record }));
        }
    }

    #[test]
    fn doubled_quotes_become_single() {
        assert_eq!(values(b"\"\"\"a\"\"\"\"\"\r\n"), [[b"\"a\"\""]]);
    }
}
