//! Words of the node that commands and the page use too.

use crate::config::Way;
use crate::types::{Lang, ServiceMonth};

/// How what is sent to a partner gets there, in words.
pub fn way_in_words(way: &Way, lang: Lang) -> String {
    match (way, lang) {
        (Way::Direct { url, relay: None }, Lang::Ja) => format!("直接（{url}）"),
        (Way::Direct { url, relay: None }, Lang::En) => format!("directly ({url})"),
        (Way::Direct { url, relay: Some(relay) }, Lang::Ja) => {
            format!("直接（{url}）、つながらなければ中継サーバー（{relay}）")
        }
        (Way::Direct { url, relay: Some(relay) }, Lang::En) => {
            format!("directly ({url}), else by the relay ({relay})")
        }
        (Way::Relay(relay), Lang::Ja) => format!("中継サーバー（{relay}）"),
        (Way::Relay(relay), Lang::En) => format!("by the relay ({relay})"),
        (Way::Collect, Lang::Ja) => "相手が取りに来る".to_owned(),
        (Way::Collect, Lang::En) => "the partner collects it".to_owned(),
        (Way::None, Lang::Ja) => "届け方なし".to_owned(),
        (Way::None, Lang::En) => "no way".to_owned(),
    }
}

/// Months as people write them.
pub(super) fn months(months: &[ServiceMonth], lang: Lang) -> String {
    let month = |month: &ServiceMonth| {
        let text = month.to_string();
        match (text.split_at_checked(4), lang) {
            (Some((year, month)), Lang::Ja) => {
                format!("{year}年{}月", month.trim_start_matches('0'))
            }
            (Some((year, month)), Lang::En) => format!("{year}-{month}"),
            (None, _) => text,
        }
    };
    months.iter().map(month).collect::<Vec<_>>().join(lang.pick("、", ", "))
}
