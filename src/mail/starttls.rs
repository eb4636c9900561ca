//! The words before TLS begins where it is asked for with STARTTLS (RFC 3207).
//!
//! They are read byte by byte, so that nothing of what somebody put behind them, before TLS began, is
//! taken for what the server said in it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::error::{MailError, Stage, shown};
use super::wire::Stream;

/// The longest line of an answer in bytes; RFC 5321 has 512.
const LONGEST_LINE: usize = 1_024;

/// The most lines of an answer.
const MOST_LINES: usize = 100;

/// What is said in the place of the greeting, which comes only once and before TLS.
pub(super) const GREETING: &[u8] = b"220 TLS\r\n";

/// Asks for TLS, which begins with the next byte.
pub(super) async fn ask(stream: &mut impl Stream) -> Result<(), MailError> {
    answer(stream, 220).await?;
    say(stream, b"EHLO [127.0.0.1]\r\n").await?;
    let offered = answer(stream, 250).await?;
    if !offered.iter().any(|line| line.eq_ignore_ascii_case("STARTTLS")) {
        return Err(MailError::NoStartTls);
    }
    say(stream, b"STARTTLS\r\n").await?;
    answer(stream, 220).await.map(drop)
}

async fn say(stream: &mut impl Stream, words: &[u8]) -> Result<(), MailError> {
    stream.write_all(words).await.map_err(|_| MailError::Broken)?;
    stream.flush().await.map_err(|_| MailError::Broken)
}

/// The lines of an answer that has this code.
async fn answer(stream: &mut impl Stream, expected: u16) -> Result<Vec<String>, MailError> {
    let mut lines = Vec::new();
    while lines.len() < MOST_LINES {
        let line = line(stream).await?;
        let (code, rest) = line.split_at_checked(3).ok_or(MailError::Broken)?;
        let code: u16 = code.parse().map_err(|_| MailError::Broken)?;
        let (is_last, text) = match rest.strip_prefix('-') {
            Some(text) => (false, text),
            None => (true, rest.strip_prefix(' ').unwrap_or(rest)),
        };
        if code != expected {
            let (at, said) = (Stage::Connection, shown(text));
            return Err(MailError::Refused { at, code, said });
        }
        lines.push(text.to_owned());
        if is_last {
            return Ok(lines);
        }
    }
    Err(MailError::Broken)
}

async fn line(stream: &mut impl Stream) -> Result<String, MailError> {
    let mut line = Vec::new();
    while line.len() < LONGEST_LINE {
        match stream.read_u8().await.map_err(|_| MailError::Broken)? {
            b'\n' => {
                let line = line.strip_suffix(b"\r").unwrap_or(&line);
                return String::from_utf8(line.to_vec()).map_err(|_| MailError::Broken);
            }
            byte => line.push(byte),
        }
    }
    Err(MailError::Broken)
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    /// What comes of a server that says all this at once, and how much of it was not read.
    async fn asked(says: &[u8]) -> (Result<(), MailError>, usize) {
        let (mut near, mut far) = duplex(64 << 10);
        far.write_all(says).await.expect("written");
        let asked = ask(&mut near).await;
        drop(far);
        let mut rest = Vec::new();
        near.read_to_end(&mut rest).await.expect("read");
        (asked, rest.len())
    }

    #[tokio::test]
    async fn nothing_behind_the_last_answer_is_read() {
        let says =
            b"220 mail\r\n250-mail\r\n250-SIZE 100\r\n250 starttls\r\n220 go\r\n250 injected\r\n";
        let (asked, rest) = asked(says).await;
        asked.expect("TLS may begin");
        assert_eq!(rest, "250 injected\r\n".len());
    }

    #[tokio::test]
    async fn no_mail_goes_on_without_tls() {
        let (without, _) = asked(b"220 mail\r\n250-mail\r\n250 8BITMIME\r\n").await;
        assert!(matches!(without, Err(MailError::NoStartTls)), "{without:?}");
        let (refused, _) = asked(b"220 mail\r\n250 STARTTLS\r\n454 not now\r\n").await;
        let is_told = matches!(&refused, Err(MailError::Refused { code: 454, said, .. }) if said == "not now");
        assert!(is_told, "{refused:?}");
    }

    #[tokio::test]
    async fn what_is_no_mail_server_is_an_end() {
        let endless = vec![b'2'; 5_000];
        let many = b"220-more\r\n".repeat(500);
        for says in
            [b"HTTP/1.1 400\r\n".as_slice(), b"\xff\xff\xff\xff\n", b"22\n", &endless, &many]
        {
            let (asked, _) = asked(says).await;
            assert!(matches!(asked, Err(MailError::Broken)), "{asked:?}");
        }
    }
}
