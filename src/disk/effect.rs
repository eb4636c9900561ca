//! What the operations do to the disk, one effect at a time.

/// What is about to be done, with the path or paths that it is done to.
///
/// Until its [`SyncFile`](Self::SyncFile), what was written to a file can be lost when the power
/// fails; until the [`SyncFolder`](Self::SyncFolder) of its folder, so can what happened to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect<P> {
    /// A file is opened to be read.
    Open(P),
    /// A new, empty file.
    Create(P),
    /// Bytes go to the end of a file.
    Write(P),
    /// The bytes of a file become durable.
    SyncFile(P),
    /// A new, empty folder.
    CreateFolder(P),
    /// A file gets a second name.
    Link {
        /// The name that it has.
        from: P,
        /// The one that it gets.
        to: P,
    },
    /// A file or folder gets another name.
    Rename {
        /// The name that it has.
        from: P,
        /// The one that it gets.
        to: P,
    },
    /// A file, or a folder with what is in it, is removed.
    Remove(P),
    /// The names in a folder become durable.
    SyncFolder(P),
}
