//! 実績 beside those whose place they take: what gets lost, what is new, and what is another number.

use std::path::Path;

use askama::Template;
use bytes::Bytes;

use super::state::Shared;
use crate::actuals::{Amount, ReplacedLine};
use crate::desk::words;
use crate::folder::read_held;
use crate::node::{MonthReplaced, Node, replaced_actuals};
use crate::store::HeldItem;
use crate::transfer::Direction;
use crate::types::{FileSerial, Lang, OfficeNumber};

/// Lines that are shown at the most.
const MOST: usize = 1_000;

/// A part of a page.
#[derive(Template)]
#[template(path = "web/replaced.html", config = "src/askama.toml")]
struct Beside {
    lang: Lang,
    people: Vec<Person>,
    /// How many lines are not shown.
    omitted: usize,
    /// Earlier packages that could not be looked into.
    left_out: u32,
}

/// One person in one month.
struct Person {
    month: String,
    name: String,
    insured: String,
    lines: Vec<Line>,
}

/// One service.
struct Line {
    service: String,
    before: [String; 2],
    now: [String; 2],
    tone: &'static str,
    what: String,
}

impl Beside {
    fn new(months: &[MonthReplaced], shared: &Shared) -> Self {
        let lang = shared.lang();
        let service = |code: &str| {
            let names = shared.names.services.as_ref();
            words::service_code(code, names.and_then(|names| names.get(code)), lang)
        };
        let (mut room, mut omitted) = (MOST, 0);
        let mut people = Vec::new();
        for month in months {
            for person in &month.people {
                let shown = person.lines.len().min(room);
                room -= shown;
                omitted += person.lines.len() - shown;
                let lines = person.lines.iter().take(shown);
                people.push(Person {
                    month: month.month.in_words(lang),
                    name: person.name.as_ref().map(|it| it.reveal().clone()).unwrap_or_default(),
                    insured: person.key.insured().to_owned(),
                    lines: lines.map(|line| Line::of(line, service(&line.code), lang)).collect(),
                });
            }
        }
        // Who has no line to be shown is counted with the others.
        people.retain(|person| !person.lines.is_empty());
        Self { lang, people, omitted, left_out: months.iter().map(|it| it.left_out).sum() }
    }

    /// The same as HTML; empty where there is nothing to be shown.
    fn html(&self) -> String {
        if self.people.is_empty() {
            return String::new();
        }
        // A template writes into memory only.
        self.render().unwrap_or_default()
    }

    const fn t<'w>(&self, ja: &'w str, en: &'w str) -> &'w str {
        self.lang.pick(ja, en)
    }
}

/// What a held set of 実績 would replace, as HTML; empty where it is no such set or its files cannot be
/// read.
pub(super) async fn of_held(shared: &Shared, item: &HeldItem, folder: Option<&Path>) -> String {
    let (Some(folder), Some(partner), Some(serial)) = (folder, item.partner, item.serial) else {
        return String::new();
    };
    let (folder, most) = (folder.to_owned(), shared.node.config().limits.package_size);
    let files = shared.drawing(move || read_held(&folder, most)).await;
    let Some(Ok(files)) = files else { return String::new() };
    let files = files.into_iter().map(|(name, bytes)| (name, bytes.into())).collect();
    html(shared, (item.office, partner, item.direction), serial, files).await
}

/// What 実績 with a 連番 replace between an office and its partner, as HTML.
pub(super) async fn html(
    shared: &Shared,
    way: (OfficeNumber, OfficeNumber, Direction),
    serial: FileSerial,
    files: Vec<(String, Bytes)>,
) -> String {
    let judged_by = (shared.node.spec(), Node::package_limits(&shared.node.config()));
    match replaced_actuals(shared.node.store(), judged_by, way, serial, files).await {
        Ok(months) => Beside::new(&months, shared).html(),
        Err(error) => {
            tracing::warn!(code = error.code(), "actuals are shown without those before");
            String::new()
        }
    }
}

impl Line {
    fn of(line: &ReplacedLine, service: String, lang: Lang) -> Self {
        let amount = |amount: Option<Amount>| {
            amount.map_or_else(Default::default, |it| [it.count.to_string(), it.units.to_string()])
        };
        let (tone, what) = match (line.before, line.now) {
            (Some(_), None) => ("bad", lang.pick("なくなります", "gets lost").to_owned()),
            (None, Some(_)) => ("busy", lang.pick("新しく加わります", "is new").to_owned()),
            (Some(before), Some(now)) if before != now => ("warn", changed(before, now, lang)),
            _ => ("calm", lang.pick("同じです", "the same").to_owned()),
        };
        let service = match (line.satellite.as_str(), lang) {
            ("", _) => service,
            (satellite, Lang::Ja) => format!("{service}　サテライト {satellite}"),
            (satellite, Lang::En) => format!("{service}, satellite {satellite}"),
        };
        Self { service, before: amount(line.before), now: amount(line.now), tone, what }
    }
}

fn changed(before: Amount, now: Amount, lang: Lang) -> String {
    let difference = |before: i64, now: i64| now.saturating_sub(before);
    let count = |amount: Amount| i64::try_from(amount.count).unwrap_or(i64::MAX);
    let (count, units) =
        (difference(count(before), count(now)), difference(before.units, now.units));
    let parts = [(count, ("回数", "times")), (units, ("単位数", "units"))];
    let parts = parts.into_iter().filter(|(by, _)| *by != 0);
    let parts = parts.map(|(by, (ja, en))| format!("{} {by:+}", lang.pick(ja, en)));
    parts.collect::<Vec<_>>().join(lang.pick("、", ", "))
}
