//! The relay from outside: its stores under one battery, and the program itself with offices that
//! speak HTTP and share nothing with it but the paper.

mod battery;
mod beside;
#[cfg(target_os = "linux")]
mod canaries;
#[cfg(target_os = "linux")]
mod clocks;
#[cfg(unix)]
mod cluster;
mod deposits;
#[cfg(unix)]
mod faults;
#[cfg(target_os = "linux")]
mod full;
mod harness;
mod introductions;
mod live;
mod lost_store;
#[cfg(unix)]
mod moving;
mod own;
#[cfg(unix)]
mod several;
#[cfg(unix)]
mod small_disk;
mod strangers;
#[cfg(unix)]
mod together;
