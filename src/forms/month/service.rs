//! Names of services: the files have their codes alone.

use crate::forms::entry::Entry;
use crate::forms::pen::{Context, Pen};
use crate::forms::piece::Piece;
use crate::spec::KnownItem;

/// The name of a service type; empty for what is none.
pub(super) fn type_name<'c>(context: &Context<'c>, code: &str) -> &'c str {
    let code = code.get(..2).unwrap_or(code);
    context.spec.service_type(code.as_bytes()).map_or("", |entry| entry.name.as_str())
}

/// The name in the list of the office, or else that of the type and the code.
pub(super) fn described(context: &Context<'_>, code: &str) -> String {
    if let Some(name) = context.options.services.and_then(|names| names.get(code)) {
        return name.to_owned();
    }
    match type_name(context, code) {
        "" => code.to_owned(),
        name => format!("{name} ({code})"),
    }
}

/// ３０日超区分 stands before the name of the service, or says that nothing does; anything else that
/// it says is told.
pub(super) fn hide_over_thirty(entries: &[Entry<'_, '_>]) {
    for row in entries.iter().flat_map(|entry| [entry.now, entry.was]).flatten() {
        if matches!(row.look(KnownItem::OverThirty), "0" | "1") {
            row.show(KnownItem::OverThirty);
        }
    }
}

/// サービス内容 of rows of one service.
pub(super) fn service(pen: &mut Pen<'_, '_>, entries: &[Entry<'_, '_>], is_over: bool) -> Piece {
    let before = if is_over { "30日超" } else { "" };
    pen.every(entries, KnownItem::ServiceCode, |pen, code| {
        let name = described(pen.context, code);
        if !name.contains(code) {
            // A name from a list says less than the code that it was found by.
            pen.note(format!("サービスコード（{name}）"), code.to_owned(), true);
        }
        format!("{before}{name}")
    })
}
