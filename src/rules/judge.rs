//! The records of one file: edition, layout, items, subjects, and what concerns the file as a whole.

use crate::record::{Note, Reader, Record, Sink};
use crate::spec::{Layout, Spec};
use crate::types::{Digest, Edition, FileKind, FileName, ServiceMonth};

use super::collect::Findings;
use super::finding::Draft;
use super::form::{self, Form};
use super::items::Items;
use super::layout::is_header;
use super::name;
use super::outcome::FileOutcome;
use super::rule::RuleSet;
use super::shape::Shape;
use super::sniff::Foreign;
use super::stages::{Known, Stage};
use super::subjects::{Context, Facts, Judged, Subjects};
use super::table::Rule;
use super::version::{Fit, Version};

/// What takes the records of a file.
pub(super) struct Judge<'s> {
    spec: &'s Spec,
    pub(super) kind: Option<FileKind>,
    name: Option<FileName>,
    pub(super) findings: Findings,
    layout: Option<&'s Layout>,
    version: Option<Version<'s>>,
    items: Items,
    shape: Shape,
    form: Form,
    subjects: Subjects,
    records: u64,
    /// 1 where the first record turned out to be a header line.
    headers: u64,
}

/// A file as it is told apart from others.
pub(super) struct FileIdentity {
    /// See [`FileOutcome::label`].
    pub(super) label: String,
    /// See [`FileOutcome::folder`].
    pub(super) folder: String,
    pub(super) sha256: Digest,
}

/// How the reading of a file ended.
pub(super) struct End<'r> {
    pub(super) reader: &'r Reader,
    /// It was read as records at all.
    pub(super) readable: bool,
    /// It turned out to be in another encoding.
    pub(super) foreign: Option<Foreign>,
}

impl<'s> Judge<'s> {
    /// No record was seen yet.
    pub(super) fn new(
        spec: &'s Spec,
        kind: Option<FileKind>,
        name: Option<FileName>,
        findings: Findings,
    ) -> Self {
        Self {
            spec,
            kind,
            name,
            findings,
            layout: None,
            version: None,
            items: Items::default(),
            shape: Shape::default(),
            form: Form::default(),
            subjects: Subjects::default(),
            records: 0,
            headers: 0,
        }
    }
}

impl Sink for Judge<'_> {
    fn record(&mut self, record: &Record<'_>) {
        let number = record.number - self.headers;
        if self.version.is_none() && !self.begin_records(record) {
            return;
        }
        let Some(layout) = self.layout else {
            self.records = number;
            return;
        };
        let expected = layout.items.len();
        let Some(first) = layout.items.first() else { return };
        if let [0x1A] = record.item(0)
            && record.item_count == 1
        {
            let span = record.spans().first().copied().unwrap_or_default();
            self.findings.add(Rule::ControlCharacter, || {
                Draft::item(record, number, span, first).bytes(0, &[0x1A])
            });
            return;
        }
        self.records = number;
        if let Some(version) = &mut self.version
            && version.next(self.spec, record, number, first, &mut self.findings) == Fit::Other
        {
            return;
        }
        if record.item_count != expected {
            self.miscounted(record, number, layout);
            return;
        }
        self.shape.sound();
        let checked = self.items.check(self.spec, layout, record, number, &mut self.findings);
        let judged = Judged { record, layout, number, checked };
        self.subjects.show(&judged, &mut self.findings);
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::BlankLine { line, offset } => {
                self.form.blank_line(line, offset);
            }
            Note::TooLong { line, offset, record } => {
                self.form.tear();
                let number = record - self.headers;
                self.findings.add(Rule::RecordTooLong, || {
                    let mut draft = Draft::line(line, Some(offset));
                    draft.place.record = Some(number);
                    draft.with("limit", Reader::MOST_BYTES)
                });
            }
            Note::UnclosedQuote { line, offset, record, item } => {
                self.form.tear();
                let (number, layout) = (record - self.headers, self.layout);
                self.findings.add(Rule::UnclosedQuote, || {
                    let mut draft = Draft::line(line, Some(offset));
                    draft.place.record = Some(number);
                    draft.place.item = u16::try_from(item).ok();
                    draft.place.item_name = layout
                        .and_then(|layout| layout.items.get(item - 1))
                        .map(|item| item.name.clone());
                    draft
                });
            }
        }
    }
}

impl Judge<'_> {
    /// Looks at the first record: is it data, and of which edition? Says whether to go on with it.
    fn begin_records(&mut self, record: &Record<'_>) -> bool {
        let Some(kind) = self.kind else { return false };
        // A name in the form of an edition without such a file says nothing about the contents.
        let by_name = self.name.as_ref().map(FileName::edition);
        let by_name = by_name.filter(|edition| self.spec.has_kind(*edition, kind));
        // Any layout of the kind has the version as its first item.
        let guess = |edition| self.spec.layout(edition, kind);
        let Some(any) = by_name.and_then(guess).or_else(|| guess(Edition::V4_1)) else {
            return false;
        };
        if self.headers == 0 && record.number == 1 && is_header(record) {
            self.headers = 1;
            self.findings.add(Rule::HeaderLine, || Draft::line(record.line, Some(record.offset)));
            return false;
        }
        let Some(first) = any.items.first() else { return false };
        let number = record.number - self.headers;
        let mut version =
            Version::first(self.spec, record, number, first, by_name, &mut self.findings);
        let counted = |layout: &&Layout| layout.items.len() == record.item_count;
        self.layout = match version.edition() {
            Some(edition) => {
                // Where only the layout of the name has so many items, the version is what is wrong.
                let named = by_name.and_then(guess).filter(counted);
                let own = guess(edition).or(Some(any));
                own.filter(counted).or(named).or(own)
            }
            // An empty or malformed version says nothing about the layout: the name does, or
            // else the number of items.
            None if version.is_malformed() => {
                let by_count = || Edition::ALL.into_iter().filter_map(guess).find(counted);
                by_name.and_then(guess).or_else(by_count).or(Some(any))
            }
            None => None,
        };
        let fits = |layout: &&Layout| version.edition() == Some(layout.edition);
        if let Some(layout) = self.layout.filter(|layout| !fits(layout)) {
            version.assume(layout.edition);
        }
        self.version = Some(version);
        if let Some(layout) = self.layout {
            let context = Context { spec: self.spec, layout, name: self.name.as_ref() };
            self.subjects = Subjects::new(&context);
        }
        true
    }

    fn miscounted(&mut self, record: &Record<'_>, number: u64, layout: &Layout) {
        // After a power cut the end of a file can be NUL bytes; commas are not what is wrong then.
        if record.spans().iter().any(|span| record.raw(*span).contains(&0)) {
            self.findings.add(Rule::NulByte, || Draft::record(record, number));
            // Nor is the line end that NUL bytes took the place of.
            self.form.tear();
            return;
        }
        if self.shape.miscounted(record, layout.items.len()) {
            return;
        }
        let stray =
            record.spans().iter().zip(layout.items.iter()).find(|(span, _)| span.is_stray());
        // A record that is not divided at all has no items that quotes could enclose.
        if let Some((span, item)) = stray.filter(|_| record.item_count > 1) {
            self.findings.add(Rule::StrayQuote, || {
                Draft::item(record, number, *span, item).about_a_person()
            });
        } else {
            self.findings.add(Rule::WrongItemCount, || {
                Draft::record(record, number)
                    .with("got", record.item_count)
                    .with("expected", layout.items.len())
                    .with("kind", layout.kind)
                    .with("edition", layout.edition.title())
            });
        }
    }

    /// The file is at its end.
    pub(super) fn finish(mut self, identity: FileIdentity, end: &End<'_>) -> FileOutcome {
        let mut facts = Facts::default();
        let by_name = self.name.as_ref().map(FileName::edition);
        let contents = self.version.as_ref().and_then(Version::edition);
        let contents = contents.map(|edition| self.layout.map_or(edition, |own| own.edition));
        let expected = || {
            let edition = contents.or(by_name).unwrap_or(Edition::V4_1);
            self.spec.layout(edition, self.kind?)
        };
        let layout = self.layout.or_else(expected);
        let name = self.name.clone();
        let known = Known { spec: self.spec, name: name.as_ref(), kind: self.kind, layout };
        let mut reached = vec![Stage::Name, Stage::Picture, Stage::Encoding];
        let mut given_up = RuleSet::default();
        if end.readable && end.foreign.is_none() {
            reached.push(Stage::Form);
            self.check_form(end.reader);
            if self.version.is_some() {
                reached.push(Stage::Version);
            }
            if self.check_version(known.month()) {
                reached.push(Stage::Month);
            }
            if self.layout.is_some() {
                reached.push(Stage::Items);
            }
            given_up = self.subjects.given_up();
            self.subjects.end_file(&mut self.findings, &mut facts);
        }
        if let Some(foreign) = end.foreign {
            is_foreign(foreign, &mut self.findings);
        }
        let planned = Stage::planned(&reached, &known);
        let run = Stage::all_rules(&reached, &known).without(&given_up);
        FileOutcome {
            label: identity.label,
            folder: identity.folder,
            edition: contents.or(by_name),
            name,
            kind: self.kind,
            sha256: identity.sha256,
            records: end.readable.then_some(self.records),
            findings: self.findings,
            facts,
            planned,
            run,
        }
    }

    /// What concerns the form of the file as a whole.
    fn check_form(&mut self, reader: &Reader) {
        if self.form.is_empty(self.records) {
            form::empty(self.kind, &mut self.findings);
            return;
        }
        self.shape.fold(self.records, &mut self.findings);
        if !self.items.quotes() && self.findings.count(Rule::UnquotedFreeText) > 1 {
            self.findings.fold(
                Rule::UnquotedFreeText,
                "このファイルの自由記述はどれも囲まれていません。",
                " None of the free text in this file is.",
            );
        }
        self.form.check(reader.line_ends(), &mut self.findings);
    }

    /// What concerns the versions of all records; says whether they were held against the month in
    /// the file name.
    fn check_version(&mut self, month: Option<ServiceMonth>) -> bool {
        let Some(version) = &self.version else { return false };
        // A value of 4.0 beside one of another edition is one mistake.
        let unlike = [Rule::MixedCsvVersions, Rule::CsvVersionDoesNotFitName];
        if unlike.into_iter().any(|rule| self.findings.has(rule)) {
            self.findings.keep_only(|rule| rule != Rule::CsvVersionOf40);
        }
        let told = self.findings.has(Rule::CsvVersionDoesNotFitName);
        let Some(month) = month.filter(|_| !told) else { return false };
        version.check_month(self.spec, month, &mut self.findings);
        true
    }
}

/// Read as MS932 the file is nothing but rubbish, and this is why.
fn is_foreign(foreign: Foreign, findings: &mut Findings) {
    findings.keep_only(name::decides);
    match foreign {
        Foreign::Utf8 => findings.add(Rule::Utf8Text, Draft::file),
        Foreign::EucJp | Foreign::Iso2022Jp => {
            findings.add(Rule::OtherJapaneseEncoding, || {
                Draft::file().with("encoding", foreign.name())
            });
        }
    }
}
