//! Keys, certificates and revocation lists on disk.
