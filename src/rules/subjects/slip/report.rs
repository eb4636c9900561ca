//! 第7表: what is said about a fault.

use crate::rules::collect::Findings;
use crate::rules::finding::{Draft, Place};
use crate::rules::subjects::person::Spot;
use crate::rules::table::Rule;
use crate::types::Severity;

use super::Slip;
use super::equations::{Equation, Failure};
use super::row::{Column, Form, Row};
use super::sums::Fault;

impl Slip {
    pub(super) fn at(&self, row: &Row, spot: Spot) -> Place {
        self.names.place_of(spot, row.person)
    }

    pub(super) fn report(&self, rows: &[&Row], fault: Fault, findings: &mut Findings) {
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
            Fault::NoSubtotal { last, instead } => {
                let Some(last) = row(last) else { return };
                findings.add_at_most(Rule::SubtotalMissing, self.sums_limit, || {
                    let place = self.at(last, last.code_spot());
                    let draft = match instead.and_then(row) {
                        // Of the right form and type, it is at another office.
                        Some(sum) if sum.form == Form::Within && sum.kind() == last.kind() => {
                            Draft::place(self.at(sum, sum.office_spot(&self.items))).related(place)
                        }
                        Some(sum) => Draft::place(self.at(sum, sum.code_spot())).related(place),
                        None => Draft::place(place),
                    };
                    draft.with("type", String::from_utf8_lossy(last.kind()))
                });
            }
            Fault::OutsideManaged { row: index } => {
                if let Some(row) = row(index) {
                    // The note lets the exporting software fill it in there, or not.
                    let outside = row.form == Form::Outside;
                    let limit = if outside { Severity::Info } else { Severity::Warning };
                    findings.add_at_most(Rule::OutsideRowHasManagedUnits, limit, || {
                        Draft::place(self.at(row, row.spot(Column::Managed, &self.items)))
                            .related(self.at(row, row.code_spot()))
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
                // What is missing in a row is no matter of 全合計, though that shows it.
                let rule = match (sum.form, culprit) {
                    (Form::Total, Some(_)) => Rule::AmountMissing,
                    (Form::Total, None) => Rule::TotalDiffers,
                    _ => Rule::SubtotalDiffers,
                };
                let spot = |row: &Row| self.at(row, row.spot(column, &self.items));
                let (at, expected) =
                    match culprit.and_then(|(index, right)| Some((row(index)?, right))) {
                        Some((row, right)) => (row, right),
                        None => (sum, expected),
                    };
                findings.add(rule, || {
                    let got = at.number(column);
                    let shown =
                        |empty: &str| got.map_or_else(|| empty.to_owned(), |n| n.to_string());
                    let mut draft = Draft::place(spot(at))
                        .with("column", column.name())
                        .with("code", String::from_utf8_lossy(&sum.code))
                        .with_both("got", &shown("空"), &shown("empty"))
                        .with("expected", expected);
                    if let Some(got) = got {
                        draft = draft.showing(&got.to_string());
                    }
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
