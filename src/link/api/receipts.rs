//! Questions for receipts, and pages of them.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::patience::Patience;
use crate::types::{MessageId, OfficeNumber};

/// The last position: the largest whole number that every reader of JSON keeps exactly.
pub(in crate::link) const LAST_POSITION: u64 = (1 << 53) - 1;

/// Which receipts are asked for.
#[derive(Debug, Clone)]
pub struct ReceiptQuery {
    /// The office that sent the packages.
    pub office: OfficeNumber,
    /// Only receipts at later positions than this; 0 for all.
    pub after: u64,
    /// Whether the peer waits where there is nothing to tell yet.
    pub patience: Patience,
    /// How many receipts to answer with at most.
    pub limit: usize,
    /// No more are of use behind those that have so many bytes together: the page is cut to them.
    pub bytes: usize,
}

/// A receipt and its place in the order in which the answering node issued its receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptEntry {
    /// Grows from receipt to receipt, with gaps; starts above 0.
    pub position: u64,
    /// The package that the receipt is about.
    pub message_id: MessageId,
    /// The signed receipt, DER; base64 in JSON.
    #[serde(with = "base64_bytes")]
    pub receipt: Bytes,
}

/// Receipts in the order of their positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptPage {
    /// The receipts, rising by position.
    pub receipts: Vec<ReceiptEntry>,
    /// What to ask for next as `after`.
    pub next: u64,
    /// Whether more receipts are ready behind this page.
    pub more: bool,
}

impl ReceiptPage {
    /// A page that answers a question for receipts after `after`.
    pub fn new(after: u64, receipts: Vec<ReceiptEntry>, more: bool) -> Self {
        let next = receipts.last().map_or(after, |last| last.position);
        Self { receipts, next, more }
    }

    /// The page cut to so many bytes of receipts, but never to less than one receipt.
    pub(in crate::link) fn cut(mut self, bytes: usize) -> Self {
        let mut sum = 0_usize;
        let fits = |entry: &ReceiptEntry| {
            sum = sum.saturating_add(entry.receipt.len());
            sum <= bytes
        };
        let count = self.receipts.iter().map(fits).take_while(|fits| *fits).count().max(1);
        if count < self.receipts.len() {
            self.receipts.truncate(count);
            self.more = true;
            self.next = self.receipts.last().map_or(self.next, |last| last.position);
        }
        self
    }

    /// Whether the page can be an answer to `after`: positions rise, and asking on makes progress.
    pub(in crate::link) fn follows(&self, after: u64) -> bool {
        let mut last = after;
        let rising = self.receipts.iter().all(|entry| {
            let rises = entry.position > last;
            last = entry.position;
            rises
        });
        let goes_on = (last..=LAST_POSITION).contains(&self.next);
        rising && goes_on && !(self.more && self.receipts.is_empty())
    }
}

/// Bytes as base64 (RFC 4648, section 4) in JSON.
mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD
            .decode(text)
            .map(Bytes::from)
            .map_err(|_| de::Error::custom("expected bytes as base64"))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn entry(position: u64, bytes: usize) -> ReceiptEntry {
        let now = Timestamp::new(1_700_000_000, 0).expect("in range");
        ReceiptEntry { position, message_id: MessageId::new(now), receipt: vec![7; bytes].into() }
    }

    #[test]
    fn cuts_a_page_but_never_to_nothing() {
        let page = ReceiptPage::new(3, vec![entry(4, 50), entry(6, 50), entry(9, 50)], false);
        let positions = |page: &ReceiptPage| {
            page.receipts.iter().map(|entry| entry.position).collect::<Vec<_>>()
        };
        assert_eq!(page.clone().cut(150), page);
        let cut = page.clone().cut(149);
        assert_eq!((positions(&cut), cut.next, cut.more), (vec![4, 6], 6, true));
        let cut = page.cut(10);
        assert_eq!((positions(&cut), cut.next, cut.more), (vec![4], 4, true));
        let empty = ReceiptPage::new(3, vec![], false);
        assert_eq!(empty.clone().cut(10), empty);
        assert_eq!(empty.next, 3);
    }

    #[test]
    fn knows_a_page_that_would_loop() {
        assert!(ReceiptPage::new(3, vec![entry(4, 1), entry(9, 1)], true).follows(3));
        assert!(ReceiptPage::new(3, vec![], false).follows(3));
        assert!(!ReceiptPage::new(3, vec![], true).follows(3));
        assert!(!ReceiptPage::new(3, vec![entry(3, 1)], false).follows(3));
        assert!(!ReceiptPage::new(3, vec![entry(5, 1), entry(5, 1)], false).follows(3));
        assert!(!ReceiptPage { receipts: vec![], next: 2, more: false }.follows(3));
        assert!(ReceiptPage::new(3, vec![entry(LAST_POSITION, 1)], false).follows(3));
        assert!(!ReceiptPage::new(3, vec![entry(LAST_POSITION + 1, 1)], false).follows(3));
    }

    #[test]
    fn carries_receipts_through_json() {
        let page = ReceiptPage::new(0, vec![entry(4, 50)], false);
        let json = serde_json::to_string(&page).expect("json");
        assert_eq!(serde_json::from_str::<ReceiptPage>(&json).expect("json"), page);
        assert!(serde_json::from_str::<ReceiptPage>(&json.replace("Bwc", "!!!")).is_err());
    }
}
