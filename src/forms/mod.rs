//! The paper forms of long-term care, drawn from the files of send units: 居宅サービス計画書 and the
//! forms that go with it, as HTML for a screen and for print.
//!
//! Pure: bytes in, text out. Forms are in Japanese, whatever language the program speaks: their
//! headings are official words. What is drawn is what the files say. Dates are written in eras,
//! codes in words, repeated texts are merged as on paper. Sums are printed as the files give them and
//! told where they differ from their rows; what a file has none of, such as the times and days of
//! 第6表, is counted.
//!
//! ```
//! use renkei::forms::{Form, Options, draw};
//! use renkei::rules::SourceFile;
//! use renkei::spec::Spec;
//!
//! let row = "202407,131011,0000900011,20260325,,,,\"例示　ケア子\",\"架空ケアプランセンター\",,,,\
//!            1370000018,20260325,20241001,21,2,20251001,20251001,20270930,22,,,,1,,,\r\n";
//! let bytes = renkei::record::ms932::encode(row).expect("in MS932");
//! let name = "UP1KYO_1370000018_43_1370000026_11_20260326101500.CSV";
//! let files = [SourceFile { name, bytes: &bytes }];
//! let drawing = draw(Spec::builtin().expect("consistent"), &files, &Options::default());
//! let form = &drawing.users[0].forms[0];
//! assert_eq!(form.form, Form::First);
//! assert!(form.html.reveal().contains("令和8年3月25日"));
//! ```
//!
//! # How a form comes to be
//!
//! `read` makes rows of the files, `group` puts those together that are about one person and one
//! plan or month. A form takes its rows as an `Entry`, a row beside the one that it replaces in the
//! version it is compared with, and asks a `Pen` for each cell: the pen writes dates and codes,
//! marks findings, and remembers what changed. What no cell asked for, `Pen::rest` tells in 付記, so
//! that nothing vanishes; `row::NEVER_SHOWN` lists the exceptions. `sheet` puts what is common
//! around the cells.
//!
//! The HTML has no script, and no style but the classes of [`CSS`] and attributes of SVG, so that
//! it may stand in a page whose content security policy allows neither inline.

mod align;
mod basics;
mod by_hand;
mod codes;
mod deletion;
mod draw;
mod entry;
mod form;
mod group;
mod many;
mod marks;
mod measure;
mod month;
mod numbered;
mod options;
mod page;
mod pen;
mod person;
mod picture;
mod piece;
mod plan;
mod prevention;
mod read;
mod row;
mod sheet;
mod stack;
mod wareki;

#[cfg(test)]
mod tests;

pub use by_hand::HandedSet;
pub use codes::{Names, NamesError};
pub use draw::{Drawing, UserForms, compare, draw};
pub use form::{Form, Paper};
pub use options::Options;
pub use page::{CSS, page};
pub use pen::Change;
pub use sheet::DrawnForm;
