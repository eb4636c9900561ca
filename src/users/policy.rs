//! What a password has to be.

/// The fewest characters of a password. Nothing is asked of their kinds: length is what counts.
pub const LEAST_PASSWORD: usize = 13;

/// The most characters of a password.
pub const MOST_PASSWORD: usize = 256;

/// The fewest different characters of a password.
pub(super) const DIFFERENT: usize = 5;
