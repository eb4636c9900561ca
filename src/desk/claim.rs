//! What is missing for the claim of a month.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::contents::PersonKey;
use crate::node::Handle;
use crate::store::{Missing, MonthLine, StoreError};
use crate::types::{Lang, OfficeNumber, ServiceMonth};

/// The last day on which offices claim for the month before.
const LAST_DAY: i8 = 10;

/// What is missing for the claim of one of our offices.
pub struct Claim {
    /// The office.
    pub office: OfficeNumber,
    /// The month that is claimed for.
    pub month: ServiceMonth,
    /// Of how many people each is missing.
    pub missing: BTreeMap<Missing, usize>,
}

/// The month that offices claim for now: the one before, until the 10th of this one.
pub fn month_of_claim(now: Timestamp) -> Option<ServiceMonth> {
    let date = now.to_zoned(TimeZone::system()).date();
    let this = ServiceMonth::of(date)?;
    Some(if date.day() <= LAST_DAY { this.plus(-1) } else { this })
}

/// What is missing for the claims of our offices; nothing outside of the days on which offices claim.
pub async fn claims(node: &Handle) -> Result<Vec<Claim>, StoreError> {
    let (mut claims, now, config) = (Vec::new(), node.now(), node.config());
    if now.to_zoned(TimeZone::system()).day() > LAST_DAY {
        return Ok(claims);
    }
    let Some(month) = month_of_claim(now) else { return Ok(claims) };
    for office in config.offices.iter().map(|office| office.number) {
        let missing = missing(&node.store().month(office, month).await?);
        claims.push(Claim { office, month, missing });
    }
    Ok(claims)
}

/// Of how many people each is missing. Somebody may have several partners, with a line for each.
fn missing(lines: &[MonthLine]) -> BTreeMap<Missing, usize> {
    let mut people: BTreeMap<Missing, BTreeSet<PersonKey>> = BTreeMap::new();
    for line in lines {
        if let Some(what) = line.missing() {
            people.entry(what).or_default().insert(line.person.key);
        }
    }
    people.into_iter().map(|(what, people)| (what, people.len())).collect()
}

/// What is not there yet, in words.
pub const fn missing_in_words(missing: Missing, lang: Lang) -> &'static str {
    match missing {
        Missing::ActualToCome => lang.pick("実績が届いていません", "the actuals have not come"),
        Missing::ActualToSend => lang.pick("実績を送っていません", "the actuals were not sent"),
        Missing::PlanToCome => lang.pick("予定が届いていません", "the plan has not come"),
        Missing::PlanToSend => lang.pick("予定を送っていません", "the plan was not sent"),
    }
}
