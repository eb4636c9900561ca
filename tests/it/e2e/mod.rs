//! The running daemon, judged from outside: folders, SHA-256, SQL and `openssl`.

mod conflicts;
mod crashes;
mod demo;
mod evidence;
mod exchange;
mod folders;
mod full;
mod gone_folders;
mod head_of_line;
mod held;
mod hostile;
mod invariants;
mod many_offices;
mod odd_files;
mod order;
mod partners;
mod privacy;
mod process;
mod proof;
mod reports;
mod retry;
mod rogue;
mod starvation;
mod store_identity;
mod units;
