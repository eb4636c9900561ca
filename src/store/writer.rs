//! The one thread that writes.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::thread;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// Writes that may wait in line; further ones wait for a place.
const LINE: usize = 1024;

/// Writes that share one transaction at the most.
const GROUP: usize = 256;

/// How a transaction ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Committed,
    Failed,
    /// In a database that is not there any more.
    Gone,
}

/// Tells the caller how it went, after the commit.
type Answer = Box<dyn FnOnce(Ended) + Send>;

/// One write: runs in the open transaction and returns the way to answer.
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;

/// What a database is bounded by, and whether it is still the one that was opened.
pub trait Bounds: Send + Sync + 'static {
    /// Asked before each transaction.
    fn before(&self, connection: &Connection) -> Result<(), StoreError>;

    /// Told after each transaction.
    fn after(&self, connection: &Connection) -> Result<(), StoreError>;

    /// Whether what is written goes where it should.
    fn check(&self) -> Result<(), StoreError>;
}

/// Writes to a database of SQLite, on a thread of its own: writes that come in while it waits for the
/// disk share the next transaction.
pub struct Writer {
    line: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    /// Takes the one connection that writes.
    pub fn start(connection: Connection, bounds: Arc<dyn Bounds>) -> Result<Self, StoreError> {
        let (line, jobs) = mpsc::channel(LINE);
        #[cfg(test)]
        if crate::work::life::current().is_some() {
            // A simulation has no other threads.
            crate::work::spawn(write_in_turns(connection, bounds, jobs));
            return Ok(Self { line: Some(line), thread: None });
        }
        let thread = thread::Builder::new()
            .name("renkei-store".to_owned())
            .spawn(move || write_all(connection, &*bounds, jobs))?;
        Ok(Self { line: Some(line), thread: Some(thread) })
    }

    /// Runs `work` in the next transaction; `Ok` means that it is durable.
    pub async fn run<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = in_savepoint(connection, work);
            Box::new(move |ended| {
                let result = match ended {
                    Ended::Committed => result,
                    Ended::Failed => result.and(Err(StoreError::Full)),
                    Ended::Gone => Err(StoreError::Gone),
                };
                // Nobody listens when the caller was cancelled; the write stands all the same.
                let _ = sender.send(result);
            })
        });
        let line = self.line.as_ref().ok_or(StoreError::Stopped)?;
        line.send(job).await.map_err(|_| StoreError::Stopped)?;
        receiver.await.map_err(|_| StoreError::Stopped)?
    }
}

impl Writer {
    /// Waits until the thread that writes has ended.
    pub async fn ended(&self) {
        if let Some(line) = &self.line {
            line.closed().await;
        }
    }
}

impl Drop for Writer {
    /// Everything in line is written before the store closes.
    fn drop(&mut self) {
        drop(self.line.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_all(
    mut connection: Connection,
    bounds: &dyn Bounds,
    mut jobs: mpsc::Receiver<Job>,
) {
    while let Some(first) = jobs.blocking_recv() {
        write_some(&mut connection, bounds, first, &mut jobs);
    }
}

/// The same as a task.
#[cfg(test)]
async fn write_in_turns(
    mut connection: Connection,
    bounds: Arc<dyn Bounds>,
    mut jobs: mpsc::Receiver<Job>,
) {
    while let Some(first) = jobs.recv().await {
        write_some(&mut connection, &*bounds, first, &mut jobs);
    }
}

/// Writes `first` and what came in behind it, and tells those who wait.
fn write_some(
    connection: &mut Connection,
    bounds: &dyn Bounds,
    first: Job,
    jobs: &mut mpsc::Receiver<Job>,
) {
    let mut answers = Vec::new();
    let committed = bounds
        .before(connection)
        .and_then(|()| write_group(connection, bounds, first, jobs, &mut answers));
    if let Err(error) = bounds.after(connection) {
        tracing::error!(%error, "the size of the store is not known");
    }
    let ended = match committed {
        Ok(()) => Ended::Committed,
        // Told as a standing condition.
        Err(StoreError::Gone) => Ended::Gone,
        Err(error) => {
            tracing::error!(%error, "the store could not commit");
            Ended::Failed
        }
    };
    for answer in answers {
        answer(ended);
    }
}

/// Runs `first` and what came in behind it, and commits once. What was committed counts only if the
/// database is still there afterwards: the system lets a file that was deleted be written to.
fn write_group(
    connection: &mut Connection,
    bounds: &dyn Bounds,
    first: Job,
    jobs: &mut mpsc::Receiver<Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut next = Some(first);
    while let Some(job) = next {
        answers.push(job(&transaction));
        // A full disk makes SQLite undo the whole transaction, not only the savepoint.
        if transaction.is_autocommit() {
            return Err(StoreError::Full);
        }
        next = if answers.len() < GROUP { jobs.try_recv().ok() } else { None };
    }
    bounds.check()?;
    #[cfg(test)]
    let database = std::path::PathBuf::from(transaction.path().unwrap_or_default());
    #[cfg(test)]
    crate::disk::faults::commit(&database)?;
    transaction.commit()?;
    // Whoever dies here has committed.
    #[cfg(test)]
    let _ = crate::disk::faults::commit(&database);
    bounds.check()
}

/// One write fails alone: the others of its group are not undone.
fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let run = |sql| connection.prepare_cached(sql)?.execute(());
    run("SAVEPOINT job")?;
    // The hook for panics has told where; the other writes of the group stand.
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| work(connection)));
    let result = result.unwrap_or(Err(StoreError::Panic));
    if connection.is_autocommit() {
        return result.and(Err(StoreError::Full));
    }
    if result.is_err() {
        run("ROLLBACK TO job")?;
    }
    run("RELEASE job")?;
    result
}
