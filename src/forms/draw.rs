//! From files to the forms of every person.

use std::collections::BTreeMap;

use crate::rules::SourceFile;
use crate::spec::Spec;
use crate::types::{Lang, Personal};

use super::basics;
use super::deletion;
use super::entry::{Pair, Person};
use super::group::{Bundle, Topic, User, UserKey, group};
use super::marks::Marks;
use super::month;
use super::options::Options;
use super::pen::{Context, words};
use super::picture::Pictures;
use super::plan;
use super::prevention;
use super::read::{File, Notes, read};
use super::row::Row;
use super::sheet::DrawnForm;
use super::stack::{Left, Stack};

/// The forms of a set of files.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    /// By person, in the order of 保険者番号 and 被保険者番号.
    pub users: Vec<UserForms>,
    /// What is on no form: records that cannot be read, and findings about no record.
    pub notes: Vec<Personal<String>>,
}

/// The forms of one person.
#[derive(Debug, Clone)]
pub struct UserForms {
    /// 保険者番号
    pub insurer: String,
    /// 被保険者番号
    pub insured: Personal<String>,
    /// 利用者氏名; empty where no file has it.
    pub name: Personal<String>,
    /// In the order of printing.
    pub forms: Vec<DrawnForm>,
}

/// Draws the forms of every person in some files.
///
/// Reads whatever it can: what is no record becomes a note, what no form has a cell for stands in
/// the notes of the form, and nothing is added that the files do not say.
pub fn draw(spec: &Spec, files: &[SourceFile<'_>], options: &Options<'_>) -> Drawing {
    let rows = read(spec, files);
    let marks = Marks::new(&rows.files, options.findings);
    let users = group(&rows.files, rows.rows);
    let pictures = [Pictures::new(files), Pictures::default()];
    let context = Context { spec, options, marks, pictures };
    let people = users.iter().map(|(key, user)| (key, Pair::new(Some(user), None, false)));
    finish(&context, [&rows.files, &[]], people, rows.notes)
}

/// Draws the forms of every person in some files, with what changed since another version of the
/// same files: what was there is struck, what is new is marked, and both are listed.
///
/// The options are about the newer version. A person of whom only one version speaks has forms too.
pub fn compare(
    spec: &Spec,
    before: &[SourceFile<'_>],
    after: &[SourceFile<'_>],
    options: &Options<'_>,
) -> Drawing {
    let (mut rows, old) = (read(spec, after), read(spec, before));
    let marks = Marks::new(&rows.files, options.findings);
    let users = group(&rows.files, rows.rows);
    let others = group(&old.files, old.rows);
    for text in old.notes.finish() {
        rows.notes.add(|| format!("{OLDER}{text}"));
    }
    let pictures = [after, before].map(Pictures::new);
    let context = Context { spec, options, marks, pictures };
    let mut pairs: BTreeMap<&UserKey, (Option<&User<'_>>, Option<&User<'_>>)> =
        users.iter().map(|(key, user)| (key, (Some(user), others.get(key)))).collect();
    for (key, other) in &others {
        pairs.entry(key).or_insert((None, Some(other)));
    }
    let people = pairs.into_iter().map(|(key, (now, was))| (key, Pair::new(now, was, true)));
    finish(&context, [&rows.files, &old.files], people, rows.notes)
}

/// Before what is told of the version that is compared with.
const OLDER: &str = "前の版: ";

fn finish<'r, 's: 'r>(
    context: &Context<'_>,
    files: [&[File<'_>]; 2],
    people: impl Iterator<Item = (&'r UserKey, Pair<'r, User<'s>>)>,
    mut notes: Notes,
) -> Drawing {
    let mut drawn = Vec::new();
    let mut left = Left::default();
    let [now, was] = files;
    for (key, users) in people {
        let mut stack = Stack::new(&mut left);
        draw_all(context, now, Person { key, users }, &mut stack);
        if stack.left_out > 0 {
            let (UserKey { insurer, insured }, count) = (key, stack.left_out);
            notes.add(|| {
                format!("{insurer} {insured}: 様式が多すぎるため、{count} 様式を描いていません。")
            });
        }
        drawn.push(UserForms {
            insurer: key.insurer.clone(),
            insured: Personal::new(key.insured.clone()),
            name: Personal::new(users.any().map_or_else(String::new, |user| user.name.clone())),
            forms: stack.forms,
        });
        for (user, files, version) in [(users.now, now, ""), (users.was, was, OLDER)] {
            let rows = user.into_iter().flat_map(|user| user.bundles.values());
            for row in rows.flat_map(Bundle::all).filter(|row| !row.is_told()) {
                notes.add(|| format!("{version}{}", untold(row, files)));
            }
        }
    }
    for finding in &context.marks.general {
        notes.add(|| {
            let file = finding.place.file.as_deref().unwrap_or_default();
            format!("{file} {} {}", finding.rule.code(), finding.message(Lang::Ja))
                .trim_start()
                .to_owned()
        });
    }
    Drawing { users: drawn, notes: notes.finish().into_iter().map(Personal::new).collect() }
}

/// What stands in a row that is on no form, such as 利用者補足情報 alone.
fn untold(row: &Row<'_>, files: &[File<'_>]) -> String {
    let items: Vec<_> =
        row.rest().map(|(item, text)| format!("{}＝{}", item.name, words(item, text))).collect();
    let label = files.get(row.file).map_or("", |file| file.label);
    let (record, items) = (row.record, items.join("、"));
    format!("{label} {record} 件目: 様式に描いていません。 {items}")
}

/// Draws everything about a person.
fn draw_all(
    context: &Context<'_>,
    files: &[File<'_>],
    person: Person<'_, '_>,
    forms: &mut Stack<'_>,
) {
    for same in person.sets().chunk_by(|(topic, _), (next, _)| topic == next) {
        let sets = || same.iter().map(|(_, sets)| *sets);
        match same.first() {
            Some((Topic::Plan, _)) => {
                sets().for_each(|sets| plan::draw(context, person, sets, forms));
            }
            Some((Topic::Month, _)) => month::draw(context, person, sets(), forms),
            Some((Topic::Basics, _)) => {
                sets().for_each(|sets| basics::draw(context, person, sets, forms));
            }
            Some((Topic::Prevention, _)) => {
                sets().for_each(|sets| prevention::draw(context, person, sets, forms));
            }
            Some((Topic::Deletion, _)) => {
                let sets: Vec<_> = sets().collect();
                forms.add(|| deletion::draw(context, person, files, &sets));
            }
            None => {}
        }
    }
}
