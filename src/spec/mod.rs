//! The tables of the standard.
