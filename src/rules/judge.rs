//! The records of one file: edition, layout, items, subjects, and what concerns the file as a whole.

use crate::record::{Note, Reader, Record, Sink};
use crate::spec::{Layout, Spec};
use crate::types::{Digest, Edition, FileKind, FileName, MonthPart, Severity};

use super::collect::Findings;
use super::finding::Draft;
use super::items::{self, Items};
use super::name;
use super::outcome::Outcome;
use super::places::Places;
use super::rule::RuleSet;
use super::shape::Shape;
use super::sniff::Foreign;
use super::subjects::{self, Context, Facts, Judged, Subject};
use super::table::Rule;
use super::version::{self, Fit, Version};

/// The rules about a text file as a whole.
const WHOLE_FILE_RULES: &[Rule] =
    &[Rule::Utf8Bom, Rule::Utf8Text, Rule::Utf16Text, Rule::OtherJapaneseEncoding, Rule::NotText];

/// The rules about the form of the CSV.
const CSV_RULES: &[Rule] = &[
    Rule::EmptyFile,
    Rule::UnclosedQuote,
    Rule::StrayQuote,
    Rule::WrongItemCount,
    Rule::HeaderLine,
    Rule::BlankLine,
    Rule::LineEndsNotCrlf,
    Rule::LineEndsCr,
    Rule::NoFinalLineEnd,
    Rule::RecordTooLong,
];

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
    subjects: Subjects,
    /// The rules of the subjects when they had seen nothing: what they give up later is not run.
    subject_rules: RuleSet,
    records: u64,
    /// 1 where the first record turned out to be a header line.
    headers: u64,
    blank_lines: u64,
    first_blank: Option<(u64, u64)>,
    /// A record could not be read to its end: the file is not empty, whatever was counted.
    torn: bool,
}

/// The subjects of a file, each with what its last conclusion rests on.
///
/// Most records repeat most items, so that most subjects have nothing to say about most records:
/// those that have are found by the items that changed, without a look at the others.
#[derive(Default)]
struct Subjects {
    all: Vec<Shown>,
    /// Those that want to see every record, by their places in the list.
    always: Places,
    /// By item, those whose last conclusion rests on it.
    woken: Vec<Places>,
    /// The records that subjects may have been shown.
    records: u64,
}

struct Shown {
    subject: Box<dyn Subject>,
    /// While these items are repeated, it has nothing to say.
    rests_on: Option<Places>,
    /// How many records there had been when it had seen its last.
    seen: u64,
}

impl Subjects {
    fn new(subjects: Vec<Box<dyn Subject>>, items: usize) -> Self {
        let mut always = Places::default();
        (0..subjects.len()).for_each(|place| always.insert(place));
        let shown = |subject| Shown { subject, rests_on: None, seen: 0 };
        let all = subjects.into_iter().map(shown).collect();
        Self { all, always, woken: vec![Places::default(); items], records: 0 }
    }

    #[inline]
    fn show(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let mut open = self.always;
        let mut changed = record.checked.repeated.complement();
        while let Some(item) = changed.pop() {
            let Some(woken) = self.woken.get(item) else { break };
            open = open.with(*woken);
        }
        while let Some(place) = open.pop() {
            let Some(shown) = self.all.get_mut(place) else { break };
            shown.catch_up(self.records);
            let before = findings.total();
            shown.subject.record(record, findings);
            shown.seen = self.records + 1;
            let quiet = findings.total() == before;
            let rests_on = shown.subject.rests_on().filter(|_| quiet);
            if rests_on != shown.rests_on {
                let before = std::mem::replace(&mut shown.rests_on, rests_on);
                self.rests(place, before, rests_on);
            }
        }
        self.records += 1;
    }

    /// The conclusion of a subject rested on some items, and now rests on others.
    fn rests(&mut self, place: usize, before: Option<Places>, now: Option<Places>) {
        let mut one = Places::default();
        one.insert(place);
        self.always = self.always.without(one);
        if now.is_none() {
            self.always = self.always.with(one);
        }
        let (before, now) = (before.unwrap_or_default(), now.unwrap_or_default());
        for (item, woken) in self.woken.iter_mut().enumerate() {
            if before.contains(item) {
                *woken = woken.without(one);
            }
            if now.contains(item) {
                *woken = woken.with(one);
            }
        }
    }

    fn rules(&self) -> RuleSet {
        let mut rules = RuleSet::default();
        for shown in &self.all {
            rules.extend(&RuleSet::of(shown.subject.rules()));
        }
        rules
    }

    fn end_file(self, findings: &mut Findings, facts: &mut Facts) {
        for mut shown in self.all {
            shown.catch_up(self.records);
            shown.subject.end_file(findings, facts);
        }
    }
}

impl Shown {
    /// Tells it of the records that it was not shown, out of so many.
    #[inline]
    fn catch_up(&mut self, records: u64) {
        if self.seen < records {
            self.subject.pass(records - self.seen);
        }
    }
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
            subjects: Subjects::default(),
            subject_rules: RuleSet::default(),
            records: 0,
            headers: 0,
            blank_lines: 0,
            first_blank: None,
            torn: false,
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
                self.blank_lines += 1;
                self.first_blank.get_or_insert((line, offset));
            }
            Note::TooLong { line, offset, record } => {
                self.torn = true;
                let number = record - self.headers;
                self.findings.add(Rule::RecordTooLong, || {
                    let mut draft = Draft::line(line, Some(offset));
                    draft.place.record = Some(number);
                    draft.with("limit", Reader::MOST_BYTES)
                });
            }
            Note::UnclosedQuote { line, offset, record, item } => {
                self.torn = true;
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
            self.subjects = Subjects::new(subjects::subjects(&context), layout.items.len());
            self.subject_rules = self.subjects.rules();
        }
        true
    }

    fn miscounted(&mut self, record: &Record<'_>, number: u64, layout: &Layout) {
        // After a power cut the end of a file can be NUL bytes; commas are not what is wrong then.
        if record.spans().iter().any(|span| record.raw(*span).contains(&0)) {
            self.findings.add(Rule::NulByte, || Draft::record(record, number));
            // Nor is the line end that NUL bytes took the place of.
            self.torn = true;
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

    /// The file is at its end: `readable` says whether it was read as records at all, `foreign`
    /// whether it turned out to be in another encoding.
    pub(super) fn finish(
        mut self,
        label: String,
        folder: String,
        sha256: Digest,
        reader: &Reader,
        readable: bool,
        foreign: Option<Foreign>,
    ) -> Outcome {
        let mut facts = Facts::default();
        let mut run = RuleSet::of(name::RULES);
        if let Some(name) = &self.name {
            if name.service_types.is_some() {
                run.extend(&RuleSet::of(name::TYPE_RULES));
                if name::is_plan(name.kind) {
                    run.extend(&RuleSet::of(name::PLAN_RULES));
                }
            }
            if name.kind == FileKind::Upkihon {
                run.insert(Rule::MonthInUpkihonName);
            }
        }
        let by_name = self.name.as_ref().map(FileName::edition);
        let contents = self.version.as_ref().and_then(Version::edition);
        let contents = contents.map(|edition| self.layout.map_or(edition, |own| own.edition));
        let mut planned = run;
        let layout = self.layout.or_else(|| {
            self.kind.and_then(|kind| {
                let edition = contents.or(by_name).unwrap_or(Edition::V4_1);
                self.spec.layout(edition, kind)
            })
        });
        if self.kind.is_some_and(FileKind::is_image) {
            for rule in [Rule::NotAJpeg, Rule::PictureCut] {
                run.insert(rule);
                planned.insert(rule);
            }
        }
        let month = self.name.as_ref().and_then(|name| name.month).and_then(MonthPart::month);
        if let Some(layout) = layout {
            for rules in [WHOLE_FILE_RULES, items::ENCODING_RULES, CSV_RULES, version::RULES] {
                planned.extend(&RuleSet::of(rules));
            }
            planned.extend(&items::rules(layout));
            if self.layout.is_some() {
                planned.extend(&self.subject_rules);
            } else {
                let context = Context { spec: self.spec, layout, name: self.name.as_ref() };
                planned.extend(&subjects::rules(&subjects::subjects(&context)));
            }
            if month.is_some() {
                planned.insert(Rule::CsvVersionOutsideItsMonths);
            }
            run.extend(&RuleSet::of(WHOLE_FILE_RULES));
        }
        if readable && foreign.is_none() {
            run.extend(&RuleSet::of(CSV_RULES));
            self.check_form(reader);
            if let Some(version) = &self.version {
                run.extend(&RuleSet::of(version::RULES));
                // A value of 4.0 beside one of another edition is one mistake.
                let unlike = [Rule::MixedCsvVersions, Rule::CsvVersionDoesNotFitName];
                if unlike.into_iter().any(|rule| self.findings.has(rule)) {
                    self.findings.keep_only(|rule| rule != Rule::CsvVersionOf40);
                }
                if let Some(month) = month
                    && !self.findings.has(Rule::CsvVersionDoesNotFitName)
                {
                    run.insert(Rule::CsvVersionOutsideItsMonths);
                    version.check_month(self.spec, month, &mut self.findings);
                }
            }
            if let Some(layout) = self.layout {
                run.extend(&RuleSet::of(items::ENCODING_RULES));
                run.extend(&items::rules(layout));
                run.extend(&self.subjects.rules());
            }
            self.subjects.end_file(&mut self.findings, &mut facts);
        }
        if let Some(foreign) = foreign {
            // Read as MS932 the file is nothing but rubbish, and this is why.
            let about_name = RuleSet::of(name::RULES);
            let about_types = RuleSet::of(name::TYPE_RULES);
            let about_plans = RuleSet::of(name::PLAN_RULES);
            self.findings.keep_only(|rule| {
                about_name.contains(rule)
                    || about_types.contains(rule)
                    || about_plans.contains(rule)
                    || rule == Rule::MonthInUpkihonName
            });
            match foreign {
                Foreign::Utf8 => self.findings.add(Rule::Utf8Text, Draft::file),
                Foreign::EucJp | Foreign::Iso2022Jp => {
                    self.findings.add(Rule::OtherJapaneseEncoding, || {
                        Draft::file().with("encoding", foreign.name())
                    });
                }
            }
        }
        Outcome {
            label,
            folder,
            edition: contents.or(by_name),
            name: self.name,
            kind: self.kind,
            sha256,
            records: readable.then_some(self.records),
            findings: self.findings,
            facts,
            planned,
            run,
        }
    }

    /// What concerns the file as a whole.
    fn check_form(&mut self, reader: &Reader) {
        let ends = reader.line_ends();
        if self.records == 0 && !self.torn {
            self.findings.keep_only(|rule| rule != Rule::HeaderLine);
            // A user need not have any of these rows, and some software writes the file anyhow.
            let may_have_none = self.kind.is_some_and(|kind| {
                matches!(
                    kind,
                    FileKind::Up3kyo
                        | FileKind::UpkihonSub1
                        | FileKind::UpkihonSub2
                        | FileKind::UpyoboSub
                )
            });
            let limit = if may_have_none { Severity::Warning } else { Severity::Error };
            self.findings.add_at_most(Rule::EmptyFile, limit, Draft::file);
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
        if let Some((line, offset)) = self.first_blank {
            let count = self.blank_lines;
            self.findings
                .add(Rule::BlankLine, || Draft::line(line, Some(offset)).with("count", count));
        }
        if let Some(line) = ends.first_lf {
            self.findings.add(Rule::LineEndsNotCrlf, || {
                Draft::line(line, None).with("count", ends.lf).with("crlf", ends.crlf)
            });
        }
        if let Some(line) = ends.first_cr {
            self.findings.add(Rule::LineEndsCr, || Draft::line(line, None).with("count", ends.cr));
        }
        if ends.missing_at_end && !self.torn {
            self.findings.add(Rule::NoFinalLineEnd, Draft::file);
        }
    }
}

/// Whether a first record names its items: neither CSVバージョン nor 保険者番号 holds a digit.
fn is_header(record: &Record<'_>) -> bool {
    let mut spans = record.spans().iter().take(2).filter(|span| !span.is_empty());
    let names = spans.clone().count() == 2;
    names && spans.all(|span| !record.raw(*span).iter().any(u8::is_ascii_digit))
}
