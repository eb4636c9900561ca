//! 第7表（サービス利用票別表）: each row, and all rows of a person together.
//!
//! What a row says by itself is judged at once; sums when the file is at its end, because the rows
//! of a person need not stand together. A row that was found bad is left out of everything, and a
//! person with such a row has no sums judged.

mod cells;
mod equations;
mod fragments;
mod groups;
mod report;
mod row;
mod subtotals;
mod sums;
mod totals;

use std::collections::{HashMap, HashSet};

use crate::rules::subjects::facts::{Loose, SlipFacts, SlipPerson, SlipRow};
use crate::spec::KnownItem;
use crate::types::FileKind;

use self::fragments::{Fragments, fragments};
use self::row::{Cell, Column, Form, Row, RowItems};
use self::sums::{Fault, MOST_ROWS_OF_A_PERSON};
use super::declared::{Declared, New, Scope};
use super::person::{ItemNames, Person, Whose};
use super::prints::Prints;
use super::usage::is_stay;
use super::{Context, Draft, Facts, Findings, Judged, Rule, Severity, Subject};

/// What a row says by itself.
const ROW_RULES: &[Rule] = &[
    Rule::TotalNamesAnOffice,
    Rule::RowNamesNoOffice,
    Rule::SumRowHasUnits,
    Rule::SumRowHasDiscount,
    Rule::OutsideRowHasManagedUnits,
    Rule::OverThirtyOnSumRow,
    Rule::OverThirtyDaysElsewhere,
    Rule::OfficeItemNotFixed,
    Rule::ProductDiffers,
    Rule::DiscountDiffers,
    Rule::TypeLimitDiffers,
    Rule::AreaLimitDiffers,
    Rule::CostDiffers,
    Rule::ImpossibleBenefitRate,
    Rule::ClaimDiffers,
    Rule::ShareDiffers,
    Rule::FullShareDiffers,
    Rule::DaysDiffer,
    Rule::UnusualPrice,
];

/// What the rows of a person say together.
const SUM_RULES: &[Rule] = &[
    Rule::SubtotalWithoutRows,
    Rule::TotalMissing,
    Rule::SeveralTotals,
    Rule::SubtotalMissing,
    Rule::SubtotalDiffers,
    Rule::AmountMissing,
    Rule::TotalDiffers,
];

/// Records that could not be read leave sums without a part.
const TORN: &[Rule] = &[
    Rule::WrongItemCount,
    Rule::StrayQuote,
    Rule::RecordTooLong,
    Rule::UnclosedQuote,
    Rule::NulByte,
    Rule::MixedCsvVersions,
    Rule::UnknownCsvVersion,
];

/// What 全合計 has instead of an office (R-FLD-07).
const NO_OFFICE: &[u8; 10] = b"9999999999";

/// Rows beyond these are judged by themselves only: 120 MB of memory.
const MOST_ROWS: usize = 500_000;

struct Slip {
    items: RowItems,
    names: ItemNames,
    prints: Prints,
    /// 小計 and 全合計 that must be there: 介護予防 may have a simplified form (R-YOBO-03).
    sums_limit: Severity,
    /// 事業所コード (No.34).
    fixed_office: usize,
    rows: Vec<Row>,
    /// Of these people a row could not be read.
    torn: HashSet<Person>,
    /// Of a row it could not be read whose it is.
    unknown: bool,
    overflow: bool,
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[
        Scope::of(&[FileKind::Upsikyu], ROW_RULES),
        Scope::of(&[FileKind::Upsikyu], SUM_RULES),
    ],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let types = context.name.and_then(|name| name.service_types);
    let preventive = types.is_some_and(|types| context.spec.is_preventive_exchange(types));
    Box::new(Slip {
        items: RowItems::of(layout),
        names: ItemNames::of(layout),
        prints: Prints::new(),
        sums_limit: if preventive { Severity::Warning } else { Severity::Error },
        fixed_office: layout.place(KnownItem::FixedOffice),
        rows: Vec::new(),
        torn: HashSet::new(),
        unknown: false,
        overflow: false,
    })
}

impl Subject for Slip {
    fn given_up(&self) -> &'static [Rule] {
        if self.overflow { SUM_RULES } else { &[] }
    }

    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let mut print = self.prints.begin();
        for place in 0..record.layout.items.len() {
            print.add(record.content(place));
        }
        let row = self.items.read(record, print.finish());
        let kept = row.is_some() && self.rows.len() < MOST_ROWS;
        self.fixed_items(record, kept, findings);
        let Some(row) = row else {
            match self.items.person.read(record) {
                Some(person) => {
                    self.torn.insert(person);
                }
                None => self.unknown = true,
            }
            return;
        };
        if self.rows.len() < MOST_ROWS {
            self.rows.push(row);
        } else {
            self.overflow = true;
            for fault in sums::check(&[&row], false, false) {
                self.report(&[&row], fault, findings);
            }
        }
    }

    fn end_file(mut self: Box<Self>, findings: &mut Findings, facts: &mut Facts) {
        let whole = !self.overflow && !self.unknown && !TORN.iter().any(|rule| findings.has(*rule));
        let rows = std::mem::take(&mut self.rows);
        let mut people: HashMap<Person, Vec<&Row>> = HashMap::new();
        for row in &rows {
            people.entry(row.person).or_default().push(row);
        }
        let mut people: Vec<(Person, Vec<&Row>)> = people.into_iter().collect();
        people.sort_unstable_by_key(|(_, rows)| rows.first().map(|row| row.whose.insured.record));
        let fragments = if whole { fragments(&people) } else { Fragments::default() };
        let mut slip = SlipFacts { names: self.names.clone(), whole, ..SlipFacts::default() };
        let mut judged: Vec<Judgement> = people
            .iter()
            .map(|(person, rows)| {
                let few = rows.len() <= MOST_ROWS_OF_A_PERSON;
                let sound = whole && few && !self.torn.contains(person);
                // A code of a type that nobody knows may be that of a sum: nothing is added up, but
                // what must be there and is not is told.
                let known = !rows.iter().any(|row| row.unknown);
                let sums = sound && known && !fragments.lone.contains(person) && !repeats(rows);
                Judgement { sound, sums, faults: sums::check(rows, sums, sound) }
            })
            .collect();
        if !findings.tells_consequences() {
            explain(&people, &fragments, &mut judged);
        }
        for ((person, rows), Judgement { sound, sums, faults }) in people.iter().zip(judged) {
            let unnamed = |row: &&&Row| row.form != Form::Total && row.office == *NO_OFFICE;
            let no_total = sound && !rows.iter().any(|row| row.form == Form::Total);
            let misnamed = rows.iter().find(unnamed).copied();
            let lone = fragments.lone.contains(person);
            let mut reported = (!faults.is_empty()).then_some(Severity::Warning);
            let mut told = self.offices(rows, no_total, findings);
            if let Some(first) = rows.first().filter(|_| no_total && misnamed.is_none() || lone) {
                let wrong_insurer = fragments.insurers.contains(person);
                let number = if wrong_insurer { first.whose.insurer } else { first.whose.insured };
                let loose = Loose {
                    person: *person,
                    number,
                    code: first.code,
                    code_spot: first.code_spot(),
                    limit: self.sums_limit,
                };
                if lone {
                    slip.lone.push(loose);
                } else if fragments.lone.is_empty() {
                    findings.add_at_most(Rule::TotalMissing, self.sums_limit, || {
                        Draft::place(self.at(first, number))
                    });
                    told = Some(self.sums_limit);
                } else {
                    slip.lacking.push(loose);
                }
            }
            reported = reported.max(told);
            for fault in faults {
                self.report(rows, fault, findings);
            }
            if whole {
                let judged = reported.is_some() || !sums || misnamed.is_some() || no_total;
                slip.people.insert(*person, facts_of(rows, judged, told, &self.items));
            }
        }
        facts.slip = Some(slip);
    }
}

impl Slip {
    /// What the standard fixes for rows of a form (R-FLD-07 to R-FLD-10).
    /// The office of a row that is kept is judged with the other rows of the user.
    fn fixed_items(&self, record: &Judged<'_>, kept: bool, findings: &mut Findings) {
        let place = self.fixed_office;
        if record.good(place).is_some_and(|office| !office.is_empty() && office != NO_OFFICE) {
            findings.add(Rule::OfficeItemNotFixed, || record.at(place));
        }
        let Some(code) = record.good(self.items.code) else { return };
        let form = Form::of(code);
        let at = |column| record.at(self.items.place(column));
        let code_place = || record.at(self.items.code).place;
        if let Some(office) = record.good(self.items.office) {
            let none = office == NO_OFFICE;
            if form == Form::Total && !none {
                findings.add(Rule::TotalNamesAnOffice, || {
                    record.at(self.items.office).related(code_place())
                });
            } else if form != Form::Total && none && !kept {
                findings.add(Rule::RowNamesNoOffice, || {
                    record.at(self.items.office).related(code_place())
                });
            }
        }
        let over_thirty = record.good(self.items.over_thirty) == Some(b"1");
        if form == Form::Detail {
            if over_thirty && !is_stay(code) {
                findings.add(Rule::OverThirtyDaysElsewhere, || {
                    record.at(self.items.over_thirty).related(code_place())
                });
            }
            let price = self.items.cell(record, Column::Price);
            self.unusual_price(record, code, price, findings);
            return;
        }
        if over_thirty && form != Form::OverThirty {
            findings.add(Rule::OverThirtyOnSumRow, || {
                record.at(self.items.over_thirty).related(code_place())
            });
        }
        if matches!(self.items.cell(record, Column::Units), Cell::Number(units) if units != 0) {
            let limit = record.limit(self.items.place(Column::Units));
            findings.add_at_most(Rule::SumRowHasUnits, limit, || {
                at(Column::Units).related(code_place())
            });
        }
        for column in [Column::DiscountRate, Column::Discounted] {
            if matches!(self.items.cell(record, column), Cell::Number(_)) {
                findings.add(Rule::SumRowHasDiscount, || at(column).related(code_place()));
            }
        }
        let price = self.items.cell(record, Column::Price);
        self.unusual_price(record, code, price, findings);
    }

    /// Rows other than 全合計 that have its number in the place of an office. Where 全合計 itself is
    /// not there, the first of them is it, and its code is what is wrong. Gives the severity of the
    /// finding that says so.
    fn offices(&self, rows: &[&Row], no_total: bool, findings: &mut Findings) -> Option<Severity> {
        let unnamed = |row: &&&Row| row.form != Form::Total && row.office == *NO_OFFICE;
        let mut told = None;
        for row in rows.iter().filter(unnamed) {
            let code = self.at(row, row.code_spot());
            if no_total && told.is_none() && self.sums_limit == Severity::Error {
                told = Some(self.sums_limit);
                findings.add_at_most(Rule::TotalMissing, self.sums_limit, || Draft::place(code));
            } else {
                findings.add(Rule::RowNamesNoOffice, || {
                    Draft::place(self.at(row, row.office_spot(&self.items))).related(code)
                });
            }
        }
        told
    }

    /// One unit costs 10.00 to 11.40 yen, depending on the region; 総合事業 has its own prices.
    fn unusual_price(
        &self,
        record: &Judged<'_>,
        code: &[u8],
        price: Cell,
        findings: &mut Findings,
    ) {
        if matches!(price, Cell::Number(price) if !(1_000..=1_140).contains(&price))
            && !code.starts_with(b"A")
        {
            findings.add(Rule::UnusualPrice, || record.at(self.items.place(Column::Price)));
        }
    }
}

/// What is wrong with the rows of a person.
struct Judgement {
    /// Every row could be read, and they are not too many.
    sound: bool,
    /// Whether the rows can be added up.
    sums: bool,
    faults: Vec<Fault>,
}

/// Leaves out sums that do not come out because rows carry the number of somebody else, which is
/// told there: those of the person with the same 被保険者番号, and of as many others as there are
/// such rows.
fn explain(people: &[(Person, Vec<&Row>)], fragments: &Fragments, judged: &mut [Judgement]) {
    let astray =
        |person: &Person| fragments.lone.contains(person) || fragments.parts.contains(person);
    let differs = |judgement: &Judgement| judgement.faults.iter().any(Fault::is_of_sums);
    let odd = |((person, _), judgement): &(&(Person, Vec<&Row>), &Judgement)| {
        !astray(person) && !fragments.owners.contains(person) && differs(judgement)
    };
    let all = people.iter().zip(judged.iter()).filter(odd).count() <= fragments.count();
    for ((person, _), judgement) in people.iter().zip(judged) {
        let owner = fragments.owners.contains(person);
        if !astray(person) && (owner || all) && differs(judgement) {
            judgement.faults.retain(|fault| !fault.is_of_sums());
            judgement.sums = false;
        }
    }
}

/// Whether a row stands there twice; sums with it mean nothing.
fn repeats(rows: &[&Row]) -> bool {
    let mut seen = HashSet::new();
    rows.iter().any(|row| {
        let rented = matches!(row.kind(), b"17" | b"67") && row.form == Form::Detail;
        row.form != Form::Total && !seen.insert(row.print) && !rented
    })
}

fn facts_of(
    rows: &[&Row],
    judged: bool,
    reported: Option<Severity>,
    items: &RowItems,
) -> SlipPerson {
    let first = rows.first().map_or_else(Whose::default, |row| row.whose);
    let total = rows.iter().find(|row| row.form == Form::Total);
    let days = rows.iter().find_map(|row| {
        Some((row.number(Column::DaysBefore)?, row.spot(Column::DaysBefore, items)))
    });
    SlipPerson {
        first,
        judged_bad: judged,
        reported,
        over_thirty: rows
            .iter()
            .any(|row| row.over_thirty && row.form == Form::Detail && is_stay(&row.code)),
        within: total.and_then(|row| {
            Some((row.number(Column::AreaWithin)?, row.spot(Column::AreaWithin, items)))
        }),
        days_before: days,
        rows: rows
            .iter()
            .filter(|row| row.form == Form::Detail)
            .map(|row| SlipRow {
                office: row.office,
                code: row.code,
                units: row.number(Column::Discounted).or(row.number(Column::Units)),
                full_units: row.number(Column::Units),
                count: row.number(Column::Count),
                over_thirty: row.over_thirty && is_stay(&row.code),
                code_spot: row.code_spot(),
                office_spot: row.office_spot(items),
                count_spot: row.spot(Column::Count, items),
                units_spot: row.spot(Column::Units, items),
            })
            .collect(),
    }
}
