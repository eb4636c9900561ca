//! The link from outside: real TCP and TLS on 127.0.0.1, certificates made for the test.

mod battery;
mod delivery;
mod foreign;
pub(crate) mod harness;
mod heads;
pub(crate) mod hostile;
mod lists;
mod shutdown;
mod trust;
