//! Where a page is, and by what names browsers may call it.

use std::net::SocketAddr;

/// The address and the names of a page.
pub(super) struct Site {
    address: SocketAddr,
    /// Whether it speaks TLS.
    is_tls: bool,
    /// The names by which browsers may call it, as they write them.
    hosts: Vec<String>,
}

impl Site {
    pub(super) fn new(address: SocketAddr, is_tls: bool, names: &[String]) -> Self {
        Self { address, is_tls, hosts: hosts(address, is_tls, names) }
    }

    /// Where browsers find it.
    pub(super) fn url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        let host = self.hosts.first().cloned().unwrap_or_else(|| self.address.to_string());
        format!("{scheme}://{host}")
    }

    /// An address by which whoever has an invitation enters.
    pub(super) fn entrance(&self, invitation: &str) -> String {
        format!("{}/enter/{invitation}", self.url())
    }

    /// Whether a request that names this host means this page: another name that leads here is one
    /// that somebody else gave this computer.
    pub(super) fn is_own_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
    }

    /// Whether a page of this origin is ours.
    pub(super) fn is_own_origin(&self, origin: &str) -> bool {
        let scheme = if self.is_tls { "https://" } else { "http://" };
        origin.strip_prefix(scheme).is_some_and(|host| self.is_own_host(host))
    }

    /// The name of the cookie. Cookies do not know ports, so it names the port itself: another page on
    /// this computer does not end our session with its own. Over TLS its name binds it to this host, so
    /// that no other host of the domain can set it.
    pub(super) fn cookie_name(&self) -> String {
        let prefix = if self.is_tls { "__Host-" } else { "" };
        format!("{prefix}renkei-{}", self.address.port())
    }

    /// The cookie that holds a session.
    pub(super) fn session_cookie(&self, value: &str) -> String {
        let secure = if self.is_tls { "; Secure" } else { "" };
        format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}", self.cookie_name())
    }

    /// The same for one that is over.
    pub(super) fn no_cookie(&self) -> String {
        format!("{}; Max-Age=0", self.session_cookie(""))
    }
}

/// The names by which browsers may call a page, as they write them: with the port, unless it is that of
/// the scheme. The first one stands in addresses.
fn hosts(address: SocketAddr, is_tls: bool, names: &[String]) -> Vec<String> {
    let (ip, port) = (address.ip(), address.port());
    let mut all: Vec<String> = names.to_vec();
    if !ip.is_unspecified() {
        all.push(ip.to_string());
    }
    if ip.is_loopback() {
        all.push("localhost".to_owned());
    }
    let is_usual = port == if is_tls { 443 } else { 80 };
    let written = all.into_iter().map(|name| {
        let name = if name.contains(':') { format!("[{name}]") } else { name };
        if is_usual { name } else { format!("{name}:{port}") }
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_names_that_it_was_given() {
        let of = |address: &str, is_tls, names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            hosts(address.parse().expect("an address"), is_tls, &names)
        };
        assert_eq!(of("127.0.0.1:8480", false, &[]), ["127.0.0.1:8480", "localhost:8480"]);
        assert_eq!(of("[::1]:8480", false, &[]), ["[::1]:8480", "localhost:8480"]);
        assert_eq!(of("0.0.0.0:443", true, &["a.example"]), ["a.example"]);
        assert_eq!(
            of("192.0.2.1:8480", true, &["a.example"]),
            ["a.example:8480", "192.0.2.1:8480"]
        );
        assert_eq!(of("192.0.2.1:443", true, &["2001:db8::1"]), ["[2001:db8::1]", "192.0.2.1"]);
        assert_eq!(of("127.0.0.1:80", false, &[]), ["127.0.0.1", "localhost"]);
    }
}
