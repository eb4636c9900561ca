//! The tables of the dates of certificates and revocation lists.

use super::output;
use crate::desk::dates::{Dates, Found};
use crate::desk::words;
use crate::types::Lang;

/// The tables for people.
pub(super) fn text(dates: &Dates, lang: Lang) -> String {
    let span = |from, until| format!("{} – {}", words::time(from), words::time(until));
    let certificates: Vec<_> = dates
        .certificates
        .iter()
        .map(|row| {
            let (valid, sha256) = match &row.found {
                Found::Read(facts) => {
                    (span(facts.not_before, facts.not_after), facts.sha256.short())
                }
                Found::Fault { problem } => (problem.clone(), String::new()),
            };
            vec![row.usage.clone(), valid, sha256, row.file.clone()]
        })
        .collect();
    let lists: Vec<_> = dates
        .revocation_lists
        .iter()
        .map(|row| match &row.found {
            Found::Read(facts) => {
                let valid = span(facts.this_update, facts.next_update);
                vec![facts.issuer.clone(), valid, row.file.clone()]
            }
            Found::Fault { problem } => vec![String::new(), problem.clone(), row.file.clone()],
        })
        .collect();
    let head = match lang {
        Lang::Ja => ["証明書", "有効期間", "SHA-256", "ファイル"],
        Lang::En => ["certificate", "valid", "SHA-256", "file"],
    };
    let mut text = output::table(&head, &certificates);
    for (row, next) in dates.certificates.iter().filter_map(|row| Some((row, row.next.as_ref()?))) {
        let (usage, sha256, at) = (&row.usage, next.sha256, words::time(next.used_from));
        let unaware: Vec<_> = next.unaware.iter().map(ToString::to_string).collect();
        let unaware = if unaware.is_empty() {
            lang.pick("すべての相手に届いています", "all partners have it").to_owned()
        } else {
            let heading = lang.pick(
                "届いたことを確認できない相手: ",
                "partners that have not said that they have it: ",
            );
            format!("{heading}{}", unaware.join(", "))
        };
        let line = match lang {
            Lang::Ja => {
                format!(
                    "次の証明書（{usage}）: SHA-256 {sha256}、{at} に自動で切り替わります。{unaware}"
                )
            }
            Lang::En => {
                format!("next certificate ({usage}): SHA-256 {sha256}, used from {at}; {unaware}")
            }
        };
        text.push('\n');
        text.push_str(&line);
    }
    if !lists.is_empty() {
        let head = match lang {
            Lang::Ja => ["失効リスト", "更新日時 – 次回", "ファイル"],
            Lang::En => ["revocation list", "made – next", "file"],
        };
        text.push_str("\n\n");
        text.push_str(&output::table(&head, &lists));
    }
    text
}
