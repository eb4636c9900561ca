//! What a person is told of files that are not taken.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::SignedDuration;

use super::DownloadFolder;
use super::groups::{Groups, Key};
use super::survey::Found;
use crate::node::context::Context;
use crate::types::{Lang, code};

/// What lies there for longer is told no more: whoever left it there has seen it.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Senders and files that are named.
const MOST_NAMED: usize = 3;

pub(super) struct Told {
    context: Arc<Context>,
    folder: DownloadFolder,
}

impl Told {
    pub(super) fn new(context: &Arc<Context>, folder: &DownloadFolder) -> Self {
        Self { context: Arc::clone(context), folder: folder.clone() }
    }

    /// Tells what is not taken, until it is gone from the folder or old.
    pub(super) fn tell(&self, groups: &Groups, odd: usize) {
        let since = self.context.now().checked_sub(TOLD_FOR).map(SystemTime::from);
        let is_new = |file: &&Found| match (file.came_at, &since) {
            (Some(came), Ok(since)) => came >= *since,
            _ => true,
        };
        let office = self.folder.office;
        let foreign: Vec<&Found> = groups.foreign.iter().filter(is_new).collect();
        self.stands(code::DOWNLOAD_NOT_FOR_US, foreign.len(), || (
            format!("事業所 {office} あてではないため、取り込んでいません。間違えてダウンロードしたものなら、ダウンロードのフォルダーから削除してください。ファイル: {}", names(&foreign, Lang::Ja)),
            format!("not for the office {office}, so not imported; remove from the downloads folder what was downloaded by mistake: {}", names(&foreign, Lang::En)),
        ));
        let strangers: Vec<&Found> = groups.strangers.iter().filter(is_new).collect();
        let senders: BTreeSet<_> =
            strangers.iter().map(|file| file.name.sender.to_string()).collect();
        let senders: Vec<String> = senders.into_iter().take(MOST_NAMED).collect();
        self.stands(code::DOWNLOAD_UNKNOWN_SENDER, strangers.len(), || (
            format!("送信元 {} が相手として登録されていないため、事業所 {office} に取り込んでいません。正しい相手なら、IT 担当の方に、WEBサービスの相手（channel = \"web\"）としての登録を頼んでください。登録すると自動で取り込みます。ファイル: {}", senders.join("、"), names(&strangers, Lang::Ja)),
            format!("the sender {} is no partner, so nothing of it is imported for the office {office}; register it as [[peer]] with channel = \"web\", and it is imported by itself: {}", senders.join(", "), names(&strangers, Lang::En)),
        ));
        self.stands(code::DOWNLOAD_NOT_TAKEN, odd, || (
            format!("事業所 {office} のダウンロードのフォルダーに、読み取れないケアプランデータ（ZIP またはファイル）が {odd} 個あります。パスワードが付いていないか、大きすぎないかを確かめて、もう一度ダウンロードしてください。"),
            format!("{odd} ZIPs or files with care-plan data in the downloads folder of the office {office} cannot be read; see that they have no password and are not too large, and download them again"),
        ));
    }

    /// Tells of what cannot be taken for reasons of our own: there is too much, or sets do not get into
    /// the store.
    pub(super) fn tell_left(&self, more: bool, not_stored: &BTreeSet<Key>) {
        let office = self.folder.office;
        self.stands(code::DOWNLOADS_TOO_MANY, usize::from(more), || (
            format!("事業所 {office} のダウンロードのフォルダーに新しいファイルが多すぎて、全部は見られません。取り込みの済んだファイルと、要らない ZIP を、ほかのフォルダーに移すか削除してください。減ると自動で続きを取り込みます。"),
            format!("the downloads folder of the office {office} has more new files than are looked at; move away or delete what was imported and ZIPs that are not needed, and it goes on by itself"),
        ));
        let named = not_stored.iter().take(MOST_NAMED);
        let named: Vec<_> = named.map(|(serial, sender)| format!("{sender} {serial}")).collect();
        self.stands(code::DOWNLOAD_NOT_STORED, not_stored.len(), || (
            format!("事業所 {office} がダウンロードしたデータを保存できません（送信元と連番: {}）。送信元に、介護ソフトからもう一度出力して登録し直すよう頼んでください。", named.join("、")),
            format!("sets that the office {office} downloaded cannot be stored (sender and serial: {}); have the sender export them again and upload them anew", named.join(", ")),
        ));
    }

    /// Tells nothing any more.
    pub(super) fn over(&self) {
        for code in [
            code::DOWNLOAD_NOT_FOR_US,
            code::DOWNLOAD_UNKNOWN_SENDER,
            code::DOWNLOAD_NOT_TAKEN,
            code::DOWNLOADS_TOO_MANY,
            code::DOWNLOAD_NOT_STORED,
        ] {
            self.context.notices.clear(code, &self.folder.about());
        }
    }

    fn stands(&self, code: &'static str, count: usize, texts: impl FnOnce() -> (String, String)) {
        let (notices, about) = (&self.context.notices, self.folder.about());
        if count == 0 {
            notices.clear(code, &about);
        } else {
            notices.raise(code, about, texts(), self.context.now());
        }
    }
}

/// Files by their names of the standard, which say nothing of people; of many the first few.
fn names(files: &[&Found], lang: Lang) -> String {
    let names: BTreeSet<&str> = files.iter().map(|file| file.written.as_str()).collect();
    let more = names.len().saturating_sub(MOST_NAMED);
    let named: Vec<&str> = names.into_iter().take(MOST_NAMED).collect();
    let named = named.join(lang.pick("、", ", "));
    match (more, lang) {
        (0, _) => named,
        (_, Lang::Ja) => format!("{named} ほか {more} 個"),
        (_, Lang::En) => format!("{named} and {more} more"),
    }
}
