//! Lines for a person or a log, which nobody who writes them ever waits for.
//!
//! A [`Sink`] is a thread that writes, and a bounded queue before it. When the disk is full, the
//! reader of a pipe is gone or does not read, lines are dropped and counted; the tasks that made
//! them go on. How many were dropped is told with the first line that can be written again.
//!
//! The crate tracing-appender is not used: when it cannot write, it prints to standard output and
//! error itself, which blocks or panics for the same reason, and its files have no largest size.

mod file;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::types::Clock;

pub use file::RotatingFile;

/// Lines that may wait in a queue.
const LINES: usize = 8_192;

/// Bytes that may wait in a queue.
const BYTES: usize = 4 << 20;

/// Lines of this process that could be written nowhere.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How many lines of this process could be written nowhere.
pub fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Makes a panic a line of the log. The text of a panic may quote data, so only its place is told.
pub fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
        let thread = thread::current();
        let thread = thread.name().unwrap_or_default();
        tracing::error!(place = place.unwrap_or_default(), thread, "a panic");
    }));
}

enum Message {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

/// Where lines go. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sink {
    line: SyncSender<Message>,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes in the queue.
    queued: AtomicUsize,
    /// Lines dropped since that was last told.
    lost: AtomicU64,
    /// Where lines go that cannot be written.
    other: Option<Sink>,
}

impl Sink {
    /// Starts the thread that writes to `out`; what cannot be written there goes to `other`.
    pub fn start(out: impl Write + Send + 'static, other: Option<Self>) -> io::Result<Self> {
        let (line, lines) = sync_channel(LINES);
        let state = Arc::new(State { other, ..State::default() });
        let shared = Arc::clone(&state);
        thread::Builder::new()
            .name("renkei-log".to_owned())
            .spawn(move || write_all(out, &lines, &shared))?;
        Ok(Self { line, state })
    }

    /// Puts a line, which brings its own end, into the queue, or drops it.
    pub fn send(&self, line: &[u8]) {
        let room = self.state.queued.fetch_add(line.len(), Ordering::Relaxed) < BYTES;
        let sent =
            if room { self.line.try_send(Message::Line(line.to_vec())).is_ok() } else { false };
        if !sent {
            self.state.queued.fetch_sub(line.len(), Ordering::Relaxed);
            self.state.drop_one();
        }
    }

    /// Waits until what is in the queue was written or dropped, but no longer than `most`.
    pub fn flush(&self, most: Duration) {
        let until = Clock::running() + most;
        let (sender, done) = sync_channel(1);
        let mut message = Message::Flush(sender);
        while let Err(TrySendError::Full(back)) = self.line.try_send(message) {
            if Clock::running() >= until {
                return;
            }
            message = back;
            pause();
        }
        let _ = done.recv_timeout(until.saturating_duration_since(Clock::running()));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the last words of a process, outside of any runtime"
)]
fn pause() {
    thread::sleep(Duration::from_millis(5));
}

impl State {
    fn drop_one(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

impl Write for Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.send(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn write_all(mut out: impl Write, lines: &Receiver<Message>, state: &State) {
    // A line may stand there in part: what comes next begins on a line of its own.
    let mut broken = false;
    for message in lines {
        let line = match message {
            Message::Line(line) => line,
            Message::Flush(done) => {
                let _ = done.send(());
                continue;
            }
        };
        state.queued.fetch_sub(line.len(), Ordering::Relaxed);
        let begun = if broken { out.write_all(b"\n") } else { Ok(()) };
        let written = begun.and_then(|()| out.write_all(&line)).and_then(|()| out.flush());
        broken = written.is_err();
        match (&written, &state.other) {
            (Err(_), Some(other)) => other.send(&line),
            (Err(_), None) => state.drop_one(),
            (Ok(()), _) => {
                let lost = state.lost.swap(0, Ordering::Relaxed);
                if lost > 0 {
                    tracing::warn!(lines = lost, "lines of the log could not be written");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// Remembers what it was given, unless it is full.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<(Vec<u8>, bool)>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut paper = self.0.lock().expect("no panic");
            if paper.1 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            paper.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn goes_on_after_a_full_disk_and_hands_lines_on() {
        let (paper, other) = (Paper::default(), Paper::default());
        let second = Sink::start(other.clone(), None).expect("a thread");
        let sink = Sink::start(paper.clone(), Some(second.clone())).expect("a thread");
        sink.send(b"one\n");
        sink.flush(PATIENCE);
        paper.0.lock().expect("no panic").1 = true;
        sink.send(b"two\n");
        sink.flush(PATIENCE);
        second.flush(PATIENCE);
        paper.0.lock().expect("no panic").1 = false;
        sink.send(b"three\n");
        sink.flush(PATIENCE);
        assert_eq!(paper.0.lock().expect("no panic").0, b"one\n\nthree\n");
        assert_eq!(other.0.lock().expect("no panic").0, b"two\n");
    }

    #[test]
    fn nobody_waits_for_a_reader_that_does_not_read() {
        struct Stuck(std::sync::mpsc::Receiver<()>);
        impl Write for Stuck {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                let _ = self.0.recv();
                Err(io::ErrorKind::BrokenPipe.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (_held, stuck) = channel();
        let sink = Sink::start(Stuck(stuck), None).expect("a thread");
        let line = [b'x'; 1000];
        for _ in 0..20_000 {
            sink.send(&line);
        }
        assert!(sink.state.lost.load(Ordering::Relaxed) > 10_000);
        assert!(sink.state.queued.load(Ordering::Relaxed) <= BYTES + line.len());
        sink.flush(Duration::from_millis(20));
    }
}
