//! The files in which they stand.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Tokens, Users, UsersError};
use crate::disk::{self, Readers};

/// The most bytes of a file.
const MOST_BYTES: u64 = 1 << 20;

/// What has a file of its own.
pub trait Kept: Clone + Default {
    /// The name of the file, without its ending.
    const NAME: &'static str;

    /// From the bytes of the file, if they are as we write them.
    fn parse(bytes: &[u8]) -> serde_json::Result<Self>;

    /// The bytes of the file.
    fn print(self) -> serde_json::Result<Vec<u8>>;
}

/// The format of the users. Another meaning of a field needs another format.
#[derive(Serialize, Deserialize)]
enum UserSchema {
    #[serde(rename = "renkei.users/1")]
    V1,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserContent {
    schema: UserSchema,
    users: Users,
}

impl Kept for Users {
    const NAME: &'static str = "users";

    fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes).map(|content: UserContent| content.users)
    }

    fn print(self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec_pretty(&UserContent { schema: UserSchema::V1, users: self })
    }
}

/// The same of the tokens.
#[derive(Serialize, Deserialize)]
enum TokenSchema {
    #[serde(rename = "renkei.tokens/1")]
    V1,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenContent {
    schema: TokenSchema,
    tokens: Tokens,
}

impl Kept for Tokens {
    const NAME: &'static str = "tokens";

    fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes).map(|content: TokenContent| content.tokens)
    }

    fn print(self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec_pretty(&TokenContent { schema: TokenSchema::V1, tokens: self })
    }
}

/// A file in the data folder of a node. All calls block.
#[derive(Debug)]
pub struct KeptFile<K> {
    data: PathBuf,
    /// What was read last, and what came of it: it is read with every request.
    known: Mutex<Option<(Vec<u8>, Arc<K>)>>,
}

/// The file of users of a node.
pub type UserFile = KeptFile<Users>;

/// The file of tokens of a node.
pub type TokenFile = KeptFile<Tokens>;

/// Where the files lie.
pub(super) fn folder(data: &Path) -> PathBuf {
    data.join("users")
}

impl<K: Kept> KeptFile<K> {
    /// That in the data folder of a node. Nothing is touched yet.
    pub fn new(data: &Path) -> Self {
        Self { data: data.to_owned(), known: Mutex::default() }
    }

    fn path(&self) -> PathBuf {
        folder(&self.data).join(format!("{}.json", K::NAME))
    }

    /// What stands there; nothing if there is no file.
    pub fn read(&self) -> Result<Arc<K>, UsersError> {
        let bytes = match bytes(&self.path()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Arc::default()),
            Err(error) => return Err(error.into()),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((seen, kept)) = known.as_ref()
            && *seen == bytes
        {
            return Ok(Arc::clone(kept));
        }
        let kept = Arc::new(K::parse(&bytes).map_err(|_| UsersError::Damaged(K::NAME))?);
        *known = Some((bytes, Arc::clone(&kept)));
        Ok(kept)
    }

    /// Changes something, while nobody else does; where `change` fails, nothing is changed.
    pub fn change<T>(
        &self,
        change: impl FnOnce(&mut K) -> Result<T, UsersError>,
    ) -> Result<T, UsersError> {
        let folder = folder(&self.data);
        disk::make_private_folder_of(&folder, &self.data)?;
        let lock = folder.join(format!("{}.lock", K::NAME));
        // Whoever did not make it may not write to it, and need not to lock it.
        let file = match File::open(&lock) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match disk::create(&lock, &[], Readers::Everybody) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                        return Err(error.into());
                    }
                    _ => File::open(&lock)?,
                }
            }
            opened => opened?,
        };
        file.lock()?;
        let mut kept = K::clone(&*self.read()?);
        let done = change(&mut kept)?;
        let bytes = kept.print().map_err(io::Error::other)?;
        // The folder is closed to others, so the file need not be: an administrator may write it, and
        // the account of the node has to read it.
        disk::replace(&self.path(), &bytes, Readers::Everybody)?;
        Ok(done)
    }
}

/// The bytes of a plain file that is not too large.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    // A pipe would never end.
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= MOST_BYTES);
    if fits { Ok(bytes) } else { Err(io::ErrorKind::FileTooLarge.into()) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::users::{PasswordHash, Role, UserName};

    fn add(file: &UserFile, name: &str) -> Result<(), UsersError> {
        let name: UserName = name.parse()?;
        let hash = PasswordHash::of_nobody();
        file.change(|users| users.add(name, Role::General, hash, Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn what_was_changed_is_there_for_everybody() {
        let data = tempfile::tempdir().expect("a folder");
        let (page, command) = (UserFile::new(data.path()), UserFile::new(data.path()));
        assert!(page.read().expect("no file is no fault").is_empty());
        add(&command, "hanako").expect("added");
        add(&page, "佐藤").expect("added");
        assert_eq!(command.read().expect("read").all().len(), 2);
        assert!(matches!(add(&page, "hanako"), Err(UsersError::Taken)));
        assert_eq!(command.read().expect("read").all().len(), 2);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(data.path().join("users")).expect("made").permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    #[test]
    fn nothing_is_lost_when_many_change_it() {
        let data = tempfile::tempdir().expect("a folder");
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let data = data.path();
                scope.spawn(move || {
                    let file = UserFile::new(data);
                    for number in 0..8 {
                        add(&file, &format!("u{thread}-{number}")).expect("added");
                    }
                });
            }
        });
        assert_eq!(UserFile::new(data.path()).read().expect("read").all().len(), 32);
    }

    #[test]
    fn a_damaged_file_lets_nobody_in_and_is_not_overwritten() {
        let data = tempfile::tempdir().expect("a folder");
        let file = UserFile::new(data.path());
        add(&file, "hanako").expect("added");
        let path = data.path().join("users/users.json");
        let good = fs::read_to_string(&path).expect("read");
        for bad in ["", "{}", "[]", &good.replace("/1", "/2"), &good.replace("general", "root")] {
            fs::write(&path, bad).expect("written");
            assert!(matches!(file.read(), Err(UsersError::Damaged(_))), "{bad}");
            assert!(add(&file, "taro").is_err());
            assert_eq!(fs::read_to_string(&path).expect("read"), bad);
        }
        fs::write(&path, vec![b' '; 2 << 20]).expect("written");
        assert!(matches!(file.read(), Err(UsersError::Io(_))));
        fs::write(&path, good).expect("written");
        assert_eq!(file.read().expect("read").all().len(), 1);
    }
}
