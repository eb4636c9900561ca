//! What lies beside files in the hold folder, in words.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::super::clock::local_time;
use super::super::note::Note;
use crate::folder::ShownName;
use crate::package::Receipt;
use crate::types::{FileSerial, Lang, MessageId, OfficeNumber, code};

/// Which unit a note is about.
#[derive(Clone, Copy)]
pub(super) struct About {
    pub(super) partner: OfficeNumber,
    pub(super) serial: FileSerial,
    pub(super) lang: Lang,
}

/// No receipt came in time. `why` is what kept the last attempts from success, and since when.
pub(super) fn given_up(about: About, why: Option<&(String, Timestamp)>) -> Note {
    let About { partner, serial, lang } = about;
    let why = why.map(|(reason, since)| why_given_up(reason, *since, lang)).unwrap_or_default();
    let text = match lang {
        Lang::Ja => format!(
            "送信を取りやめました。\r\n\
             [expired] 相手の事業所 {partner} から期限までに受領の通知がなかったため、連番 {serial} の送信を取りやめました。\r\n\
             {why}\
             ファイルは相手に届いていないと考えられます。このフォルダーにあるのは、送ろうとしたファイルです。\r\n\
             相手のパソコンが動いているか、接続先の設定が正しいかを相手と確かめてから、介護ソフトでもう一度出力してください。\r\n"
        ),
        Lang::En => format!(
            "Given up.\r\n\
             [expired] No receipt came from {partner} in time, so file serial {serial} was given up.\r\n\
             {why}\
             The files have most likely not arrived. This folder holds the files that were to be sent.\r\n\
             Make sure with the partner that its node runs and can be reached, then export the files from the care software again.\r\n"
        ),
    };
    Note::new(&text, lang)
}

/// The partner will never take the package `id` as it is; until `expires_at` it may be asked again.
pub(super) fn refused_for_good(
    about: About,
    id: MessageId,
    expires_at: Timestamp,
    why: Option<&(String, Timestamp)>,
) -> Note {
    let About { partner, serial, lang } = about;
    let why = why.map(|(reason, since)| why_given_up(reason, *since, lang)).unwrap_or_default();
    let until = local_time(expires_at);
    let text = match lang {
        Lang::Ja => format!(
            "相手が受け付けないため、送信を止めています。\r\n\
             [refused-for-good] 相手の事業所 {partner} の renkei が、連番 {serial} を受け付けませんでした。このまま送り直しても受け付けられないため、自動では送り直しません。\r\n\
             {why}\
             ファイルは相手に届いていません。このフォルダーにあるのは、送ろうとしたファイルです。\r\n\
             相手の側で直ったときは、{until} までは renkei retry {id} で、そのまま送り直せます。そうでなければ、原因を直してから、介護ソフトでもう一度出力してください。\r\n"
        ),
        Lang::En => format!(
            "Stopped, because the partner does not accept it.\r\n\
             [refused-for-good] {partner} did not accept file serial {serial} and never will as it is, so it is not sent again by itself.\r\n\
             {why}\
             The files have not arrived. This folder holds the files that were to be sent.\r\n\
             When the partner has mended it, renkei retry {id} sends them again as they are, until {until}. Otherwise mend what is wrong and export the files from the care software again.\r\n"
        ),
    };
    Note::new(&text, lang)
}

fn why_given_up(reason: &str, since: Timestamp, lang: Lang) -> String {
    let since = local_time(since);
    let words = code::meaning(reason, lang).unwrap_or_default();
    // What stands behind a colon tells more of what to do.
    let last = reason.split(':').filter_map(code::find).next_back();
    let to_do = last.map(|info| info.to_do(lang)).unwrap_or_default();
    match lang {
        Lang::Ja => format!("最後の理由（{since} から）: {words} [{reason}]\r\n{to_do}\r\n"),
        Lang::En => format!("The last reason (since {since}): {words} [{reason}]\r\n{to_do}\r\n"),
    }
}

/// The partner signed for the files after they were refused or given up.
pub(super) fn arrived_late(about: About) -> Note {
    let About { partner, serial, lang } = about;
    let text = match lang {
        Lang::Ja => format!(
            "届いています。\r\n\
             [arrived-late] 送信を止めた連番 {serial} は、その後、相手の事業所 {partner} から受領の通知が届きました。\r\n\
             ファイルは相手に届いています。もう一度送る必要はありません。このフォルダーは削除してかまいません。\r\n"
        ),
        Lang::En => format!(
            "Arrived.\r\n\
             [arrived-late] File serial {serial} was stopped or given up, but {partner} has signed since that it has the files.\r\n\
             They need not be sent again. This folder may be deleted.\r\n"
        ),
    };
    Note::new(&text, lang)
}

/// The partner refused the files.
pub(super) fn rejected(about: About, receipt: Option<&Receipt>) -> Note {
    let About { partner, serial, lang } = about;
    let findings = receipt.map(|receipt| receipt.findings.as_slice()).unwrap_or_default();
    let is_dismissed = findings.iter().any(|finding| finding.rule == code::DISMISSED_BY_RECIPIENT);
    let to_do = match (lang, is_dismissed) {
        (Lang::Ja, true) => {
            "相手の担当者が、受け取らないと決めました。理由を相手に電話で確かめてください。"
        }
        (Lang::Ja, false) => "下の指摘を確かめ、介護ソフトで直してからもう一度出力してください。",
        (Lang::En, true) => {
            "A person there decided not to take them. Ask the partner by telephone why."
        }
        (Lang::En, false) => {
            "See the findings below, mend them in the care software and export again."
        }
    };
    let mut text = match lang {
        Lang::Ja => format!(
            "相手は取り込んでいません。\r\n\
             [rejected] 相手の事業所 {partner} が、連番 {serial} の受け取りを拒否しました。ファイルは相手に取り込まれていません。\r\n\
             このフォルダーにあるのは、送ったファイルです。{to_do}\r\n"
        ),
        Lang::En => format!(
            "Not imported by the partner.\r\n\
             [rejected] {partner} refused file serial {serial}. The files were not imported there.\r\n\
             This folder holds the files that were sent. {to_do}\r\n"
        ),
    };
    for finding in findings {
        let file = finding.file.as_deref().map(|name| ShownName::of(name).text(lang));
        let line = finding.line.map(|line| line.to_string());
        // The partner wrote its text in English; of a code that is known there are words.
        let message = code::meaning(&finding.rule, lang).unwrap_or_else(|| finding.message.clone());
        let parts = [Some(finding.rule.clone()), file, line, Some(message)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let _ = write!(text, "- {}\r\n", parts.join(" "));
    }
    Note::new(&text, lang)
}

/// Files were written to after they were packed; `signed` is what the partner gets of each.
pub(super) fn changed(about: About, signed: &[(String, u64)]) -> Note {
    let About { partner, serial, lang } = about;
    let mut text = match lang {
        Lang::Ja => format!(
            "送ったのは書き換え前の内容です。\r\n\
             [changed-after-packing] 連番 {serial} のファイルは、送信の準備が終わった後に書き換えられました。\r\n\
             相手の事業所 {partner} に送るのは書き換え前の内容です。このフォルダーにあるのは書き換え後のファイルです。\r\n\
             不足があるときは、介護ソフトでもう一度出力してください。出力が終わるまでファイルを閉じないソフトでは、timing.settle を長くしてください。\r\n"
        ),
        Lang::En => format!(
            "Sent as it was before it was changed.\r\n\
             [changed-after-packing] Files of file serial {serial} were changed after they were packed.\r\n\
             {partner} gets what they were before; this folder holds what they are now.\r\n\
             If something is missing, export again from the care software. If that pauses while it writes, make timing.settle longer.\r\n"
        ),
    };
    for (name, size) in signed {
        let name = ShownName::of(name).text(lang);
        let _ = match lang {
            Lang::Ja => write!(text, "- {name}: 相手に送るのは {size} バイトです。\r\n"),
            Lang::En => {
                write!(text, "- {name}: the partner gets the {size} bytes that were signed.\r\n")
            }
        };
    }
    Note::new(&text, lang)
}

/// What lies beside files that could not be given back to the drop folder.
pub(super) fn returned(lang: Lang) -> Note {
    let text = lang.pick(
        "送っていません。\r\n\
         処理を中断したファイルを送信用フォルダーに戻そうとしましたが、同じ名前の新しいファイルがありました。\r\n\
         新しいファイルはそのまま処理されます。このフォルダーの古いファイルが必要かどうか確かめてください。\r\n",
        "Not sent.\r\n\
         Work on these files was interrupted, and newer files of the same names are in the drop folder.\r\n\
         The newer ones are processed. Please check whether the older ones here are still needed.\r\n",
    );
    Note::new(text, lang)
}
