//! Defects that are planted on purpose, to see that the simulation of `tests/sim` finds them.

use std::cell::Cell;

/// A defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plant {
    /// A package is receipted before it is committed.
    ReceiptBeforeCommit,
    /// A package is committed, and its bytes come later.
    RowWithoutBytes,
    /// No folder is synced.
    NoFolderSync,
    /// What was not answered is sent again under another id.
    RetryWithNewId,
    /// A package is placed before it is committed.
    PlaceBeforeCommit,
    /// A relay takes a package to be gone when somebody begins to fetch it.
    GoneAtFetch,
}

thread_local! {
    static PLANTED: Cell<Option<Plant>> = const { Cell::new(None) };
}

impl Plant {
    /// Plants a defect in this thread, or takes it out.
    pub(crate) fn sow(plant: Option<Self>) {
        PLANTED.set(plant);
    }

    /// Whether it is planted.
    pub(crate) fn is_there(self) -> bool {
        PLANTED.get() == Some(self)
    }
}
