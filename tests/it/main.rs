//! Integration tests, one binary; each module tests one fact of the program from outside.

mod example_config;
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails says so by panicking"
)]

mod layers;
