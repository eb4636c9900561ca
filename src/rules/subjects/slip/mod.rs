//! 第7表（サービス利用票別表）: each row, and all rows of a person together.
//!
//! What a row says by itself is judged at once; sums when the file is at its end, because the rows
//! of a person need not stand together. A row that was found bad is left out of everything, and a
//! person with such a row has no sums judged.

mod equations;
mod row;
mod sums;

use std::collections::{HashMap, HashSet};

use crate::rules::facts::{SlipFacts, SlipPerson, SlipRow};
use crate::types::Edition;

use self::equations::{Equation, Failure};
use self::row::{Cell, Column, Form, Row, RowItems};
use self::sums::Fault;
use super::person::{Fingerprint, ItemNames, Person, Spot, Whose};
use super::usage::is_stay;
use super::{Context, Draft, Facts, Findings, Judged, Place, Rule, Severity, Subject};

const RULES: &[Rule] = &[
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
    Rule::SubtotalWithoutRows,
    Rule::TotalMissing,
    Rule::SeveralTotals,
    Rule::SubtotalMissing,
    Rule::SubtotalDiffers,
    Rule::TotalDiffers,
];

/// How many of these look at one row only.
const ROW_RULES: usize = 19;

/// Records that could not be read leave sums without a part.
const TORN: &[Rule] =
    &[Rule::WrongItemCount, Rule::StrayQuote, Rule::RecordTooLong, Rule::MixedCsvVersions];

/// What 全合計 has instead of an office (R-FLD-07).
const NO_OFFICE: &[u8] = b"9999999999";

/// Nobody has more rows in a month; beyond them the time would grow with their square.
const MOST_ROWS_OF_A_PERSON: usize = 500;

/// Rows beyond these are judged by themselves only: 120 MB of memory.
const MOST_ROWS: usize = 500_000;

struct Slip {
    items: RowItems,
    names: ItemNames,
    /// 割引後率 and 割引後単位数 and all that is fixed by notes, which V3 does not spell out.
    limit: Severity,
    /// 事業所コード (No.34).
    fixed_office: Option<usize>,
    rows: Vec<Row>,
    /// Of these people a row could not be read.
    torn: HashSet<Person>,
    /// Of a row it could not be read whose it is.
    unknown: bool,
    overflow: bool,
}

pub(super) fn subject(context: &Context<'_>) -> Option<Box<dyn Subject>> {
    let layout = context.layout;
    Some(Box::new(Slip {
        items: RowItems::of(layout)?,
        names: ItemNames::of(layout),
        limit: match layout.edition {
            Edition::V3 => Severity::Warning,
            Edition::V4_1 => Severity::Error,
        },
        fixed_office: layout.position("事業所コード"),
        rows: Vec::new(),
        torn: HashSet::new(),
        unknown: false,
        overflow: false,
    }))
}

impl Subject for Slip {
    fn rules(&self) -> &'static [Rule] {
        if self.overflow { RULES.get(..ROW_RULES).unwrap_or(RULES) } else { RULES }
    }

    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        self.fixed_items(record, findings);
        let mut print = Fingerprint::new();
        for place in 0..record.layout.items.len() {
            print.add(record.record.item(place));
        }
        let Some(row) = self.items.read(record, print.finish()) else {
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
            for fault in sums::check(&[&row], false) {
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
        let mut slip = SlipFacts { people: HashMap::new(), names: self.names.clone(), whole };
        for (person, rows) in &people {
            let few = rows.len() <= MOST_ROWS_OF_A_PERSON;
            let sound = whole && few && !self.torn.contains(person);
            let mut faults = Vec::new();
            let fragment = fragments.strays.contains(person);
            let no_total = sound
                && !fragments.without.contains(person)
                && !rows
                    .iter()
                    .any(|row| row.form == Form::Total || row.office.as_slice() == NO_OFFICE);
            let sums = sound && !fragment && !fragments.hosts.contains(person) && !repeats(rows);
            faults.extend(sums::check(rows, sums));
            let number = |row: &Row| {
                let wrong_insurer = fragments.insurers.contains(person);
                if wrong_insurer { row.whose.insurer } else { row.whose.insured }
            };
            let mut reported = !faults.is_empty() || fragments.without.contains(person);
            if let (true, Some(first)) = (no_total, rows.first()) {
                reported = true;
                findings.add_at_most(Rule::TotalMissing, self.limit, || {
                    Draft::place(self.at(first, number(first)))
                });
            } else if let (true, Some(first)) = (fragment, rows.first()) {
                reported = true;
                findings.add(Rule::SubtotalWithoutRows, || {
                    Draft::place(self.at(first, number(first)))
                        .related(self.at(first, first.code_spot()))
                        .with("code", String::from_utf8_lossy(&first.code))
                });
            }
            for fault in faults {
                self.report(rows, fault, findings);
            }
            if whole {
                let unnamed =
                    |row: &&Row| row.form != Form::Total && row.office.as_slice() == NO_OFFICE;
                let judged = reported || !sums || rows.iter().any(unnamed);
                slip.people.insert(
                    *person,
                    facts_of(
                        rows,
                        judged,
                        fragment || no_total || fragments.without.contains(person),
                        &self.items,
                    ),
                );
            }
        }
        facts.slip = Some(slip);
    }
}

impl Slip {
    /// What the standard fixes for rows of a form (R-FLD-07 to R-FLD-10).
    fn fixed_items(&self, record: &Judged<'_>, findings: &mut Findings) {
        if let Some(place) = self.fixed_office
            && record.good(place).is_some_and(|office| !office.is_empty() && office != NO_OFFICE)
        {
            findings.add(Rule::OfficeItemNotFixed, || record.at(place));
        }
        let Some(code) = record.good(self.items.code) else { return };
        let form = Form::of(code);
        let at = |column| record.at(self.items.place(column));
        let code_place = || record.at(self.items.code).place;
        if let Some(office) = record.good(self.items.office) {
            let none = office == NO_OFFICE;
            if form == Form::Total && !none {
                findings.add_at_most(Rule::TotalNamesAnOffice, self.limit, || {
                    record.at(self.items.office).related(code_place())
                });
            } else if form != Form::Total && none {
                let limit = if form.is_sum() { Severity::Warning } else { self.limit };
                findings.add_at_most(Rule::RowNamesNoOffice, limit, || {
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
            let limit = self.limit;
            findings.add_at_most(Rule::SumRowHasUnits, limit, || {
                at(Column::Units).related(code_place())
            });
        }
        for column in [Column::DiscountRate, Column::Discounted] {
            if matches!(self.items.cell(record, column), Cell::Number(_)) {
                findings.add_at_most(Rule::SumRowHasDiscount, self.limit, || {
                    at(column).related(code_place())
                });
            }
        }
        if matches!(form, Form::Outside | Form::OverThirty)
            && matches!(self.items.cell(record, Column::Managed), Cell::Number(units) if units != 0)
        {
            findings
                .add(Rule::OutsideRowHasManagedUnits, || at(Column::Managed).related(code_place()));
        }
        let price = self.items.cell(record, Column::Price);
        self.unusual_price(record, code, price, findings);
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

    fn at(&self, row: &Row, spot: Spot) -> Place {
        self.names.place_of(spot, row.person)
    }

    fn report(&self, rows: &[&Row], fault: Fault, findings: &mut Findings) {
        let row = |index: usize| rows.get(index).copied();
        match fault {
            Fault::Row(index, failure) => {
                if let Some(row) = row(index) {
                    self.report_row(row, failure, findings);
                }
            }
            Fault::SecondTotal { second, first } => {
                if let (Some(second), Some(first)) = (row(second), row(first)) {
                    findings.add(Rule::SeveralTotals, || {
                        Draft::place(self.at(second, second.code_spot()))
                            .related(self.at(first, first.code_spot()))
                    });
                }
            }
            Fault::NoSubtotal { last } => {
                if let Some(row) = row(last) {
                    findings.add_at_most(Rule::SubtotalMissing, self.limit, || {
                        Draft::place(self.at(row, row.code_spot()))
                            .with("type", String::from_utf8_lossy(row.kind()))
                    });
                }
            }
            Fault::NothingToAddUp { row: index, elsewhere } => {
                if let Some(row) = row(index) {
                    findings.add(Rule::SubtotalWithoutRows, || {
                        let office = row.office_spot(&self.items);
                        let spot = if elsewhere { office } else { row.code_spot() };
                        Draft::place(self.at(row, spot))
                            .with("code", String::from_utf8_lossy(&row.code))
                    });
                }
            }
            Fault::SumDiffers { row: sum, column, expected, culprit, parts } => {
                let Some(sum) = row(sum) else { return };
                let rule = if sum.form == Form::Total {
                    Rule::TotalDiffers
                } else {
                    Rule::SubtotalDiffers
                };
                let spot = |row: &Row| self.at(row, row.spot(column, &self.items));
                let (at, expected) =
                    match culprit.and_then(|(index, right)| Some((row(index)?, right))) {
                        Some((row, right)) => (row, right),
                        None => (sum, expected),
                    };
                findings.add(rule, || {
                    let got = at.number(column).unwrap_or_default();
                    let mut draft = Draft::place(spot(at))
                        .with("column", column.name())
                        .with("code", String::from_utf8_lossy(&sum.code))
                        .with("got", got)
                        .with("expected", expected)
                        .showing(&got.to_string());
                    let others = parts.iter().filter_map(|index| row(*index)).chain([sum]);
                    for part in others.filter(|part| !std::ptr::eq(*part, at)) {
                        draft = draft.related(spot(part));
                    }
                    draft
                });
            }
        }
    }

    fn report_row(&self, row: &Row, failure: Failure, findings: &mut Findings) {
        let rule = match failure.equation {
            Equation::Product => Rule::ProductDiffers,
            Equation::Discount => Rule::DiscountDiffers,
            Equation::TypeLimit => Rule::TypeLimitDiffers,
            Equation::AreaLimit => Rule::AreaLimitDiffers,
            Equation::Cost => Rule::CostDiffers,
            Equation::BenefitRate => Rule::ImpossibleBenefitRate,
            Equation::Claim => Rule::ClaimDiffers,
            Equation::Share => Rule::ShareDiffers,
            Equation::FullShare => Rule::FullShareDiffers,
            Equation::Days => Rule::DaysDiffer,
        };
        let limit = if failure.doubtful { Severity::Info } else { Severity::Warning };
        let spot = |column| self.at(row, row.spot(column, &self.items));
        findings.add_at_most(rule, limit, || {
            let got = match (failure.at, row.number(failure.at)) {
                (Column::Price, Some(got)) => format!("{}.{:02}", got / 100, got % 100),
                (_, got) => got.map_or_else(String::new, |got| got.to_string()),
            };
            let mut draft = Draft::place(spot(failure.at))
                .with("column", failure.at.name())
                .with("got", &got)
                .showing(&got);
            draft = match failure.expected {
                Some(expected) => draft.with("expected", expected),
                None => draft.with_both("expected", "別の値", "another value"),
            };
            for column in failure.with {
                draft = draft.related(spot(*column));
            }
            draft
        });
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

/// People who are there only because a number of somebody else is wrong in one row.
#[derive(Debug, Default)]
struct Fragments {
    /// Only a total or subtotals: the rows are somebody else's.
    strays: HashSet<Person>,
    /// Their total is such a stray: by the record of its 被保険者番号.
    without: HashSet<Person>,
    /// Between their rows stands one with another number.
    hosts: HashSet<Person>,
    /// Of those who lack rows, these have the 被保険者番号 of somebody beside them: the insurer's
    /// number is the one that is wrong.
    insurers: HashSet<Person>,
}

fn fragments(people: &[(Person, Vec<&Row>)]) -> Fragments {
    let mut found = Fragments::default();
    let range = |rows: &[&Row]| {
        let record = |row: Option<&&Row>| row.map_or(0, |row| row.whose.insured.record);
        (record(rows.first()), record(rows.last()))
    };
    for pair in people.windows(2) {
        let [(host, host_rows), (person, rows)] = pair else { continue };
        if host.insured() == person.insured() {
            let fewer = if host_rows.len() < rows.len() { host } else { person };
            found.insurers.insert(*fewer);
        }
        let ((_, host_end), (start, end)) = (range(host_rows), range(rows));
        let total = |rows: &[&Row]| rows.iter().any(|row| row.form == Form::Total);
        let only_sums = rows.iter().all(|row| row.form.is_sum());
        if only_sums {
            found.strays.insert(*person);
            found.hosts.insert(*host);
            if total(rows) && !total(host_rows) {
                found.without.insert(*host);
            }
        } else if end < host_end && start > range(host_rows).0 && !total(rows) {
            found.hosts.insert(*host);
        } else if host_rows.len() == 1 && !total(host_rows) {
            // The first row of the next person, under another number.
            found.hosts.insert(*person);
        }
    }
    found
}

fn facts_of(rows: &[&Row], judged: bool, reported: bool, items: &RowItems) -> SlipPerson {
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
                code_spot: row.code_spot(),
                office_spot: row.office_spot(items),
                count_spot: row.spot(Column::Count, items),
                units_spot: row.spot(Column::Units, items),
            })
            .collect(),
    }
}
