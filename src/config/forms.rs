//! `[office.forms]`: how the forms of an office are drawn.

use std::str::FromStr;

use crate::types::settings::Section;
use crate::types::{DayStart, FormChoices, Honorific, PreventionPaper, PrintedNotes, Slip};

pub(super) fn forms(mut table: Section<'_, '_>) -> FormChoices {
    let usual = FormChoices::USUAL;
    let choices = FormChoices {
        honorific: one::<Honorific>(&mut table, "honorific", "usual, sama, dono")
            .unwrap_or(usual.honorific),
        day_start: one::<DayStart>(&mut table, "day_start", "0, 4").unwrap_or(usual.day_start),
        printed_notes: one::<PrintedNotes>(&mut table, "printed_notes", "telling, all")
            .unwrap_or(usual.printed_notes),
        slip: one::<Slip>(&mut table, "slip", "user, file, provider").unwrap_or(usual.slip),
        prevention_paper: one::<PreventionPaper>(&mut table, "prevention_paper", "a3, two-a4")
            .unwrap_or(usual.prevention_paper),
    };
    table.finish();
    choices
}

fn one<T: FromStr>(table: &mut Section<'_, '_>, key: &str, words: &str) -> Option<T> {
    let ja = format!("\" \" で囲んだ {} のどれか", words.replace(", ", "、"));
    table.parsed(key, |text| text.parse().ok(), &ja, &format!("one of {words}"))
}
