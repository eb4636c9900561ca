//! What a person is told of files that are not taken.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::SignedDuration;

use super::DownloadFolder;
use super::groups::Groups;
use super::survey::Found;
use crate::node::context::Context;
use crate::types::code;

/// What lies there for longer is told no more: whoever left it there has seen it.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Senders that are named.
const MOST_NAMED: usize = 5;

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
        let foreign = groups.foreign.iter().filter(is_new).count();
        self.stands(code::DOWNLOAD_NOT_FOR_US, foreign, || (
            format!("ダウンロードのフォルダーに、事業所 {office} あてではないケアプランデータが {foreign} 個あります。取り込んでいません。間違えてダウンロードしたものなら、削除してください。"),
            format!("{foreign} files with care-plan data that are not for the office {office} lie in the downloads folder; they are not imported. Remove what was downloaded by mistake"),
        ));
        let strangers: Vec<_> = groups.strangers.iter().filter(is_new).collect();
        let senders: BTreeSet<_> =
            strangers.iter().map(|file| file.name.sender.to_string()).collect();
        let senders: Vec<String> = senders.into_iter().take(MOST_NAMED).collect();
        self.stands(code::DOWNLOAD_UNKNOWN_SENDER, strangers.len(), || (
            format!("ダウンロードのフォルダーに、登録していない相手（{}）から事業所 {office} あてのケアプランデータがあります。取り込んでいません。相手が正しければ、設定ファイルに [[peer]] と channel = \"web\" を書いて登録してください。登録すると自動で取り込みます。", senders.join("、")),
            format!("care-plan data for the office {office} from senders that are no partners ({}) lies in the downloads folder; it is not imported. Register them as [[peer]] with channel = \"web\", and it is imported by itself", senders.join(", ")),
        ));
        self.stands(code::DOWNLOAD_NOT_TAKEN, odd, || (
            format!("事業所 {office} のダウンロードのフォルダーに、読み取れないケアプランデータ（ZIP またはファイル）が {odd} 個あります。パスワードが付いていないか、大きすぎないかを確かめて、もう一度ダウンロードしてください。"),
            format!("{odd} ZIPs or files with care-plan data in the downloads folder of the office {office} cannot be read; see that they have no password and are not too large, and download them again"),
        ));
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
