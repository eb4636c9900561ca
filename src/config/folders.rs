//! Which folders must not be the same.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::Office;
use crate::types::settings::Section;

/// A file that is put into one folder must not turn up in another.
pub(super) fn separate(table: &Section<'_, '_>, office: &Office) {
    let drop = &office.drop;
    let others = [
        ("work", Some(&office.work)),
        ("import", Some(&office.import)),
        ("import_actuals", Some(&office.import_actuals)),
        ("hold", Some(&office.hold)),
        ("sent", office.sent.as_ref()),
        ("outbox", Some(&office.outbox)),
        ("downloads", office.downloads.as_ref()),
    ];
    for (key, folder) in others {
        if folder.is_some_and(|folder| is_same(folder, drop)) {
            let ja = "drop と同じフォルダーは使えません。";
            table.report(&table.span(), key, ja, "must not be the drop folder");
        }
    }
}

/// What the node itself puts somewhere is no download.
pub(super) fn downloads_apart(table: &Section<'_, '_>, office: &Office) {
    let Some(downloads) = &office.downloads else { return };
    let own = [&office.work, &office.import, &office.import_actuals, &office.hold, &office.outbox];
    if own.into_iter().chain(&office.sent).any(|own| is_same(own, downloads)) {
        let ja = "renkei が使うフォルダー（work、import、import_actuals、hold、sent、outbox）とは別の、ブラウザーのダウンロード先を書いてください。";
        let en = "must be the folder of the browser, none that renkei itself uses (work, import, import_actuals, hold, sent, outbox)";
        table.report(&table.span(), "downloads", ja, en);
    }
}

/// What lies in the drop or work folder of one office is taken for its own: no other office may use
/// that folder for anything. The other folders may be shared. `spans` are where the offices stand.
pub(super) fn separate_offices(root: &Section<'_, '_>, offices: &[Office], spans: &[Range<usize>]) {
    for (place, (second, span)) in offices.iter().zip(spans).enumerate() {
        let before = offices.iter().take(place);
        for first in before.filter(|first| first.number != second.number) {
            for key in clashes(first, second) {
                let (one, other) = (first.number, second.number);
                let ja = format!(
                    "事業所 {one} と同じフォルダーです。{other} には別のものを書いてください。"
                );
                let en = format!("is a folder of the office {one}; give {other} its own");
                root.report(span, &format!("office.{key}"), &ja, &en);
            }
        }
    }
}

/// The keys of `second` that name a folder which `first` or `second` must have for itself.
fn clashes(first: &Office, second: &Office) -> Vec<&'static str> {
    let own = [first.drop.as_path(), &first.work];
    let all = |office| folders(office).into_iter();
    let clash = |key, folder| {
        let of_first = own.iter().any(|own| is_same(own, folder));
        let of_second =
            ["drop", "work"].contains(&key) && all(first).any(|(_, other)| is_same(other, folder));
        of_first || of_second
    };
    all(second).filter(|(key, folder)| clash(*key, *folder)).map(|(key, _)| key).collect()
}

/// Whether two paths say the same, also with `.` and `..` in them; on Windows letter case makes no
/// difference. What links and mounts make of them shows when the node starts.
fn is_same(left: &Path, right: &Path) -> bool {
    let lower = |path: &Path| PathBuf::from(path.to_string_lossy().to_lowercase());
    let (left, right) = (plain(left), plain(right));
    // In a draft a path that could not be read is empty.
    if left.as_os_str().is_empty() {
        return false;
    }
    left == right || (cfg!(windows) && lower(&left) == lower(&right))
}

/// Whether a folder is another one or lies in it, as far as their paths say it.
pub(super) fn is_within(folder: &Path, other: &Path) -> bool {
    plain(folder).ancestors().any(|above| is_same(above, other))
}

/// The path without `.`, and without `..` behind a name.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        let follows_a_name = matches!(plain.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if follows_a_name => {
                plain.pop();
            }
            Component::Prefix(_)
            | Component::RootDir
            | Component::ParentDir
            | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}

/// The folders of an office with their keys.
pub(super) fn folders(office: &Office) -> Vec<(&'static str, &Path)> {
    let mut folders = vec![
        ("drop", office.drop.as_path()),
        ("work", &office.work),
        ("import", &office.import),
        ("import_actuals", &office.import_actuals),
        ("hold", &office.hold),
    ];
    folders.extend(office.sent.as_deref().map(|sent| ("sent", sent)));
    folders.push(("outbox", &office.outbox));
    folders.extend(office.downloads.as_deref().map(|downloads| ("downloads", downloads)));
    folders
}
