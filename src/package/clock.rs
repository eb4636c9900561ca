//! Whether the times that two offices state fit each other.

use jiff::{SignedDuration, Timestamp};

/// The clocks of two offices may differ by this much.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(15);

/// What the time of a receipt says of the clocks of the two offices: they differ. A receipt counts
/// all the same, or a wrong clock at the recipient would cost the sender its proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockDoubt {
    /// The receipt was made after it was seen.
    Ahead,
    /// The receipt was made before its package.
    Behind,
}

impl ClockDoubt {
    /// What is wrong with `at`, the time of a receipt about a package that was made at `made_at`,
    /// when the receipt was there at `seen_at`.
    pub fn of(at: Timestamp, made_at: Timestamp, seen_at: Timestamp) -> Option<Self> {
        if at.duration_since(seen_at) > CLOCK_TOLERANCE {
            Some(Self::Ahead)
        } else if made_at.duration_since(at) > CLOCK_TOLERANCE {
            Some(Self::Behind)
        } else {
            None
        }
    }

    /// The name that vectors have for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Behind => "behind",
        }
    }
}
