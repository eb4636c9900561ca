//! Whether the clock of this computer is right, by those of the partners.

use jiff::SignedDuration;

use super::line::{Grade, Line, Topic};
use crate::package::CLOCK_TOLERANCE;
use crate::types::OfficeNumber;

/// Clocks that differ by less are the same: an answer takes a while.
const SAME: SignedDuration = SignedDuration::from_secs(60);

/// What the clocks of partners say, each with how far it is ahead of ours.
pub(super) fn lines(ahead: &[(OfficeNumber, SignedDuration)]) -> Vec<Line> {
    let mut sorted: Vec<_> = ahead.iter().map(|(_, ahead)| *ahead).collect();
    sorted.sort_unstable();
    let Some(median) = sorted.get(sorted.len() / 2).copied() else {
        return vec![Line::fine(
            Topic::Clock,
            "",
            "時計を比べられる相手がありませんでした（返事のあった相手と比べます）。",
            "there was no partner to compare the clock with (those that answer are asked)",
        )];
    };
    let mut lines = vec![own(median, sorted.len())];
    for (partner, ahead) in ahead {
        let off = *ahead - median;
        if grade(off) != Grade::Fine {
            let seconds = off.as_secs();
            lines.push(
                Line::fine(
                    Topic::Clock,
                    partner.to_string(),
                    format!("相手 {partner} の時計が、ほかより {seconds} 秒ずれています。相手に知らせてください。"),
                    format!("the clock of the partner {partner} is {seconds} s off the others: tell the partner"),
                )
                .grade(Grade::Look),
            );
        }
    }
    lines
}

/// Most clocks are right: if the middle one differs from ours, ours is wrong.
fn own(median: SignedDuration, partners: usize) -> Line {
    let seconds = median.as_secs();
    match grade(median) {
        Grade::Fine => Line::fine(
            Topic::Clock,
            "",
            format!("相手 {partners} か所の時計と合っています（差 {seconds} 秒）。"),
            format!("agrees with {partners} partners (by {seconds} s)"),
        ),
        grade => Line::fine(
            Topic::Clock,
            "",
            format!(
                "このパソコンの時計が、相手 {partners} か所の時計と {seconds} 秒ずれています。Windows の「日付と時刻」などで、時刻を自動で合わせてください。"
            ),
            format!(
                "the clock of this computer is {seconds} s off those of {partners} partners: let the system set it by the network"
            ),
        )
        .grade(grade),
    }
}

fn grade(off: SignedDuration) -> Grade {
    match off.abs() {
        off if off <= SAME => Grade::Fine,
        off if off <= CLOCK_TOLERANCE => Grade::Look,
        _ => Grade::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grades(ahead: &[i64]) -> Vec<(String, Grade)> {
        let partner = |place: usize| format!("137000001{place}").parse().expect("a number");
        let ahead = ahead.iter().enumerate();
        let ahead: Vec<_> =
            ahead.map(|(place, s)| (partner(place), SignedDuration::from_secs(*s))).collect();
        lines(&ahead).into_iter().map(|line| (line.about, line.grade)).collect()
    }

    #[test]
    fn the_clock_that_differs_from_most_is_the_wrong_one() {
        let own = |grade| (String::new(), grade);
        assert_eq!(grades(&[]), [own(Grade::Fine)]);
        assert_eq!(grades(&[1, -2, 30]), [own(Grade::Fine)]);
        assert_eq!(grades(&[120]), [own(Grade::Look)]);
        assert_eq!(grades(&[-3600, -3599, -3601]), [own(Grade::Broken)], "ours is fast");
        let other = ("1370000011".to_owned(), Grade::Look);
        assert_eq!(grades(&[0, 3600, 1]), [own(Grade::Fine), other], "one partner's is fast");
    }
}
