//! Where a revocation list is fetched.

use std::fmt;
use std::str::FromStr;

use super::PeerUrl;

/// The longest address in bytes.
const LONGEST: usize = 2048;

/// The address of a revocation list: `http://` or `https://`, a host, and whatever path.
///
/// Lists are signed, so plain HTTP is right for them, and usual (RFC 5280, section 8): a list that was
/// needed to fetch it would never come.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListUrl(String);

/// The text is no address of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an address that starts with http:// or https:// and has no user name")]
pub struct ParseListUrlError;

impl ListUrl {
    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ListUrl {
    type Err = ParseListUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        let rest = rest.filter(|_| text.len() <= LONGEST).ok_or(ParseListUrlError)?;
        let is_plain =
            rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&byte));
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        // The rules for a host and its port are those of every address.
        let is_host = format!("https://{host}").parse::<PeerUrl>().is_ok();
        if is_plain && is_host { Ok(Self(text.to_owned())) } else { Err(ParseListUrlError) }
    }
}

impl fmt::Display for ListUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is() {
        for text in [
            "http://crl.example.jp/ca.crl",
            "https://crl.example.jp:8443/a/b?c=d%20e",
            "http://192.0.2.7",
            "http://[2001:db8::7]:8080/x.crl",
        ] {
            assert_eq!(text.parse::<ListUrl>().expect(text).as_str(), text);
        }
    }

    #[test]
    fn what_is_no_address_of_a_list_is_refused() {
        for text in [
            "",
            "crl.example.jp/ca.crl",
            "ftp://crl.example.jp/ca.crl",
            "file:///etc/passwd",
            "HTTP://crl.example.jp/",
            "http://",
            "http:///ca.crl",
            "http://me:secret@crl.example.jp/",
            "http://crl.example.jp/ca.crl#part",
            "http://crl.example.jp/a b",
            "http://crl.example.jp/\r\nhost: other",
            "http://crl.example.jp:0/",
            "http://見本.jp/",
            &format!("http://crl.example.jp/{}", "a".repeat(LONGEST)),
        ] {
            assert_eq!(text.parse::<ListUrl>(), Err(ParseListUrlError), "{text}");
        }
    }
}
