//! What a person is told of files that are not taken.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::DownloadFolder;
use super::groups::{Groups, Key};
use super::survey::Found;
use crate::folder::ShownName;
use crate::node::clock::local_time;
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
            format!("事業所 {office} あてではないため、取り込んでいません。間違えてダウンロードしたものなら、ダウンロードのフォルダーから削除してください（ZIP の中のものは、ZIP ごと）。ファイル: {}", names(&foreign, Lang::Ja)),
            format!("not for the office {office}, so not imported; remove from the downloads folder what was downloaded by mistake (the whole ZIP, if it is in one): {}", names(&foreign, Lang::En)),
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
            format!("事業所 {office} のダウンロードのフォルダーに、読み取れないケアプランデータ（ZIP またはファイル）が {odd} 個あります。途中で切れていないか、パスワードが付いていないか、大きすぎないか、名前に見えない文字がないかを確かめて、もう一度ダウンロードしてください。"),
            format!("{odd} ZIPs or files with care-plan data in the downloads folder of the office {office} cannot be read; see that they were not cut off, have no password, are not too large and have no invisible characters in their names, and download them again"),
        ));
    }

    /// Tells of what cannot be taken for reasons of our own: there is too much, or sets do not get into
    /// the store.
    pub(super) fn tell_left<'k>(
        &self,
        more: bool,
        not_stored: impl ExactSizeIterator<Item = &'k Key>,
    ) {
        let office = self.folder.office;
        self.stands(code::DOWNLOADS_TOO_MANY, usize::from(more), || (
            format!("事業所 {office} のダウンロードのフォルダーに新しいファイルが多すぎて、全部は見られません。取り込みの済んだファイルと、要らない ZIP を、ほかのフォルダーに移すか削除してください。減ると自動で続きを取り込みます。"),
            format!("the downloads folder of the office {office} has more new files than are looked at; move away or delete what was imported and ZIPs that are not needed, and it goes on by itself"),
        ));
        let count = not_stored.len();
        let named = not_stored.take(MOST_NAMED);
        let named: Vec<_> = named.map(|(serial, sender)| format!("{sender} {serial}")).collect();
        self.stands(code::DOWNLOAD_NOT_STORED, count, || (
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

/// Files by their names of the standard, which say nothing of people; of many the first few. Of one in a
/// ZIP also which ZIP it is: that lies in the folder.
fn names(files: &[&Found], lang: Lang) -> String {
    let names: BTreeSet<String> = files.iter().map(|file| name(file, lang)).collect();
    let more = names.len().saturating_sub(MOST_NAMED);
    let named: Vec<String> = names.into_iter().take(MOST_NAMED).collect();
    let named = named.join(lang.pick("、", ", "));
    match (more, lang) {
        (0, _) => named,
        (_, Lang::Ja) => format!("{named} ほか {more} 個"),
        (_, Lang::En) => format!("{named} and {more} more"),
    }
}

fn name(file: &Found, lang: Lang) -> String {
    let written = &file.written;
    if file.label.is_none() {
        return written.clone();
    }
    let zip = ShownName::of(file.file.name()).text(lang);
    let came = file.came_at.and_then(|came| Timestamp::try_from(came).ok()).map(local_time);
    let came = came.unwrap_or_default();
    match lang {
        Lang::Ja => format!("{written}（{came} にダウンロードした ZIP {zip} の中）"),
        Lang::En => format!("{written} (in the ZIP {zip}, downloaded {came})"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::SystemTime;

    use super::*;
    use crate::folder::{Downloads, Meant};
    use crate::types::Digest;

    /// Who is to remove a file has to find it, and what people call a ZIP is not told.
    #[test]
    fn of_a_file_in_a_zip_the_zip_is_told() {
        const NAME: &str = "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.CSV";
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("山田太郎.zip"), "PK").expect("written");
        let downloads = Downloads::new(folder.path().to_owned());
        let file = downloads.scan(SystemTime::UNIX_EPOCH).expect("scanned").files.remove(0);
        let Some(Meant::Standard(parsed, written)) = Meant::of(NAME) else { panic!("standard") };
        let came_at = Some(SystemTime::UNIX_EPOCH);
        let (size, sha256) = (1, Digest::of(b"1"));
        let mut found = Found { name: parsed, written, size, sha256, came_at, file, label: None };
        assert_eq!(names(&[&found], Lang::Ja), NAME);
        found.label = Some(format!("!/{NAME}"));
        for lang in [Lang::Ja, Lang::En] {
            let told = names(&[&found], lang);
            assert!(told.starts_with(NAME) && told.contains(".zip"), "{told}");
            assert!(told.contains("1970-01-01") && !told.contains("山田"), "{told}");
        }
    }
}
