//! The running daemon, judged from outside: folders, SHA-256, SQL and `openssl`.

mod conflicts;
mod crashes;
mod demo;
mod evidence;
mod exchange;
mod folders;
mod full;
mod hostile;
mod invariants;
mod manifest_lies;
mod many_offices;
mod odd_files;
mod order;
mod partners;
mod privacy;
mod process;
mod proof;
mod reports;
mod rogue;
mod sent_copies;
mod stays_in_drop;
mod units;
mod writers;
