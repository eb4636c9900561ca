//! The relay: a third machine at which offices leave sealed packages for each other, and that cannot
//! read them (`spec/PROTOCOL.md`, section 12).

pub mod store;
