//! 予実 of a month, from the packages in the store.

use bytes::Bytes;

use super::context::blocking;
use crate::actuals::{Comparison, Ledger, Replaced};
use crate::contents;
use crate::package::{self, Limits};
use crate::spec::Spec;
use crate::store::{MonthPackage, Store, StoreError};
use crate::transfer::Direction;
use crate::types::{FileSerial, OfficeNumber, ServiceMonth};

/// Packages of one pair and month that are looked at, the newest: an office sends a few.
const MOST_PACKAGES: u32 = 500;

/// Months of one set that are looked at.
const MOST_MONTHS: usize = 12;

/// 予定 against 実績 of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthComparison {
    /// The comparison.
    pub comparison: Comparison,
    /// Packages whose bytes are not kept any more, or cannot be read: what they said is not in it.
    pub left_out: u32,
    /// Whether there were so many packages that the oldest are not in it.
    pub is_cut: bool,
}

/// Holds 実績 against 予定 of a month between one of our offices and a partner, for the services of
/// `service_office`, which is one of the two. What is read is what each side sent last, both ways.
pub async fn compare_month(
    store: &Store,
    (spec, limits): (&'static Spec, Limits),
    (office, partner): (OfficeNumber, OfficeNumber),
    month: ServiceMonth,
    service_office: OfficeNumber,
) -> Result<MonthComparison, StoreError> {
    let packages = store.month_packages((office, partner), month, MOST_PACKAGES).await?;
    let is_cut = packages.len() >= usize::try_from(MOST_PACKAGES).unwrap_or(usize::MAX);
    let (ledger, left_out) = ledger(store, (spec, limits), packages, month).await?;
    let comparison = blocking(move || Comparison::of(ledger, service_office));
    let comparison = comparison.await.ok_or(StoreError::Panic)?;
    Ok(MonthComparison { comparison, left_out, is_cut })
}

/// 実績 beside those whose place they take, in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthReplaced {
    /// The service month.
    pub month: ServiceMonth,
    /// Person by person.
    pub people: Vec<Replaced>,
    /// Earlier packages whose bytes are not kept any more, or cannot be read: what they said is not in it.
    pub left_out: u32,
}

/// Holds the 実績 of a set between one of our offices and a partner against those that went the same way
/// with a lower 連番. Months in which nothing is replaced are left out; of very many the first are looked at.
pub async fn replaced_actuals(
    store: &Store,
    (spec, limits): (&'static Spec, Limits),
    (office, partner, direction): (OfficeNumber, OfficeNumber, Direction),
    serial: FileSerial,
    files: Vec<(String, Bytes)>,
) -> Result<Vec<MonthReplaced>, StoreError> {
    let months = blocking({
        let files = files.clone();
        move || contents::read(spec, slices(&files)).months
    });
    let mut found = Vec::new();
    for month in months.await.ok_or(StoreError::Panic)?.into_iter().take(MOST_MONTHS) {
        let mut packages = store.month_packages((office, partner), month, MOST_PACKAGES).await?;
        // 実績 go one way alone; what goes the other way tells the names.
        packages.retain(|found| found.direction != direction || found.serial < serial);
        let (before, left_out) = ledger(store, (spec, limits), packages, month).await?;
        let files = files.clone();
        let people = blocking(move || {
            let mut now = Ledger::new(spec, month);
            now.take(slices(&files));
            Replaced::of(before, now)
        });
        let people = people.await.ok_or(StoreError::Panic)?;
        if !people.is_empty() {
            found.push(MonthReplaced { month, people, left_out });
        }
    }
    Ok(found)
}

fn slices(files: &[(String, Bytes)]) -> impl Iterator<Item = (&str, &[u8])> {
    files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_ref()))
}

/// What is left of a month after some packages, and how many of them cannot be read.
async fn ledger(
    store: &Store,
    (spec, limits): (&'static Spec, Limits),
    packages: Vec<MonthPackage>,
    month: ServiceMonth,
) -> Result<(Ledger<'static>, u32), StoreError> {
    let mut ledger = Ledger::new(spec, month);
    let mut left_out = 0;
    // One at a time, so that no more than one lies in memory.
    for found in packages {
        let stored = match found.direction {
            Direction::Out => store.outgoing_package(found.id).await,
            Direction::In => store.incoming_package(found.partner, found.id).await,
        };
        let stored = match stored {
            Ok(stored) => stored,
            Err(error) if error.is_about_one_package() => {
                left_out += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        let taken = blocking(move || {
            let package = package::open_again(stored, &limits);
            if let Ok(package) = &package {
                ledger.take(
                    package.files().map(|(file, bytes)| (file.name.as_str(), bytes.as_ref())),
                );
            }
            (ledger, package.is_ok())
        });
        let Some((taken, is_readable)) = taken.await else {
            return Err(StoreError::Panic);
        };
        ledger = taken;
        left_out += u32::from(!is_readable);
    }
    Ok((ledger, left_out))
}
