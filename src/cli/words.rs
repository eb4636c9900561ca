//! Words for states, directions and times that several commands show.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::store::Direction;
use crate::types::Lang;

/// A state as an office worker would say it.
pub(super) fn state(direction: Direction, state: &str, lang: Lang) -> String {
    let (ja, en) = match (direction, state) {
        (Direction::Out, "QUEUED") => ("送信待ち", "waiting to be sent"),
        (Direction::Out, "CONSIGNED") => {
            ("相手に到着（取込待ち）", "at the partner, not imported yet")
        }
        (Direction::Out, "HANDED_OVER") => {
            ("取込フォルダーに到着", "in the partner's import folder")
        }
        (_, "REJECTED") => ("受取拒否", "refused by the recipient"),
        (Direction::Out, "EXPIRED") => ("期限切れ", "given up, no receipt in time"),
        (Direction::In, "COMMITTED") => ("受信済み（取込待ち）", "received, not placed yet"),
        (Direction::In, "PLACED" | "HANDED_OVER") => {
            ("取込フォルダーに配置済み", "in our import folder")
        }
        (_, "HELD") => ("保留", "held"),
        _ => return state.to_owned(),
    };
    lang.pick(ja, en).to_owned()
}

/// 送信 or 受信.
pub(super) const fn direction(direction: Direction, lang: Lang) -> &'static str {
    match direction {
        Direction::Out => lang.pick("送信", "sent"),
        Direction::In => lang.pick("受信", "received"),
    }
}

/// A receipt's kind as an office worker would say it.
pub(super) fn receipt(kind: &str, lang: Lang) -> String {
    let (ja, en) = match kind {
        "ContentConsignment" => ("受領", "consignment"),
        "ContentHandover" => ("取込", "handover"),
        "Rejection" => ("拒否", "rejection"),
        "Expiry" => ("期限切れ", "expiry"),
        _ => return kind.to_owned(),
    };
    lang.pick(ja, en).to_owned()
}

/// A time on the clock of this machine.
pub(super) fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
