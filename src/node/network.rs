//! How a node reaches its partners: over TLS, or in a simulation.

use std::sync::Arc;
use std::time::Duration;

#[cfg(test)]
use super::simulated::Wire;
use bytes::Bytes;

use crate::certs::{self, CertsError};
use crate::config::{Config, Proxy, ProxyLogin};
use crate::link::{
    self, ClientLimits, DepositReply, Endpoint, Grants, MailboxItem, MailboxItemName, MailboxPage,
    PackageForm, ProxyAccess, PutReply, ReceiptPage, SendError, Status, Tls,
};
use crate::package::ReceiptKind;
use crate::types::{Hashed, MessageId, OfficeNumber};

/// How a node reaches others and is reached.
#[derive(Clone)]
pub(super) enum Network {
    Tls,
    #[cfg(test)]
    Simulated(Arc<dyn Wire>),
}

/// What asks partners.
pub(super) enum Client {
    Tls(Box<link::Client>),
    #[cfg(test)]
    Simulated(Arc<dyn Wire>),
}

/// What faults of the file of the proxy's password are about.
pub(super) const PROXY_PLACE: &str = "network.proxy_password_file";

/// The proxy of a configuration with the login that stands in its file. Reads the disk.
pub(super) fn proxy_of(config: &Config) -> Result<Option<ProxyAccess>, CertsError> {
    let Some(Proxy { url, login }) = &config.network.proxy else { return Ok(None) };
    let login = match login {
        Some(ProxyLogin { user, password_file }) => {
            Some((user.clone(), certs::load_password(password_file)?))
        }
        None => None,
    };
    Ok(Some(ProxyAccess { url: url.clone(), login }))
}

impl Network {
    pub(super) fn client(&self, tls: Arc<Tls>, limits: ClientLimits) -> Client {
        match self {
            Self::Tls => Client::Tls(Box::new(link::Client::new(tls, limits))),
            #[cfg(test)]
            Self::Simulated(wire) => Client::Simulated(Arc::clone(wire)),
        }
    }
}

impl Client {
    /// Goes by other limits from now on.
    pub(super) fn set_limits(&self, limits: ClientLimits) {
        match self {
            Self::Tls(client) => client.set_limits(limits),
            #[cfg(test)]
            Self::Simulated(_) => {}
        }
    }

    /// Opens connections through another proxy from now on, or through none.
    pub(super) fn set_proxy(&self, proxy: Option<ProxyAccess>) {
        match self {
            Self::Tls(client) => client.set_proxy(proxy),
            #[cfg(test)]
            Self::Simulated(_) => {}
        }
    }

    /// Puts a package; see [`link::Client::put_message`].
    pub(super) async fn put_message(
        &self,
        to: &Endpoint,
        id: MessageId,
        package: Hashed,
        form: PackageForm,
    ) -> Result<PutReply, SendError> {
        match self {
            Self::Tls(client) => client.put_in_form(to, id, package, form).await,
            #[cfg(test)]
            Self::Simulated(wire) => wire.put_message(of_office(to)?, id, package, form).await,
        }
    }

    /// Collects receipts; see [`link::Client::receipts`].
    pub(super) async fn receipts(
        &self,
        from: &Endpoint,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> Result<ReceiptPage, SendError> {
        match self {
            Self::Tls(client) => client.receipts(from, own, after, wait).await,
            #[cfg(test)]
            Self::Simulated(wire) => match from.party {
                link::Party::Office(office) => wire.receipts(office, own, after, wait).await,
                link::Party::Relay(_) => wire.relay_receipts(own, after, wait).await,
            },
        }
    }

    /// Leaves a package with a relay; see [`link::Client::deposit`].
    pub(super) async fn deposit(
        &self,
        with: &Endpoint,
        id: MessageId,
        sealed: &Hashed,
    ) -> Result<DepositReply, SendError> {
        match self {
            Self::Tls(client) => client.deposit(with, id, sealed).await,
            #[cfg(test)]
            Self::Simulated(wire) => wire.deposit(id, sealed.clone()).await,
        }
    }

    /// Asks what waits there; see [`link::Client::mailbox`].
    pub(super) async fn mailbox(
        &self,
        at: &Endpoint,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> Result<MailboxPage, SendError> {
        match self {
            Self::Tls(client) => client.mailbox(at, own, after, wait).await,
            #[cfg(test)]
            Self::Simulated(wire) => {
                of_relay(at)?;
                wire.mailbox(own, after, wait).await
            }
        }
    }

    /// Fetches what waits there; see [`link::Client::fetch`].
    pub(super) async fn fetch(
        &self,
        at: &Endpoint,
        own: OfficeNumber,
        item: &MailboxItem,
        most: u64,
        grants: &Grants,
    ) -> Result<(Hashed, PackageForm), SendError> {
        match self {
            Self::Tls(client) => client.fetch(at, own, item, most, grants).await,
            #[cfg(test)]
            Self::Simulated(wire) => {
                of_relay(at)?;
                wire.fetch(own, item.clone()).await
            }
        }
    }

    /// Says what became of it; see [`link::Client::put_mailbox_receipt`].
    pub(super) async fn put_mailbox_receipt(
        &self,
        at: &Endpoint,
        of: MailboxItemName,
        kind: ReceiptKind,
        receipt: Bytes,
    ) -> Result<(), SendError> {
        match self {
            Self::Tls(client) => client.put_mailbox_receipt(at, of, kind, receipt).await,
            #[cfg(test)]
            Self::Simulated(wire) => {
                of_relay(at)?;
                wire.put_mailbox_receipt(of, kind, receipt).await
            }
        }
    }

    /// Asks for a package back; see [`link::Client::put_recall`].
    pub(super) async fn put_recall(
        &self,
        at: &Endpoint,
        id: MessageId,
        recall: Bytes,
    ) -> Result<Option<Bytes>, SendError> {
        match self {
            Self::Tls(client) => client.put_recall(at, id, recall).await,
            #[cfg(test)]
            Self::Simulated(wire) => wire.put_recall(at.party.clone(), id, recall).await,
        }
    }

    /// Fetches what a sender asks; see [`link::Client::recall`].
    pub(super) async fn recall(
        &self,
        at: &Endpoint,
        of: MailboxItemName,
    ) -> Result<Bytes, SendError> {
        match self {
            Self::Tls(client) => client.recall(at, of).await,
            #[cfg(test)]
            Self::Simulated(wire) => {
                of_relay(at)?;
                wire.recall(of).await
            }
        }
    }

    /// Asks who is there; see [`link::Client::status`].
    pub(super) async fn status(&self, of: &Endpoint) -> Result<Status, SendError> {
        match self {
            Self::Tls(client) => client.status(of).await,
            #[cfg(test)]
            Self::Simulated(wire) => wire.status(of.party.clone()).await,
        }
    }

    /// Whether cards are exchanged over this network; a simulated one has none.
    pub(super) const fn has_cards(&self) -> bool {
        match self {
            Self::Tls(_) => true,
            #[cfg(test)]
            Self::Simulated(_) => false,
        }
    }

    /// The card of an office; see [`link::Client::card`].
    pub(super) async fn card(
        &self,
        of: &Endpoint,
        office: OfficeNumber,
    ) -> Result<Option<Bytes>, SendError> {
        match self {
            Self::Tls(client) => client.card(of, office).await,
            #[cfg(test)]
            Self::Simulated(_) => Ok(None),
        }
    }

    /// Hands out a card of ours; see [`link::Client::put_card`].
    pub(super) async fn put_card(
        &self,
        to: &Endpoint,
        own: OfficeNumber,
        card: Bytes,
    ) -> Result<(), SendError> {
        match self {
            Self::Tls(client) => client.put_card(to, own, card).await,
            #[cfg(test)]
            Self::Simulated(_) => Ok(()),
        }
    }
}

/// Offices of a simulation have no mailboxes for others.
#[cfg(test)]
fn of_relay(endpoint: &Endpoint) -> Result<(), SendError> {
    match endpoint.party {
        link::Party::Relay(_) => Ok(()),
        link::Party::Office(_) => Err(SendError::Unreachable("an office".to_owned())),
    }
}

/// Packages as they are go to offices only.
#[cfg(test)]
fn of_office(endpoint: &Endpoint) -> Result<OfficeNumber, SendError> {
    match endpoint.party {
        link::Party::Office(office) => Ok(office),
        link::Party::Relay(_) => Err(SendError::Unreachable("a relay".to_owned())),
    }
}
