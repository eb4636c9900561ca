//! MS932 text and CSV records with exact positions.
