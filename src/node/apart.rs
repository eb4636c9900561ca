//! Whether folders that must be apart are apart on the disk, whatever their paths say: behind `..`,
//! links and bind mounts two paths can be one folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::problems::Problems;
use crate::config::Config;
use crate::folder::FolderId;
use crate::types::code;

/// What a folder is for, as far as others must keep away from it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Data,
    Drop,
    Work,
    Import,
    /// Hold and sent.
    Kept,
}

struct Named {
    /// The key of the configuration, with its office.
    key: String,
    usage: Use,
    real: PathBuf,
    /// Of the folder, where it is there.
    id: Option<FolderId>,
    /// Of those that it is in.
    above: Vec<FolderId>,
}

impl Named {
    /// Also of a folder that is yet to be made; `None` where no path is known.
    fn of(key: String, usage: Use, path: &Path) -> Option<Self> {
        if path.as_os_str().is_empty() {
            return None;
        }
        let path = std::path::absolute(path).ok()?;
        // The nearest one that is there, and what is still to be made in it.
        let (standing, rest) = path.ancestors().find_map(|above| {
            Some((fs::canonicalize(above).ok()?, path.strip_prefix(above).ok()?))
        })?;
        let is_there = rest.as_os_str().is_empty();
        // Folders above may be closed to this account.
        let mut ids = standing.ancestors().map(FolderId::of).map_while(Result::ok);
        let id = if is_there { Some(ids.next()?) } else { None };
        let real = if is_there { standing.clone() } else { standing.join(rest) };
        Some(Self { key, usage, real, id, above: ids.collect() })
    }

    fn is_same(&self, other: &Self) -> bool {
        self.real == other.real || (self.id.is_some() && self.id == other.id)
    }

    fn is_inside(&self, other: &Self) -> bool {
        let by_id = other.id.as_ref().is_some_and(|outer| self.above.contains(outer));
        by_id || (self.real != other.real && self.real.starts_with(&other.real))
    }
}

/// Reports folders that are one, or one in the other, where a file put into one would turn up in the
/// other.
pub(super) fn check(config: &Config, problems: &mut Problems) {
    let mut folders = Vec::new();
    folders.extend(Named::of("node.data".to_owned(), Use::Data, &config.node.data));
    for office in &config.offices {
        let key = |key: &str| format!("office {} {key}", office.number);
        folders.extend(Named::of(key("drop"), Use::Drop, &office.drop));
        folders.extend(Named::of(key("work"), Use::Work, &office.work));
        folders.extend(Named::of(key("import"), Use::Import, &office.import));
        if office.import_actuals != office.import {
            let key = key("import_actuals");
            folders.extend(Named::of(key, Use::Import, &office.import_actuals));
        }
        folders.extend(Named::of(key("hold"), Use::Kept, &office.hold));
        let sent = office.sent.as_deref();
        folders.extend(sent.and_then(|sent| Named::of(key("sent"), Use::Kept, sent)));
    }
    for (place, second) in folders.iter().enumerate() {
        for first in folders.iter().take(place) {
            let alone = |usage| matches!(usage, Use::Data | Use::Drop | Use::Work);
            if first.is_same(second) {
                let mixed = first.usage != second.usage;
                if mixed || alone(first.usage) || alone(second.usage) {
                    tell_same(first, second, problems);
                }
            } else if harms_inside(second.usage, first.usage) && second.is_inside(first) {
                tell_inside(second, first, problems);
            } else if harms_inside(first.usage, second.usage) && first.is_inside(second) {
                tell_inside(first, second, problems);
            }
        }
    }
}

/// Whether a folder for `inner` must not be inside one for `outer`: what the care software looks
/// into, or the node empties, is no place for it.
const fn harms_inside(inner: Use, outer: Use) -> bool {
    match outer {
        Use::Drop => matches!(inner, Use::Data | Use::Import | Use::Kept | Use::Drop),
        Use::Import => matches!(inner, Use::Data | Use::Drop | Use::Kept),
        Use::Work => !matches!(inner, Use::Work),
        Use::Data | Use::Kept => false,
    }
}

fn tell_same(first: &Named, second: &Named, problems: &mut Problems) {
    let other = &first.key;
    problems.add(
        code::FOLDERS_NOT_APART,
        &second.key,
        format!("「{other}」と同じフォルダーです（.. やリンクなどで、書き方が違っても同じ場所を指しています）。別のフォルダーを指定してください。"),
        format!("is the same folder as {other} (by .., a link or a mount); name another folder"),
    );
}

fn tell_inside(inner: &Named, outer: &Named, problems: &mut Problems) {
    let other = &outer.key;
    problems.add(
        code::FOLDERS_NOT_APART,
        &inner.key,
        format!("「{other}」のフォルダーの中にあります。その外のフォルダーを指定してください。"),
        format!("lies inside the folder of {other}; name a folder outside it"),
    );
}
