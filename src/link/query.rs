//! Parameters of questions: every one at most once, and no other.

use std::time::Duration;

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::{Deserialize, Deserializer, de};

use super::api::LAST_POSITION;
use super::problem::Refusal;
use crate::types::OfficeNumber;
use crate::types::code::RefusalCode;

/// Asks for a page of something that grows.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageParameters {
    pub(super) office: OfficeNumber,
    #[serde(default, deserialize_with = "position")]
    pub(super) after: u64,
    /// Seconds.
    #[serde(default, deserialize_with = "number")]
    wait: u64,
}

impl PageParameters {
    /// How long the peer is willing to wait, within what it is granted.
    pub(super) fn wait(&self, longest: Duration) -> Duration {
        Duration::from_secs(self.wait).min(longest)
    }
}

/// Names a package in a mailbox, together with the path.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemParameters {
    pub(super) office: OfficeNumber,
    pub(super) sender: OfficeNumber,
}

/// The parameters of a page, or the refusal of others.
pub(super) fn of_page(
    parameters: Result<Query<PageParameters>, QueryRejection>,
) -> Result<PageParameters, Refusal> {
    let Query(parameters) = parameters.map_err(|_| Refusal::plain(RefusalCode::BAD_QUERY))?;
    Ok(parameters)
}

/// The parameters of an item, or the refusal of others.
pub(super) fn of_item(
    parameters: Result<Query<ItemParameters>, QueryRejection>,
) -> Result<ItemParameters, Refusal> {
    let Query(parameters) = parameters.map_err(|_| {
        let expected = "Expected office and sender (10 characters each).";
        Refusal::plain(RefusalCode::BAD_QUERY).saying(expected)
    })?;
    Ok(parameters)
}

/// Digits and nothing else.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| de::Error::custom("expected digits"))
}

fn position<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let position = number(from)?;
    let known = Some(position).filter(|position| *position <= LAST_POSITION);
    known.ok_or_else(|| de::Error::custom("expected a position"))
}
