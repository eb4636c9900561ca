//! Which items stand between double quotes.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A style of quoting. The standard asks for quotes around free text and is silent about everything
/// else (R-CSV-02, R-CSV-05, R-CSV-06); programs that import are not all as patient as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quoting {
    /// As the standard says, in its strictest reading: free text that is not empty, and nothing else
    /// (README A-06).
    Strict,
    /// Every item, also an empty one.
    All,
    /// Only what would be read wrongly without: a comma, a double quote or a line break inside.
    Minimal,
}

impl Quoting {
    /// Every style.
    pub const ALL: [Self; 3] = [Self::Strict, Self::All, Self::Minimal];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::All => "all",
            Self::Minimal => "minimal",
        }
    }

    /// Appends an item in this style: `value` is MS932 without any quotes around it and with those
    /// inside it single, `is_text` whether it is free text.
    pub fn put(self, out: &mut Vec<u8>, value: &[u8], is_text: bool) {
        // None of these bytes is ever the second one of a character in MS932.
        let needs = || value.iter().any(|byte| b",\"\r\n".contains(byte));
        let quoted = match self {
            Self::Strict => is_text && !value.is_empty() || needs(),
            Self::All => true,
            Self::Minimal => needs(),
        };
        if !quoted {
            out.extend_from_slice(value);
            return;
        }
        out.push(b'"');
        for byte in value {
            if *byte == b'"' {
                out.push(b'"');
            }
            out.push(*byte);
        }
        out.push(b'"');
    }
}

impl FromStr for Quoting {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|style| style.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_style_quotes_what_it_says() {
        let put = |style: Quoting, value: &str, is_text| {
            let mut out = Vec::new();
            style.put(&mut out, value.as_bytes(), is_text);
            String::from_utf8(out).expect("ASCII")
        };
        let table = [
            ("", true, ["", "\"\"", ""]),
            ("", false, ["", "\"\"", ""]),
            ("a", true, ["\"a\"", "\"a\"", "a"]),
            ("1", false, ["1", "\"1\"", "1"]),
            ("a,b", true, ["\"a,b\"", "\"a,b\"", "\"a,b\""]),
            ("a\r\nb", true, ["\"a\r\nb\"", "\"a\r\nb\"", "\"a\r\nb\""]),
            ("\"", false, ["\"\"\"\"", "\"\"\"\"", "\"\"\"\""]),
        ];
        for (value, is_text, expected) in table {
            assert_eq!(Quoting::ALL.map(|style| put(style, value, is_text)), expected, "{value}");
        }
        for style in Quoting::ALL {
            assert_eq!(style.as_str().parse(), Ok(style));
        }
        assert_eq!("none".parse::<Quoting>(), Err(()));
    }
}
