//! `[[peer]]` with `channel`: a partner without a node of its own.

use super::habits;
use super::values::{self, parse};
use crate::record::Quoting;
use crate::types::settings::Section;
use crate::types::{Edition, HandChannel, OfficeNumber, ServiceType};

/// A partner that sets get to by the hands of a person. Nothing is ever asked of it or sent to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHand {
    /// 事業所番号
    pub office: OfficeNumber,
    /// What people call it.
    pub name: Option<String>,
    /// サービス種類コード of the office.
    pub service_types: Vec<ServiceType>,
    /// How sets get there.
    pub channel: HandChannel,
    /// The only edition that it can import; without it, whatever comes is handed over.
    pub edition: Option<Edition>,
    /// The send units that its care software imports, as `K1`; without any, all.
    pub takes: Vec<String>,
    /// The style of quoting that it wants; without it the quotes stay as they were written.
    pub quoting: Option<Quoting>,
}

/// A table `[[peer]]` with `channel`.
pub(super) fn by_hand(table: &mut Section<'_, '_>) -> Option<ByHand> {
    let channel = table.parsed("channel", parse, "web か paper", "web or paper");
    let office = values::office_number(table, "office");
    let name = values::name(table);
    let service_types = values::service_types(table);
    let edition = values::edition(table);
    let takes = values::takes(table);
    let quoting = habits::quoting(table, None);
    Some(ByHand {
        office: office?,
        name,
        service_types,
        channel: channel?,
        edition,
        takes,
        quoting,
    })
}
