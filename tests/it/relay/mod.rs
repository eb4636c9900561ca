//! The relay from outside: its stores under one battery, and the program itself with offices that
//! speak HTTP and share nothing with it but the paper.

mod battery;
#[cfg(unix)]
mod cluster;
mod deposits;
#[cfg(unix)]
mod faults;
mod harness;
mod introductions;
mod live;
#[cfg(unix)]
mod moving;
