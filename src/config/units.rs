//! Durations, sizes and times of day as people write them.

use jiff::SignedDuration;
use jiff::civil::Time;

/// `250ms`, `2s`, `5m`, `24h`, `7d`.
pub(super) fn duration(text: &str) -> Option<SignedDuration> {
    let (number, unit) = split(text)?;
    let number = i64::try_from(number).ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 3600 * 1000,
        "d" => 24 * 3600 * 1000,
        _ => return None,
    };
    // A hundred years is enough for any wait, and keeps sums of times in range.
    let millis = number.checked_mul(millis).filter(|millis| *millis <= 36_500 * 86_400_000)?;
    Some(SignedDuration::from_millis(millis))
}

/// `512B`, `64KiB`, `32MiB`, `1GiB`.
pub(super) fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// A duration as the configuration has it, in the largest unit that fits.
pub fn duration_text(duration: SignedDuration) -> String {
    let millis = duration.as_millis();
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    let fits = units.iter().find(|(_, unit)| millis != 0 && millis % unit == 0);
    match fits {
        Some((unit, factor)) => format!("{}{unit}", millis / factor),
        None if millis == 0 => "0s".to_owned(),
        None => format!("{millis}ms"),
    }
}

/// A size as the configuration has it, in the largest unit that fits.
pub fn size_text(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let fits = units.iter().find(|(_, unit)| bytes != 0 && bytes.is_multiple_of(*unit));
    fits.map_or_else(|| format!("{bytes}B"), |(unit, factor)| format!("{}{unit}", bytes / factor))
}

/// `08:30`
pub(super) fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let is_number = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !is_number(hour) || !is_number(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

fn split(text: &str) -> Option<(u64, &str)> {
    let unit = text.trim_start_matches(|character: char| character.is_ascii_digit());
    let number = text.strip_suffix(unit)?.parse().ok()?;
    Some((number, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["250ms", "2s", "5m", "24h", "7d", "0s", "1500ms"] {
            let read = duration(text).expect("a duration");
            assert_eq!(duration(&duration_text(read)), Some(read), "{text}");
        }
        assert_eq!(duration_text(SignedDuration::from_secs(90)), "90s");
        assert_eq!(duration_text(SignedDuration::from_hours(168)), "7d");
        for text in ["0B", "512B", "64KiB", "32MiB", "10GiB"] {
            assert_eq!(size(text).map(size_text).as_deref(), Some(text));
        }
    }

    #[test]
    fn reads_what_people_write() {
        assert_eq!(duration("250ms"), Some(SignedDuration::from_millis(250)));
        assert_eq!(duration("7d"), Some(SignedDuration::from_hours(168)));
        assert_eq!(duration("5 m"), Some(SignedDuration::from_mins(5)));
        assert_eq!(size("32MiB"), Some(32 << 20));
        assert_eq!(size("0B"), Some(0));
        for bad in ["", "5", "s", "-5s", "1.5h", "5 weeks", "99999999999d", "５s"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
        for bad in ["", "5", "5MB", "99999999999GiB"] {
            assert_eq!(size(bad), None, "{bad}");
        }
    }
}
