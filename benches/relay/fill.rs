//! Stores that have kept much already: one package in ten waits, the others were taken and are only
//! remembered, each with its receipt.

use std::sync::Arc;

use bytes::Bytes;
use jiff::SignedDuration;
use renkei::link::MailboxItemName;
use renkei::package::ReceiptKind;
use renkei::relay::store::{Deposit, Deposited, NewReceipt, PutReceipt, Quota, RelayStore};
use renkei::types::{Clock, Digest, Hashed, MessageId, OfficeNumber};
use tokio::task::JoinSet;

/// Between so many offices.
const OFFICES: usize = 2_000;

/// So many writes at a time.
const AT_A_TIME: usize = 64;

/// The bytes of an acceptance, and those of a receipt.
const SIGNED: usize = 1_600;

/// Brings a store from `from` packages to `to`.
pub(crate) async fn fill<S: RelayStore>(store: &Arc<S>, from: usize, to: usize) {
    let mut running = JoinSet::new();
    for number in from..to {
        if running.len() >= AT_A_TIME {
            running.join_next().await.expect("some run").expect("no panic");
        }
        running.spawn(keep(Arc::clone(store), number));
    }
    while let Some(done) = running.join_next().await {
        done.expect("no panic");
    }
}

async fn keep<S: RelayStore>(store: Arc<S>, number: usize) {
    let office = |place: usize| -> OfficeNumber {
        format!("{:010}", 5_000_000_000 + place % OFFICES).parse().expect("an office")
    };
    let now = Clock::system().now();
    let (sender, recipient) = (office(number), office(number * 7 + 1));
    let sealed = Hashed::from(Bytes::from(format!("{number:0512}")));
    let package_sha256 = sealed.sha256();
    let message_id = MessageId::new(now);
    let quota = Quota { bytes: u64::MAX >> 1, messages: u64::MAX >> 1, beside: u64::MAX >> 1 };
    let new = Deposit {
        sender,
        recipient,
        message_id,
        package_sha256,
        sealed,
        key_id: "key".to_owned(),
        stored_at: now,
        expires_at: now + SignedDuration::from_hours(24),
        acceptance: vec![0x30; SIGNED].into(),
    };
    assert_eq!(store.deposit(new, quota).await.expect("kept"), Deposited::New);
    if number.is_multiple_of(10) {
        return;
    }
    let mut receipt = vec![0x30; SIGNED];
    receipt[..32].copy_from_slice(Digest::of(message_id.as_bytes()).as_raw());
    let new = NewReceipt {
        of: MailboxItemName { office: recipient, sender, id: message_id },
        kind: ReceiptKind::ContentHandover,
        package_sha256,
        receipt: receipt.into(),
        at: now,
    };
    assert_eq!(store.put_receipt(new, quota).await.expect("kept"), PutReceipt::New);
}
