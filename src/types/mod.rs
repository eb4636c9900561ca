//! The words of the standard as types: everything that crosses a module boundary is parsed once,
//! here, and is valid from then on.
//!
//! Row 0 of the layers: no IO, no clock but the one that others are handed, nothing of this crate above it.

mod ascii;
mod came_by;
mod clock;
pub mod code;
mod digest;
mod edition;
mod file_kind;
mod file_name;
mod form_choices;
mod hand_channel;
mod hashed;
mod held_id;
mod lang;
mod list_url;
mod message_id;
pub mod nearest;
mod number_rule;
mod peer_url;
mod person_key;
mod personal;
#[cfg(test)]
mod plant;
mod problem;
mod proxy_url;
mod service_month;
pub(crate) mod settings;
mod severity;
mod site;
mod system;
pub mod text;

pub use ascii::{FileSerial, OfficeNumber, ParseTokenError, ServiceType};
pub use came_by::CameBy;
pub use clock::{Clock, Instant};
pub use digest::{Digest, DigestBuilder, ParseDigestError};
pub use edition::{Edition, ParseEditionError};
pub use file_kind::FileKind;
pub use file_name::{FileName, FileNameError, MonthPart, NamePart, NameQuirk};
pub use form_choices::{
    DayStart, FormChoices, Honorific, PreventionPaper, PrintedNotes, Slip, UnknownChoice,
};
pub use hand_channel::{HandChannel, ParseHandChannelError};
pub use hashed::Hashed;
pub use held_id::{HeldId, ParseHeldIdError};
pub use lang::{Lang, ParseLangError};
pub use list_url::{ListUrl, ParseListUrlError};
#[cfg(test)]
pub(crate) use message_id::seeded;
pub use message_id::{MessageId, ParseMessageIdError};
pub use number_rule::{NumberField, NumberRule};
pub use peer_url::{ParsePeerUrlError, PeerUrl};
pub use person_key::{BirthPrint, BirthPrintError, PersonKey};
pub use personal::Personal;
#[cfg(test)]
pub(crate) use plant::Plant;
pub use problem::{Problem, Problems};
pub use proxy_url::ProxyUrl;
pub use service_month::{ParseServiceMonthError, ServiceMonth};
pub use severity::Severity;
pub use site::one_site;
pub use system::{OwnFault, io_text};
