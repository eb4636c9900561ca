//! Copies of received files in the hold folder, when nobody has to decide about them any more.

use super::context::{Context, blocking};
use crate::folder::remove_copies;
use crate::package::open;
use crate::store::HeldItem;
use crate::types::Hashed;

/// The names under which reports lie beside the files of a held set.
pub(super) fn is_report(name: &str) -> bool {
    let stem = ["txt", "json", "html"]
        .iter()
        .find_map(|extension| name.strip_suffix(extension).and_then(|stem| stem.strip_suffix('.')));
    stem.and_then(|stem| stem.strip_prefix("report")).is_some_and(|number| {
        let digits = number.strip_prefix('-');
        let is_number =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        number.is_empty() || digits.is_some_and(is_number)
    })
}

/// Removes the copies of a held package, as far as they are still what came; they are in the store too.
pub(super) async fn remove(context: &Context, item: &HeldItem, package: Hashed) {
    let is_plain = !item.folder.is_empty() && !item.folder.contains(['/', '\\']);
    let places = context.places();
    let Some(places) = places.get(&item.office).filter(|_| is_plain && item.folder != "..") else {
        return;
    };
    let (hold, folder) = (places.hold.clone(), places.hold.path().join(&item.folder));
    let limits = context.package_limits();
    let removed = blocking(move || {
        let Ok(package) = open(package, &limits) else { return Ok(()) };
        let files = package.files().map(|(file, bytes)| (file.title(), bytes.as_ref()));
        hold.check()?;
        remove_copies(&folder, files, is_report)
    });
    if let Some(Err(error)) = removed.await {
        tracing::warn!(id = %item.id, code = error.code(), %error, "copies stay in the hold folder");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_told_from_files_of_a_set() {
        for report in ["report.txt", "report.json", "report.html", "report-2.txt"] {
            assert!(is_report(report), "{report}");
        }
        for file in ["UPPLAN.CSV", "report.csv", "report", "reports.txt", "report-x.txt", ".txt"] {
            assert!(!is_report(file), "{file}");
        }
    }
}
