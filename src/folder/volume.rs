//! What kind of volume a folder is on.

use std::io;
use std::path::Path;

/// Whether the folder is known to be on a network share.
///
/// Cheap and honest rather than complete: on Linux the well-known magic numbers of network file
/// systems (file systems in user space are taken for local), on Windows a path that leads to
/// `\\server\share`, also behind a drive letter; elsewhere always `false`.
pub fn on_network_share(folder: &Path) -> io::Result<bool> {
    #[cfg(target_os = "linux")]
    {
        /// NFS, SMB (three generations), 9P, AFS, Ceph, Coda (`linux/magic.h`).
        const NETWORK: [u64; 8] = [
            0x6969,
            0x517B,
            0xFF53_4D42,
            0xFE53_4D42,
            0x0102_1997,
            0x5346_414F,
            0x00C3_6400,
            0x7375_7245,
        ];
        // The kernel's type is signed, and 32 bits wide on some machines.
        let magic = rustix::fs::statfs(folder)?.f_type.cast_unsigned() & 0xFFFF_FFFF;
        Ok(NETWORK.contains(&magic))
    }
    #[cfg(windows)]
    {
        use std::path::{Component, Prefix};
        let real = std::fs::canonicalize(folder)?;
        Ok(matches!(
            real.components().next(),
            Some(Component::Prefix(prefix))
                if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
        ))
    }
    #[cfg(not(any(target_os = "linux", windows)))]
    {
        std::fs::symlink_metadata(folder).map(|_| false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_the_volume() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!on_network_share(folder.path()).expect("readable"));
        assert!(on_network_share(&folder.path().join("missing")).is_err());
    }
}
