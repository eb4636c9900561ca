//! The HTTP API over mutual TLS.
