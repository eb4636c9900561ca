//! Mails to whoever looks after the node: what needs a person, and a summary of the day.
//!
//! Nothing is queued. Every so often it is looked at what needs a person, and a mail says what stands at
//! that moment; one that could not be sent is not kept but written anew when it is tried again, with what
//! stands then. When which of it is told, `schedule` decides; what was told is kept, so that starting anew
//! does not tell it again. A mail names no person, no file and no folder: it may be read where nobody
//! knows of them.
//!
//! # Errors
//!
//! [`MailError`] is told as a standing condition of the node, which is the one that is never mailed. The
//! exchange waits for no mail.
//!
//! # Storage
//!
//! `mail.json` in the data folder: which conditions were told and when. Without it they are told again.

mod error;
mod kept;
mod letter;
mod schedule;
mod server;
mod starttls;
mod watch;
mod wire;

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::config;
use crate::node::Handle;
use crate::types::{Clock, Lang};
use crate::work::{self, watch as signal};

pub use error::MailError;

use letter::Letter;
use server::Server;

/// How long a mail on its way may keep the node from stopping.
const LAST_MAIL: Duration = Duration::from_millis(500);

/// Whoever sends the mails of a node.
pub struct Mailer {
    stop: signal::Sender<bool>,
    watching: JoinHandle<()>,
}

impl Mailer {
    /// Whether the files that these settings name can be used. Blocks.
    pub fn check(settings: &config::Mail, clock: &Clock) -> Result<(), MailError> {
        Server::open(settings, clock.clone()).map(drop)
    }

    /// Begins to send mails about a node.
    pub fn start(node: Handle, settings: config::Mail) -> Self {
        let (stop, stopping) = signal::channel(false);
        let watching = work::spawn(watch::run(node, settings, stopping));
        Self { stop, watching }
    }

    /// Ends it. A mail that is on its way is cut off.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = timeout(LAST_MAIL, self.watching).await;
    }

    /// Sends one mail now, to see whether it arrives.
    pub async fn test(settings: &config::Mail, lang: Lang, clock: &Clock) -> Result<(), MailError> {
        Server::open(settings, clock.clone())?.send(&Letter::test(lang), clock.now()).await
    }
}
