//! The journal and everything that must survive.
