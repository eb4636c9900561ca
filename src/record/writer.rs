//! Records as MS932 bytes.

use std::fmt;

use super::{Quoting, ms932};

/// A value to write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Field<'t> {
    /// An item with a length; written as it is. Empty items are written as nothing.
    Plain(&'t str),
    /// Free text; written between double quotes unless it is empty (R-CSV-02, R-CSV-06).
    Text(&'t str),
}

impl fmt::Debug for Field<'_> {
    /// Items may be personal: shows the form only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Text(_) => "Text",
        })
    }
}

/// A value cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// MS932 does not have the character, or it is a user-defined one (R-ENC-02).
    #[error(
        "record {record}, item {item}: U+{:04X} is not in MS932", u32::from(*character)
    )]
    Character {
        /// The record, from 1.
        record: u64,
        /// The item, from 1.
        item: usize,
        /// The first such character.
        character: char,
    },
    /// A plain item holds a delimiter and would tear the record.
    #[error("record {record}, item {item}: a comma, quote or line break needs free text")]
    Delimiter {
        /// The record, from 1.
        record: u64,
        /// The item, from 1.
        item: usize,
    },
}

/// Writes records in the strictest form: CR LF, no header, only free text quoted (README A-06).
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    records: u64,
}

impl Writer {
    /// Appends one record; on an error nothing of it is kept.
    pub fn record(&mut self, fields: &[Field<'_>]) -> Result<(), WriteError> {
        let before = self.bytes.len();
        let result = self.fields(fields);
        if result.is_err() {
            self.bytes.truncate(before);
        } else {
            self.records += 1;
        }
        result
    }

    /// The number of bytes so far.
    pub const fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes of the file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn fields(&mut self, fields: &[Field<'_>]) -> Result<(), WriteError> {
        let record = self.records + 1;
        for (place, field) in fields.iter().enumerate() {
            let item = place + 1;
            if place > 0 {
                self.bytes.push(b',');
            }
            let (Field::Plain(text) | Field::Text(text)) = field;
            let bytes = ms932::encode(text).map_err(|character| WriteError::Character {
                record,
                item,
                character,
            })?;
            match field {
                Field::Plain(_) if bytes.iter().any(|byte| b",\"\r\n".contains(byte)) => {
                    return Err(WriteError::Delimiter { record, item });
                }
                Field::Plain(_) | Field::Text(_) => {
                    let is_text = matches!(field, Field::Text(_));
                    Quoting::Strict.put(&mut self.bytes, &bytes, is_text);
                }
            }
        }
        self.bytes.extend_from_slice(b"\r\n");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_strictest_form() {
        let mut writer = Writer::default();
        let fields =
            [Field::Plain("202407"), Field::Text("\"髙\", ｱ"), Field::Text(""), Field::Plain("")];
        assert_eq!(writer.record(&fields), Ok(()));
        assert_eq!(writer.into_bytes(), b"202407,\"\"\"\xFB\xFC\"\", \xB1\",,\r\n");
    }

    #[test]
    fn names_what_cannot_be_written_and_keeps_the_rest() {
        let mut writer = Writer::default();
        assert_eq!(writer.record(&[Field::Plain("1")]), Ok(()));
        let error = writer.record(&[Field::Plain("2"), Field::Text("𠮷")]).expect_err("no MS932");
        assert_eq!(error, WriteError::Character { record: 2, item: 2, character: '𠮷' });
        assert_eq!(error.to_string(), "record 2, item 2: U+20BB7 is not in MS932");
        let torn = writer.record(&[Field::Plain("a,b")]);
        assert_eq!(torn, Err(WriteError::Delimiter { record: 2, item: 1 }));
        assert_eq!(writer.into_bytes(), b"1\r\n");
    }
}
