//! Building a [`Spec`] from the texts of its tables, with all self-checks.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::types::{Digest, DigestBuilder, Edition, FileKind, FileName, ServiceType, Severity};

use super::glyphs;
use super::table::{Row, Tables};
use super::{
    Code, CodeTable, CsvVersion, Format, Item, Layout, SendUnit, ServiceTypeEntry, Spec, SpecError,
    VersionState,
};

const LAYOUT: &[&str] = &[
    "no", "name", "length", "accept", "fixed", "required", "need", "empty", "format", "minus",
    "codes", "also", "quote", "limit", "personal", "note",
];
const CODES: &[&str] = &["table", "name", "code", "label", "source"];
const EDITIONS: &[&str] = &["csv_version", "edition", "first_month", "state", "note"];
const CARE_MANAGEMENT: &[&str] = &["code", "name", "note"];
const SERVICE_TYPES: &[&str] = &["code", "name", "system", "in_scope", "note"];
const SEND_UNITS: &[&str] =
    &["edition", "unit", "name", "direction", "preventive", "required", "optional", "source"];
const FILE_NAMES: &[&str] = &[
    "edition",
    "prefix",
    "file",
    "pattern",
    "has_target_month",
    "example",
    "direction",
    "send_unit",
    "deletion_counterpart",
    "note",
];

type CodeTables = BTreeMap<String, Arc<CodeTable>>;

/// Reads every table; all problems together.
pub(super) fn load(files: &BTreeMap<String, String>) -> Result<Spec, SpecError> {
    let mut tables = Tables::new(files);
    let codes = code_tables(&mut tables);
    let versions = versions(&mut tables);
    let service_types = service_types(&mut tables);
    let care_management = care_management(&mut tables);
    let units = send_units(&mut tables);
    let kinds = file_names(&mut tables, &units);
    let glyphs = glyphs::shipped(&mut tables);

    let mut layouts = BTreeMap::new();
    for (edition, kind) in kinds {
        // 第6表 実績 has the layout of 第6表 予定 (別紙); pictures have none.
        let table = if kind == FileKind::Upjsk { FileKind::Upplan } else { kind };
        if kind.is_image() {
            continue;
        }
        let file = format!("{edition}/{}.csv", table.prefix());
        let shown = tables.problems.len();
        let layout = layout(&mut tables, &codes, &file, edition, kind);
        if table != kind {
            // Its problems were told when the table was read for its own kind.
            tables.problems.truncate(shown);
        }
        layouts.insert((edition, kind), layout);
    }

    if tables.problems.is_empty() {
        let digest = digest(files);
        Ok(Spec { layouts, service_types, care_management, units, versions, glyphs, digest })
    } else {
        let mut problems = tables.problems;
        problems.sort();
        Err(SpecError { problems })
    }
}

/// The digest over the names and lines of all tables.
fn digest(files: &BTreeMap<String, String>) -> Digest {
    let mut builder = DigestBuilder::new();
    for (name, text) in files {
        // Whatever else lies in a folder of tables changes nothing.
        if super::builtin::FILES.iter().any(|(table, _)| table == name) {
            for line in std::iter::once(name.as_str()).chain(text.lines()) {
                builder.update(line.as_bytes());
                builder.update(b"\n");
            }
        }
    }
    builder.finish()
}

fn layout(
    tables: &mut Tables<'_>,
    codes: &CodeTables,
    file: &str,
    edition: Edition,
    kind: FileKind,
) -> Layout {
    let mut items = Vec::new();
    for (place, row) in tables.rows(file, LAYOUT).iter().enumerate() {
        let number = u16::try_from(place + 1).unwrap_or(u16::MAX);
        if row.get("no") != number.to_string() {
            tables.cell(row, "no", &format!("{number}, the numbers run without gaps"));
        }
        items.push(item(tables, codes, row, number));
    }
    // The checks keep one bit per item of a record.
    if items.len() > Layout::MOST_ITEMS {
        tables.whole(file, format!("more than {} items", Layout::MOST_ITEMS));
    }
    if items.first().is_some_and(|item| item.name != Layout::VERSION_ITEM) {
        tables.whole(file, format!("the first item is not {}", Layout::VERSION_ITEM));
    }
    if items.get(Layout::INSURED_PLACE).is_none_or(|item| item.name != Layout::INSURED_ITEM) {
        tables.whole(file, format!("the third item is not {}", Layout::INSURED_ITEM));
    }
    let (layout, missing) = Layout::new(edition, kind, items.into());
    for item in missing {
        let name = item.name();
        tables.whole(file, format!("expected the item {name}, which the checks look at"));
    }
    layout
}

fn item(tables: &mut Tables<'_>, codes: &CodeTables, row: &Row<'_>, number: u16) -> Item {
    let count = |cell: &str| cell.parse::<usize>().ok().filter(|count| (1..=99).contains(count));
    if row.get("name").is_empty() {
        tables.cell(row, "name", "the official name");
    }
    let length = match row.get("length") {
        "free" => None,
        _ => tables.parsed(row, "length", "1 to 99 or free", count),
    };
    let accept = match row.get("accept") {
        "" => length,
        _ => tables.parsed(row, "accept", "a number above the length", |cell| {
            count(cell).filter(|accept| length.is_some_and(|length| *accept > length))
        }),
    };
    let format = tables
        .parsed(row, "format", "a word of the format vocabulary", Format::from_word)
        .unwrap_or(Format::Free);
    let empty = tables
        .parsed(row, "empty", "error, warning or nothing", |cell| match cell {
            "error" => Some(Some(Severity::Error)),
            "warning" => Some(Some(Severity::Warning)),
            "" => Some(None),
            _ => None,
        })
        .flatten();
    let (limit, note_limit) = tables
        .parsed(row, "limit", "warning, notes or nothing", |cell| match cell {
            "warning" => Some((Severity::Warning, Severity::Warning)),
            "notes" => Some((Severity::Error, Severity::Warning)),
            "" => Some((Severity::Error, Severity::Error)),
            _ => None,
        })
        .unwrap_or((Severity::Error, Severity::Error));
    let marked = tables.mark(row, "required") || tables.mark(row, "need");
    if marked && empty.is_none() {
        tables.cell(row, "empty", "error or warning, for an item that is marked ○");
    }
    let table = match row.get("codes") {
        "" => None,
        id => {
            let table = codes.get(id).map(Arc::clone);
            // Without the table of codes its absence is the one problem.
            if table.is_none() && !codes.is_empty() {
                tables.cell(row, "codes", "an id of codes.csv");
            }
            table
        }
    };
    if (format == Format::Code) && row.get("codes").is_empty() {
        tables.cell(row, "codes", "a code table, for the format code");
    }
    let fixed = tables.mark(row, "fixed");
    if fixed && length.is_none() {
        tables.cell(row, "fixed", "nothing, for an item without a length");
    }
    let also = row.get("also");
    let quote = tables.parsed(row, "quote", "○, △ or nothing", |cell| match cell {
        "○" => Some("○"),
        "△" => Some("△"),
        "" => Some(""),
        _ => None,
    });
    Item {
        number,
        name: row.get("name").to_owned(),
        length,
        accept,
        fixed,
        empty,
        format,
        minus: tables.mark(row, "minus"),
        codes: table,
        also: also.split(';').filter(|code| !code.is_empty()).map(str::to_owned).collect(),
        quoted: quote == Some("○"),
        quotes_optional: quote == Some("△"),
        limit,
        note_limit,
        personal: tables.mark(row, "personal"),
    }
}

fn code_tables(tables: &mut Tables<'_>) -> CodeTables {
    let mut found: BTreeMap<String, CodeTable> = BTreeMap::new();
    for row in tables.rows("codes.csv", CODES) {
        let (id, code) = (row.get("table").to_owned(), row.get("code"));
        if code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
            tables.cell(&row, "code", "half-width characters");
        }
        let table = found.entry(id.clone()).or_insert_with(|| CodeTable {
            id,
            name: row.get("name").to_owned(),
            codes: Vec::new(),
        });
        if table.codes.iter().any(|known| &*known.code == code) {
            tables.cell(&row, "code", "a code that its table does not have yet");
        }
        table.codes.push(Code { code: code.into(), label: row.get("label").to_owned() });
    }
    found.into_iter().map(|(id, table)| (id, Arc::new(table))).collect()
}

fn versions(tables: &mut Tables<'_>) -> Vec<CsvVersion> {
    let mut found: Vec<CsvVersion> = Vec::new();
    for row in tables.rows("editions.csv", EDITIONS) {
        let value = row.get("csv_version").to_owned();
        if value.len() != 6 || !value.bytes().all(|byte| byte.is_ascii_digit()) {
            tables.cell(&row, "csv_version", "six digits");
        }
        if found.iter().any(|version| version.value == value) {
            tables.cell(&row, "csv_version", "a value that is not listed yet");
        }
        let edition = match row.get("edition") {
            "" => None,
            _ => tables.parsed(&row, "edition", "v3 or v4.1", |cell| cell.parse().ok()),
        };
        let month = tables.parsed(&row, "first_month", "YYYYMM", |cell| cell.parse().ok());
        let state =
            tables.parsed(&row, "state", "current, tolerated or superseded", |cell| match cell {
                "current" => Some(VersionState::Current),
                "tolerated" => Some(VersionState::Tolerated),
                "superseded" => Some(VersionState::Superseded),
                _ => None,
            });
        if let (Some(first_month), Some(state)) = (month, state) {
            if edition.is_none() && state != VersionState::Superseded {
                tables.cell(&row, "edition", "an edition, for a value in use");
            }
            found.push(CsvVersion { value, edition, first_month, state });
        }
    }
    for edition in Edition::ALL {
        let current = |version: &&CsvVersion| {
            version.edition == Some(edition) && version.state == VersionState::Current
        };
        if found.iter().filter(current).count() != 1 {
            tables.whole("editions.csv", format!("expected one current value of {edition}"));
        }
    }
    found
}

fn service_types(tables: &mut Tables<'_>) -> BTreeMap<ServiceType, ServiceTypeEntry> {
    let mut found: BTreeMap<ServiceType, ServiceTypeEntry> = BTreeMap::new();
    for row in tables.rows("service_types.csv", SERVICE_TYPES) {
        let code = tables.parsed(&row, "code", "two characters", |cell| cell.parse().ok());
        let in_scope = tables.parsed(&row, "in_scope", "○ or 対象外", |cell| match cell {
            "○" => Some(true),
            "対象外" => Some(false),
            _ => None,
        });
        let preventive =
            tables.parsed(&row, "system", "介護給付, 予防給付 or 総合事業", |cell| {
                match cell {
                    "介護給付" => Some(false),
                    "予防給付" | "総合事業" => Some(true),
                    _ => None,
                }
            });
        if let (Some(code), Some(in_scope), Some(preventive)) = (code, in_scope, preventive) {
            // 59 and 81 stand in two systems; one that is exchanged makes the type exchanged, and
            // only a type of the preventive systems alone is preventive.
            let entry = found.entry(code).or_insert_with(|| ServiceTypeEntry {
                name: row.get("name").to_owned(),
                in_scope,
                preventive,
            });
            entry.in_scope |= in_scope;
            entry.preventive &= preventive;
        }
    }
    found
}

fn care_management(tables: &mut Tables<'_>) -> BTreeMap<ServiceType, String> {
    let rows = tables.rows("care_management.csv", CARE_MANAGEMENT);
    rows.iter()
        .filter_map(|row| {
            let code = tables.parsed(row, "code", "two characters", |cell| cell.parse().ok())?;
            Some((code, row.get("name").to_owned()))
        })
        .collect()
}

fn send_units(tables: &mut Tables<'_>) -> Vec<SendUnit> {
    let mut found: Vec<SendUnit> = Vec::new();
    for row in tables.rows("send_units.csv", SEND_UNITS) {
        let kinds = |cell: &str| -> Option<Vec<FileKind>> {
            cell.split(';').filter(|kind| !kind.is_empty()).map(FileKind::from_prefix).collect()
        };
        let edition = tables.parsed(&row, "edition", "v3 or v4.1", |cell| cell.parse().ok());
        let required = tables.parsed(&row, "required", "known prefixes between ;", |cell| {
            kinds(cell).filter(|kinds| !kinds.is_empty())
        });
        let optional = tables.parsed(&row, "optional", "known prefixes between ;", kinds);
        let preventive = tables.mark(&row, "preventive");
        if row.get("unit").is_empty() {
            tables.cell(&row, "unit", "an id");
        }
        if let (Some(edition), Some(required), Some(optional)) = (edition, required, optional) {
            let unit = SendUnit {
                edition,
                id: row.get("unit").to_owned(),
                name: row.get("name").to_owned(),
                direction: row.get("direction").to_owned(),
                preventive,
                required,
                optional,
            };
            if found.iter().any(|known| known.edition == edition && known.id == unit.id) {
                tables.cell(&row, "unit", "an id that its edition does not have yet");
            }
            found.push(unit);
        }
    }
    found
}

/// The kinds that each edition has. Examples must be what [`FileName`] makes of them.
fn file_names(tables: &mut Tables<'_>, units: &[SendUnit]) -> Vec<(Edition, FileKind)> {
    let mut found = Vec::new();
    for row in tables.rows("filenames.csv", FILE_NAMES) {
        let edition = tables.parsed(&row, "edition", "v3 or v4.1", |cell| cell.parse().ok());
        let kind = tables.parsed(&row, "prefix", "a known prefix", FileKind::from_prefix);
        let (Some(edition), Some(kind)) = (edition, kind) else { continue };
        tables.parsed(&row, "example", "a name of this kind and edition", |cell| {
            let name = FileName::parse(cell).ok()?;
            (name.kind == kind && name.edition() == edition).then_some(())
        });
        tables.parsed(&row, "has_target_month", "yes or no, as the program has it", |cell| {
            (cell == if kind.has_month() { "yes" } else { "no" }).then_some(())
        });
        if !units.is_empty()
            && !units.iter().any(|unit| unit.edition == edition && unit.knows(kind))
        {
            tables.cell(&row, "prefix", "a kind of some send unit");
        }
        if found.contains(&(edition, kind)) {
            tables.cell(&row, "prefix", "a kind that is not listed yet");
        }
        found.push((edition, kind));
    }
    for unit in units {
        for kind in unit.required.iter().chain(&unit.optional) {
            if !found.is_empty() && !found.contains(&(unit.edition, *kind)) {
                let problem = format!("{}: {kind} is not in filenames.csv", unit.id);
                tables.whole("send_units.csv", problem);
            }
        }
    }
    found
}
