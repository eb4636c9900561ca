//! 予実: what was planned in a service month against what was done.
//!
//! The packages of a month between a care manager and a service office are taken in the order of their
//! 連番 (R-ORD-01). A record that comes later takes the place of those of the same key: 予定 and 別表
//! by person (R-UPD-02), 実績 by person, office and service type (R-JSK-01), and withdrawals take away
//! by the same keys (R-DEL-03, R-DEL-04). What is left is compared for one service office.
//!
//! # What is compared with what
//!
//! *Days*: the records of 第6表 予定 with those of 第6表 実績 of the same person, service code and
//! サテライト枝番, day by day. Records of the same times on the same day agree; of the others of a day,
//! as many as there are on both sides were done at another time; what is left was not done, or done
//! without being planned.
//!
//! *Units*: サービス単位金額 of the rows of 第7表 with this service code, as the care manager gives it,
//! with 単位数 times サービス回数 of the 実績 records, as the service office gives it. Rows of sums
//! (…AAAA, …EEEE, …ZZZZ, 999999) are not compared, nothing is computed anew, and codes whose 実績 have
//! 単位数 0 are not compared either: services computed by rate may have that (R-FLD-12).
//!
//! Pure. Memory is bounded by [`Ledger::MOST_RECORDS`], whatever comes.

mod compare;
mod export;
mod read;
mod replaced;
mod state;

pub use compare::{Comparison, DayOutcome, Line, PersonMonth, Slip, Slot};
pub use export::to_csv;
pub use replaced::{Amount, Replaced, ReplacedLine};
pub use state::Ledger;

#[cfg(test)]
mod tests;
