//! A node in a simulation: the same, but for the network.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::inbound::Inbound;
use super::network::Network;
use super::{Consent, Node, StartProblems};
use crate::config::Config;
use crate::link::{
    DepositReply, Grants, MailboxItem, MailboxItemName, MailboxPage, PackageForm, Party, PutReply,
    ReceiptPage, SendError, Station, Status, Tls,
};
use crate::package::ReceiptKind;
use crate::spec::Spec;
use crate::types::{Clock, Hashed, MessageId, OfficeNumber};
use crate::work::watch;

/// The end of the simulated network at which one node is.
pub(crate) trait Wire: Send + Sync {
    fn put_message(
        &self,
        to: OfficeNumber,
        id: MessageId,
        package: Hashed,
        form: PackageForm,
    ) -> BoxFuture<'static, Result<PutReply, SendError>>;

    fn receipts(
        &self,
        from: OfficeNumber,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> BoxFuture<'static, Result<ReceiptPage, SendError>>;

    /// Leaves a package with the relay; there is one.
    fn deposit(
        &self,
        id: MessageId,
        sealed: Hashed,
    ) -> BoxFuture<'static, Result<DepositReply, SendError>>;

    fn relay_receipts(
        &self,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> BoxFuture<'static, Result<ReceiptPage, SendError>>;

    fn mailbox(
        &self,
        own: OfficeNumber,
        after: u64,
        wait: Duration,
    ) -> BoxFuture<'static, Result<MailboxPage, SendError>>;

    fn fetch(
        &self,
        own: OfficeNumber,
        item: MailboxItem,
    ) -> BoxFuture<'static, Result<(Hashed, PackageForm), SendError>>;

    fn put_mailbox_receipt(
        &self,
        of: MailboxItemName,
        kind: ReceiptKind,
        receipt: Bytes,
    ) -> BoxFuture<'static, Result<(), SendError>>;

    fn put_recall(
        &self,
        at: Party,
        id: MessageId,
        recall: Bytes,
    ) -> BoxFuture<'static, Result<Option<Bytes>, SendError>>;

    fn recall(&self, of: MailboxItemName) -> BoxFuture<'static, Result<Bytes, SendError>>;

    fn status(&self, of: Party) -> BoxFuture<'static, Result<Status, SendError>>;

    /// From here on, the node answers.
    fn listen(&self, station: Station);

    /// From here on, nobody answers.
    fn leave(&self);
}

/// What listens.
pub(super) struct Listener {
    wire: Arc<dyn Wire>,
    station: Station,
    stop: watch::Sender<bool>,
}

impl Listener {
    pub(super) fn new(
        wire: Arc<dyn Wire>,
        tls: Arc<Tls>,
        service: Arc<Inbound>,
        grants: Arc<Grants>,
    ) -> Self {
        let (stop, stopping) = watch::channel(false);
        Self { wire, station: Station::new(tls, service, grants, stopping), stop }
    }

    pub(super) async fn run(self, shutdown: impl Future<Output = ()>) {
        self.wire.listen(self.station);
        shutdown.await;
        self.stop.send_replace(true);
        self.wire.leave();
    }
}

impl Node {
    /// Starts a node that reaches others, and is reached, over `wire` alone.
    pub(crate) async fn start_simulated(
        config: Config,
        spec: &'static Spec,
        clock: Clock,
        wire: Arc<dyn Wire>,
    ) -> Result<Self, StartProblems> {
        let network = Network::Simulated(wire);
        Self::start_on(config, spec, (clock, network), Consent::default()).await
    }
}
