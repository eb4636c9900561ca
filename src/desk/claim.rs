//! What is missing for the claim of a month.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::Config;
use crate::contents::PersonKey;
use crate::node::Handle;
use crate::store::{Missing, MonthLine, StoreError};
use crate::types::{HandChannel, Lang, OfficeNumber, ServiceMonth};

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
    /// Whether something more may be missing, of which nobody can tell here.
    pub is_unseen: bool,
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
        let lines = node.store().month(office, month).await?;
        let is_unseen = lines
            .iter()
            .any(|line| line.missing().is_some() && missing_here(line, office, &config).is_none());
        let missing = missing(&lines, office, &config);
        claims.push(Claim { office, month, missing, is_unseen });
    }
    Ok(claims)
}

/// What is not there yet and would be seen here if it was. What a partner sends on paper never comes
/// here, nor what it uploads to the WEB service where nothing is told of downloads.
pub fn missing_here(line: &MonthLine, office: OfficeNumber, config: &Config) -> Option<Missing> {
    line.missing().filter(|missing| match missing {
        Missing::ActualToSend | Missing::PlanToSend => true,
        Missing::ActualToCome | Missing::PlanToCome => comes_here(line.partner, office, config),
    })
}

/// Whether what a partner sends to one of our offices comes here by itself.
pub fn comes_here(partner: OfficeNumber, office: OfficeNumber, config: &Config) -> bool {
    let reads_downloads = || config.office(office).is_some_and(|own| own.downloads.is_some());
    config.by_hand(partner).is_none_or(|partner| match partner.channel {
        HandChannel::Web => reads_downloads(),
        HandChannel::Paper => false,
    })
}

/// Of how many people each is missing. Somebody may have several partners, with a line for each.
fn missing(lines: &[MonthLine], office: OfficeNumber, config: &Config) -> BTreeMap<Missing, usize> {
    let mut people: BTreeMap<Missing, BTreeSet<PersonKey>> = BTreeMap::new();
    for line in lines {
        if let Some(what) = missing_here(line, office, config) {
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
