//! How large what arrives may be.

/// What a package may have at most. Anything larger is refused before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole container. Default 128 MiB.
    pub package_bytes: usize,
    /// Bytes of the manifest. Default 512 KiB: about 250 bytes for each file.
    pub manifest_bytes: usize,
    /// Bytes of the signature of a manifest. Default 64 KiB.
    pub signature_bytes: usize,
    /// Bytes of a receipt. Default 256 KiB: room for a hundred findings.
    pub receipt_bytes: usize,
    /// Files; never more than 9999. Default 1000.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            package_bytes: 128 << 20,
            manifest_bytes: 512 << 10,
            signature_bytes: 64 << 10,
            receipt_bytes: 256 << 10,
            files: 1000,
        }
    }
}
