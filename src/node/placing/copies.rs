//! What the care software gets of a package: its files, or copies that suit it.
//!
//! Copies are made from what lies in the store, the same ones every time, and judged before the first
//! of them is placed. Where that is not possible the files are placed as they came, and that is told.

use bytes::Bytes;

use super::files::destination;
use crate::config::ImportLayout;
use crate::contents::PersonKey;
use crate::package::Package;
use crate::repair::{self, Part, SplitError, Unreadable};
use crate::rules::{self, Options, SourceFile};
use crate::spec::Spec;
use crate::store::{ImportPlan, PlacedCopy, Recipe};
use crate::types::{Digest, FileKind, FileName, FileSerial, OfficeNumber, Severity};

use super::super::folders::ImportFolders;
use crate::folder::ImportFolder;

/// The files that are placed of a package.
pub(super) struct ToPlace {
    actuals: bool,
    files: Vec<CopyOf>,
}

/// A file in the import folder and the one of the package that it comes from.
struct CopyOf {
    /// Its name, and `/` behind a folder.
    name: String,
    of: String,
    bytes: Bytes,
}

impl CopyOf {
    fn bare_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }
}

/// Why no copies are made.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoCopies {
    #[error("a name is none of the standard")]
    Name,
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("the serial {0} names no moment, so none can follow it")]
    NoSerial(FileSerial),
    #[error("a copy would not be valid: {0}")]
    NotValid(String),
}

impl ToPlace {
    /// The files as they came, parents before their dependants.
    pub(super) fn as_sent(folders: &ImportFolders, package: &Package) -> Self {
        let (_, files) = destination(folders, package);
        let kinds = files.iter().filter_map(|(kind, _, _)| *kind);
        let actuals = kinds.into_iter().any(FileKind::is_actual);
        let file = |(_, name, bytes): &(Option<FileKind>, &str, &Bytes)| CopyOf {
            name: (*name).to_owned(),
            of: (*name).to_owned(),
            bytes: (*bytes).clone(),
        };
        Self { actuals, files: files.iter().map(file).collect() }
    }

    /// Copies as the recipe says, the first set under the 連番 `first`, and the 連番 of the last set.
    pub(super) fn copies(
        spec: &Spec,
        package: &Package,
        as_sent: &Self,
        recipe: Recipe,
        first: FileSerial,
    ) -> Result<(Self, FileSerial), NoCopies> {
        let named = as_sent.named()?;
        let sets = if recipe.one_user_per_set {
            let users = repair::split(spec, &named)?.into_iter();
            users.map(|(key, parts)| (Some(key), parts)).collect()
        } else {
            let part = |(of, (name, bytes)): (usize, &(FileName, &[u8]))| {
                let bytes = (!name.kind.is_image()).then(|| bytes.to_vec());
                Part { of, name: name.clone(), bytes }
            };
            vec![(None, named.iter().enumerate().map(part).collect())]
        };
        let own = package.manifest().serial;
        let (mut files, mut serial) = (Vec::new(), first);
        for (place, (user, parts)) in sets.into_iter().enumerate() {
            if place > 0 {
                serial = serial.next().ok_or(NoCopies::NoSerial(serial))?;
            }
            let parts =
                if serial == own { parts } else { repair::renumbered(spec, parts, serial)? };
            let folder = as_sent.folder(recipe.folders, package, user.as_ref());
            let set = as_sent.written(spec, parts, (own, serial), recipe, folder.as_deref())?;
            judged(spec, &set, as_sent)?;
            files.extend(set);
        }
        Ok((Self { actuals: as_sent.actuals, files }, serial))
    }

    /// The same files in the folders of the recipe, as far as these do not depend on the user.
    pub(super) fn in_folders(mut self, package: &Package, recipe: Recipe) -> Self {
        if let Some(folder) = self.folder(recipe.folders, package, None) {
            for file in &mut self.files {
                file.name = format!("{folder}/{}", file.name);
            }
        }
        self
    }

    /// The name of the file at a place, without a folder before it.
    pub(super) fn bare_name(&self, place: usize) -> Option<String> {
        self.files.get(place).map(|file| file.bare_name().to_owned())
    }

    /// The name of the file that it comes from.
    pub(super) fn sent_as(&self, place: usize) -> Option<String> {
        self.files.get(place).map(|file| file.of.clone())
    }

    fn named(&self) -> Result<Vec<(FileName, &[u8])>, NoCopies> {
        let named = self.files.iter().map(|file| {
            let name = FileName::parse(&file.of).map_err(|_| NoCopies::Name)?;
            Ok((name, file.bytes.as_ref()))
        });
        named.collect()
    }

    /// The files of a set, quoted and named as the recipe says.
    fn written(
        &self,
        spec: &Spec,
        parts: Vec<Part>,
        (own, serial): (FileSerial, FileSerial),
        recipe: Recipe,
        folder: Option<&str>,
    ) -> Result<Vec<CopyOf>, NoCopies> {
        let write = |part: Part| {
            let source = self.files.get(part.of).ok_or(NoCopies::Name)?;
            let bytes = match (part.bytes, recipe.quoting) {
                (Some(bytes), Some(style)) => {
                    Bytes::from(repair::requote(spec, &part.name, &bytes, style)?)
                }
                (Some(bytes), None) => Bytes::from(bytes),
                (None, _) => source.bytes.clone(),
            };
            // A name that stays keeps its letters too.
            let name = if serial == own { source.of.clone() } else { part.name.to_string() };
            let name = folder.map_or_else(|| name.clone(), |folder| format!("{folder}/{name}"));
            Ok(CopyOf { name, of: source.of.clone(), bytes })
        };
        parts.into_iter().map(write).collect()
    }

    fn folder(
        &self,
        layout: ImportLayout,
        package: &Package,
        user: Option<&PersonKey>,
    ) -> Option<String> {
        let manifest = package.manifest();
        match layout {
            ImportLayout::Flat => None,
            ImportLayout::Sender => Some(manifest.sender.office.to_string()),
            ImportLayout::Month => {
                let months = self.files.iter().filter_map(|file| FileName::parse(&file.of).ok());
                let first = months.filter_map(|name| name.month?.month()).min();
                let of_serial = || manifest.serial.to_string().chars().take(6).collect();
                Some(first.map_or_else(of_serial, |month| month.to_string()))
            }
            ImportLayout::User => user.map(|user| user.insured().to_owned()),
        }
    }

    /// The import folder, and name and bytes of each file.
    pub(super) fn destination<'a>(
        &'a self,
        folders: &'a ImportFolders,
    ) -> (&'a ImportFolder, Vec<(&'a str, &'a [u8])>) {
        let files = self.files.iter().map(|file| (file.name.as_str(), file.bytes.as_ref()));
        (folders.of_actuals(self.actuals), files.collect())
    }

    /// What is written down of it.
    pub(super) fn plan(
        &self,
        recipe: Recipe,
        (first_serial, last_serial): (FileSerial, FileSerial),
        whole_because: Option<String>,
    ) -> ImportPlan {
        let file = |file: &CopyOf| PlacedCopy {
            name: file.name.clone(),
            of: file.of.clone(),
            size: u64::try_from(file.bytes.len()).unwrap_or(u64::MAX),
            sha256: Digest::of(&file.bytes),
        };
        let files = self.files.iter().map(file).collect();
        ImportPlan {
            recipe,
            first_serial,
            last_serial,
            actuals: self.actuals,
            files,
            whole_because,
        }
    }

    /// Whether these are the files as they came, wherever they lie.
    pub(super) fn is_as_sent(&self, as_sent: &Self) -> bool {
        let same = |(copy, sent): (&CopyOf, &CopyOf)| {
            copy.bytes == sent.bytes && copy.bare_name() == sent.name
        };
        self.files.len() == as_sent.files.len() && self.files.iter().zip(&as_sent.files).all(same)
    }
}

/// Whether what is written down was made of the same files, in the same way.
pub(super) fn is_as_planned(made: &ImportPlan, plan: &ImportPlan) -> bool {
    (&made.files, made.actuals) == (&plan.files, plan.actuals)
}

/// Judges a copied set as the package itself was judged when it came.
fn judged(spec: &Spec, set: &[CopyOf], as_sent: &ToPlace) -> Result<(), NoCopies> {
    let is_same = |(copy, sent): (&CopyOf, &CopyOf)| copy.bytes == sent.bytes && copy.of == sent.of;
    if set.len() == as_sent.files.len() && set.iter().zip(&as_sent.files).all(is_same) {
        return Ok(());
    }
    let sources = set.iter().map(|file| SourceFile { name: file.bare_name(), bytes: &file.bytes });
    let sources: Vec<SourceFile<'_>> = sources.collect();
    let report = rules::check(spec, &sources, &Options { received: true, ..Options::default() });
    if !report.has_errors() {
        return Ok(());
    }
    let mut codes: Vec<&str> = Vec::new();
    for finding in &report.findings {
        if finding.severity == Severity::Error && !codes.contains(&finding.rule.code()) {
            codes.push(finding.rule.code());
        }
    }
    Err(NoCopies::NotValid(codes.join(",")))
}

/// The first 連番 for a set of a sender whose last files were placed under `last`: its own, if that
/// comes after them.
pub(super) fn first_serial(
    own: FileSerial,
    last: Option<FileSerial>,
) -> Result<FileSerial, NoCopies> {
    match last {
        Some(last) if own <= last => last.next().ok_or(NoCopies::NoSerial(last)),
        _ => Ok(own),
    }
}

/// About which office and sender it is told that files were placed whole.
pub(super) fn about(office: OfficeNumber, sender: OfficeNumber) -> String {
    format!("office {office} import of {sender}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_follows_those_before_it() {
        let serial = |text: &str| text.parse::<FileSerial>().expect("14 digits");
        let first = |own: &str, last: Option<&str>| {
            first_serial(serial(own), last.map(serial)).ok().map(|serial| serial.to_string())
        };
        let own = "20260320090000";
        assert_eq!(first(own, None).as_deref(), Some(own));
        assert_eq!(first(own, Some("20260320085959")).as_deref(), Some(own));
        assert_eq!(first(own, Some(own)).as_deref(), Some("20260320090001"));
        assert_eq!(first(own, Some("20260320235959")).as_deref(), Some("20260321000000"));
        assert_eq!(first(own, Some("99991231235959")), None, "nothing comes after it");
    }
}
