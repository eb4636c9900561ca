//! The text of a file of `partners/`.

use std::fmt::Write as _;

use super::Peer;

/// What stands above the keys.
const HEAD: &str = "# renkei partner が書いたファイルです。renkei partner で変更してください（手で直してもかまいません）。
# Written by `renkei partner`; change it with that, or by hand.
";

/// The file of a partner, from which the same is read again. `card` is the name of the file of its
/// card in the same folder.
pub fn partner_text(peer: &Peer, card: Option<&str>) -> String {
    let mut text = HEAD.to_owned();
    // Writing into a String cannot fail.
    let mut say = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}");
    };
    say("office", quoted(&peer.office.to_string()));
    if let Some(name) = &peer.name {
        say("name", quoted(name));
    }
    if !peer.service_types.is_empty() {
        say("service_types", list(peer.service_types.iter().map(ToString::to_string)));
    }
    for (key, url) in [("url", &peer.url), ("relay", &peer.relay)] {
        if let Some(url) = url {
            say(key, quoted(&url.to_string()));
        }
    }
    if let Some(edition) = peer.edition {
        say("edition", quoted(edition.as_str()));
    }
    if !peer.takes.is_empty() {
        say("takes", list(peer.takes.iter().cloned()));
    }
    if let Some(style) = peer.quoting {
        say("quoting", quoted(style.as_str()));
    }
    for (key, digests) in [
        ("tls_certificates", &peer.tls_certificates),
        ("signing_certificates", &peer.signing_certificates),
    ] {
        if !digests.is_empty() {
            say(key, list(digests.iter().map(ToString::to_string)));
        }
    }
    if let Some(card) = card {
        say("card", quoted(card));
    }
    text
}

pub(super) fn list(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.map(|value| quoted(&value)).collect::<Vec<_>>().join(", "))
}

/// A basic string of TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
