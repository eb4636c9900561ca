//! Orders from a command to the node, through small files in the data folder.
//!
//! ```text
//! command: post ─▶ <id>.order ─▶ node: take … carry out ─▶ answer ─▶ <id>.answer ─▶ command: wait
//! ```
//!
//! No port and no pipe: who may write into the data folder may order, on every system alike, and an
//! order that is given while the node is off is carried out at its next start.
//!
//! # Storage
//!
//! `control/` in the data folder, for the account of the node alone. A file appears under its final
//! name when it is whole: written under a hidden name, synced, renamed. The node removes an order
//! after its answer is there, so one that a crash cut off is carried out again: orders say what is
//! to be, and doing them twice changes nothing. What lies in the folder is believed to be of
//! somebody who may write there, and yet read like anything from outside: bounded, and whatever is
//! no order gets an answer that says so.
//!
//! # Errors
//!
//! [`std::io::Error`] of the folder. A wrong order is no error here but an [`Answer`].

mod files;
mod order;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

pub use order::{Answer, CopyOrder, Order, Request, Target, UserChange};

use crate::disk;
use crate::types::{Clock, MessageId};

/// How many orders are taken at a time.
const AT_A_TIME: usize = 64;

/// How many answers are kept that nobody fetched: the newest.
const KEPT_ANSWERS: usize = 100;

/// How often a command looks for its answer.
const LOOK: Duration = Duration::from_millis(50);

const ORDER: &str = "order";
const ANSWER: &str = "answer";

/// The folder of orders and answers.
#[derive(Debug, Clone)]
pub struct ControlBox {
    folder: PathBuf,
}

/// An order that was given.
#[derive(Debug)]
pub struct Ticket {
    answer: PathBuf,
}

/// An order that the node has found.
#[derive(Debug)]
pub struct Taken {
    id: MessageId,
    /// The order, or the answer to what is none.
    pub order: Result<Order, Answer>,
}

impl ControlBox {
    /// The folder below the data folder of a node; made if it is missing.
    pub fn open(data: &Path) -> io::Result<Self> {
        let folder = data.join("control");
        disk::make_private_folder_of(&folder, data)?;
        Ok(Self { folder })
    }

    /// Gives an order.
    pub fn post(&self, request: Request, by: &str, now: Timestamp) -> io::Result<Ticket> {
        let order = Order::new(request, by, now);
        let id = MessageId::new(now);
        let bytes = serde_json::to_vec(&order).map_err(io::Error::other)?;
        files::write(&self.path(id, ORDER), &bytes)?;
        Ok(Ticket { answer: self.path(id, ANSWER) })
    }

    /// The orders that wait, in the order in which they were given, at most 64.
    pub fn take(&self) -> io::Result<Vec<Taken>> {
        let (orders, mut answers) = files::list(&self.folder, [ORDER, ANSWER])?;
        let kept = answers.len().saturating_sub(KEPT_ANSWERS);
        for id in answers.drain(..kept) {
            files::remove(&self.path(id, ANSWER))?;
        }
        let mut taken = Vec::new();
        for id in orders.into_iter().take(AT_A_TIME) {
            let order = match files::read(&self.path(id, ORDER)) {
                Ok(bytes) => Order::read(&bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(_) => Err(Answer::not_an_order()),
            };
            taken.push(Taken { id, order });
        }
        Ok(taken)
    }

    /// Answers an order, which is over with that.
    pub fn answer(&self, taken: &Taken, answer: &Answer) -> io::Result<()> {
        let bytes = serde_json::to_vec(answer).map_err(io::Error::other)?;
        files::write(&self.path(taken.id, ANSWER), &bytes)?;
        files::remove(&self.path(taken.id, ORDER))
    }

    /// Removes what a crash left half written: for the start of a node.
    pub fn clean_up(&self) -> io::Result<()> {
        files::clean_up(&self.folder)
    }

    fn path(&self, id: MessageId, kind: &str) -> PathBuf {
        self.folder.join(format!("{id}.{kind}"))
    }
}

impl Ticket {
    /// Waits for the answer; none if there is none in time. Blocks.
    #[expect(
        clippy::disallowed_methods,
        reason = "the process of a command, outside of any runtime"
    )]
    pub fn wait(&self, timeout: Duration) -> io::Result<Option<Answer>> {
        let began = Clock::running();
        loop {
            match files::read(&self.answer) {
                Ok(bytes) => {
                    files::remove(&self.answer)?;
                    return serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            if began.elapsed() >= timeout {
                return Ok(None);
            }
            std::thread::sleep(LOOK);
        }
    }
}

#[cfg(test)]
mod tests;
