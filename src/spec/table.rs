//! Reading one table: every problem is kept with its file and line.

use std::collections::BTreeMap;
use std::fmt;

/// Why tables were refused: every problem that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SpecError {
    /// The problems, in the order of files and lines.
    pub problems: Vec<SpecProblem>,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the tables of the standard have {} problem(s)", self.problems.len())?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// One problem in a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpecProblem {
    /// The table, relative to the folder of tables.
    pub file: String,
    /// The physical line, from 1; absent when the file as a whole is meant.
    pub line: Option<u64>,
    /// What was expected and what was there.
    pub problem: String,
}

impl fmt::Display for SpecProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.problem),
            None => write!(f, "{}: {}", self.file, self.problem),
        }
    }
}

/// The texts of the tables and the problems found so far.
pub(super) struct Tables<'f> {
    files: &'f BTreeMap<String, String>,
    pub(super) problems: Vec<SpecProblem>,
}

/// One row of a table.
pub(super) struct Row<'h> {
    file: String,
    line: u64,
    columns: &'h [&'static str],
    cells: csv::StringRecord,
}

impl<'f> Tables<'f> {
    pub(super) const fn new(files: &'f BTreeMap<String, String>) -> Self {
        Self { files, problems: Vec::new() }
    }

    /// The rows of a table that has exactly these columns.
    pub(super) fn rows<'h>(&mut self, file: &str, columns: &'h [&'static str]) -> Vec<Row<'h>> {
        let Some(text) = self.files.get(file) else {
            self.whole(file, "the table is missing".to_owned());
            return Vec::new();
        };
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        match reader.headers() {
            Ok(header) if header.iter().eq(columns.iter().copied()) => {}
            Ok(_) => {
                self.problem(file, 1, format!("expected the columns {}", columns.join(",")));
                return Vec::new();
            }
            Err(error) => {
                self.whole(file, error.to_string());
                return Vec::new();
            }
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            match record {
                Ok(cells) => {
                    let line = cells.position().map_or(0, csv::Position::line);
                    rows.push(Row { file: file.to_owned(), line, columns, cells });
                }
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    self.problem(file, line, error.to_string());
                }
            }
        }
        if rows.is_empty() {
            self.whole(file, "the table has no rows".to_owned());
        }
        rows
    }

    /// A problem with one line.
    pub(super) fn problem(&mut self, file: &str, line: u64, problem: String) {
        self.problems.push(SpecProblem { file: file.to_owned(), line: Some(line), problem });
    }

    /// A problem with a file as a whole.
    pub(super) fn whole(&mut self, file: &str, problem: String) {
        self.problems.push(SpecProblem { file: file.to_owned(), line: None, problem });
    }

    /// A problem with the cell of a row.
    pub(super) fn cell(&mut self, row: &Row<'_>, column: &str, expected: &str) {
        let got: String = row.get(column).chars().take(60).collect();
        self.problem(&row.file, row.line, format!("{column}: expected {expected}, got {got:?}"));
    }

    /// The cell, where `parse` takes it; otherwise a problem.
    pub(super) fn parsed<T>(
        &mut self,
        row: &Row<'_>,
        column: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = parse(row.get(column));
        if value.is_none() {
            self.cell(row, column, expected);
        }
        value
    }

    /// A cell that is ○ or empty.
    pub(super) fn mark(&mut self, row: &Row<'_>, column: &str) -> bool {
        let parse = |cell: &str| match cell {
            "○" => Some(true),
            "" => Some(false),
            _ => None,
        };
        self.parsed(row, column, "○ or nothing", parse).unwrap_or_default()
    }
}

impl Row<'_> {
    /// The cell of a column; empty where the table does not have it, as the list of an office may
    /// leave out what the shipped one says.
    pub(super) fn get(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|name| *name == column);
        place.and_then(|place| self.cells.get(place)).unwrap_or_default()
    }
}
