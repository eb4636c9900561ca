//! What stands in the mails. None of them names a person, a file or a folder.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::Config;
use crate::desk::claim::{Claim, missing_in_words};
use crate::desk::needs::Needs;
use crate::desk::words;
use crate::store::OfficeTraffic;
use crate::types::Lang;

use super::schedule::About;

/// The most lines of one kind.
const MOST_LINES: usize = 50;

/// A mail, but for who sends it to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) body: String,
}

/// What a summary is made of.
pub(super) struct Day {
    pub(super) date: Date,
    pub(super) traffic: Vec<OfficeTraffic>,
    pub(super) needs: Needs,
    pub(super) claims: Vec<Claim>,
}

impl Letter {
    /// Says nothing but that it arrived.
    pub(super) fn test(lang: Lang) -> Self {
        let (subject, body) = match lang {
            Lang::Ja => (
                "[renkei] 送信テスト",
                "renkei からのテストメールです。\nこのメールが届いていれば、メールの設定（[mail]）は正しく動いています。\n",
            ),
            Lang::En => (
                "[renkei] test",
                "This is a test mail of renkei.\nIf you read it, the settings of [mail] work.\n",
            ),
        };
        Self { subject: subject.to_owned(), body: body.to_owned() }
    }

    /// What needs a person, the new ones first.
    pub(super) fn conditions(about: &[About], needs: &Needs, config: &Config, lang: Lang) -> Self {
        let of = |is_new: bool| {
            let told = about.iter().filter(move |one| one.is_new == is_new);
            let need = |one: &About| needs.all.iter().find(|need| need.key == one.key);
            told.filter_map(need).map(|need| need.outside.as_str()).collect::<Vec<_>>()
        };
        let (new, known) = (of(true), of(false));
        let count = new.len() + known.len();
        let mut body = String::new();
        if !new.is_empty() {
            section(&mut body, lang.pick("新しく対応が必要になったこと", "New"), &new, lang);
        }
        if !known.is_empty() {
            section(&mut body, lang.pick("前から続いていること", "Still so"), &known, lang);
        }
        body.push_str(lang.pick(
            "renkei の画面（renkei open）を開くと、理由と直し方が分かります。\n",
            "The page of renkei (renkei open) says why, and what helps.\n",
        ));
        sign(&mut body, config, lang);
        let subject = match lang {
            Lang::Ja => format!("[renkei] 対応が必要です（{count} 件）"),
            Lang::En => format!("[renkei] {count} need you"),
        };
        Self { subject, body }
    }

    /// The summary of a day.
    pub(super) fn summary(day: &Day, config: &Config, lang: Lang) -> Self {
        let mut body = String::new();
        let traffic: Vec<_> = day.traffic.iter().map(|row| traffic(row, config, lang)).collect();
        let head =
            lang.pick("この 24 時間の送受信（かっこ内は今月）", "Last 24 hours (this month)");
        section(&mut body, head, &traffic, lang);
        let needs: Vec<_> = day.needs.all.iter().map(|need| need.outside.as_str()).collect();
        section(&mut body, lang.pick("対応が必要なこと", "What needs you"), &needs, lang);
        for claim in &day.claims {
            let missing: Vec<_> = claim
                .missing
                .iter()
                .map(|(what, count)| {
                    let unit = lang.pick(" 人", "");
                    format!("{}: {count}{unit}", missing_in_words(*what, lang))
                })
                .collect();
            let (month, office) = (claim.month.in_words(lang), words::office(claim.office, config));
            let head = match lang {
                Lang::Ja => format!("10日までの請求に足りないもの（{month}分　{office}）"),
                Lang::En => format!("Missing for the claim until the 10th ({month}, {office})"),
            };
            section(&mut body, &head, &missing, lang);
        }
        sign(&mut body, config, lang);
        let (month, date, count) = (day.date.month(), day.date.day(), needs.len());
        let more = if day.needs.more_held { "+" } else { "" };
        let subject = match (lang, count) {
            (Lang::Ja, 0) => format!("[renkei] {month}月{date}日のまとめ"),
            (Lang::Ja, _) => {
                format!("[renkei] {month}月{date}日のまとめ（対応が必要なこと {count}{more} 件）")
            }
            (Lang::En, 0) => format!("[renkei] summary of {}", day.date),
            (Lang::En, _) => format!("[renkei] summary of {}: {count}{more} need you", day.date),
        };
        Self { subject, body }
    }
}

fn traffic(row: &OfficeTraffic, config: &Config, lang: Lang) -> String {
    let (now, month) = (row.today, row.month);
    let office = words::office(row.office, config);
    match lang {
        Lang::Ja => format!(
            "{office}: 送信 {} 件（{}）、相手に到着 {} 件（{}）、受信 {} 件（{}）",
            now.sent, month.sent, now.delivered, month.delivered, now.received, month.received
        ),
        Lang::En => format!(
            "{office}: sent {} ({}), delivered {} ({}), received {} ({})",
            now.sent, month.sent, now.delivered, month.delivered, now.received, month.received
        ),
    }
}

fn section<L: AsRef<str>>(body: &mut String, head: &str, lines: &[L], lang: Lang) {
    body.push_str(lang.pick("■ ", "* "));
    body.push_str(head);
    body.push('\n');
    if lines.is_empty() {
        body.push_str(lang.pick("・ありません\n", "- nothing\n"));
    }
    for line in lines.iter().take(MOST_LINES) {
        body.push_str(lang.pick("・", "- "));
        body.push_str(line.as_ref());
        body.push('\n');
    }
    if let Some(more) = lines.len().checked_sub(MOST_LINES).filter(|more| *more > 0) {
        // Writing into a String never fails.
        let _ = match lang {
            Lang::Ja => writeln!(body, "・ほか {more} 件"),
            Lang::En => writeln!(body, "- and {more} more"),
        };
    }
    body.push('\n');
}

/// Whose renkei it is: somebody may look after several.
fn sign(body: &mut String, config: &Config, lang: Lang) {
    let offices: Vec<_> =
        config.offices.iter().map(|office| words::office(office.number, config)).collect();
    body.push_str("-- \n");
    let _ = match lang {
        Lang::Ja => writeln!(body, "renkei（{}）", offices.join("、")),
        Lang::En => writeln!(body, "renkei ({})", offices.join(", ")),
    };
}

/// The day it is by the clock on the wall.
pub(super) fn local(now: Timestamp) -> jiff::civil::DateTime {
    now.to_zoned(TimeZone::system()).datetime()
}
