//! 予実 of a month, from the packages in the store.

use super::context::blocking;
use crate::actuals::{Comparison, Ledger};
use crate::package::{self, Limits};
use crate::spec::Spec;
use crate::store::{Store, StoreError};
use crate::transfer::Direction;
use crate::types::{OfficeNumber, ServiceMonth};

/// Packages of one pair and month that are looked at, the newest: an office sends a few.
const MOST_PACKAGES: u32 = 500;

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
    let comparison = blocking(move || Comparison::of(ledger, service_office));
    let comparison = comparison.await.ok_or(StoreError::Panic)?;
    Ok(MonthComparison { comparison, left_out, is_cut })
}
