//! Reads the head of each request before hyper does, and hands on none that can be read in two ways.
//!
//! hyper takes more than RFC 9112 wants from a client: lines that end with a bare LF, HTTP/1.0, no
//! `Host`, `Content-Length` beside `Transfer-Encoding`. Where two programs on the way read the same
//! bytes differently, one request hides in another. So a head is judged here, and with it where its
//! body ends; hyper sees the next head only when it was judged too. In place of one that is refused it
//! gets [`STAND_IN`], and the answer to that request, known by its number, is the refusal: it goes
//! out behind the answers before it, as a problem document like any other.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use axum::http::header::{self, HeaderName};
use axum::http::uri::{Authority, Uri};
use tokio::io::{
    AsyncBufRead as _, AsyncRead, AsyncReadExt as _, AsyncWrite, BufReader, ReadBuf, Take,
};

use super::limits::Limits;
use super::problem::Refusal;
use crate::types::code::RefusalCode;

/// What hyper reads in place of a head that is refused.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: -\r\n\r\n";

const END_OF_LINE: &str = "CR LF at the end of every line, and neither of them elsewhere";

/// The request whose head was refused, and why; there is no other behind it.
pub(super) type Unreadable = Arc<OnceLock<(u64, Refusal)>>;

/// The stream of a connection, of which hyper sees heads that were judged, and their bodies.
pub(super) struct Heads<T> {
    /// Limited to the body while there is one.
    stream: Take<BufReader<T>>,
    limits: Limits,
    /// The head that is being read or handed on.
    head: Vec<u8>,
    state: State,
    /// Heads that were judged.
    judged: u64,
    unreadable: Unreadable,
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum State {
    /// More of a head.
    Head,
    /// The bytes of the head from this one on, and then what is behind them.
    HandingOn(usize, Behind),
    /// What is left of a body, to the limit of the stream.
    Body,
    /// Everything to the end of the stream.
    Rest,
    /// Nothing.
    Over,
}

/// What stands behind a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// So many bytes, and then another head.
    Length(u64),
    /// Chunks. hyper alone knows where they end, so the connection has to end with the answer.
    Chunks,
    /// Nothing that is looked at.
    Nothing,
}

impl<T: AsyncRead + Unpin> Heads<T> {
    pub(super) fn new(stream: T, limits: Limits, unreadable: Unreadable) -> Self {
        Self {
            stream: BufReader::new(stream).take(0),
            limits,
            head: Vec::new(),
            state: State::Head,
            judged: 0,
            unreadable,
        }
    }

    /// The stream without what was read ahead.
    pub(super) fn into_inner(self) -> T {
        self.stream.into_inner().into_inner()
    }

    /// The stream as what is written to.
    fn written(&mut self) -> &mut T {
        self.stream.get_mut().get_mut()
    }

    /// Reads on until the head is whole, and judges it; `false` if the stream ends before.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        loop {
            let mut reader = Pin::new(self.stream.get_mut());
            let bytes = ready!(reader.as_mut().poll_fill_buf(context))?;
            if bytes.is_empty() {
                return Poll::Ready(Ok(false));
            }
            let (used, whole) = gather(&mut self.head, bytes, self.limits.header_bytes);
            reader.consume(used);
            let Some(whole) = whole else { continue };
            let behind = match whole.and_then(|()| judge(&self.head, self.limits.headers)) {
                Ok(behind) => behind,
                Err(refusal) => {
                    let _ = self.unreadable.set((self.judged, refusal));
                    self.head.clear();
                    self.head.extend_from_slice(STAND_IN);
                    Behind::Nothing
                }
            };
            self.judged += 1;
            self.state = State::HandingOn(0, behind);
            return Poll::Ready(Ok(true));
        }
    }

    /// Where the stream stands when a head was handed on.
    fn pass(&mut self, behind: Behind) -> State {
        self.head.clear();
        match behind {
            Behind::Length(0) => State::Head,
            Behind::Length(length) => {
                self.stream.set_limit(length);
                State::Body
            }
            Behind::Chunks => {
                self.stream.set_limit(u64::MAX);
                State::Rest
            }
            Behind::Nothing => State::Over,
        }
    }
}

/// Adds bytes to a head up to its end. Says how many were used, and whether the head is whole or
/// cannot become one.
fn gather(head: &mut Vec<u8>, bytes: &[u8], most: usize) -> (usize, Option<Result<(), Refusal>>) {
    for (used, byte) in bytes.iter().enumerate() {
        let after_cr = head.last() == Some(&b'\r');
        if after_cr != (*byte == b'\n') {
            return (used, Some(Err(bad(END_OF_LINE))));
        }
        head.push(*byte);
        // An empty line before the head is passed over (RFC 9112, section 2.2).
        let lines = head.strip_prefix(b"\r\n").unwrap_or(head);
        if lines.ends_with(b"\r\n\r\n") {
            return (used + 1, Some(Ok(())));
        }
        if head.len() >= most {
            let refusal = Refusal::plain(RefusalCode::HEAD_TOO_LARGE);
            return (used + 1, Some(Err(refusal.expecting(format!("{most} bytes at most"), None))));
        }
    }
    (bytes.len(), None)
}

/// What stands behind a whole head, or why it is refused.
fn judge(head: &[u8], most_fields: usize) -> Result<Behind, Refusal> {
    let mut fields = vec![httparse::EMPTY_HEADER; most_fields];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        Err(httparse::Error::TooManyHeaders) => {
            let expected = format!("{most_fields} fields at most");
            return Err(Refusal::plain(RefusalCode::HEAD_TOO_LARGE).expecting(expected, None));
        }
        Err(httparse::Error::Version) => return Err(bad("HTTP/1.1")),
        Err(httparse::Error::HeaderName | httparse::Error::HeaderValue) => {
            return Err(bad(
                "fields as name: value, each on one line, without a blank before the colon",
            ));
        }
        Ok(_) | Err(_) => return Err(bad("a request line: method, target, HTTP/1.1")),
    }
    if request.version != Some(1) {
        return Err(bad("HTTP/1.1"));
    }
    let target = request.path.unwrap_or_default();
    let is_plain = target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if !is_plain || target.parse::<Uri>().is_err() {
        return Err(bad("a path as the target of the request"));
    }
    let values = |name: &'static HeaderName| {
        let fields = request
            .headers
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_str()));
        fields.map(|field| field.value)
    };
    let mut hosts = values(&header::HOST);
    if !hosts.next().is_some_and(is_host) || hosts.next().is_some() {
        return Err(bad("one Host"));
    }
    let mut lengths = values(&header::CONTENT_LENGTH);
    let mut codings = values(&header::TRANSFER_ENCODING);
    match (lengths.next(), codings.next(), lengths.next().or(codings.next())) {
        (None, None, _) => Ok(Behind::Length(0)),
        (Some(length), None, None) => {
            length_of(length).map(Behind::Length).ok_or_else(|| bad("a Content-Length in digits"))
        }
        (None, Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Behind::Chunks),
        (None, Some(_), None) => Err(bad("no Transfer-Encoding but chunked")),
        _ => Err(bad("one Content-Length or one Transfer-Encoding")),
    }
}

/// A host with or without a port, or nothing (RFC 9110, section 7.2).
fn is_host(value: &[u8]) -> bool {
    value.is_empty() || (!value.contains(&b'@') && Authority::try_from(value).is_ok())
}

fn length_of(value: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(value).ok().filter(|_| value.iter().all(u8::is_ascii_digit))?;
    // hyper has another meaning for the largest numbers.
    digits.parse::<i64>().ok()?.try_into().ok()
}

fn bad(expected: &'static str) -> Refusal {
    let log = format!("the head of the request cannot be read: expected {expected}");
    Refusal::new(RefusalCode::BAD_REQUEST, log).expecting(expected, None)
}

/// Why a request that begins with these bytes is refused for its head, if it is.
pub fn refused_head(bytes: &[u8], limits: &Limits) -> Option<Refusal> {
    let mut head = Vec::new();
    let (_, whole) = gather(&mut head, bytes, limits.header_bytes);
    whole?.and_then(|()| judge(&head, limits.headers)).err()
}

impl<T: AsyncRead + Unpin> AsyncRead for Heads<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            match this.state {
                State::Head => {
                    if !ready!(this.poll_head(context))? {
                        return Poll::Ready(Ok(()));
                    }
                }
                State::HandingOn(from, behind) => {
                    let left = this.head.get(from..).unwrap_or_default();
                    let part = left.get(..buffer.remaining()).unwrap_or(left);
                    buffer.put_slice(part);
                    this.state = if part.len() < left.len() {
                        State::HandingOn(from + part.len(), behind)
                    } else {
                        this.pass(behind)
                    };
                    return Poll::Ready(Ok(()));
                }
                State::Body if this.stream.limit() == 0 => this.state = State::Head,
                State::Body | State::Rest => {
                    return Pin::new(&mut this.stream).poll_read(context, buffer);
                }
                // The answer to what was handed on is under way and ends the connection: nobody
                // waits for more.
                State::Over => return Poll::Pending,
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Heads<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.get_mut().written()).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.get_mut().written()).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.get_ref().get_ref().is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.get_mut().written()).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.get_mut().written()).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const HEAD: &str = "GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n";

    fn behind(head: &str) -> Result<Behind, String> {
        judge(head.as_bytes(), 8).map_err(|refusal| refusal.log)
    }

    #[test]
    fn where_a_body_ends_can_be_read_in_one_way_only() {
        let with = |fields: &str| behind(&HEAD.replace("host: x", &format!("host: x\r\n{fields}")));
        assert_eq!(behind(HEAD), Ok(Behind::Length(0)));
        assert_eq!(with("content-length: 007"), Ok(Behind::Length(7)));
        assert_eq!(with("Transfer-Encoding: Chunked"), Ok(Behind::Chunks));
        for ambiguous in [
            "content-length: 3\r\ncontent-length: 3",
            "content-length: 3, 3",
            "content-length: +3",
            "content-length:",
            "content-length: 18446744073709551614",
            "content-length: 3\r\ntransfer-encoding: chunked",
            "transfer-encoding: chunked\r\ncontent-length: 3",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
            "transfer-encoding: gzip, chunked",
            "transfer-encoding: identity",
        ] {
            assert!(with(ambiguous).is_err(), "{ambiguous}");
        }
    }

    /// However the bytes arrive, the same is handed on.
    #[tokio::test]
    async fn heads_and_bodies_are_told_apart_at_every_cut() {
        let requests = [HEAD, &HEAD.replace("host", "content-length: 4\r\nhost"), "\n\n\n\n", HEAD];
        let (good, bad) = (requests.concat(), "GET / HTTP/1.1\nhost: x\n\nGET / HTTP/1.1\r\n\r\n");
        let sent = format!("{good}{bad}");
        for cut in 1..sent.len() {
            let (mut client, server) = duplex(4096);
            let unreadable = Unreadable::default();
            let mut heads = Heads::new(server, Limits::default(), Arc::clone(&unreadable));
            let mut got = vec![0; good.len() + STAND_IN.len()];
            let (first, second) = sent.as_bytes().split_at(cut);
            let write = async {
                client.write_all(first).await.expect("written");
                tokio::task::yield_now().await;
                client.write_all(second).await.expect("written");
            };
            let (read, ()) = tokio::join!(heads.read_exact(&mut got), write);
            read.expect("read");
            assert_eq!(got, [good.as_bytes(), STAND_IN].concat(), "{cut}");
            let (number, refusal) = unreadable.get().expect("refused");
            assert_eq!((*number, refusal.code), (3, RefusalCode::BAD_REQUEST));
        }
    }

    #[tokio::test]
    async fn a_head_without_end_takes_no_more_than_the_limit() {
        let limits = Limits { header_bytes: 64, ..Limits::default() };
        let unreadable = Unreadable::default();
        let endless = tokio::io::repeat(b'a');
        let mut heads = Heads::new(endless, limits, Arc::clone(&unreadable));
        let mut got = vec![0; STAND_IN.len()];
        heads.read_exact(&mut got).await.expect("read");
        assert_eq!(got, STAND_IN);
        let (_, refusal) = unreadable.get().expect("refused");
        assert_eq!(refusal.code, RefusalCode::HEAD_TOO_LARGE);
        assert!(heads.head.capacity() <= 128);
    }
}
