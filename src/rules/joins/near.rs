//! The parent that a record belongs to when one part of its key is wrong.

use std::collections::HashMap;

use crate::rules::subjects::{PARTS, RecordKey};

/// Parents by all of their key but one part.
pub(super) struct Near<'k> {
    by_part: [HashMap<RecordKey, &'k RecordKey>; 3],
}

impl<'k> Near<'k> {
    pub(super) fn of(parents: impl Iterator<Item = &'k RecordKey>) -> Self {
        let mut by_part = [HashMap::new(), HashMap::new(), HashMap::new()];
        for key in parents {
            for (part, keys) in by_part.iter_mut().enumerate() {
                // Of several the smallest, so that the report does not depend on the order of a
                // hash map.
                let near = keys.entry(without_part(key, part)).or_insert(key);
                *near = (*near).min(key);
            }
        }
        Self { by_part }
    }

    /// The parent whose key differs in one of some parts, and in which.
    pub(super) fn find<const N: usize>(
        &self,
        key: &RecordKey,
        parts: [usize; N],
    ) -> Option<(usize, &'k RecordKey)> {
        parts.into_iter().find_map(|part| {
            let near = self.by_part.get(part)?.get(&without_part(key, part))?;
            Some((part, *near))
        })
    }
}

fn without_part(key: &RecordKey, part: usize) -> RecordKey {
    let mut key = *key;
    let start: usize = PARTS.iter().take(part).sum();
    let length = PARTS.get(part).copied().unwrap_or_default();
    if let Some(part) = key.get_mut(start..start + length) {
        part.fill(0);
    }
    key
}
