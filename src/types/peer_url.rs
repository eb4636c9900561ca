//! Where a partner's node listens.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The address of a node: `https://host[:port]`, and nothing behind it.
///
/// The host is a DNS name in its ASCII form, an IPv4 address, or an IPv6 address in brackets
/// (RFC 3986, section 3.2.2). The paths of the API are fixed, so a path, a query, a fragment or a
/// user name would be a mistake of the configuration and is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerUrl {
    /// In lower case; an IPv6 address without its brackets.
    host: String,
    port: u16,
}

/// Why a text is not the address of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParsePeerUrlError {
    /// It does not start with `https://`.
    #[error("expected an address that starts with https://")]
    Scheme,
    /// It has a user name or password.
    #[error("expected an address without a user name or password")]
    UserInfo,
    /// Something follows the host and port.
    #[error("expected nothing behind the host and the port: no path, query or fragment")]
    Path,
    /// The host is no DNS name, IPv4 address or bracketed IPv6 address.
    #[error("expected a DNS name (ASCII), an IPv4 address or an IPv6 address in brackets as host")]
    Host,
    /// The port is not in 1 to 65535.
    #[error("expected a port from 1 to 65535")]
    Port,
}

impl PeerUrl {
    /// The port of `https` (RFC 9110, section 4.2.2).
    pub const DEFAULT_PORT: u16 = 443;

    /// The host in lower case, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, also when the address did not name one.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// `host:port`, an IPv6 address in brackets.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for PeerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.authority();
        let default = format!(":{}", Self::DEFAULT_PORT);
        let short = authority.strip_suffix(&default).unwrap_or(&authority);
        write!(f, "https://{short}")
    }
}

impl FromStr for PeerUrl {
    type Err = ParsePeerUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SCHEME: &str = "https://";
        let rest = match text.split_at_checked(SCHEME.len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
            _ => return Err(ParsePeerUrlError::Scheme),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains('@') {
            return Err(ParsePeerUrlError::UserInfo);
        }
        if authority.contains(['/', '?', '#', '\\']) {
            return Err(ParsePeerUrlError::Path);
        }
        let (host, port) = if let Some(inner) = authority.strip_prefix('[') {
            let (host, behind) = inner.split_once(']').ok_or(ParsePeerUrlError::Host)?;
            let address: Ipv6Addr = host.parse().map_err(|_| ParsePeerUrlError::Host)?;
            let port = match behind {
                "" => None,
                behind => Some(behind.strip_prefix(':').ok_or(ParsePeerUrlError::Host)?),
            };
            (address.to_string(), port)
        } else {
            let (host, port) = match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            };
            (name_or_ipv4(host)?, port)
        };
        let port = port.map_or(Ok(Self::DEFAULT_PORT), parse_port)?;
        Ok(Self { host, port })
    }
}

impl Serialize for PeerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PeerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A DNS name (RFC 1123, section 2.1) or an IPv4 address in its usual form.
fn name_or_ipv4(host: &str) -> Result<String, ParsePeerUrlError> {
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(label_fits) {
        return Err(ParsePeerUrlError::Host);
    }
    // A name whose last label is a number would be taken for an address by some resolvers.
    let last = host.rsplit('.').next().unwrap_or_default();
    let looks_like_address = last.bytes().all(|byte| byte.is_ascii_digit())
        || last.to_ascii_lowercase().starts_with("0x");
    if looks_like_address && host.parse::<Ipv4Addr>().is_err() {
        return Err(ParsePeerUrlError::Host);
    }
    Ok(host.to_ascii_lowercase())
}

fn parse_port(text: &str) -> Result<u16, ParsePeerUrlError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParsePeerUrlError::Port);
    }
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(ParsePeerUrlError::Port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_and_addresses() {
        let parts = |text: &str| {
            text.parse::<PeerUrl>().map(|url| (url.host().to_owned(), url.port(), url.to_string()))
        };
        for (text, host, port, shown) in [
            ("https://node.example.jp", "node.example.jp", 443, "https://node.example.jp"),
            (
                "HTTPS://Node.Example.JP:8443/",
                "node.example.jp",
                8443,
                "https://node.example.jp:8443",
            ),
            ("https://192.0.2.1:443", "192.0.2.1", 443, "https://192.0.2.1"),
            ("https://[2001:DB8::1]", "2001:db8::1", 443, "https://[2001:db8::1]"),
            ("https://[::1]:9000", "::1", 9000, "https://[::1]:9000"),
        ] {
            assert_eq!(parts(text), Ok((host.to_owned(), port, shown.to_owned())), "{text}");
            assert_eq!(shown.parse::<PeerUrl>(), text.parse::<PeerUrl>());
        }
    }

    #[test]
    fn says_what_is_wrong() {
        use ParsePeerUrlError::{Host, Path, Port, Scheme, UserInfo};
        for (text, error) in [
            ("", Scheme),
            ("http://node.example.jp", Scheme),
            ("node.example.jp", Scheme),
            ("https://user:secret@node.example.jp", UserInfo),
            ("https://node.example.jp/v1", Path),
            ("https://node.example.jp//", Path),
            ("https://node.example.jp?x=1", Path),
            ("https://node.example.jp#x", Path),
            ("https://", Host),
            ("https://:443", Host),
            ("https://-node.example.jp", Host),
            ("https://node..example.jp", Host),
            ("https://事業所.jp", Host),
            ("https://1.2.3", Host),
            ("https://0x7f000001", Host),
            ("https://192.0.2.256", Host),
            ("https://[::1", Host),
            ("https://[::1]9000", Host),
            ("https://[fe80::1%eth0]", Host),
            ("https://node.example.jp:", Port),
            ("https://node.example.jp:0", Port),
            ("https://node.example.jp:65536", Port),
            ("https://node.example.jp:+443", Port),
            ("https://::1", Host),
        ] {
            assert_eq!(text.parse::<PeerUrl>(), Err(error), "{text}");
        }
        assert!(format!("https://{}.jp", "a".repeat(64)).parse::<PeerUrl>().is_err());
    }
}
