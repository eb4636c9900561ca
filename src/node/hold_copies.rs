//! Copies of received files in the hold folder, when nobody has to decide about them any more.

use super::context::{Context, blocking};
use crate::folder::remove_copies;
use crate::store::{HeldItem, StoreError};
use crate::types::HeldId;

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
/// Says whether none is left that could be removed.
pub(super) async fn remove(context: &Context, item: &HeldItem) -> bool {
    let is_plain = !item.folder.is_empty() && !item.folder.contains(['/', '\\']);
    let places = context.places();
    let Some(places) = places.get(&item.office).filter(|_| is_plain && item.folder != "..") else {
        return !is_plain;
    };
    let (hold, folder) = (places.hold.clone(), places.hold.path().join(&item.folder));
    let files = item.unit.files.clone();
    let removed = blocking(move || {
        let files = files.iter().map(|file| (file.name.as_str(), file.size, file.sha256));
        hold.check()?;
        remove_copies(&folder, files, is_report)
    });
    match removed.await {
        Some(Ok(())) => true,
        Some(Err(error)) => {
            tracing::warn!(id = %item.id, code = error.code(), %error,
                "copies stay in the hold folder");
            false
        }
        None => false,
    }
}

/// Removes the copies of packages that their senders have back. Those that cannot be removed at the
/// moment are removed later.
pub(super) async fn remove_recalled(context: &Context) -> Result<(), StoreError> {
    for item in context.store.recalled_copies().await? {
        if remove(context, &item).await
            && let (HeldId::Package(id), Some(sender)) = (item.id, item.partner)
        {
            context.store.has_no_copies(sender, id).await?;
        }
    }
    Ok(())
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
