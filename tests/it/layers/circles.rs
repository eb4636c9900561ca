//! Which files of a module use each other, and where they do so in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{Named, Tests, named};

/// Where a module stands: its name and those of the modules around it, from the crate down.
type Module = Vec<String>;

/// The files of a crate, each a module, with the paths that they name outside of tests.
pub(super) struct Tree {
    files: BTreeMap<Module, Vec<Named>>,
    /// What a file hands on: the name, and the path that it means.
    handed_on: BTreeMap<(Module, String), Module>,
}

/// One file or folder uses another beside it; the paths that say so.
pub(super) type Uses = BTreeMap<(Module, Module), BTreeSet<String>>;

/// The module that a file of `src` is, such as `a/b` for `a/b.rs` and `a/b/mod.rs`.
pub(super) fn module_of(file: &str) -> Module {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

/// What a path means, counted from the crate; nothing where its first name is no module.
pub(super) fn absolute(named: &Named, is_file: impl Fn(&[String]) -> bool) -> Option<Module> {
    let mut words = named.words.iter().map(String::as_str).peekable();
    let mut module = named.at.clone();
    match words.peek().copied()? {
        "crate" => {
            module.clear();
            words.next();
        }
        "self" => {
            words.next();
        }
        "super" => {}
        child => {
            let inside = [named.at.as_slice(), &[child.to_owned()]].concat();
            if !is_file(&inside) {
                return None;
            }
        }
    }
    while words.next_if_eq(&"super").is_some() {
        module.pop()?;
    }
    module.extend(words.map(str::to_owned));
    Some(module)
}

impl Tree {
    pub(super) fn of<'t>(sources: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let read = |(file, text)| {
            let module = module_of(file);
            let paths = named(&module, text, Tests::LeftOut);
            (module, paths)
        };
        let files: BTreeMap<Module, _> = sources.into_iter().map(read).collect();
        let mut handed_on = BTreeMap::new();
        for (module, paths) in &files {
            for named in paths {
                let path = absolute(named, |path| files.contains_key(path));
                if let (Some(name), Some(path)) = (&named.handed_on, path) {
                    handed_on.insert((module.clone(), name.clone()), path);
                }
            }
        }
        Self { files, handed_on }
    }

    /// The file that defines what a path means: through `pub use`, the one that it comes from.
    fn file(&self, path: &[String]) -> Option<&Module> {
        let mut path = path.to_vec();
        // A path that is handed on in a circle is none that compiles.
        for _ in 0..8 {
            let length = (1..=path.len()).rev().find(|at| self.files.contains_key(&path[..*at]))?;
            let file = path[..length].to_vec();
            let next =
                path.get(length).and_then(|name| self.handed_on.get(&(file.clone(), name.clone())));
            match next {
                Some(from) => path = [from.as_slice(), &path[length + 1..]].concat(),
                None => return self.files.get_key_value(&file).map(|(file, _)| file),
            }
        }
        None
    }

    /// In each folder within a module, which file or folder uses which other one beside it.
    ///
    /// A folder counts as one with all that is in it. Its own file (`mod.rs`, or `x.rs` beside
    /// `x/`) is the frame around the others: what it defines stands below them and what it does
    /// above, and Rust has one file for both. What they and their frame have of each other is
    /// therefore not counted; how the folder stands to others is.
    pub(super) fn uses(&self) -> Uses {
        let mut uses = Uses::new();
        for (user, paths) in &self.files {
            for named in paths {
                let path = absolute(named, |path| self.files.contains_key(path));
                let Some(used) = path.and_then(|path| self.file(&path)) else { continue };
                let common = user.iter().zip(used).take_while(|(a, b)| a == b).count();
                // Rows hold what is between modules.
                if common == 0 || common == user.len() || common == used.len() {
                    continue;
                }
                let pair = (user[..=common].to_vec(), used[..=common].to_vec());
                let how = format!("{} names {}", user.join("/"), named.words.join("::"));
                uses.entry(pair).or_default().insert(how);
            }
        }
        uses
    }
}

/// The uses that are part of a circle, of whatever length.
pub(super) fn circles(uses: &Uses) -> Vec<String> {
    let leads = |from: &Module, to: &Module| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            if seen.insert(at) {
                open.extend(uses.keys().filter(|(user, _)| user == at).map(|(_, used)| used));
            }
        }
        false
    };
    uses.iter()
        .filter(|((user, used), _)| leads(used, user))
        .flat_map(|((user, used), how)| {
            let arrow = format!("{} -> {}", user.join("/"), used.join("/"));
            how.iter().map(move |how| format!("{arrow}: {how}"))
        })
        .collect()
}

#[cfg(test)]
fn found(sources: &[(&str, &str)]) -> Vec<String> {
    let only = |line: String| line.split(':').next().unwrap_or_default().to_owned();
    circles(&Tree::of(sources.iter().copied()).uses()).into_iter().map(only).collect()
}

#[test]
fn circles_of_every_length_are_found() {
    let two = [("m/a.rs", "use super::b::B;"), ("m/b.rs", "fn f() { crate::m::a::g() }")];
    assert_eq!(found(&two), ["m/a -> m/b", "m/b -> m/a"]);
    let three = [
        ("m/a.rs", "use super::{b::B, d};"),
        ("m/b.rs", "use crate::m::{c, d::D};"),
        ("m/c.rs", "impl super::a::A {}"),
        ("m/d.rs", "use super::e;"),
        ("m/e.rs", "#[cfg(test)] mod tests { use super::super::a::A; }"),
    ];
    assert_eq!(found(&three), ["m/a -> m/b", "m/b -> m/c", "m/c -> m/a"]);
    assert_eq!(found(&three[..2]), [""; 0]);
}

#[test]
fn what_is_handed_on_counts_for_the_file_that_defines_it() {
    let frame = ("m/mod.rs", "mod a; mod b; pub use a::{A as First, G}; pub(crate) use b::B;");
    let a = ("m/a.rs", "use super::B;");
    assert_eq!(
        found(&[frame, a, ("m/b.rs", "use crate::m::First;")]),
        ["m/a -> m/b", "m/b -> m/a"]
    );
    assert_eq!(found(&[frame, a, ("m/b.rs", "use super::Of_the_frame;")]), [""; 0]);
}

#[test]
fn a_folder_counts_as_one_and_its_own_file_as_its_frame() {
    let sources = [
        ("m/mod.rs", "mod x; mod y; struct S; fn f() { x::g() }"),
        ("m/x/mod.rs", "mod deep; mod low; use super::S; use deep::D;"),
        ("m/x/deep.rs", "use crate::m::y::Y; use super::low::L;"),
        ("m/x/low.rs", "use super::X;"),
        ("m/y.rs", "use super::x::low::L;"),
    ];
    assert_eq!(found(&sources), ["m/x -> m/y", "m/y -> m/x"]);
    assert_eq!(found(&sources[..4]), [""; 0]);
}
