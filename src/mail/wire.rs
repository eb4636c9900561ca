//! The connection under SMTP, on which nobody may say without end.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a server may say in one conversation, in bytes, its certificates among it.
const MOST: u64 = 256 << 10;

/// What flows over a connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

/// A connection whose other end may say so much and no more.
pub(super) struct Wire<S> {
    stream: S,
    peer: SocketAddr,
    /// What is read before anything else.
    ahead: &'static [u8],
    left: u64,
}

impl<S> Wire<S> {
    pub(super) const fn new(stream: S, peer: SocketAddr) -> Self {
        Self { stream, peer, ahead: b"", left: MOST }
    }

    /// The same, on which `ahead` seems to come first.
    pub(super) fn that_begins_with(self, ahead: &'static [u8]) -> Self {
        Self { ahead, ..self }
    }
}

impl<S> fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<S: Stream> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let now = self.ahead.len().min(into.remaining());
        if let Some((begin, rest)) = self.ahead.split_at_checked(now).filter(|_| now > 0) {
            into.put_slice(begin);
            self.ahead = rest;
            return Poll::Ready(Ok(()));
        }
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other("the other end says too much")));
        }
        let before = into.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, into);
        let came = into.filled().len().saturating_sub(before);
        self.left = self.left.saturating_sub(u64::try_from(came).unwrap_or(u64::MAX));
        polled
    }
}

impl<S: Stream> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: Stream> AsyncTokioStream for Wire<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn peer() -> SocketAddr {
        "127.0.0.1:25".parse().expect("an address")
    }

    #[tokio::test]
    async fn what_comes_ahead_is_read_first_and_once() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut wire = Wire::new(near, peer()).that_begins_with(b"220 there\r\n");
        far.write_all(b"250 more\r\n").await.expect("written");
        drop(far);
        let mut read = Vec::new();
        wire.read_to_end(&mut read).await.expect("read");
        assert_eq!(read, b"220 there\r\n250 more\r\n");
    }

    #[tokio::test]
    async fn nobody_says_without_end() {
        let (near, mut far) = tokio::io::duplex(64 << 10);
        let talking =
            crate::work::spawn(async move { while far.write_all(&[b'2'; 4096]).await.is_ok() {} });
        let mut wire = Wire::new(near, peer());
        let mut read = Vec::new();
        let error = wire.read_to_end(&mut read).await.expect_err("an end");
        assert_eq!(error.kind(), io::ErrorKind::Other);
        assert!(read.len() < 2 * usize::try_from(MOST).expect("small"), "{}", read.len());
        drop(wire);
        talking.await.expect("it ends");
    }
}
