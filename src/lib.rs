//! renkei (連携): a care-plan exchange node.
//!
//! The modules stand in the order in which a file travels. A module uses itself and the rows
//! above it, never a neighbour and never a row below; `tests/it/layers.rs` enforces it.
//!
//! | row | module | holds |
//! |---|---|---|
//! | 0 | [`types`] | the words of the standard: office numbers, months, file names, digests |
//! | 1 | [`spec`] | the tables of the standard, loaded and self-checked |
//! | 1 | [`record`] | MS932 and CSV with exact positions |
//! | 1 | [`attachment`] | what may travel beside the sets: titles, and types told by content |
//! | 1 | [`disk`] | durable writes, renames that never overwrite, folder sync, fault steps |
//! | 2 | [`rules`] | the rule table, the checks, the report |
//! | 2 | [`package`] | manifest, CMS signatures, container, receipts |
//! | 2 | [`contents`] | what the files say about people: who, which documents, of when |
//! | 2 | [`config`] | the configuration, checked, with all its problems at once |
//! | 3 | [`transfer`] | the states of an outgoing and an incoming package |
//! | 3 | [`repair`] | corrected copies, and copies in the other edition |
//! | 3 | [`actuals`] | 予実: what was planned in a month against what was done |
//! | 3 | [`savings`] | what the exchange saves: pages, hours, yen, by a model that is told |
//! | 3 | [`route`] | which import folder, in which order |
//! | 3 | [`synth`] | valid sets of invented people, for tests and benchmarks |
//! | 3 | [`forms`] | the paper forms of long-term care, drawn from the files |
//! | 4 | [`work`] | tasks, and work that blocks |
//! | 4 | [`archive`] | ZIP files as input: bounded, and read where they lie |
//! | 5 | [`folder`] | drop, hold and import folders on disk |
//! | 5 | [`store`] | journal, packages and receipts in SQLite |
//! | 5 | [`link`] | the HTTP API over mutual TLS |
//! | 5 | [`log`] | lines that nobody waits for: standard error, log files |
//! | 5 | [`certs`] | keys, certificates and lists on disk: made, renewed, issued by an authority of one's own |
//! | 5 | [`control`] | orders from a command to the running node |
//! | 5 | [`users`] | who may log in to the page, and how often somebody may try |
//! | 6 | [`node`] | the daemon |
//! | 6 | [`relay`] | the mailbox server that cannot read what it keeps |
//! | 7 | [`desk`] | what the commands and the page tell in the same words |
//! | 8 | [`web`] | the page of an office, one file per page |
//! | 8 | [`mail`] | what needs a person, told by mail |
//! | 9 | [`cli`] | the commands |
//!
//! # Invariants
//!
//! 1. No package with a consignment receipt is missing at the receiver.
//! 2. Each (sender, message id) is placed at most once.
//! 3. Every receipt names bytes that exist.
//! 4. No partial or temporary file is visible under a final name.
//! 5. Bytes out are bytes in.
//! 6. No state without its journal row.
//! 7. No personal data in logs, errors to peers, or names of temporary files.
//!
//! # Glossary
//!
//! 送信単位 *send unit*: files sent together with the same 連番. ファイル連番 *file serial*.
//! 項目 *item*. CSVバージョン *edition*. 取込 *import*. 予定 *plan*. 実績 *actual*.
//! 事業所番号 *office number*. サービス提供年月 *service month*.

pub mod types;

pub mod attachment;
pub mod disk;
pub mod record;
pub mod spec;

pub mod config;
pub mod contents;
pub mod package;
pub mod rules;

pub mod actuals;
pub mod forms;
pub mod repair;
pub mod route;
pub mod savings;
pub mod synth;
pub mod transfer;

pub mod archive;
pub mod work;

pub mod certs;
pub mod control;
pub mod folder;
pub mod link;
pub mod log;
pub mod store;
pub mod users;

pub mod node;
pub mod relay;

pub mod desk;

pub mod mail;
pub mod web;

pub mod cli;

/// The exchange, simulated; see CONTRIBUTING.
#[cfg(test)]
#[path = "../tests/sim/mod.rs"]
mod sim;

/// The Rust of the documents for vendors is compiled and run with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../docs/vendor.md")]
#[doc = include_str!("../docs/vendor.ja.md")]
mod documents {}
