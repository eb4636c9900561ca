//! What waits for an office until it comes and takes it.

use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::patience::Patience;
use super::receipts::LAST_POSITION;
use crate::link::problem::Refusal;
use crate::package::ReceiptKind;
use crate::types::{Digest, MessageId, OfficeNumber};

/// As what a package travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PackageForm {
    /// The container as it was signed.
    Plain,
    /// Sealed to its recipient.
    Sealed,
}

/// Which packages are asked for.
#[derive(Debug, Clone)]
pub struct MailboxQuery {
    /// The office that they are for.
    pub office: OfficeNumber,
    /// Only those at later positions than this; 0 for all.
    pub after: u64,
    /// Whether the peer waits where there is nothing to tell yet.
    pub patience: Patience,
    /// How many packages to answer with at most.
    pub limit: usize,
}

/// A package that waits, and its place in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxItem {
    /// Grows from package to package, with gaps; starts above 0.
    pub position: u64,
    /// Its id, which is its sender's.
    pub message_id: MessageId,
    /// Who sent it.
    pub sender: OfficeNumber,
    /// How many bytes there are to fetch.
    pub size: u64,
    /// SHA-256 of these bytes.
    pub sha256: Digest,
    /// Whether they are sealed.
    pub sealed: bool,
    /// Until when it waits.
    pub expires_at: Timestamp,
    /// Since when it waits.
    pub stored_at: Timestamp,
    /// Whether its sender asks it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recalled: bool,
}

/// Packages in the order of their positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxPage {
    /// The packages, rising by position.
    pub items: Vec<MailboxItem>,
    /// What to ask for next as `after`.
    pub next: u64,
    /// Whether more packages wait behind this page.
    pub more: bool,
}

impl MailboxPage {
    /// A page that answers a question for packages after `after`.
    pub fn new(after: u64, items: Vec<MailboxItem>, more: bool) -> Self {
        let next = items.last().map_or(after, |last| last.position);
        Self { items, next, more }
    }

    /// Whether the page can be an answer to `after`: positions rise, and asking on makes progress.
    pub fn follows(&self, after: u64) -> bool {
        let mut last = after;
        let rising = self.items.iter().all(|item| {
            let rises = item.position > last;
            last = item.position;
            rises
        });
        let goes_on = (last..=LAST_POSITION).contains(&self.next);
        rising && goes_on && !(self.more && self.items.is_empty())
    }
}

/// A package in a mailbox. The ids of different senders may be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MailboxItemName {
    /// The office that it is for.
    pub office: OfficeNumber,
    /// The office that sent it.
    pub sender: OfficeNumber,
    /// Its id.
    pub id: MessageId,
}

/// Reads some of the bytes of a package, in pieces. One that ends too soon is a fault.
type ReadBytes =
    Box<dyn Fn(Range<u64>) -> BoxStream<'static, Result<Bytes, Refusal>> + Send + Sync>;

/// The bytes of a package that waits.
pub struct MailboxBody {
    /// How many there are.
    pub size: u64,
    /// SHA-256 of all.
    pub sha256: Digest,
    /// As what it travels.
    pub form: PackageForm,
    /// So many bytes of it are in memory at a time.
    pub(in crate::link) piece: u64,
    read: ReadBytes,
}

impl MailboxBody {
    /// Bytes that are in memory.
    pub fn whole(bytes: Bytes, sha256: Digest, form: PackageForm) -> Self {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let read = move |range: Range<u64>| {
            let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(bytes.len());
            let (start, end) = (at(range.start), at(range.end));
            let part = bytes.slice(start.min(end)..end);
            stream::once(async move { Ok(part) }).boxed()
        };
        Self { size, sha256, form, piece: size, read: Box::new(read) }
    }

    /// Bytes that `read` brings in pieces of so many at the most, of any range of `0..size`; it may be
    /// asked twice.
    pub fn in_pieces(
        (size, piece): (u64, u64),
        sha256: Digest,
        form: PackageForm,
        read: impl Fn(Range<u64>) -> BoxStream<'static, Result<Bytes, Refusal>> + Send + Sync + 'static,
    ) -> Self {
        Self { size, sha256, form, piece, read: Box::new(read) }
    }

    /// The bytes of a range.
    pub(in crate::link) fn read(
        &self,
        range: Range<u64>,
    ) -> BoxStream<'static, Result<Bytes, Refusal>> {
        (self.read)(range)
    }
}

impl std::fmt::Debug for MailboxBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailboxBody")
            .field("size", &self.size)
            .field("sha256", &self.sha256)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

/// The kinds of receipts that a recipient puts, as they stand in the path. Every kind that a recipient
/// signs has a word; one that only a newer program knows has `other`.
const KINDS: [(&str, ReceiptKind); 5] = [
    ("consignment", ReceiptKind::ContentConsignment),
    ("handover", ReceiptKind::ContentHandover),
    ("failure", ReceiptKind::ContentHandoverFailure),
    ("rejection", ReceiptKind::Rejection),
    ("other", ReceiptKind::Other),
];

/// The word for a kind of receipt in the path; nothing for a kind that no recipient signs.
pub fn receipt_word(kind: ReceiptKind) -> Option<&'static str> {
    KINDS.iter().find(|(_, known)| *known == kind).map(|(word, _)| *word)
}

/// The kind of receipt that a word of the path stands for.
pub(in crate::link) fn receipt_kind(word: &str) -> Option<ReceiptKind> {
    KINDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(position: u64) -> MailboxItem {
        let now = Timestamp::new(1_700_000_000, 0).expect("in range");
        MailboxItem {
            position,
            message_id: MessageId::new(now),
            sender: "1370000018".parse().expect("an office"),
            size: 7,
            sha256: Digest::of(b"x"),
            sealed: true,
            expires_at: now,
            stored_at: now,
            recalled: false,
        }
    }

    #[test]
    fn knows_a_page_that_would_loop() {
        assert!(MailboxPage::new(3, vec![item(4), item(9)], true).follows(3));
        assert!(MailboxPage::new(3, vec![], false).follows(3));
        assert!(!MailboxPage::new(3, vec![], true).follows(3));
        assert!(!MailboxPage::new(3, vec![item(3)], false).follows(3));
        assert!(!MailboxPage::new(3, vec![item(5), item(5)], false).follows(3));
        assert!(!MailboxPage { items: vec![], next: 2, more: false }.follows(3));
        assert!(!MailboxPage::new(3, vec![item(LAST_POSITION + 1)], false).follows(3));
    }

    #[test]
    fn every_kind_that_a_recipient_signs_has_a_word() {
        for kind in ReceiptKind::ALL.into_iter().chain([ReceiptKind::Other]) {
            let of_recipient = !matches!(kind, ReceiptKind::Expiry | ReceiptKind::RelayAcceptance);
            assert_eq!(receipt_word(kind).is_some(), of_recipient, "{kind:?}");
            let back = receipt_word(kind).and_then(receipt_kind);
            assert_eq!(back, Some(kind).filter(|_| of_recipient));
        }
        assert_eq!(receipt_kind("Handover"), None);
    }

    #[tokio::test]
    async fn gives_any_part_of_what_is_in_memory() {
        let bytes = Bytes::from_static(b"0123456789");
        let body = MailboxBody::whole(bytes.clone(), Digest::of(&bytes), PackageForm::Plain);
        for (range, expected) in [(0..10, "0123456789"), (3..5, "34"), (9..10, "9"), (5..5, "")] {
            let parts: Vec<_> = body.read(range).collect().await;
            let parts: Vec<_> = parts.into_iter().map(|part| part.expect("read")).collect();
            assert_eq!(parts.concat(), expected.as_bytes());
        }
    }
}
