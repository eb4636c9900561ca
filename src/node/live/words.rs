//! What is told of the configuration while a node runs.

use super::super::problems::StartProblems;
use super::source::Faults;
use crate::config::Change;
use crate::control::Answer;
use crate::types::{Lang, code};

/// The most lines of what is wrong that are told at once; mending them shows the others.
const MOST_LINES: usize = 10;

/// The most keys that are named.
const MOST_KEYS: usize = 20;

/// What came of reading the configuration and the certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Found {
    /// The configuration is what it was.
    Same,
    /// These changes were taken up.
    Applied(Vec<Change>),
    /// It is wrong, and the former one stays in force.
    Refused(Faults),
}

impl Faults {
    pub(super) fn of(problems: &StartProblems) -> Self {
        Self { ja: problems.text(Lang::Ja), en: problems.text(Lang::En) }
    }

    fn text(&self, lang: Lang) -> String {
        let text = lang.pick(&self.ja, &self.en);
        let lines: Vec<_> = text.lines().take(MOST_LINES).collect();
        let more = text.lines().count() - lines.len();
        let lines = lines.join("\n");
        match (more, lang) {
            (0, _) => lines,
            (more, Lang::Ja) => format!("{lines}\nほか {more} 行"),
            (more, Lang::En) => format!("{lines}\nand {more} more lines"),
        }
    }

    /// The condition that stands until it is mended.
    pub(super) fn condition(&self) -> (String, String) {
        let (ja, en) = (self.text(Lang::Ja), self.text(Lang::En));
        (
            format!(
                "設定の変更に誤りがあるため、変更前の設定のまま動いています。直して保存すると、自動で反映します。\n{ja}"
            ),
            format!(
                "a change of the configuration is wrong, so the former one stays in force; it is taken up by itself when it is mended\n{en}"
            ),
        )
    }
}

/// The condition that stands as long as changes wait for a restart.
pub(super) fn restart_needed(changes: &[Change]) -> (String, String) {
    let keys = keys(changes);
    (
        format!(
            "次の設定の変更は、renkei を起動し直すと反映されます（それまでは以前の値で動きます）: {}",
            keys.0
        ),
        format!(
            "these changes of the configuration are taken up when the node starts again; until then it goes by the former values: {}",
            keys.1
        ),
    )
}

/// The answer to whoever asked for everything to be read again.
pub(in super::super) fn answer(found: &Found, after_restart: &[Change]) -> Answer {
    let (code, mut ja, mut en) = match found {
        Found::Refused(faults) => {
            let (ja, en) = faults.condition();
            return Answer::refused(code::CONFIGURATION_NOT_APPLIED, ja, en);
        }
        Found::Same => (
            code::RELOADING,
            "設定に変わりはありません。証明書と失効リストを読み直しました。結果はログと renkei status で確かめてください。".to_owned(),
            "the configuration is what it was; certificates and revocation lists were read again, log and renkei status say how it went".to_owned(),
        ),
        Found::Applied(changes) => {
            let keys = keys(changes);
            (
                code::CONFIGURATION_APPLIED,
                format!("設定の変更を反映しました: {}", keys.0),
                format!("taken up: {}", keys.1),
            )
        }
    };
    if !after_restart.is_empty() {
        let (more_ja, more_en) = restart_needed(after_restart);
        ja = format!("{ja}\n{more_ja}");
        en = format!("{en}\n{more_en}");
    }
    Answer::done(code, ja, en)
}

/// The first keys of changes, in Japanese and English.
fn keys(changes: &[Change]) -> (String, String) {
    let keys: Vec<_> = changes.iter().take(MOST_KEYS).map(ToString::to_string).collect();
    match changes.len() - keys.len() {
        0 => (keys.join("、"), keys.join(", ")),
        more => (
            format!("{} ほか {more} 件", keys.join("、")),
            format!("{} and {more} more", keys.join(", ")),
        ),
    }
}
