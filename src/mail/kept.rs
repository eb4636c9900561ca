//! What was told, on disk, so that a node that starts anew does not tell it again.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::schedule::Memory;
use crate::disk::{self, Readers};

/// The name of the file in the data folder.
const NAME: &str = "mail.json";

const SCHEMA: &str = "renkei.mail/1";

/// The largest file that is read.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Stored {
    schema: String,
    memory: Memory,
}

/// The file of what was told.
#[derive(Clone)]
pub(super) struct Kept(PathBuf);

impl Kept {
    pub(super) fn of(data: &Path) -> Self {
        Self(data.join(NAME))
    }

    /// What it holds; nothing where it cannot be read, so that everything is told again. Blocks.
    pub(super) fn read(&self) -> Memory {
        let mut text = String::new();
        let read = File::open(&self.0)
            .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
            .ok();
        let stored = read.and_then(|_| serde_json::from_str::<Stored>(&text).ok());
        let stored = stored.filter(|stored| stored.schema == SCHEMA);
        stored.map_or_else(Memory::default, |stored| stored.memory)
    }

    /// Blocks.
    pub(super) fn write(&self, memory: &Memory) -> io::Result<()> {
        let stored = Stored { schema: SCHEMA.to_owned(), memory: memory.clone() };
        let bytes = serde_json::to_vec_pretty(&stored).map_err(io::Error::other)?;
        disk::replace(&self.0, &bytes, Readers::AsUsual)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use jiff::{SignedDuration, Timestamp};

    use super::*;

    #[test]
    fn what_was_told_is_known_after_a_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = Kept::of(folder.path());
        assert_eq!(kept.read(), Memory::default());
        let mut memory = Memory::default();
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        memory.observe(&BTreeSet::from(["held h1".to_owned()]), now);
        let about = memory.due(SignedDuration::ZERO, now).expect("due");
        memory.told(&about, now);
        memory.summed_up(jiff::civil::Date::constant(2027, 1, 15), now);
        kept.write(&memory).expect("written");
        assert_eq!(kept.read(), memory);
        assert_eq!(kept.read().due(SignedDuration::ZERO, now), None);
    }

    #[test]
    fn what_is_no_memory_is_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = Kept::of(folder.path());
        let deep = "[".repeat(100_000);
        for text in ["", "{}", "null", "{\"schema\":\"renkei.mail/2\",\"memory\":{}}", &deep] {
            fs::write(folder.path().join(NAME), text).expect("written");
            assert_eq!(kept.read(), Memory::default(), "{}", text.len());
        }
    }
}
