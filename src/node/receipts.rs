//! Reads the receipts that partners give for packages of ours.

use std::sync::Arc;

use jiff::Timestamp;

use super::clock::local_time;
use super::context::{Context, blocking};
use crate::package::{CLOCK_TOLERANCE, ClockDoubt, PackageFault, PackageRef, Receipt, ReceiptKind};
use crate::store::{NewReceipt, Origin, OutgoingRow};
use crate::transfer::{OutgoingEvent, OutgoingReceipt};
use crate::types::{Digest, code};

/// Why a receipt is not taken.
pub(super) struct NotTaken {
    /// A stable code.
    pub(super) code: &'static str,
    /// Whether a certificate or a list that is renewed can mend it.
    pub(super) is_passing: bool,
}

impl NotTaken {
    const fn for_good(code: &'static str) -> Self {
        Self { code, is_passing: false }
    }
}

/// A receipt that is taken.
pub(super) struct Read {
    pub(super) event: OutgoingEvent,
    pub(super) receipt: NewReceipt,
    /// The codes of its findings, where they say why the package does not arrive.
    pub(super) codes: String,
    /// Of its bytes.
    pub(super) sha256: Digest,
    /// The receipt that it says it follows.
    pub(super) previous: Option<Digest>,
}

impl Read {
    /// Whether it may stand in a proof, where the receipt that it names, if any, `came` before it.
    /// One that says that the package was taken is the first of a chain and names none.
    pub(super) fn may_follow(&self, came: bool) -> bool {
        let is_first = self.event == OutgoingEvent::Receipt(OutgoingReceipt::Consignment);
        self.previous.is_none() || (came && !is_first)
    }
}

/// Tells of a receipt whose time does not fit ours: it is taken, as no wrong clock of a partner may
/// cost us the proof.
pub(super) fn look_at_clock(context: &Context, row: &OutgoingRow, at: Timestamp) {
    if !context.believes_clock() {
        return;
    }
    let now = context.now();
    let partner = row.partner;
    let about = format!("partner {partner}");
    let made_at = row.id.made_at();
    let Some(doubt) = ClockDoubt::of(at, made_at, now) else {
        // An old one says nothing of the clock of today.
        if now.duration_since(at) <= CLOCK_TOLERANCE {
            context.notices.clear(code::PARTNER_CLOCK_DIFFERS, &about);
        }
        return;
    };
    let stated = local_time(at);
    let (ja, en) = match doubt {
        ClockDoubt::Ahead => {
            let now = local_time(now);
            (format!("こちらの時計は {now} です"), format!("while our clock shows {now}"))
        }
        ClockDoubt::Behind => {
            let made = local_time(made_at);
            (
                format!("送ったパッケージの作成は {made} です"),
                format!("but was sent what was made at {made}"),
            )
        }
    };
    let ja = format!(
        "相手 {partner} の受領証の日時は {stated} ですが、{ja}。受領証は有効ですが、証拠に誤った日時が残ります。双方のパソコンの日付と時刻を確かめてください。"
    );
    let en = format!(
        "the partner {partner} dates a receipt {stated}, {en}; it counts, but proof has a wrong time in it: set date and time on both computers"
    );
    context.notices.raise(code::PARTNER_CLOCK_DIFFERS, about, (ja, en), now);
}

/// Verifies the answer to a package: its first receipt, which says that it was taken or refused and
/// follows no other. Anything else would leave us without a whole proof.
pub(super) async fn read_first_receipt(
    context: &Arc<Context>,
    row: &OutgoingRow,
    der: bytes::Bytes,
) -> Result<Read, NotTaken> {
    let read = read_receipt(context, row, der).await?;
    let first = [OutgoingReceipt::Consignment, OutgoingReceipt::Rejection];
    if read.previous.is_none() && first.map(OutgoingEvent::Receipt).contains(&read.event) {
        Ok(read)
    } else {
        Err(NotTaken::for_good(code::UNEXPECTED_RECEIPT))
    }
}

/// Verifies a receipt for a package that we sent.
pub(super) async fn read_receipt(
    context: &Arc<Context>,
    row: &OutgoingRow,
    der: bytes::Bytes,
) -> Result<Read, NotTaken> {
    let reference = PackageRef {
        message_id: row.id,
        package_sha256: row.package_sha256,
        manifest_sha256: row.manifest_sha256,
        sender: row.office,
        recipient: row.partner,
    };
    let now = context.now();
    let limits = context.package_limits();
    let trust = Arc::clone(&context.proof().trust);
    let copy = der.clone();
    let verified = blocking(move || {
        let verified = Receipt::open(&copy, &trust, &limits, now)?;
        verified.receipt.check_answers(&reference)?;
        Ok::<_, PackageFault>(verified)
    })
    .await
    .ok_or(NotTaken::for_good(code::INTERNAL))?
    .map_err(|fault| NotTaken {
        code: fault.code(),
        is_passing: matches!(fault, PackageFault::Trust(_)),
    })?;
    let receipt = match verified.receipt.kind {
        ReceiptKind::ContentConsignment => OutgoingReceipt::Consignment,
        ReceiptKind::ContentHandover => OutgoingReceipt::Handover,
        ReceiptKind::ContentHandoverFailure => OutgoingReceipt::HandoverFailure,
        ReceiptKind::Rejection => OutgoingReceipt::Rejection,
        ReceiptKind::Other => OutgoingReceipt::Other,
        ReceiptKind::Expiry | ReceiptKind::RelayAcceptance => {
            return Err(NotTaken::for_good(code::UNEXPECTED_RECEIPT));
        }
    };
    let stored = NewReceipt {
        origin: Origin::Received,
        kind: verified.receipt.kind,
        at: verified.receipt.at,
        der,
    };
    let codes = match receipt {
        OutgoingReceipt::HandoverFailure | OutgoingReceipt::Rejection | OutgoingReceipt::Recall => {
            verified.receipt.codes()
        }
        // A warning that came with it says nothing of the way.
        OutgoingReceipt::Consignment | OutgoingReceipt::Handover | OutgoingReceipt::Other => {
            String::new()
        }
    };
    let (sha256, previous) = (verified.sha256, verified.receipt.previous);
    Ok(Read { event: OutgoingEvent::Receipt(receipt), receipt: stored, codes, sha256, previous })
}
