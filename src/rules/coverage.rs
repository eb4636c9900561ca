//! `spec/COVERAGE.md`: which rules prove each clause of the standard, and why the others cannot be
//! seen in files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::table::TABLE;

/// The clauses, as people read them.
const STANDARD: &str = include_str!("../../spec/STANDARD.md");

/// Why a clause has no rule: `clause,why,ja,en`, where `why` is one of [`WHY`].
const NOT_IN_FILES: &str = include_str!("not_in_files.csv");

/// The kinds of reasons, with what each means.
const WHY: [(&str, &str, &str); 9] = [
    ("allowed", "許しているだけの定め", "it allows, and forbids nothing"),
    ("document", "文書についての記述", "it is about the document"),
    ("history", "前に送ったものを知らなければ分からない", "seen only with what was sent before"),
    ("import", "受信側の取込の動き", "it is what the recipient's import does"),
    ("master", "マスターがなければ分からない", "seen only with a master of codes"),
    ("operation", "事務の手順", "it is a procedure between offices"),
    ("silent", "定めがない", "the standard leaves it open"),
    ("transport", "送受信の方法", "it is about the exchange"),
    ("unknown", "送った事業所しか知らない", "only the sender can know"),
];

/// A clause that no rule proves.
#[derive(Debug, serde::Deserialize)]
struct NotInFiles {
    clause: String,
    why: String,
    ja: String,
    en: String,
}

/// The clauses of the standard by their ids, in the order of the page: the first cell of its rows.
fn clauses() -> impl Iterator<Item = &'static str> {
    STANDARD.lines().filter_map(|line| {
        let id = line.strip_prefix("| ")?.split(" |").next()?;
        id.starts_with("R-").then_some(id)
    })
}

/// The codes of the rules by the clauses that they stand on.
fn rules() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut rules: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for info in TABLE {
        for clause in info.clause.split(", ") {
            rules.entry(clause).or_default().push(info.code);
        }
    }
    rules
}

fn not_in_files() -> Result<BTreeMap<String, NotInFiles>, csv::Error> {
    let reasons = csv::Reader::from_reader(NOT_IN_FILES.as_bytes()).into_deserialize();
    reasons.map(|reason| reason.map(|reason: NotInFiles| (reason.clause.clone(), reason))).collect()
}

/// The page that says of each clause of `STANDARD.md` how it is looked at.
///
/// # Errors
///
/// `src/rules/not_in_files.csv` cannot be read.
pub fn coverage() -> Result<String, csv::Error> {
    let (rules, reasons) = (rules(), not_in_files()?);
    let all: Vec<_> = clauses().collect();
    let proved = all.iter().filter(|clause| rules.contains_key(*clause)).count();
    let mut page = format!(
        "# 定めと規則 / Coverage\n\n\
         この文書は規則の表と `src/rules/not_in_files.csv` から作られます。`renkei dev coverage-md` で更新してください。\n\
         Made from the rule table and `src/rules/not_in_files.csv`; refresh with `renkei dev coverage-md`.\n\n\
         `STANDARD.md` の {} の定めのうち、{proved} は規則で確かめます。ほかは、ファイルからは分からない理由を書いています。\n\
         Of the {} clauses of `STANDARD.md`, {proved} are looked at by rules; for the others it is said why files \
         cannot show them.\n\n| clause | rules / 理由 |\n|---|---|\n",
        all.len(),
        all.len(),
    );
    for clause in all {
        // Writing into a String never fails.
        let _ = match (rules.get(clause), reasons.get(clause)) {
            (Some(codes), _) => {
                let links = codes.iter().map(|code| link(code)).collect::<Vec<_>>().join(" ");
                writeln!(page, "| {clause} | {links} |")
            }
            (None, Some(NotInFiles { why, ja, en, .. })) => {
                let words = WHY.iter().find(|(known, ..)| known == why);
                let (why_ja, why_en) = words.map_or(("", ""), |(_, ja, en)| (*ja, *en));
                writeln!(page, "| {clause} | {why_ja}: {ja} / {why_en}: {en} |")
            }
            (None, None) => writeln!(page, "| {clause} | ? |"),
        };
    }
    Ok(page)
}

fn link(code: &str) -> String {
    format!("[{code}](RULES.md#{})", code.to_lowercase())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_clause_has_rules_or_a_reason() {
        let (rules, reasons) = (rules(), not_in_files().expect("CSV"));
        let all: BTreeSet<_> = clauses().collect();
        assert!(all.len() > 100, "{} clauses", all.len());
        for clause in &all {
            let (proved, excused) = (rules.contains_key(clause), reasons.contains_key(*clause));
            assert!(proved || excused, "{clause} has no rule and no reason in not_in_files.csv");
            assert!(!(proved && excused), "{clause} has a rule: its reason is out of date");
        }
        for (clause, reason) in &reasons {
            assert!(all.contains(clause.as_str()), "{clause} is no clause");
            let known = WHY.iter().any(|(why, ..)| *why == reason.why);
            assert!(known && !reason.ja.is_ascii() && reason.en.ends_with('.'), "{clause}");
        }
    }

    #[test]
    fn the_page_is_up_to_date() {
        let page = include_str!("../../spec/COVERAGE.md");
        assert_eq!(page, coverage().expect("CSV"), "refresh it: renkei dev coverage-md");
    }
}
