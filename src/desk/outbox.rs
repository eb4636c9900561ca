//! What a person hands over, as the commands and the page tell of it.

use jiff::{SignedDuration, Timestamp};

use crate::store::OutboxRow;
use crate::types::Lang;

/// What is listed at the most.
pub const MOST: u32 = 2_000;

/// What has waited for so long needs a word.
const OLD: SignedDuration = SignedDuration::from_hours(24);

/// Those of `rows` that are to be handed over before one of them: to the same partner by the same channel,
/// with a lower 連番 (R-ORD-01).
pub fn before<'r>(
    row: &'r OutboxRow,
    rows: &'r [OutboxRow],
) -> impl Iterator<Item = &'r OutboxRow> {
    let way = |row: &OutboxRow| (row.channel, row.office, row.partner);
    let place = |row: &OutboxRow| (row.serial, row.sequence);
    rows.iter().filter(move |other| way(other) == way(row) && place(other) < place(row))
}

/// Whether something has waited for so long that somebody should be reminded.
pub fn is_old(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) >= OLD
}

/// How long something has waited, in words.
pub fn age(since: Timestamp, now: Timestamp, lang: Lang) -> String {
    let hours = now.duration_since(since).as_hours().max(0);
    match (hours, lang) {
        (0, Lang::Ja) => "用意したばかり".to_owned(),
        (0, Lang::En) => "less than an hour".to_owned(),
        (1..48, Lang::Ja) => format!("{hours} 時間前から"),
        (1..48, Lang::En) => format!("for {hours} h"),
        (_, Lang::Ja) => format!("{} 日前から", hours / 24),
        (_, Lang::En) => format!("for {} days", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_hours_and_then_in_days() {
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        let told = |hours| age(now - SignedDuration::from_hours(hours), now, Lang::Ja);
        assert_eq!(told(-3), "用意したばかり", "a clock that was set back");
        assert_eq!([told(0), told(5)], ["用意したばかり", "5 時間前から"]);
        assert_eq!([told(47), told(49)], ["47 時間前から", "2 日前から"]);
    }
}
