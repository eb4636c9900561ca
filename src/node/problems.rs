//! What keeps a node from starting.

use std::fmt;

use crate::certs::CertsError;
use crate::folder::FolderError;
use crate::store::StoreError;
use crate::types::{Lang, code};

/// One thing that keeps a node from starting.
#[derive(Debug, Clone)]
pub struct StartProblem {
    /// A stable code.
    pub code: &'static str,
    /// What it is about: a key of the configuration with the office it stands under.
    pub place: String,
    /// What is wrong and what to do, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// Everything that keeps a node from starting, or that should be known of one that starts.
#[derive(Debug, thiserror::Error)]
pub struct StartProblems(pub Vec<StartProblem>);

impl StartProblems {
    /// One line per problem.
    pub fn text(&self, lang: Lang) -> String {
        let line = |problem: &StartProblem| {
            format!("{} [{}] {}", problem.place, problem.code, lang.pick(&problem.ja, &problem.en))
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for StartProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

/// Collects problems while as much as possible is opened.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<StartProblem>);

impl Problems {
    pub(super) fn add(&mut self, code: &'static str, place: &str, ja: String, en: String) {
        self.0.push(StartProblem { code, place: place.to_owned(), ja, en });
    }

    pub(super) fn folder<T>(&mut self, place: &str, result: Result<T, FolderError>) -> Option<T> {
        let add = |error: FolderError| {
            self.add(error.code(), place, error.text(Lang::Ja), error.text(Lang::En));
        };
        result.map_err(add).ok()
    }

    pub(super) fn certs<T>(&mut self, place: &str, result: Result<T, CertsError>) -> Option<T> {
        let add = |error: CertsError| {
            self.add(code::CERTIFICATE_UNUSABLE, place, error.text(Lang::Ja), error.text(Lang::En));
        };
        result.map_err(add).ok()
    }

    pub(super) fn store<T>(&mut self, place: &str, result: Result<T, StoreError>) -> Option<T> {
        let add = |error: StoreError| {
            self.add(error.code(), place, error.text(Lang::Ja), error.text(Lang::En));
        };
        result.map_err(add).ok()
    }
}
