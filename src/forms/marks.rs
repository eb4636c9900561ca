//! What the checks found, by the rows that it is about.

use std::collections::HashMap;

use crate::rules::Finding;

use super::read::File;
use super::row::Row;

/// The findings of a set of files, by file and record.
#[derive(Debug, Default)]
pub(super) struct Marks<'o> {
    findings: &'o [Finding],
    by_record: HashMap<(usize, u64), Vec<Mark>>,
    /// Those that are about no record.
    pub(super) general: Vec<&'o Finding>,
}

/// A finding about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Which of the findings.
    pub(super) finding: usize,
    /// 項目番号, where it is about one item.
    pub(super) item: Option<u16>,
}

impl<'o> Marks<'o> {
    pub(super) fn new(files: &[File<'_>], findings: &'o [Finding]) -> Self {
        let by_label: HashMap<&str, usize> =
            files.iter().enumerate().map(|(place, file)| (file.label, place)).collect();
        let mut marks = Self { findings, ..Self::default() };
        for (finding, found) in findings.iter().enumerate() {
            let mut placed = false;
            for place in found.places() {
                let file = place.file.as_deref().and_then(|label| by_label.get(label));
                if let (Some(file), Some(record)) = (file, place.record) {
                    let mark = Mark { finding, item: place.item };
                    marks.by_record.entry((*file, record)).or_default().push(mark);
                    placed = true;
                }
            }
            if !placed {
                marks.general.push(found);
            }
        }
        marks
    }

    /// What was found about a row.
    pub(super) fn of(&self, row: &Row<'_>) -> &[Mark] {
        self.by_record.get(&(row.file, row.record)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn finding(&self, finding: usize) -> Option<&'o Finding> {
        self.findings.get(finding)
    }
}
