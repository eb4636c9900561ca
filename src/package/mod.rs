//! Signed packages and receipts.
