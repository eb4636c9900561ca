//! A step from one state to the next.

/// What an event made of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition<S> {
    /// The state in which the event found the package.
    pub before: S,
    /// The state that it is in now.
    pub after: S,
}

impl<S: PartialEq> Transition<S> {
    /// Whether the event changed anything.
    pub fn changes(&self) -> bool {
        self.before != self.after
    }
}
