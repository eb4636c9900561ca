//! What waits for a partner, in words: why it is not there, and what happens next.

use jiff::Timestamp;

use super::words;
use crate::config::{Config, Way};
use crate::store::Waiting;
use crate::types::{Lang, OfficeNumber, code};

/// Whether a partner comes for what is sent to it: nothing is tried from here.
pub fn comes_for_it(partner: OfficeNumber, config: &Config) -> bool {
    config.peer(partner).is_some_and(|peer| config.way(peer) == Way::Collect)
}

/// Why nothing gets there, and what is to be done.
pub fn why(pair: &Waiting, lang: Lang) -> Vec<String> {
    let mut lines = words::reasons(&pair.reason, lang);
    let last = pair.reason.rsplit(':').next().and_then(code::find);
    lines.extend(last.map(|info| info.to_do(lang).to_owned()));
    lines
}

/// What happens next.
pub fn next(pair: &Waiting, comes_for_it: bool, now: Timestamp, lang: Lang) -> String {
    if comes_for_it {
        return lang
            .pick(
                "相手の renkei が取りに来たときに届きます（こちらからは送りません）",
                "it gets there when the partner's renkei comes for it; nothing is tried from here",
            )
            .to_owned();
    }
    let at = if pair.next_at <= now {
        lang.pick("まもなく", "soon").to_owned()
    } else {
        words::time(pair.next_at)
    };
    match lang {
        Lang::Ja => format!("次の送信: {at}"),
        Lang::En => format!("next attempt: {at}"),
    }
}
