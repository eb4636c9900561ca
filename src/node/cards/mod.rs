//! Cards (事業所カード): that of each of our offices, those of the partners, and how both sides keep
//! each other's up to date.
//!
//! # Storage
//!
//! The last card of an office of ours stands in `cards/` of the data folder: its serial rises from
//! there. Partners stand in `partners/` beside the configuration: `N.toml` is what holds, and names
//! the file of the card (`N-SERIAL.card`) that it was made from; which card of ours a partner has stands in
//! `cards/registered.json`. A card is written first and the
//! `.toml` then replaced in one step, so that a crash leaves either the former partner or the new one.

mod book;
mod own;
mod round;
mod take;

pub use book::{NoWay, OwnWays, Partner, alone, partner, peer_of, put, remove};
pub use own::{OwnCardError, own_card};

pub(super) use book::registered_serials;
pub(super) use round::run;
pub(super) use take::{CARD_FEATURE, TakeError, hand_out, take};
