//! States, directions and receipts as an office worker would say them.
//!
//! They stand here because this module names the states, and whatever shows them, in the terminal or
//! on a page, stands below it.

use super::{Direction, HeldSet, IncomingState, OutgoingState, State};
use crate::package::{Receipt, ReceiptKind};
use crate::types::{Lang, code};

/// Refused, on either side.
const REFUSED: (&str, &str) = ("受取拒否", "refused by the recipient");

/// In the import folder here, signed for or not yet.
const PLACED: (&str, &str) = ("取込フォルダーに配置済み", "in our import folder");

/// Waits for a person here, whichever way it goes.
const HELD: (&str, &str) = ("保留", "held");

impl Direction {
    /// 送信 or 受信.
    pub const fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Out => lang.pick("送信", "sent"),
            Self::In => lang.pick("受信", "received"),
        }
    }
}

impl State {
    /// The state in words.
    pub const fn text(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Out(OutgoingState::Queued) => ("送信待ち", "waiting to be sent"),
            Self::Out(OutgoingState::Deposited) => {
                ("中継サーバーに預かり済み（相手の受領待ち）", "kept by the relay, not fetched yet")
            }
            Self::Out(OutgoingState::Refused) => {
                ("相手が受け付けず停止中", "not accepted by the partner, stopped")
            }
            Self::Out(OutgoingState::Consigned) => {
                ("相手に到着（取込待ち）", "at the partner, not imported yet")
            }
            Self::Out(OutgoingState::HeldByRecipient) => ("相手で保留中", "held at the partner"),
            Self::Out(OutgoingState::HandedOver) => {
                ("取込フォルダーに到着", "in the partner's import folder")
            }
            Self::Out(OutgoingState::Rejected) | Self::In(IncomingState::Rejected) => REFUSED,
            Self::Out(OutgoingState::RecallAsked) => ("取り戻し依頼中", "asked to be given back"),
            Self::Out(OutgoingState::Recalled) => ("取り戻し済み", "taken back"),
            Self::In(IncomingState::Recalled) => {
                ("相手が取り戻しました", "taken back by the sender")
            }
            Self::Out(OutgoingState::Expired) => ("期限切れ", "given up, no receipt in time"),
            Self::Out(OutgoingState::Superseded) => ("作り直し済み", "made anew"),
            Self::Out(OutgoingState::ToUpload) => {
                ("アップロード待ち（WEBサービス）", "to be uploaded to the WEB service")
            }
            Self::Out(OutgoingState::ToPrint) => ("紙での送付待ち", "to be sent on paper"),
            Self::Out(OutgoingState::Uploaded) => {
                ("WEBサービスに登録済み（担当者の記録）", "uploaded, as a person noted")
            }
            Self::Out(OutgoingState::SentOnPaper) => {
                ("紙で送付済み（担当者の記録）", "sent on paper, as a person noted")
            }
            Self::In(IncomingState::Committed) => {
                ("受信済み（取込待ち）", "received, not placed yet")
            }
            Self::In(IncomingState::Placed | IncomingState::HandedOver) => PLACED,
            Self::In(IncomingState::Held) | Self::Set(HeldSet::Held) => HELD,
            Self::Set(HeldSet::Settled) => ("保留（対応済み）", "held, settled"),
        };
        lang.pick(ja, en)
    }
}

/// The kind of a receipt in words.
pub const fn receipt_in_words(kind: ReceiptKind, lang: Lang) -> &'static str {
    let (ja, en) = match kind {
        ReceiptKind::ContentConsignment => ("受領", "consignment"),
        ReceiptKind::ContentHandover => ("取込", "handover"),
        ReceiptKind::ContentHandoverFailure => ("取込不可", "handover failure"),
        ReceiptKind::Rejection => ("拒否", "rejection"),
        ReceiptKind::Expiry => ("期限切れ", "expiry"),
        ReceiptKind::RelayAcceptance => ("中継", "relay acceptance"),
        ReceiptKind::Other => ("不明な種類", "of an unknown kind"),
    };
    lang.pick(ja, en)
}

/// The same of a receipt about a package: a rejection is also how a recipient gives back what its sender
/// asked for.
pub const fn receipt_about(kind: ReceiptKind, is_given_back: bool, lang: Lang) -> &'static str {
    match kind {
        ReceiptKind::Rejection if is_given_back => lang.pick("取り戻し", "given back"),
        kind => receipt_in_words(kind, lang),
    }
}

/// What a receipt says, in words: by a finding of its own a rejection gives back what its sender wanted.
pub fn said_in_words(receipt: &Receipt, lang: Lang) -> &'static str {
    let gives_back = receipt.findings.iter().any(|finding| finding.rule == code::RECALLED);
    receipt_about(receipt.kind, gives_back, lang)
}
