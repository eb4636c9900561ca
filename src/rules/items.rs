//! Every item of a record against its layout.

use crate::record::ms932::{self, Defect};
use crate::record::{Record, Span};
use crate::spec::{Format, Item, Layout, Spec};
use crate::types::{Lang, Severity};

use super::collect::Findings;
use super::finding::Draft;
use super::formats::{self, Verdict};
use super::nearest;
use super::places::Places;
use super::rule::RuleSet;
use super::table::Rule;

/// The rules about the bytes of items.
pub(super) const ENCODING_RULES: &[Rule] = &[
    Rule::UserDefinedCharacter,
    Rule::UndefinedBytes,
    Rule::CutCharacter,
    Rule::NulByte,
    Rule::ControlCharacter,
];

/// The rules that the items of a layout can break.
pub(super) fn rules(layout: &Layout) -> RuleSet {
    let mut rules = RuleSet::of(&[Rule::PaddedValue]);
    for item in layout.items.iter() {
        rules.extend(&RuleSet::of(formats::rules(item.format)));
        match item.empty {
            Some(Severity::Error) => rules.insert(Rule::RequiredItemEmpty),
            Some(_) => rules.insert(Rule::ExpectedItemEmpty),
            None => {}
        }
        if item.accept > item.length {
            rules.insert(Rule::ItemLongerThanTable);
        }
        if item.minus {
            rules.insert(Rule::NegativeNumber);
        }
        if !item.also.is_empty() {
            rules.insert(Rule::CodeOfAnotherList);
        }
    }
    rules
}

/// What is known of the items of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checked {
    /// Items that cannot be relied on; nothing is concluded from these.
    pub(super) doubtful: Places,
    /// Items that are good and were the same in the record before, which was checked too.
    pub(super) repeated: Places,
    /// Items that are good without what stands around the value, which is only warned of.
    pub(super) padded: Places,
}

/// How far other checks can rely on an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reliance {
    Good,
    Padded,
    Doubtful,
}

impl Reliance {
    const fn good_if(good: bool) -> Self {
        if good { Self::Good } else { Self::Doubtful }
    }
}

/// Checks the items of the records of one file.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// The record that was checked last, and its items that something was told of.
    last: u64,
    told: Places,
    /// Items that were already reported as unquoted: the software never quotes them.
    unquoted: Places,
    /// Some free text was quoted.
    quotes: bool,
    /// The last service type that is exchanged; nearly every record has the same.
    last_type: [u8; 2],
    /// By item, the last free text that was good.
    last_texts: Vec<Vec<u8>>,
}

impl Items {
    /// Checks a record that has as many items as the layout.
    ///
    /// Items that the record before had too, and that were found good there, are not looked at
    /// again.
    #[inline]
    pub(super) fn check(
        &mut self,
        spec: &Spec,
        layout: &Layout,
        record: &Record<'_>,
        number: u64,
        findings: &mut Findings,
    ) -> Checked {
        let follows = self.last.checked_add(1) == Some(record.number);
        let repeated = if follows {
            Places::from_bits(record.changed()).complement().without(self.told)
        } else {
            Places::default()
        };
        self.last = record.number;
        self.told = Places::default();
        let (mut doubtful, mut padded) = (Places::default(), Places::default());
        let mut open = repeated.complement();
        while let Some(place) = open.pop() {
            let (Some(item), Some(span)) = (layout.items.get(place), record.spans().get(place))
            else {
                break;
            };
            let before = findings.total();
            let at = || Draft::item(record, number, *span, item);
            match self.reliance(spec, (place, item), record.raw(*span), *span, findings, at) {
                Reliance::Good => {}
                Reliance::Padded => padded.insert(place),
                Reliance::Doubtful => doubtful.insert(place),
            }
            if findings.total() != before {
                self.told.insert(place);
            }
        }
        Checked { doubtful, repeated, padded }
    }

    /// Whether the software quotes free text at all.
    pub(super) const fn quotes(&self) -> bool {
        self.quotes
    }

    /// Whether other checks can rely on an item; what is to say about it is told.
    fn reliance(
        &mut self,
        spec: &Spec,
        (place, item): (usize, &Item),
        raw: &[u8],
        span: Span,
        findings: &mut Findings,
        at: impl Fn() -> Draft,
    ) -> Reliance {
        if raw.is_empty() {
            if let Some(severity) = item.empty {
                let rule = match severity {
                    Severity::Error => Rule::RequiredItemEmpty,
                    Severity::Warning | Severity::Info => Rule::ExpectedItemEmpty,
                };
                findings.add_at_most(rule, item.limit, at);
            }
            return Reliance::good_if(item.empty.is_none());
        }
        if span.is_stray() {
            findings.add(Rule::StrayQuote, || at().about_a_person());
            return Reliance::Doubtful;
        }
        if item.quoted && span.is_quoted() {
            self.quotes = true;
        } else if item.quoted && !self.unquoted.contains(place) {
            self.unquoted.insert(place);
            findings.add(Rule::UnquotedFreeText, &at);
        }
        // Most formats allow only ASCII, so that a value which fits has no defect: only what
        // may hold anything, and what does not fit, is looked at byte by byte.
        let any = matches!(item.format, Format::Free | Format::Chars | Format::Unused);
        let free = item.format == Format::Free;
        let quick = (!any).then(|| judge(item, raw, span, raw.len()));
        let (verdict, chars) = if let Some(fits @ (Verdict::Good | Verdict::Notice(_))) = quick {
            (fits, raw.len())
        } else {
            if free && self.is_as_before(place, raw) {
                return Reliance::Good;
            }
            let examined = ms932::examine(raw);
            let verdict = judge(item, raw, span, examined.chars);
            // A control character is less than what it does to an item that must hold none.
            let outdone = matches!(verdict, Verdict::Bad(_)) && item.limit == Severity::Error;
            if let Some(found) = examined.worst
                && !(outdone && found.defect == Defect::Control)
            {
                let bytes = raw.get(found.offset..found.offset + found.length);
                let draft = || at().bytes(found.offset, bytes.unwrap_or_default());
                // MS932 has the tab, and texts that were pasted from a table hold some.
                let only_tabs = free && found.defect == Defect::Control && has_only_tabs(raw);
                let limit = if only_tabs { Severity::Info } else { Severity::Error };
                findings.add_at_most(rule_of(found.defect), limit, draft);
                return Reliance::good_if(free && found.defect == Defect::Control);
            }
            if free && verdict == Verdict::Good {
                self.remember(place, raw);
            }
            (verdict, examined.chars)
        };
        match verdict {
            Verdict::Good => Reliance::good_if(self.check_scope(spec, item, raw, findings, at)),
            Verdict::Notice(rule) => {
                findings.add_at_most(rule, item.limit, || expected(at(), item, raw, chars));
                Reliance::Good
            }
            Verdict::Bad(rule) => {
                let padded = formats::is_padded(item, raw, chars);
                let rule = if padded { Rule::PaddedValue } else { rule };
                let limit = if rule == Rule::ItemTooLong { Severity::Error } else { item.limit };
                findings.add_at_most(rule, limit, || expected(at(), item, raw, chars));
                if !padded {
                    return Reliance::Doubtful;
                }
                let value = formats::unpadded(item, raw);
                if !value.is_empty() && !self.check_scope(spec, item, value, findings, at) {
                    return Reliance::Doubtful;
                }
                Reliance::Padded
            }
        }
    }

    /// Whether the value is the one that was found good in the last record: names come again and
    /// again, and comparing is much faster than examining.
    fn is_as_before(&self, place: usize, value: &[u8]) -> bool {
        self.last_texts.get(place).is_some_and(|last| last == value)
    }

    fn remember(&mut self, place: usize, value: &[u8]) {
        const WORTH_IT: usize = 128;
        if value.len() > WORTH_IT {
            return;
        }
        if self.last_texts.len() <= place {
            self.last_texts.resize(place + 1, Vec::new());
        }
        if let Some(last) = self.last_texts.get_mut(place) {
            last.clear();
            last.extend_from_slice(value);
        }
    }

    /// Whether the service type at the head of a code is exchanged (R-OUT-03), as far as known.
    fn check_scope(
        &mut self,
        spec: &Spec,
        item: &Item,
        value: &[u8],
        findings: &mut Findings,
        at: impl FnOnce() -> Draft,
    ) -> bool {
        if !matches!(item.format, Format::ServiceCode | Format::ServiceType) {
            return true;
        }
        let Some((code, rest)) = value.split_first_chunk::<2>() else { return true };
        // Only 第7表 has a table of sums.
        let sum = matches!(rest, b"AAAA" | b"EEEE" | b"ZZZZ") || value == b"999999";
        if sum && item.format == Format::ServiceCode && item.codes.is_none() {
            findings.add_at_most(Rule::SumCodeOfAService, item.limit, at);
            return false;
        }
        if *code == self.last_type {
            return true;
        }
        match spec.service_type(code) {
            Some(entry) if entry.in_scope => self.last_type = *code,
            // A form that the code table spells out, as 999999 of the grand total, has no type.
            _ if is_special_form(item, value) => {}
            Some(entry) => {
                findings.add_at_most(Rule::ServiceTypeOutOfScope, item.limit, || {
                    at().with("type", String::from_utf8_lossy(code)).with("name", &entry.name)
                });
                return false;
            }
            None => {
                findings.add_at_most(Rule::UnknownServiceType, item.limit, || {
                    at().with("type", String::from_utf8_lossy(code))
                });
                return false;
            }
        }
        true
    }
}

/// Whether tabs are the only control characters of a text besides line breaks; no second byte of a
/// character is one.
fn has_only_tabs(text: &[u8]) -> bool {
    text.iter().all(|byte| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\r' | b'\n'))
}

const fn rule_of(defect: Defect) -> Rule {
    match defect {
        Defect::UserDefined => Rule::UserDefinedCharacter,
        Defect::Undefined => Rule::UndefinedBytes,
        Defect::Cut => Rule::CutCharacter,
        Defect::Nul => Rule::NulByte,
        Defect::Control => Rule::ControlCharacter,
    }
}

fn judge(item: &Item, raw: &[u8], span: Span, chars: usize) -> Verdict {
    if span.is_escaped() {
        let value = span.unescaped(raw);
        // In damaged text a quote may be part of what counts as one character.
        let gone = raw.len().saturating_sub(value.len());
        formats::check(item, &value, chars.saturating_sub(gone))
    } else {
        formats::check(item, raw, chars)
    }
}

/// Whether the code table of an item lists the value itself, without a placeholder for the type.
fn is_special_form(item: &Item, value: &[u8]) -> bool {
    let code = item.codes.as_ref().and_then(|table| table.find(value));
    code.is_some_and(|code| code.code.as_bytes() == value)
}

/// What was expected, for the message.
fn expected(draft: Draft, item: &Item, value: &[u8], chars: usize) -> Draft {
    let number = |count: Option<usize>| count.map_or_else(String::new, |count| count.to_string());
    let draft = draft
        .with("got", chars)
        .with("expected", number(item.length))
        .with("accept", number(item.accept));
    match &item.codes {
        Some(table) => {
            let value = ms932::decode(value).unwrap_or_default();
            let nearest = nearest::codes(table, &value);
            let allowed = |lang: Lang| {
                let shown = nearest.iter().map(|code| format!("{}:{}", code.code, code.label));
                let mut shown: Vec<String> = shown.collect();
                if table.codes.len() > shown.len() {
                    shown.push(lang.pick("など", "…").to_owned());
                }
                shown.join(lang.pick("、", ", "))
            };
            draft.with("table", &table.name).with_both(
                "allowed",
                &allowed(Lang::Ja),
                &allowed(Lang::En),
            )
        }
        None => draft,
    }
}
