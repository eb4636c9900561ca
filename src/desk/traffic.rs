//! How much each of our offices exchanged.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::node::Handle;
use crate::store::{OfficeTraffic, StoreError};

/// What each of our offices exchanged since `day`, and since the beginning of the month.
pub async fn since(node: &Handle, day: Timestamp) -> Result<Vec<OfficeTraffic>, StoreError> {
    let first = node.now().to_zoned(TimeZone::system()).first_of_month();
    let month = first.and_then(|first| first.start_of_day());
    let month = month.map_or(day, |month| month.timestamp());
    let found = node.store().traffic(day, month).await?;
    let config = node.config();
    let rows = config.offices.iter().map(|office| {
        let of_office = found.iter().find(|traffic| traffic.office == office.number);
        of_office.copied().unwrap_or_else(|| OfficeTraffic::none(office.number))
    });
    Ok(rows.collect())
}

/// When the day began that it is now.
pub fn beginning_of_day(now: Timestamp) -> Timestamp {
    now.to_zoned(TimeZone::system()).start_of_day().map_or(now, |day| day.timestamp())
}
