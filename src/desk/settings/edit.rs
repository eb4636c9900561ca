//! Writes values into the text of a configuration and leaves everything else as it stands.

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::keys::{Kind, Setting, is_of};
use crate::types::{Lang, OfficeNumber};

/// Why nothing can be changed but by hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML.
    #[error("the configuration is not TOML: {0}")]
    Text(String),
    /// The offices or a table are written in a form that is not changed here.
    #[error("{0} is written in a form that can only be changed by hand")]
    Form(String),
}

impl EditError {
    /// What is wrong and what to do.
    pub fn text(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::Ja, Self::Text(_)) => {
                "設定ファイルの書き方に誤りがあるため、ここでは変更できません。renkei run --check で誤りを確かめ、ファイルを直してください。".to_owned()
            }
            (Lang::Ja, Self::Form(what)) => format!(
                "設定ファイルの {what} がここでは変更できない書き方になっています。設定ファイルを直接編集してください。"
            ),
            (Lang::En, _) => self.to_string(),
        }
    }
}

/// The text with other values.
pub(super) fn edit(text: &str, changed: &[(Setting, String)]) -> Result<String, EditError> {
    if changed.is_empty() {
        return Ok(text.to_owned());
    }
    let parsed = text.parse::<DocumentMut>();
    let mut document = parsed.map_err(|error| EditError::Text(error.message().to_owned()))?;
    for (setting, new) in changed {
        let form = || EditError::Form(setting.place.table.to_owned());
        let root = document.as_table_mut();
        let table: &mut dyn TableLike = match setting.office {
            Some(office) => of_office(root, office).ok_or_else(form)?,
            None => table(root, setting.place.table).ok_or_else(form)?,
        };
        let table = match setting.place.within {
            Some(within) => self::table(table, within).ok_or_else(form)?,
            None => table,
        };
        if setting.kind == Kind::OptionalFolder && new.is_empty() {
            table.remove(setting.place.key);
        } else {
            set(table, setting.place.key, value(setting.kind, new));
        }
    }
    Ok(as_before(text, document.to_string()))
}

fn of_office(root: &mut Table, number: OfficeNumber) -> Option<&mut dyn TableLike> {
    let mut tables = root.get_mut("office")?.as_array_of_tables_mut()?.iter_mut();
    tables.find(|table| is_of(table, number)).map(|table| table as &mut dyn TableLike)
}

/// A table in another, made if it is missing.
fn table<'t>(parent: &'t mut dyn TableLike, key: &str) -> Option<&'t mut dyn TableLike> {
    if parent.get(key).is_none() {
        parent.insert(key, Item::Table(Table::new()));
    }
    parent.get_mut(key)?.as_table_like_mut()
}

fn value(kind: Kind, text: &str) -> Value {
    match (kind, text.parse::<i64>()) {
        // What is no number is told where the configuration is read.
        (Kind::Number, Ok(number)) => number.into(),
        _ => text.into(),
    }
}

/// Puts a value in the place of another, with the spaces and the comment around that.
fn set(table: &mut dyn TableLike, key: &str, mut new: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(value) => {
            *new.decor_mut() = value.decor().clone();
            *value = new;
        }
        None => _ = table.insert(key, Item::Value(new)),
    }
}

/// With the ends of lines that the file had, and the mark at its beginning.
fn as_before(former: &str, mut text: String) -> String {
    if former.contains("\r\n") {
        text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    if former.starts_with('\u{feff}') && !text.starts_with('\u{feff}') {
        text.insert(0, '\u{feff}');
    }
    text
}
