//! Where an HTTP proxy listens.

use std::fmt;
use std::str::FromStr;

use super::peer_url::{ParsePeerUrlError, PeerUrl};

/// The address of a proxy: `http://host:port`, and nothing behind it. The port has to be named: there
/// is none that proxies usually have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyUrl(PeerUrl);

impl ProxyUrl {
    /// The host in lower case, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.0.port()
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.0.authority())
    }
}

impl FromStr for ProxyUrl {
    type Err = ParsePeerUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SCHEME: &str = "http://";
        let rest = match text.split_at_checked(SCHEME.len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
            _ => return Err(ParsePeerUrlError::Scheme),
        };
        let names_port = rest.rsplit(']').next().is_some_and(|behind| behind.contains(':'));
        if !names_port {
            return Err(ParsePeerUrlError::Port);
        }
        format!("https://{rest}").parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_host_with_its_port_and_nothing_else() {
        for (text, shown) in [
            ("http://proxy.example.jp:8080", "http://proxy.example.jp:8080"),
            ("HTTP://10.0.0.1:3128/", "http://10.0.0.1:3128"),
            ("http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128"),
        ] {
            assert_eq!(text.parse::<ProxyUrl>().map(|url| url.to_string()), Ok(shown.to_owned()));
        }
        for wrong in [
            "https://proxy.example.jp:8080",
            "proxy.example.jp:8080",
            "http://proxy.example.jp",
            "http://[2001:db8::1]",
            "http://user:secret@proxy.example.jp:8080",
            "http://proxy.example.jp:8080/path",
        ] {
            assert!(wrong.parse::<ProxyUrl>().is_err(), "{wrong}");
        }
    }
}
