//! The settings that an office changes: its folders, times, habits of its care software and limits.
//!
//! They are read from the text of a configuration and written into it, so that everything else in it
//! stays as a person wrote it, comments too. A change is looked at as `renkei run --check` would, and
//! only written as a whole: never over something that somebody else has changed meanwhile.

mod edit;
mod keys;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use crate::config::{Draft, Sources, problems_text};
use crate::disk;
use crate::node::Node;
use crate::node::cards::alone;
use crate::spec::Spec;
use crate::types::{Clock, Digest, Lang, OfficeNumber, Problems};

pub use edit::EditError;
pub use keys::{Kind, Place, Setting};

/// What a person wants to change, by the names of [`Setting::name`].
pub type Wanted = BTreeMap<String, String>;

/// A configuration with a change of it that is not written yet.
#[derive(Debug)]
pub struct Proposal {
    /// The configuration as it stands.
    sources: Sources,
    /// Its text with the change.
    text: String,
    /// What changes: what it is called, what it was and what it will be.
    pub changes: Vec<Changed>,
}

/// A setting that becomes another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its name in forms.
    pub name: String,
    /// Of which office, if it is of one.
    pub office: Option<OfficeNumber>,
    /// What it is called.
    pub label: &'static str,
    /// What it was.
    pub old: String,
    /// What it will be.
    pub new: String,
}

/// What is to be said of a change before it is written.
#[derive(Debug)]
pub struct Verdict {
    /// What is wrong, in paragraphs; nothing where it can be written.
    pub wrong: Vec<String>,
    /// What should be known.
    pub notes: String,
}

/// Why a change was not written.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file was changed by somebody else.
    #[error("the configuration has changed meanwhile, so nothing was written")]
    Changed,
    /// The file cannot be written.
    #[error("{}: {error}", .path.display())]
    Disk {
        /// Which one.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// The settings of a configuration as they are now, in the order in which they are shown.
pub fn settings(sources: &Sources, lang: Lang) -> Vec<Setting> {
    keys::settings(&sources.text, &sources.draft().config, lang)
}

/// The configuration of these texts by its digest: of whoever changes it, it has to be the same still.
pub fn digest(sources: &Sources) -> Digest {
    Digest::of(sources.text.as_bytes())
}

/// What a change would make of a configuration. What is wanted as it is already is no change, and a
/// name that no setting has says nothing.
///
/// # Errors
///
/// The file has a form in which nothing can be changed but by hand.
pub fn propose(sources: Sources, wanted: &Wanted, lang: Lang) -> Result<Proposal, EditError> {
    let settings = settings(&sources, lang).into_iter();
    let changed: Vec<(Setting, String)> = settings
        .filter_map(|setting| {
            let new = wanted.get(&setting.name)?.trim().to_owned();
            (new != setting.value).then_some((setting, new))
        })
        .collect();
    let text = edit::edit(&sources.text, &changed)?;
    let changes = changed.into_iter().map(|(setting, new)| {
        let Setting { name, office, label, value: old, .. } = setting;
        Changed { name, office, label, old, new }
    });
    Ok(Proposal { sources, text, changes: changes.collect() })
}

impl Proposal {
    /// The configuration as it stands.
    pub const fn sources(&self) -> &Sources {
        &self.sources
    }

    fn new_sources(&self) -> Sources {
        Sources { text: self.text.clone(), ..self.sources.clone() }
    }

    /// Looks at the change as `renkei run --check` looks at a configuration.
    pub async fn judge(&self, spec: &'static Spec, clock: Clock, lang: Lang) -> Verdict {
        let sources = self.new_sources();
        let Draft { config, problems } = sources.draft();
        let mut wrong = Vec::new();
        if !problems.is_empty() {
            wrong.push(problems_text(&sources.path, &Problems(problems), lang));
        }
        let draft = Draft { config, problems: Vec::new() };
        let checked = Node::check(draft, spec, clock).await;
        if !checked.problems.0.is_empty() {
            wrong.push(checked.problems.text(lang));
        }
        let notes = checked.notes.text(lang);
        Verdict { wrong, notes }
    }

    /// Writes it, if the file is still the one that it was made from. Blocks.
    ///
    /// # Errors
    ///
    /// Why nothing was written.
    pub fn write(&self) -> Result<(), SettingsError> {
        put(&self.sources, &self.text)
    }

    /// Writes again what was there before, unless somebody has changed it since. Blocks.
    ///
    /// # Errors
    ///
    /// Why it was not written.
    pub fn take_back(&self) -> Result<(), SettingsError> {
        put(&self.new_sources(), &self.sources.text)
    }
}

/// Puts a text in the place of that of a configuration.
fn put(former: &Sources, text: &str) -> Result<(), SettingsError> {
    let failed = |error| SettingsError::Disk { path: former.path.clone(), error };
    let home = former.path.parent().unwrap_or_else(|| std::path::Path::new(""));
    let _alone = alone(home).map_err(failed)?;
    let now = Sources::read(&former.path).map_err(|error| failed(error.error))?;
    if now.text != former.text {
        return Err(SettingsError::Changed);
    }
    disk::rewrite(&former.path, text.as_bytes()).map_err(failed)
}

impl SettingsError {
    /// What is wrong and what to do.
    pub fn text(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::Ja, Self::Changed) => "設定ファイルがその間に変更されたため、書き込んでいません。いまの値を確かめて、もう一度やり直してください。".to_owned(),
            (Lang::En, Self::Changed) => format!("{self}; look at the values and try again"),
            (_, Self::Disk { path, error }) => {
                let (path, why) = (path.display(), crate::types::io_text(error, lang));
                match lang {
                    Lang::Ja => format!("設定ファイル {path} に書けません: {why}。"),
                    Lang::En => format!("cannot write to the configuration {path}: {why}"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
