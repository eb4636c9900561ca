//! For how long certificates and revocation lists hold, in words.

use jiff::Timestamp;

use super::dates::{self, Dates, Found};
use super::words;
use crate::types::Lang;

/// A certificate with fewer days left is about to end.
const SOON: i64 = 60;

/// A certificate, or a list.
pub struct Row {
    /// What it is for, or whose list it is; empty where the list cannot be read.
    pub name: String,
    /// Its file.
    pub file: String,
    /// `good`, `warn` or `bad`.
    pub tone: &'static str,
    /// For how long it still holds, or why it cannot be used.
    pub state: String,
    /// From when until when it holds; empty where it cannot be read.
    pub span: String,
    /// SHA-256 of a certificate.
    pub sha256: String,
}

/// Certificates, and lists.
pub fn rows(dates: &Dates, now: Timestamp, lang: Lang) -> (Vec<Row>, Vec<Row>) {
    let certificates = dates.certificates.iter().map(|row| {
        let name = usage(&row.usage, lang);
        match &row.found {
            Found::Fault { problem } => fault(name, &row.file, problem),
            Found::Read(facts) => {
                let (tone, state) = left(facts.not_after, now, lang);
                let span = span(facts.not_before, facts.not_after);
                let sha256 = facts.sha256.to_string();
                Row { name, file: row.file.clone(), tone, state, span, sha256 }
            }
        }
    });
    let lists = dates.revocation_lists.iter().map(|row| match &row.found {
        Found::Fault { problem } => fault(String::new(), &row.file, problem),
        Found::Read(facts) => {
            let (tone, state) = if facts.next_update > now {
                ("good", lang.pick("新しい", "current").to_owned())
            } else {
                ("bad", lang.pick("古くなっています", "out of date").to_owned())
            };
            let span = span(facts.this_update, facts.next_update);
            let (name, file) = (facts.issuer.clone(), row.file.clone());
            Row { name, file, tone, state, span, sha256: String::new() }
        }
    });
    (certificates.collect(), lists.collect())
}

/// What a certificate is for, in words.
fn usage(key: &str, lang: Lang) -> String {
    if key == dates::PAGE {
        return lang.pick("この画面用（TLS）", "for this page (TLS)").to_owned();
    }
    match key.strip_prefix("office ").and_then(|rest| rest.split(' ').next()) {
        Some(office) => match lang {
            Lang::Ja => format!("署名用（{office}）"),
            Lang::En => format!("for signing ({office})"),
        },
        None => lang.pick("通信用（TLS）", "for TLS").to_owned(),
    }
}

fn fault(name: String, file: &str, problem: &str) -> Row {
    let (state, file) = (problem.to_owned(), file.to_owned());
    Row { name, file, tone: "bad", state, span: String::new(), sha256: String::new() }
}

fn span(from: Timestamp, until: Timestamp) -> String {
    format!("{} – {}", words::time(from), words::time(until))
}

/// How long it still holds.
fn left(until: Timestamp, now: Timestamp, lang: Lang) -> (&'static str, String) {
    let days = until.duration_since(now).as_hours().div_euclid(24);
    let state = match (days, lang) {
        (..0, _) => lang.pick("期限切れ", "ended").to_owned(),
        (_, Lang::Ja) => format!("あと {days} 日"),
        (_, Lang::En) => format!("{days} days left"),
    };
    (
        if days < 0 {
            "bad"
        } else if days < SOON {
            "warn"
        } else {
            "good"
        },
        state,
    )
}
