//! The one table of codes: everything that a node, a command or a partner gives a name to.
//!
//! A code is what programs decide by and what a person can look up: `renkei explain` says of each
//! what it means, who has to act and what to do, and `spec/CODES.md` lists them all. Codes of rules
//! stand in their own table. A code is never used again for something else.
//!
//! Each code is a constant here and written out nowhere else; a test reads the sources for that.

mod refusal;
mod table;

use std::fmt::Write as _;

use super::Lang;
pub use refusal::{RefusalCode, RefusalRetry, RefusalScope, RefusalStatus};
pub use table::*;

/// Where a code is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Area {
    /// A node refuses a request of a partner, whatever the package.
    Refusal,
    /// A node refuses this very package; others may be taken.
    OfPackage,
    /// Why a package waits to be sent.
    Waiting,
    /// Why no TLS connection came about, in the log of the side that was called.
    Handshake,
    /// Why a set is not sent, or a package that came is not imported.
    Held,
    /// A standing condition: in the log, in `health.json` and in `renkei status`.
    Condition,
    /// A condition of own certificates and revocation lists, read from their files again and again.
    Certificates,
    /// What `renkei run` and `renkei run --check` find in configuration, folders and files.
    Start,
    /// A fault of a folder.
    Folder,
    /// A fault of the store.
    Store,
    /// The answer to a command, such as `renkei hold` or `renkei retry`.
    Order,
    /// A step in the history.
    Journal,
    /// The page refuses a request of care software (`/api/v1`).
    Api,
}

impl Area {
    /// Every area, in the order in which a page shows them.
    pub const ALL: [Self; 13] = [
        Self::Waiting,
        Self::Refusal,
        Self::OfPackage,
        Self::Handshake,
        Self::Held,
        Self::Condition,
        Self::Certificates,
        Self::Start,
        Self::Folder,
        Self::Store,
        Self::Order,
        Self::Journal,
        Self::Api,
    ];

    /// What it is called.
    pub const fn title(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Waiting => ("送信待ちの理由", "why a package waits"),
            Self::Refusal => ("受信側が断る理由", "refusals"),
            Self::OfPackage => ("そのパッケージだけを断る理由", "refusals of one package"),
            Self::Handshake => ("暗号化通信（TLS）を始められない理由", "TLS handshakes"),
            Self::Held => ("保留・受取拒否の理由", "why something is held or rejected"),
            Self::Condition => ("確認が必要なこと（renkei status）", "standing conditions"),
            Self::Certificates => ("自分の証明書と失効リスト", "own certificates and lists"),
            Self::Start => ("起動時・run --check の指摘", "at the start and by run --check"),
            Self::Folder => ("フォルダーの異常", "folders"),
            Self::Store => ("台帳の異常", "the store"),
            Self::Order => ("コマンドへの返事", "answers to commands"),
            Self::Journal => ("履歴の記録", "steps in the history"),
            Self::Api => {
                ("介護ソフトからの呼び出し（API）を断る理由", "refusals of the API of the page")
            }
        };
        lang.pick(ja, en)
    }
}

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The office whose renkei shows the code.
    Here,
    /// The other office.
    Partner,
    /// Both offices together.
    Both,
    /// The office that sends the package.
    Sender,
    /// The office that the package is for.
    Recipient,
    /// Nobody: it is done.
    Nobody,
    /// Nobody as long as it passes: it goes on by itself.
    Time,
    /// Those who make the software.
    Maker,
}

impl Actor {
    /// What the actor is called.
    pub const fn text(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Here => ("表示した側の事業所", "the office whose renkei shows it"),
            Self::Partner => ("相手の事業所", "the partner"),
            Self::Both => ("双方の事業所", "both offices"),
            Self::Sender => ("送信する側の事業所", "the sending office"),
            Self::Recipient => ("受信する側の事業所", "the receiving office"),
            Self::Nobody => ("対応は不要です", "nobody"),
            Self::Time => {
                ("まずは待ちます（自動で続きます）", "nobody at first: it goes on by itself")
            }
            Self::Maker => ("ソフトウェアの開発元", "the makers of the software"),
        };
        lang.pick(ja, en)
    }
}

/// A code with what a person has to know of it.
#[derive(Debug, Clone, Copy)]
pub struct CodeInfo {
    /// The code: lower case, with hyphens.
    pub code: &'static str,
    /// Where it is met.
    pub areas: &'static [Area],
    /// Who has to act.
    pub actor: Actor,
    meaning: (&'static str, &'static str),
    to_do: (&'static str, &'static str),
}

impl CodeInfo {
    /// What it means: short, to stand in brackets or in a table.
    pub const fn meaning(&self, lang: Lang) -> &'static str {
        lang.pick(self.meaning.0, self.meaning.1)
    }

    /// What to do.
    pub const fn to_do(&self, lang: Lang) -> &'static str {
        lang.pick(self.to_do.0, self.to_do.1)
    }

    /// Whether it is met there.
    pub fn is_in(&self, area: Area) -> bool {
        self.areas.contains(&area)
    }
}

/// What is known of a code. Of one that carries another behind a colon, as
/// `peer-refuses:certificate-unknown`, the first.
pub fn find(code: &str) -> Option<&'static CodeInfo> {
    let first = code.split(':').next().unwrap_or_default();
    TABLE.iter().find(|info| info.code == first)
}

/// The codes of an area.
pub fn of(area: Area) -> impl Iterator<Item = &'static CodeInfo> {
    TABLE.iter().filter(move |info| info.is_in(area))
}

/// What a code means, with that which stands behind its colon; nothing for one that is not in the
/// table, such as that of a rule.
pub fn meaning(code: &str, lang: Lang) -> Option<String> {
    let mut text = find(code)?.meaning(lang).to_owned();
    if let Some(second) = code.split_once(':').and_then(|(_, second)| find(second)) {
        let second = second.meaning(lang);
        // Writing into a String cannot fail.
        let _ = match lang {
            Lang::Ja => write!(text, "（{second}）"),
            Lang::En => write!(text, ": {second}"),
        };
    }
    Some(text)
}

/// The codes that a misspelt one most resembles, the nearest first.
pub fn nearest(code: &str) -> Vec<&'static str> {
    super::nearest::nearest(&code.to_lowercase(), TABLE.iter().map(|info| info.code))
}

/// The page `spec/CODES.md`.
pub fn markdown() -> String {
    let mut page = String::from(
        "# コードの一覧 / Codes\n\n\
         この文書はコードの表（`src/types/code/table.rs`）から作られます。`renkei dev codes-md` で更新してください。\n\
         Made from the table of codes; refresh with `renkei dev codes-md`.\n\n\
         `renkei status`・`renkei history`・ログ・保留フォルダーの報告に出るコードです。`renkei explain コード` で同じ説明を表示します。\
         検査の規則（L1-…）は [RULES.md](RULES.md) にあります。コードは変わらず、使い回されません。\n\
         These codes stand in `renkei status`, `renkei history`, the log and the reports of the hold folder; \
         `renkei explain CODE` says the same. Rules (L1-…) are in [RULES.md](RULES.md). Codes are stable and never used again.\n",
    );
    for area in Area::ALL {
        let _ = write!(page, "\n## {} / {}\n", area.title(Lang::Ja), area.title(Lang::En));
        // Each code stands once, where it is met first.
        for info in TABLE.iter().filter(|info| first_area(info) == area) {
            let CodeInfo { code, actor, meaning, to_do, .. } = info;
            let also: Vec<_> = info.areas.iter().filter(|other| **other != area).collect();
            let _ = write!(
                page,
                "\n### {code}\n\n{}\n{}\n\n* だれが / who: {} / {}\n* {}\n* {}\n",
                meaning.0,
                meaning.1,
                actor.text(Lang::Ja),
                actor.text(Lang::En),
                to_do.0,
                to_do.1,
            );
            if let Some(refusal) = RefusalCode::find(code) {
                let (status, retry, scope) = (refusal.status(), refusal.retry(), refusal.scope());
                let _ = writeln!(
                    page,
                    "* HTTP: {} {}, retry {retry}, scope {scope}",
                    status.code(),
                    status.title()
                );
            }
            if !also.is_empty() {
                let titles = |lang| {
                    let titles: Vec<_> = also.iter().map(|area| area.title(lang)).collect();
                    titles.join(lang.pick("、", ", "))
                };
                let _ =
                    writeln!(page, "* ほか / also: {} / {}", titles(Lang::Ja), titles(Lang::En));
            }
        }
    }
    page
}

fn first_area(info: &CodeInfo) -> Area {
    Area::ALL.into_iter().find(|area| info.is_in(*area)).unwrap_or(Area::Journal)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_stands_once_and_says_everything_in_both_languages() {
        let mut seen = BTreeSet::new();
        for info in TABLE {
            let code = info.code;
            assert!(seen.insert(code), "{code} stands twice");
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(code.chars().all(is_plain) && !code.is_empty(), "{code}");
            assert!(!info.areas.is_empty(), "{code} is met nowhere");
            for (ja, en) in [info.meaning, info.to_do] {
                assert!(!ja.is_ascii() && en.is_ascii() && !en.is_empty(), "{code}: {ja} {en}");
            }
            assert!(info.to_do.0.ends_with('。'), "{code}: {}", info.to_do.0);
            assert!(!info.meaning.0.ends_with('。'), "{code}: {}", info.meaning.0);
        }
    }

    #[test]
    fn what_is_met_as_a_refusal_has_a_status_and_a_text_for_the_peer() {
        for info in TABLE {
            let areas = [Area::Refusal, Area::OfPackage, Area::Api];
            let is_met = areas.iter().any(|area| info.is_in(*area));
            let refusal = RefusalCode::find(info.code);
            assert_eq!(refusal.is_some(), is_met, "{}", info.code);
            let Some(text) = refusal.map(RefusalCode::text) else { continue };
            assert!(text.is_ascii() && text.ends_with('.'), "{}: {text}", info.code);
        }
    }

    #[test]
    fn a_code_behind_another_is_told_too() {
        let told = meaning("peer-refuses:certificate-unknown", Lang::En).expect("known");
        assert!(told.contains("does not take it") && told.contains("registered"), "{told}");
        assert_eq!(meaning("L2-FMT-003", Lang::Ja), None);
        assert_eq!(nearest("peer-unreachible").first(), Some(&"peer-unreachable"));
    }
}
