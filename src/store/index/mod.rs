//! What was exchanged, for people to look through: lists, people, one package with everything about it.
//!
//! # Storage
//!
//! The table `entries` has one small row for each package and each held set, in the order in which
//! they came: a list is a walk through it from its end, whatever is filtered, and nothing is sorted.
//! `people` and `mentions` say whom a package is about. A task of the node writes all of it after the
//! fact ([`Store::follow_journal`], [`Store::note_contents`]), by the journal, so that nothing on the
//! way of a package waits for it. What a list shows of a package comes from the package's own row.
//! Entries go with their packages, and people with the last package about them. `actuals` and `births`
//! say what new files are held against ([`Store::exchanged`]).

mod counts;
mod details;
mod entry;
mod filter;
mod flags;
mod follow;
mod id;
mod list;
mod months;
mod past;
mod person;
#[cfg(test)]
pub(super) mod plans;
mod unread;
mod versions;

pub use counts::{OfficeTraffic, Traffic};
pub use details::{Details, PackageFacts};
pub use entry::{ContentsState, ListRow};
pub use filter::{ListFilter, SearchText, Which};
pub use flags::{Flag, Flagged};
pub use follow::Followed;
pub use id::{EntryId, ParseEntryIdError};
pub use list::{Count, ListPage, PageStart};
pub use months::{Brought, Missing, MonthLine, MonthPackage};
pub use person::KnownPerson;
pub(super) use unread::forget_people;
pub use unread::{ReadContents, Unread};
pub use versions::{Holder, PlanVersions};
