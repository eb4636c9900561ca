//! A demo over a relay: the relay, and offices that know each other by their cards.

use std::path::Path;

use super::office::Office;
use crate::certs::files::{self, Access, Existing};
use crate::cli::relay::init::{self, Made, Settings};
use crate::cli::relay::{read, serve};
use crate::desk::partner::{Book, PartnerError};
use crate::desk::trial::free_addresses;
use crate::disk;
use crate::node::cards;
use crate::relay::Relay;
use crate::types::{Clock, Lang};

/// The relay has a folder of this name beside those of the offices.
const FOLDER: &str = "relay";

/// The authority by which the relay knows the offices.
const ROOT: &str = "ca.pem";

/// Makes the relay, which knows every office to whom the authority gave a certificate.
pub(super) fn make(folder: &Path, authority: &str, lang: Lang) -> anyhow::Result<Made> {
    let addresses = free_addresses(2)?;
    let [listen, status] = *addresses.as_slice() else { anyhow::bail!("no free address") };
    let dir = folder.join(FOLDER);
    disk::create_private_folders(&dir)?;
    let root = dir.join(ROOT);
    files::write(&root, authority.as_bytes(), Access::Public, Existing::Replace)?;
    let settings = Settings { listen, status, roots: Some(ROOT), lang };
    init::make(&dir, &listen.ip().to_string(), &settings, Existing::Replace)
}

/// Starts the relay. Its store is one file of SQLite.
pub(super) async fn start(relay: &Made, lang: Lang) -> anyhow::Result<Relay> {
    serve::start(&relay.config, &read(&relay.config, lang)?, false, lang).await
}

/// Every office registers the cards of its partners, as `renkei partner add` does. Nothing has to be
/// compared: no card was on its way anywhere.
pub(super) fn join(offices: &[Office], lang: Lang) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let told = |error: PartnerError| anyhow::anyhow!("{}", error.text(lang));
    let mut made = Vec::new();
    for office in offices {
        let book = Book::open(&office.config).map_err(told)?;
        let card = cards::own_card(book.config(), office.number, now)
            .map_err(|error| anyhow::anyhow!("{}", error.text(lang)))?;
        made.push(card);
    }
    for office in offices {
        for card in made.iter().filter(|card| office.partners.contains(&card.card().office)) {
            // Each partner changes the configuration, of which a book is one state.
            let book = Book::open(&office.config).map_err(told)?;
            let candidate = book.judge(card.clone(), now).map_err(told)?;
            book.register(&candidate).map_err(told)?;
        }
    }
    Ok(())
}
