//! A set of files: the incremental form of [`check`](super::check).

use std::collections::BTreeMap;

use crate::spec::Spec;
use crate::types::{Digest, FileKind};

use super::alike;
use super::file::FileCheck;
use super::history::{History, Questions};
use super::options::Options;
use super::outcome::FileOutcome;
use super::report::Report;
use super::unit;

/// Judges files as their bytes arrive, with memory that does not grow with the files.
///
/// ```
/// use renkei::rules::{Options, SetCheck};
/// use renkei::spec::Spec;
///
/// let spec = Spec::builtin().expect("consistent");
/// let mut check = SetCheck::new(spec, Options::default());
/// check.begin_file("DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV");
/// check.feed(b"202407,131011,0000900011,");
/// check.feed(b"20260325\r\n");
/// check.end_file();
/// let report = check.finish();
/// assert!(!report.has_errors());
/// ```
pub struct SetCheck<'s> {
    spec: &'s Spec,
    options: Options,
    current: Option<FileCheck<'s>>,
    files: Vec<FileOutcome>,
    unfinished: Vec<String>,
    /// Of those that could not be read: the folder and the kind.
    unread: Vec<(String, FileKind)>,
    kept: BTreeMap<super::Rule, u64>,
}

impl<'s> SetCheck<'s> {
    /// No files yet.
    pub const fn new(spec: &'s Spec, options: Options) -> Self {
        Self {
            spec,
            options,
            current: None,
            files: Vec::new(),
            unfinished: Vec::new(),
            unread: Vec::new(),
            kept: BTreeMap::new(),
        }
    }

    /// Begins a file; one that was not ended is ended.
    ///
    /// Folders may stand before the name, with `/`; files in different folders are never one send
    /// unit.
    pub fn begin_file(&mut self, name: &str) {
        self.begin(name, None);
    }

    /// The same for a file whose digest is known, so that its bytes need not be hashed again.
    pub fn begin_known_file(&mut self, name: &str, sha256: Digest) {
        self.begin(name, Some(sha256));
    }

    fn begin(&mut self, name: &str, sha256: Option<Digest>) {
        self.end_file();
        self.current = Some(FileCheck::new(self.spec, name, sha256, self.options.collector()));
    }

    /// The next bytes of the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        if let Some(file) = &mut self.current {
            file.feed(bytes);
        }
    }

    /// The file is complete.
    pub fn end_file(&mut self) {
        let Some(file) = self.current.take() else { return };
        let mut outcome = file.finish();
        outcome.findings.cap(&mut self.kept, self.options.findings_per_set);
        self.files.push(outcome);
    }

    /// The file could not be read to its end, which is no fault of the file: it is not judged,
    /// and the verdict is at best indeterminate. Nor is it missing.
    pub fn abandon_file(&mut self) {
        if let Some(file) = self.current.take() {
            self.unfinished.push(file.label().to_owned());
            self.unread.extend(file.kind().map(|kind| (file.folder().to_owned(), kind)));
        }
    }

    /// All files were seen: judges the send units and gives the report.
    pub fn finish(self) -> Report {
        self.end().finish(None)
    }

    /// All files were seen; what was exchanged before may be asked for.
    pub fn end(mut self) -> Checked<'s> {
        self.end_file();
        let Self { spec, options, current: _, files, unfinished, unread, kept } = self;
        Checked { spec, options, files, unfinished, unread, kept }
    }
}

/// Files that were judged one by one, and not yet together.
pub struct Checked<'s> {
    spec: &'s Spec,
    options: Options,
    files: Vec<FileOutcome>,
    unfinished: Vec<String>,
    unread: Vec<(String, FileKind)>,
    kept: BTreeMap<super::Rule, u64>,
}

impl Checked<'_> {
    /// What has to be known of the history to judge the files against it.
    pub fn questions(&self) -> Questions {
        Questions::of(&self.files)
    }

    /// Judges the send units, and all files against what was exchanged before where that is known, and
    /// gives the report.
    pub fn finish(mut self, history: Option<&History>) -> Report {
        let collector = self.options.collector();
        let mut units = unit::check(self.spec, &self.files, &self.unread, history, collector);
        // Afterwards: what a file has wrong explains what is wrong with its unit.
        alike::fold(&mut self.files);
        alike::explain(&mut self.files, &units.findings);
        units.findings.cap(&mut self.kept, self.options.findings_per_set);
        Report::new(self.spec, &self.options, self.files, units, self.unfinished)
    }
}
