//! Rules about the file name alone.

use crate::spec::Spec;
use crate::types::{FileKind, FileName, FileNameError, NamePart, NameQuirk};

use super::collect::Findings;
use super::finding::Draft;
use super::rule::RuleSet;
use super::table::Rule;

/// The rules about any name.
const RULES: &[Rule] = &[
    Rule::UnknownFileName,
    Rule::WrongExtension,
    Rule::WrongNameParts,
    Rule::MalformedNamePart,
    Rule::UnrealSerial,
    Rule::NameLetterCase,
    Rule::KindNotInEdition,
];

/// The rules about service types, which only names of V4.1 have.
const TYPE_RULES: &[Rule] =
    &[Rule::UnknownTypeInName, Rule::TypesPointTheWrongWay, Rule::SenderIsRecipient];

/// The rules that a name is subject to; nothing but the first is known of what is none of the
/// standard.
pub(super) fn rules(name: Option<&FileName>) -> RuleSet {
    let mut rules = RuleSet::of(RULES);
    let Some(name) = name else { return rules };
    if name.service_types.is_some() {
        rules.extend(&RuleSet::of(TYPE_RULES));
        if is_plan(name.kind) {
            rules.insert(Rule::PlanToCareManager);
        }
    }
    if name.kind == FileKind::Upkihon {
        rules.insert(Rule::MonthInUpkihonName);
    }
    rules
}

/// Whether a rule is about names alone.
pub(super) fn decides(rule: Rule) -> bool {
    let others = [Rule::PlanToCareManager, Rule::MonthInUpkihonName];
    RULES.contains(&rule) || TYPE_RULES.contains(&rule) || others.contains(&rule)
}

/// Takes the name of a file apart and says what is wrong with it.
///
/// Gives the kind where the name tells it, and the whole name where it is one of the standard.
pub(super) fn check(
    spec: &Spec,
    name: &str,
    findings: &mut Findings,
) -> (Option<FileKind>, Option<FileName>) {
    let (parsed, quirks) = match FileName::parse_with_quirks(name) {
        Ok(parsed) => parsed,
        Err(error) => return (refuse(error, findings), None),
    };
    let kind = parsed.kind;
    for quirk in quirks {
        let rule = match quirk {
            NameQuirk::LetterCase => Rule::NameLetterCase,
            NameQuirk::MonthInUpkihon => Rule::MonthInUpkihonName,
        };
        findings.add(rule, Draft::file);
    }
    if parsed.serial.moment().is_none() {
        findings.add(Rule::UnrealSerial, || Draft::file().showing(parsed.serial.as_str()));
    }
    if !spec.has_kind(parsed.edition(), kind) {
        findings.add(Rule::KindNotInEdition, || Draft::file().with("kind", kind));
    }
    check_types(spec, &parsed, findings);
    (Some(kind), Some(parsed))
}

fn refuse(error: FileNameError, findings: &mut Findings) -> Option<FileKind> {
    match error {
        FileNameError::UnknownPrefix => {
            findings.add(Rule::UnknownFileName, Draft::file);
            None
        }
        FileNameError::Extension { kind, expected } => {
            findings.add(Rule::WrongExtension, || {
                Draft::file().with("kind", kind).with("expected", expected)
            });
            Some(kind)
        }
        FileNameError::PartCount { kind, expected_v41, expected_v3, got } => {
            findings.add(Rule::WrongNameParts, || {
                Draft::file()
                    .with("got", got)
                    .with("expected_v41", expected_v41)
                    .with("expected_v3", expected_v3)
            });
            Some(kind)
        }
        FileNameError::Part { kind, part } => {
            findings.add(Rule::MalformedNamePart, || {
                let (ja, en) = form(part);
                Draft::file().with("part", part.name()).with_both("expected", ja, en)
            });
            Some(kind)
        }
    }
}

/// What a part looks like, in Japanese and English.
const fn form(part: NamePart) -> (&'static str, &'static str) {
    match part {
        NamePart::Month => ("実在する年月 6 桁", "YYYYMM, a real month"),
        NamePart::Sender | NamePart::Recipient => {
            ("半角の数字または英大文字 10 文字", "10 digits or capital letters")
        }
        NamePart::SenderType | NamePart::RecipientType => {
            ("半角の数字または英大文字 2 文字", "2 digits or capital letters")
        }
        NamePart::Serial => ("半角数字 14 桁", "14 digits"),
        NamePart::Branch => ("半角数字 4 桁", "4 digits"),
    }
}

fn check_types(spec: &Spec, name: &FileName, findings: &mut Findings) {
    let Some((sender, recipient)) = name.service_types else { return };
    let mut known = true;
    for code in [sender, recipient] {
        let exchanged = spec.service_type(code.as_bytes()).is_some_and(|entry| entry.in_scope);
        if !exchanged && !spec.is_care_management(code) {
            known = false;
            findings.add(Rule::UnknownTypeInName, || Draft::file().with("type", code));
        }
    }
    let (manager, ja, en) = if name.kind.is_actual() {
        (recipient, "送信先", "recipient")
    } else {
        (sender, "送信元", "sender")
    };
    if known && !spec.is_care_management(manager) {
        findings.add(Rule::TypesPointTheWrongWay, || {
            Draft::file().with("kind", name.kind).with_both("side", ja, en)
        });
    } else if name.sender == name.recipient && sender == recipient {
        findings.add(Rule::SenderIsRecipient, Draft::file);
    } else if is_plan(name.kind) && spec.is_care_management(recipient) {
        findings.add(Rule::PlanToCareManager, || Draft::file().with("type", recipient));
    }
}

/// Whether a file stands for a whole 居宅サービス計画; its other files need not say it again.
const fn is_plan(kind: FileKind) -> bool {
    matches!(kind, FileKind::Up1kyo | FileKind::Dlt1kyo)
}
