//! `[backup]`

use std::path::{Path, PathBuf};

use jiff::civil::Time;

use super::folders;
use super::units;
use crate::types::settings::Section;

/// When a backup is made: at noon the computer of an office is on.
const DAILY_AT: Time = Time::constant(12, 30, 0, 0);

/// How many generations are kept.
const KEEP: [u32; 3] = [7, 4, 12];

/// The most of them.
const MOST_KEPT: u32 = 1_000;

/// `[backup]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The folder that the backups are put into. It is never made: one that is missing is a disk that is
    /// not connected.
    pub folder: PathBuf,
    /// A file whose one line is the passphrase that locks them.
    pub passphrase_file: PathBuf,
    /// When one is made, each day.
    pub daily_at: Time,
    /// Of how many days, weeks and months the last one is kept.
    pub keep: Generations,
    /// Whether keys and passwords are in them.
    pub keys: bool,
}

/// Of how many days, weeks and months the last backup is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generations {
    /// Days, at least one.
    pub daily: u32,
    /// Weeks, from Monday to Sunday.
    pub weekly: u32,
    /// Months.
    pub monthly: u32,
}

/// `others` are the folders of offices and of the store, in which a backup must not lie: it would be
/// taken for something to send, or become a part of itself.
pub(super) fn backup<'a>(
    mut table: Section<'_, '_>,
    mut others: impl Iterator<Item = &'a Path>,
) -> Option<Backup> {
    let span = table.span();
    let folder = table.required("folder", Section::path);
    let passphrase_file = table.required("passphrase_file", Section::path);
    let (ja, en) = ("時刻（例 12:30）", "a time of day, such as 12:30");
    let daily_at = table.parsed("daily_at", units::time, ja, en).unwrap_or(DAILY_AT);
    let [daily, weekly, monthly] = KEEP;
    let keep = Generations {
        daily: table.number("keep_daily", 1, MOST_KEPT).unwrap_or(daily),
        weekly: table.number("keep_weekly", 0, MOST_KEPT).unwrap_or(weekly),
        monthly: table.number("keep_monthly", 0, MOST_KEPT).unwrap_or(monthly),
    };
    let keys = table.boolean("keys").unwrap_or(false);
    if folder.as_ref().is_some_and(|folder| others.any(|other| folders::is_within(folder, other))) {
        let ja = "データフォルダーと、事業所のフォルダー（drop、import など）の中は使えません。別のディスクや共有フォルダーを書いてください。";
        let en = "must not lie in the data folder or in a folder of an office; name another disk or a network share";
        table.report(&span, "folder", ja, en);
    }
    table.finish();
    Some(Backup { folder: folder?, passphrase_file: passphrase_file?, daily_at, keep, keys })
}
