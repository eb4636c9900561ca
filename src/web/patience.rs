//! A connection whose other side has to take what it asked for: whoever takes nothing for a while is
//! cut off. Reading needs no such bound here, because requests have theirs.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long the other side may take nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection with a bound on standing still while something is written.
pub(super) struct Patient<T> {
    inner: T,
    /// Runs while the other side takes nothing.
    stands_still: Option<Pin<Box<Sleep>>>,
}

impl<T> Patient<T> {
    pub(super) const fn new(inner: T) -> Self {
        Self { inner, stands_still: None }
    }

    /// What came of writing, unless it has stood still for too long.
    fn bounded<R>(
        &mut self,
        written: Poll<io::Result<R>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.stands_still = None;
            return written;
        }
        let timer = self.stands_still.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Patient<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Patient<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.bounded(written, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        self.bounded(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.inner).poll_shutdown(context);
        self.bounded(ended, context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_cut_off() {
        let (ours, mut theirs) = duplex(16);
        let mut patient = Patient::new(ours);
        let writing = tokio::time::timeout(PATIENCE * 2, patient.write_all(&[7; 64]));
        let error = writing.await.expect("in time").expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);

        let (ours, mut slow) = duplex(16);
        let mut patient = Patient::new(ours);
        let reading = async {
            let mut taken = 0;
            while taken < 64 {
                tokio::time::sleep(PATIENCE.saturating_sub(Duration::from_secs(1))).await;
                taken += slow.read(&mut [0; 16]).await.expect("read");
            }
        };
        let (written, ()) = tokio::join!(patient.write_all(&[7; 64]), reading);
        written.expect("who is slow but goes on is served");
        drop(patient);
        assert_eq!(theirs.read(&mut [0; 16]).await.expect("read"), 16);
    }
}
