//! Whether there is room on the disks.

use std::path::Path;

use super::line::{Grade, Line, Topic};
use crate::config::Config;
use crate::disk;
use crate::folder::look_for_one_volume;
use crate::types::{Lang, io_text};

/// So many of the largest packages should find room.
const PACKAGES: u64 = 8;

/// The free space under the data folder, and under the folders of offices that are on other volumes.
/// Asks the disk.
pub(super) fn lines(config: &Config) -> Vec<Line> {
    let package = config.limits.package_size;
    let data = config.node.data.as_path();
    let mut lines = Vec::new();
    lines.extend(line("node.data", data, package));
    for office in &config.offices {
        for (key, path) in
            [("drop", &office.drop), ("import", &office.import), ("hold", &office.hold)]
        {
            if !data.as_os_str().is_empty() && look_for_one_volume(data, path).is_err() {
                lines.extend(line(&format!("office {} {key}", office.number), path, package));
            }
        }
    }
    lines
}

/// Nothing where the path could not be read: that is told elsewhere.
pub(super) fn line(about: &str, path: &Path, package: u64) -> Option<Line> {
    if path.as_os_str().is_empty() {
        return None;
    }
    let shown = path.display();
    let unknown = |why: &dyn Fn(Lang) -> String| {
        let line = Line::fine(
            Topic::Space,
            about,
            format!("{shown} の空きが分かりません: {}。", why(Lang::Ja)),
            format!("the free space of {shown} is not known: {}", why(Lang::En)),
        );
        Some(line.grade(Grade::Look))
    };
    let available = match disk::free(path) {
        Ok(Some(available)) => available,
        Ok(None) => {
            let why = ("ディスクが大きさを答えません", "the disk does not tell its size");
            return unknown(&|lang| lang.pick(why.0, why.1).to_owned());
        }
        Err(error) => return unknown(&|lang| io_text(&error, lang)),
    };
    let free = mebibytes(available);
    Some(match grade(available, package) {
        Grade::Fine => Line::fine(
            Topic::Space,
            about,
            format!("{shown} の空き: {free} MiB"),
            format!("free at {shown}: {free} MiB"),
        ),
        grade => Line::fine(
            Topic::Space,
            about,
            format!(
                "{shown} の空きが {free} MiB しかありません。要らないファイルを消すか、大きいディスクに移してください。"
            ),
            format!("only {free} MiB are free at {shown}: remove files or move to a larger disk"),
        )
        .grade(grade),
    })
}

/// Where not even one package finds room nothing can be received.
const fn grade(available: u64, package: u64) -> Grade {
    if available < package {
        Grade::Broken
    } else if available / PACKAGES < package {
        Grade::Look
    } else {
        Grade::Fine
    }
}

const fn mebibytes(bytes: u64) -> u64 {
    bytes >> 20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_full_before_nothing_is_left() {
        let package = 128 << 20;
        assert_eq!(grade(package - 1, package), Grade::Broken);
        assert_eq!(grade(package, package), Grade::Look);
        assert_eq!(grade(8 * package - 1, package), Grade::Look);
        assert_eq!(grade(8 * package, package), Grade::Fine);
    }

    #[test]
    fn the_free_space_of_a_folder_that_is_not_there_yet_is_that_above_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let line = line("node.data", &folder.path().join("a/b"), 1).expect("asked");
        assert!(line.en.contains(&folder.path().display().to_string()), "{line:?}");
        assert!(super::line("node.data", Path::new("not/there/yet"), 1).is_some());
        assert!(super::line("node.data", Path::new(""), 1).is_none());
    }
}
