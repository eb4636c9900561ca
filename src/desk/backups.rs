//! What is told of the backups that the node makes by itself.

use jiff::Timestamp;

use super::words;
use crate::config::Config;
use crate::node::backup::{OLD, Record};
use crate::types::Lang;

/// How it is with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// None are made.
    Off,
    /// None was made yet.
    None,
    /// The last good one is older than it should be.
    Old(Timestamp),
    /// The last good one.
    Good(Timestamp),
}

/// How it is with the backups of a configuration. Reads a file.
pub fn stand(config: &Config, now: Timestamp) -> Stand {
    if config.backup.is_none() {
        return Stand::Off;
    }
    match Record::read(&config.node.data).last {
        None => Stand::None,
        Some(last) if now.duration_since(last.at) > OLD => Stand::Old(last.at),
        Some(last) => Stand::Good(last.at),
    }
}

impl Stand {
    /// In words.
    pub fn text(self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Off, Lang::Ja) => {
                "自動バックアップは設定されていません（設定の [backup]）。".to_owned()
            }
            (Self::Off, Lang::En) => "no automatic backups are configured ([backup])".to_owned(),
            (Self::None, Lang::Ja) => {
                "自動バックアップは、まだ 1 つも作られていません。".to_owned()
            }
            (Self::None, Lang::En) => "no automatic backup was made yet".to_owned(),
            (Self::Old(at) | Self::Good(at), Lang::Ja) => {
                format!("最後に作れた自動バックアップ: {}", words::time(at))
            }
            (Self::Old(at) | Self::Good(at), Lang::En) => {
                format!("last good automatic backup: {}", words::time(at))
            }
        }
    }
}
