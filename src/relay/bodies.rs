//! The bytes of a package that is fetched.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use super::store::RelayStore;
use crate::link::Refusal;
use crate::types::code::RefusalCode;

/// When everybody is told to come again where the store does not answer.
pub(super) const AWAY_AGAIN: Duration = Duration::from_secs(5);

/// A range of a body of which the `first` slice is there already, slice by slice.
pub(super) fn read<S: RelayStore>(
    store: Arc<S>,
    body: i64,
    first: Bytes,
    range: Range<u64>,
) -> BoxStream<'static, Result<Bytes, Refusal>> {
    let slices = stream::unfold(Some(range), move |left| {
        let (store, first) = (Arc::clone(&store), first.clone());
        async move {
            let left = left.filter(|left| left.start < left.end)?;
            match slice(&*store, body, &first, &left).await {
                Ok(bytes) => {
                    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    let next = left.start.saturating_add(length)..left.end;
                    Some((Ok(bytes), Some(next)))
                }
                Err(refusal) => Some((Err(refusal), None)),
            }
        }
    });
    slices.boxed()
}

/// The first bytes of a range: to the end of their slice at the most, and never nothing.
async fn slice<S: RelayStore>(
    store: &S,
    body: i64,
    first: &Bytes,
    left: &Range<u64>,
) -> Result<Bytes, Refusal> {
    let start = usize::try_from(left.start).ok().filter(|start| *start < first.len());
    let slice = match start {
        Some(start) => Ok(Some(first.slice(start..))),
        None => store.slice(body, left.start).await,
    };
    let slice = slice.map_err(|error| {
        Refusal::new(RefusalCode::BUSY, error.to_string()).retry_after(AWAY_AGAIN)
    })?;
    let mut slice =
        slice.filter(|slice| !slice.is_empty()).ok_or_else(|| Refusal::plain(RefusalCode::GONE))?;
    slice.truncate(usize::try_from(left.end.saturating_sub(left.start)).unwrap_or(usize::MAX));
    Ok(slice)
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;
    use jiff::{SignedDuration, Timestamp};

    use super::super::store::{Deposit, Deposited, Found, Quota, SLICE, SqliteStore};
    use super::*;
    use crate::link::MailboxItemName;
    use crate::types::{Digest, Hashed, MessageId};

    #[tokio::test]
    async fn every_range_is_read_over_the_edges_of_slices() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("relay.db")).expect("a store");
        let (edge, now) = (usize::try_from(SLICE).expect("small"), Timestamp::UNIX_EPOCH);
        let content: Bytes = (0..edge * 2 + 1000).map(|at| (at % 251).to_le_bytes()[0]).collect();
        let package = Deposit {
            sender: "1000000001".parse().expect("an office"),
            recipient: "1000000002".parse().expect("an office"),
            message_id: MessageId::new(now),
            package_sha256: Digest::of(b"inside"),
            sealed: Hashed::from(content.clone()),
            key_id: "one".to_owned(),
            stored_at: now,
            expires_at: now + SignedDuration::from_hours(24),
            acceptance: Bytes::from_static(b"acceptance"),
        };
        let Deposit { sender, recipient: office, message_id: id, .. } = package;
        let quota = Quota { bytes: u64::MAX, messages: u64::MAX, beside: u64::MAX };
        assert_eq!(store.deposit(package, quota).await.expect("kept"), Deposited::New);
        let found = store.find(MailboxItemName { office, sender, id }, now).await.expect("read");
        let Found::Waiting { body, size, first, .. } = found else { panic!("it waits") };
        assert_eq!((size, &first[..]), (content.len() as u64, &content[..edge]));
        let store = Arc::new(store);
        let edges = [0, 1, edge - 1, edge, edge + 1, edge * 2, content.len()];
        for (start, end) in edges.iter().flat_map(|start| edges.map(|end| (*start, end))) {
            let range = start as u64..end as u64;
            let parts = read(Arc::clone(&store), body, first.clone(), range);
            let read: Vec<Bytes> = parts.try_collect().await.expect("read");
            let expected = content.get(start..end).unwrap_or_default();
            assert!(read.concat() == expected, "{start} to {end}");
        }
    }
}
