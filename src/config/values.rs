//! Values with a unit, as they stand under a key.

use jiff::SignedDuration;

use super::units;
use crate::types::settings::Section;

/// A duration, or what it is by default.
pub(super) fn duration(table: &mut Section<'_, '_>, key: &str, default: &str) -> SignedDuration {
    table
        .parsed(
            key,
            units::duration,
            "時間（例 250ms、2s、5m、24h、7d）",
            "a duration such as 2s, 5m, 24h, 7d",
        )
        .or_else(|| units::duration(default))
        .unwrap_or_default()
}

/// The same, of more than nothing.
pub(super) fn positive(table: &mut Section<'_, '_>, key: &str, default: &str) -> SignedDuration {
    let span = table.span();
    let stood_there = table.has(key);
    let duration = duration(table, key, default);
    if stood_there && duration.is_zero() {
        let ja = "0 より長い時間を書いてください。";
        table.report(&span, key, ja, "expected more than zero");
    }
    duration
}

/// A size in bytes, or what it is by default.
pub(super) fn size(table: &mut Section<'_, '_>, key: &str, default: &str) -> u64 {
    table
        .parsed(
            key,
            units::size,
            "大きさ（例 64KiB、32MiB、1GiB）",
            "a size such as 64KiB, 32MiB, 1GiB",
        )
        .or_else(|| units::size(default))
        .unwrap_or_default()
}
