//! Values about people.

use std::fmt;

/// A value that names or describes a person: it prints itself only when asked to.
///
/// `Debug` shows that something is there, never what, so that no log line and no panic text can
/// carry it out. There is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Marks `value` as personal.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the places whose purpose is to show or carry it.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}
