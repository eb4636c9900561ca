//! Integration tests, one binary; each module tests one fact of the program from outside.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that fails says so by panicking"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests of processes wait for the clock of the machine"
)]

mod authority_command;
mod certs;
mod certs_command;
mod codes;
mod conformance;
mod convert;
mod convert_samples;
mod documents;
mod e2e;
mod example_config;
mod fix;
mod folder;
#[cfg(unix)]
mod foreign;
mod harness;
mod hostile_files;
mod judging;
mod judging_warnings;
mod lang;
mod layers;
mod link;
#[cfg(unix)]
mod mail;
mod page;
mod print;
mod proof;
mod protocol;
mod relay;
mod robust;
mod rules_run;
mod schema;
mod shells;
mod support;
#[cfg(unix)]
mod tools;
mod troubles;
mod validate;
mod validate_inputs;
mod validate_outputs;
mod validate_terminal;
#[cfg(unix)]
mod watch;
mod zips;
