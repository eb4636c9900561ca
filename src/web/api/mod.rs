//! `/api/v1`: what the page shows and does, for care software. `spec/page-api.yaml` describes it.
//!
//! A program shows a token with every request ([`crate::users::Tokens`]); each says whether it may read
//! or send, and for which office. What it learns of people is written down as what people look at.

mod caller;
mod held;
mod lists;
mod overview;
mod package;
mod parts;
mod problem;
mod routes;
mod send;

pub(super) use problem::{ROOT, is_api, too_late};
pub(super) use routes::router;
