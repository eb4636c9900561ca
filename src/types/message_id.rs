//! Message ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Digest;

/// The id of a package: a UUIDv7 (RFC 9562, section 5.7) chosen by the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "Uuid")]
pub struct MessageId(Uuid);

/// The text was no UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a UUID of version 7")]
pub struct ParseMessageIdError;

impl MessageId {
    /// A new id whose time part is `now`.
    pub fn new(now: jiff::Timestamp) -> Self {
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
        #[cfg(test)]
        if let Some(random) = seeded::next() {
            let millis = 1_000 * seconds + u64::from(nanoseconds / 1_000_000);
            let id = uuid::Builder::from_unix_timestamp_millis(millis, &random);
            return Self(id.into_uuid());
        }
        let context = uuid::ContextV7::new();
        Self(Uuid::new_v7(uuid::Timestamp::from_unix(&context, seconds, nanoseconds)))
    }

    /// The id of what came without one: the same contents have the same id. `at` is its time part.
    pub fn of_contents(at: jiff::Timestamp, sha256: Digest) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
        let random = sha256.as_raw().first_chunk().copied().unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The time in it, in whole milliseconds. It can be relied on where the id is our own.
    pub fn made_at(&self) -> jiff::Timestamp {
        let made_at = self.0.get_timestamp().map(|time| time.to_unix());
        let (seconds, nanoseconds) = made_at.unwrap_or_default();
        let at = jiff::Timestamp::new(
            i64::try_from(seconds).unwrap_or(i64::MAX),
            i32::try_from(nanoseconds).unwrap_or_default(),
        );
        at.unwrap_or(jiff::Timestamp::MAX)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl TryFrom<Uuid> for MessageId {
    type Error = ParseMessageIdError;

    fn try_from(uuid: Uuid) -> Result<Self, Self::Error> {
        if uuid.get_version_num() == 7 { Ok(Self(uuid)) } else { Err(ParseMessageIdError) }
    }
}

impl TryFrom<String> for MessageId {
    type Error = ParseMessageIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MessageId> for Uuid {
    fn from(id: MessageId) -> Self {
        id.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for MessageId {
    type Err = ParseMessageIdError;

    /// Takes only the hyphenated form in lower case, so that one id has one text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = Uuid::try_parse(text).map_err(|_| ParseMessageIdError).and_then(Self::try_from)?;
        if id.to_string() == text { Ok(id) } else { Err(ParseMessageIdError) }
    }
}

/// Ids that come again in every run of a simulation.
#[cfg(test)]
pub(crate) mod seeded {
    use std::cell::Cell;

    use super::Digest;

    thread_local! {
        static SEED: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
    }

    /// From here on, the ids that are made in this thread follow from `seed`.
    pub(crate) fn begin(seed: Option<u64>) {
        SEED.set(seed.map(|seed| (seed, 0)));
    }

    pub(super) fn next() -> Option<[u8; 10]> {
        let (seed, number) = SEED.get()?;
        SEED.set(Some((seed, number + 1)));
        let digest = Digest::of(&[seed.to_be_bytes(), number.to_be_bytes()].concat());
        digest.as_raw().first_chunk().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_text_and_version_7() {
        let now = jiff::Timestamp::new(1_700_000_000, 5_000_000).expect("in range");
        let id = MessageId::new(now);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().to_uppercase().parse::<MessageId>().is_err());
        assert!(format!("{{{id}}}").parse::<MessageId>().is_err());
        assert!("00000000-0000-4000-8000-000000000000".parse::<MessageId>().is_err());
        let json = serde_json::to_string(&id).expect("an id is text");
        assert_eq!(serde_json::from_str::<MessageId>(&json).ok(), Some(id));
        assert!(serde_json::from_str::<MessageId>(&json.to_uppercase()).is_err());
        assert!(MessageId::new(now + jiff::SignedDuration::from_millis(1)) > id);
    }
}
