//! SQLite in WAL mode needs shared memory, which network file systems do not give.

use std::path::Path;

use super::StoreError;

/// Refuses a folder on a network share, where that can be seen.
pub(super) fn refuse_network_share(folder: &Path) -> Result<(), StoreError> {
    if is_network_share(&folder.canonicalize()?) {
        return Err(StoreError::NetworkShare(folder.to_owned()));
    }
    Ok(())
}

/// `\\server\share`. A mapped drive letter looks like a local disk; the manual warns of it.
#[cfg(windows)]
fn is_network_share(folder: &Path) -> bool {
    use std::path::{Component, Prefix};
    matches!(
        folder.components().next(),
        Some(Component::Prefix(prefix))
            if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
    )
}

/// The file system of the longest mount point above the folder, as the kernel lists it.
#[cfg(unix)]
fn is_network_share(folder: &Path) -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    file_system(&mounts, folder).is_some_and(|name| {
        ["nfs", "cifs", "smb", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs"]
            .iter()
            .any(|network| name.starts_with(network))
    })
}

#[cfg(unix)]
fn file_system<'m>(mounts: &'m str, folder: &Path) -> Option<&'m str> {
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            let point = fields.next()?.replace("\\040", " ");
            let name = fields.next()?;
            folder.starts_with(&point).then_some((point.len(), name))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, name)| name)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn finds_the_file_system_of_a_folder() {
        let mounts = "/dev/sda / ext4 rw 0 0\nhost:/x /mnt/a\\040b nfs4 rw 0 0\n";
        assert_eq!(file_system(mounts, Path::new("/mnt/a b/data")), Some("nfs4"));
        assert_eq!(file_system(mounts, Path::new("/mnt/other")), Some("ext4"));
    }
}
