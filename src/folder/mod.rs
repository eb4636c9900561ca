//! Drop, work, hold and import folders.
