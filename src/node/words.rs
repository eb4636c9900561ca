//! Words of the node that commands and the page use too.

use crate::config::Way;
use crate::types::{HandChannel, Lang};

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

/// What is to be done about a set that was handed over.
pub const fn handed_already(channel: HandChannel, lang: Lang) -> &'static str {
    match channel {
        HandChannel::Web => lang.pick(
            "WEBサービスに登録済みと記録されているため、renkei からは取り戻せません。WEBサービスの送信履歴で同じ連番のものを取り消してください。取り消せないときは、相手に電話で伝え、介護ソフトから正しいもの（または削除のデータ）を出力し直して送ってください。まだ登録していないときは、画面の「アップロード待ち」か、このデータのページの「元に戻す」で記録を取り消せます。",
            "it was noted as uploaded, so it cannot be taken back from here. Cancel what has the same file serial in the WEB service. Where that cannot be, ring up the partner, and export the right set or a withdrawal and send that. If it was not uploaded, put it back: on the page To hand over, or on its own page",
        ),
        HandChannel::Paper => lang.pick(
            "紙で送付済みと記録されているため、renkei からは取り戻せません。相手に電話で伝え、届いた紙を破棄するよう頼んで、正しいものを送ってください。まだ送っていないときは、画面の「アップロード待ち」か、このデータのページの「元に戻す」で記録を取り消せます。",
            "it was noted as sent on paper, so it cannot be taken back from here. Ring up the partner, have the paper destroyed, and send the right one. If it was not sent, put it back: on the page To hand over, or on its own page",
        ),
    }
}
