//! Who may get at files and folders: modes on Unix. On Windows the permissions of the folder above
//! count, and whoever installs the node sets those (`docs/it.md`).

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::effect::Effect;
use super::{folder_of, step, sync_folder};

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Whom the umask lets: the file stands among those of other programs.
    AsUsual,
    /// Everybody whom the umask lets; nobody else writes (mode 0644).
    Public,
    /// Everybody, whatever the umask says (mode 0644): the folder is closed instead.
    Everybody,
    /// This account alone (mode 0600).
    Owner,
}

/// A new file, opened to be written.
pub(super) fn create_file(path: &Path, readers: Readers) -> io::Result<File> {
    step(Effect::Create(path))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        match readers {
            Readers::AsUsual => {}
            Readers::Public | Readers::Everybody => _ = options.mode(0o644),
            Readers::Owner => _ = private(&mut options),
        }
    }
    let file = options.open(path)?;
    #[cfg(unix)]
    if readers == Readers::Everybody {
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    }
    #[cfg(not(unix))]
    let _ = readers;
    Ok(file)
}

/// Makes what these options create a file of this account alone.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// A folder for this account alone; the one above it has to be there.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    build_private(path, &mut DirBuilder::new())?;
    sync_above(path)
}

/// The same with those above it that are missing; one that is there already is fine.
pub fn create_private_folders(path: &Path) -> io::Result<()> {
    durably(path, || build_private(path, DirBuilder::new().recursive(true)))
}

/// Makes a folder in `data`, if it is missing, for the account that has `data`, whoever is the first
/// to need it: a command may be given by an administrator.
pub fn make_private_folder_of(folder: &Path, data: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    match create_private_folder(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    give_to_owner_of(data, folder)
}

/// Makes a folder and those above it that are missing, for whoever may look into a new folder here.
pub fn create_folders(path: &Path) -> io::Result<()> {
    durably(path, || {
        step(Effect::CreateFolder(path))?;
        fs::create_dir_all(path)
    })
}

/// Makes a folder with what is missing above it, and makes durable that they are there.
fn durably(path: &Path, make: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let is_missing =
        |folder: &&Path| !folder.as_os_str().is_empty() && fs::symlink_metadata(folder).is_err();
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    make()?;
    missing.into_iter().try_for_each(sync_above)
}

/// Makes durable that there is such a folder: what is synced in it would go with it. Where we may not
/// look into the folder above, nothing can be synced.
fn sync_above(path: &Path) -> io::Result<()> {
    match sync_folder(folder_of(path)) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        result => result,
    }
}

fn build_private(path: &Path, builder: &mut DirBuilder) -> io::Result<()> {
    step(Effect::CreateFolder(path))?;
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700);
    builder.create(path)
}

/// The mode of a file or folder that other accounts can read or write; nothing if they cannot.
#[cfg(unix)]
pub fn mode_for_others(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Windows has no modes.
#[cfg(not(unix))]
pub const fn mode_for_others(_: &Metadata) -> Option<u32> {
    None
}

/// Takes a file away from other accounts, if it is there.
pub fn close_to_others(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|file| mode_for_others(&file).is_some()) {
        #[cfg(unix)]
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    }
    Ok(())
}

/// Gives a file or folder to the account that has another one.
#[cfg(unix)]
pub fn give_to_owner_of(model: &Path, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let (owner, own) = (fs::metadata(model)?, fs::metadata(path)?);
    if (owner.uid(), owner.gid()) != (own.uid(), own.gid()) {
        chown(path, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}

/// On Windows the permissions of the folder above count.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
pub const fn give_to_owner_of(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}
