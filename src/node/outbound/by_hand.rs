//! Sets for partners that have no node: what lies in the outbox for the person who hands them over.

use std::io::{self, Cursor, Write as _};
use std::path::{Path, PathBuf};

use zip::write::{SimpleFileOptions, ZipWriter};

use super::super::clock::local_time;
use super::super::context::Context;
use crate::config::Config;
use crate::contents;
use crate::folder::{Outbox, OutboxPlace};
use crate::forms::{self, HandedSet};
use crate::package::Package;
use crate::rules::SourceFile;
use crate::spec::Spec;
use crate::store::{OutboxRow, SettledRow};
use crate::transfer::Outgoing;
use crate::types::{
    Edition, FileName, FileSerial, FormChoices, HandChannel, Lang, OfficeNumber, ServiceMonth, Slip,
};

/// The check sheet of an upload.
const CHECK_SHEET: &str = "check-sheet.html";

/// The cover of a fax; it stands before the forms where files are listed by name.
const FAX_COVER: &str = "fax-cover.html";

/// The name of the folder of a set in the outbox. The number of its package makes it one of its own.
fn unit_name(serial: FileSerial, office: OfficeNumber, sequence: u64) -> String {
    format!("{serial}_{office}_{sequence}")
}

impl OutboxRow {
    /// The name of its folder.
    pub fn unit_name(&self) -> String {
        unit_name(self.serial, self.office, self.sequence)
    }

    /// The folder where the set lies while it waits, as a full path.
    pub fn folder(&self, config: &Config) -> Option<PathBuf> {
        let outbox = Outbox::new(config.office(self.office)?.outbox.clone());
        let folder = outbox.folder(place(self, &self.unit_name()));
        Some(std::path::absolute(&folder).unwrap_or(folder))
    }

    /// The set as its sheets tell of it.
    pub fn as_handed(&self, config: &Config, lang: Lang) -> HandedSet {
        HandedSet {
            unit: self.unit_name(),
            from: office(config, self.office),
            to: office(config, self.partner),
            what: what(&self.unit.kind),
            months: ServiceMonth::all_in_words(&self.unit.months, lang),
            serial: self.serial.to_string(),
            since: local_time(self.since),
            folder: self.folder(config).map(|it| it.display().to_string()).unwrap_or_default(),
            files: self.unit.files.iter().map(|file| (file.name.clone(), file.size)).collect(),
            lang,
        }
    }
}

/// A row of the outbox of what is to be shown there.
pub(super) fn row(office: OfficeNumber, channel: HandChannel, row: &SettledRow) -> OutboxRow {
    OutboxRow {
        id: row.id,
        office,
        partner: row.partner,
        channel,
        waits: matches!(row.state, Outgoing::ByHand(_)),
        sequence: row.sequence,
        serial: row.serial,
        unit: row.unit.clone(),
        since: row.packed_at,
    }
}

/// Where the set of a row lies; `unit` is its name.
pub(super) const fn place<'u>(row: &OutboxRow, unit: &'u str) -> OutboxPlace<'u> {
    OutboxPlace { channel: row.channel, partner: row.partner, unit }
}

/// The files that lie in the outbox for a set.
pub(super) fn contents(
    context: &Context,
    row: &OutboxRow,
    package: &Package,
) -> io::Result<Vec<(String, Vec<u8>)>> {
    let config = context.config();
    let set = row.as_handed(&config, context.lang());
    let files: Vec<(String, Vec<u8>)> =
        package.files().map(|(file, bytes)| (file.title().to_owned(), bytes.to_vec())).collect();
    match row.channel {
        HandChannel::Web => {
            let archive = archive(&files)?;
            let title = format!("{} {}", set.to, set.serial);
            let users = contents::read(context.spec, slices(&files)).people;
            let sheet = set.alone(&title, &set.check_sheet(&users));
            let mut all = files;
            all.push((format!("{}.zip", set.unit), archive));
            all.push((CHECK_SHEET.to_owned(), sheet.into_bytes()));
            Ok(all)
        }
        HandChannel::Paper => {
            let usual = config.office(row.office).map(|office| office.forms).unwrap_or_default();
            let choices = FormChoices { slip: slip(context.spec, &files, usual.slip), ..usual };
            let options = forms::Options { choices, ..forms::Options::default() };
            Ok(printed(context.spec, &set, &files, &options))
        }
    }
}

/// Which copy of 第6表 and 第7表 goes to the recipient of these files: an office that provides services
/// gets サービス提供票, whatever is usual otherwise.
fn slip(spec: &Spec, files: &[(String, Vec<u8>)], usual: Slip) -> Slip {
    let names = files.iter().filter_map(|(name, _)| FileName::parse(name).ok());
    let mut types = names.filter_map(|name| name.service_types);
    if types.any(|(_, to)| spec.is_care_management(to)) { usual } else { Slip::ForProvider }
}

/// Whether a file in the folder of a set is one of those that were laid there, be it by an earlier
/// version or with other choices of forms.
pub(super) fn is_laid(row: &OutboxRow, name: &str) -> bool {
    let of_set = row.unit.files.iter().any(|file| file.name == name);
    let is_form =
        name.starts_with("forms-") && Path::new(name).extension() == Some("html".as_ref());
    of_set
        || is_form
        || [CHECK_SHEET, FAX_COVER].contains(&name)
        || name == format!("{}.zip", row.unit_name())
}

fn slices(files: &[(String, Vec<u8>)]) -> impl Iterator<Item = (&str, &[u8])> {
    files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
}

/// The forms, one file for each person; the names of files say nothing about people.
fn printed(
    spec: &Spec,
    set: &HandedSet,
    files: &[(String, Vec<u8>)],
    options: &forms::Options<'_>,
) -> Vec<(String, Vec<u8>)> {
    let sources: Vec<_> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let drawing = forms::draw(spec, &sources, options);
    let with_forms = drawing.users.iter().filter(|user| !user.forms.is_empty());
    let sheets = with_forms.clone().map(|user| user.forms.len()).sum();
    let cover = set.alone(set.lang.pick("ＦＡＸ送付状", "Fax cover"), &set.fax_cover(sheets));
    let mut all = vec![(FAX_COVER.to_owned(), cover.into_bytes())];
    for (number, user) in (1..).zip(with_forms) {
        let page = forms::page("ケアプラン帳票", std::slice::from_ref(user), &[]);
        all.push((format!("forms-{number:03}.html"), page.into_bytes()));
    }
    if !drawing.notes.is_empty() {
        let page = forms::page("ケアプラン帳票", &[], &drawing.notes);
        all.push(("forms-notes.html".to_owned(), page.into_bytes()));
    }
    all
}

/// The files in a flat ZIP that every Windows opens: names of the standard are ASCII, and nothing
/// that is newer is made use of.
pub fn archive(files: &[(String, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // The time of a file would make the same set another archive each time.
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn office(config: &Config, number: OfficeNumber) -> String {
    config.name(number).map_or_else(|| number.to_string(), |name| format!("{number} {name}"))
}

/// A send unit by its name in the standard.
fn what(kind: &str) -> String {
    let spec = Spec::builtin().ok();
    let name = spec.and_then(|spec| {
        let mut units = Edition::ALL.into_iter().flat_map(|edition| spec.units(edition));
        units.find(|unit| unit.id == kind).map(|unit| unit.name.clone())
    });
    name.map_or_else(|| kind.to_owned(), |name| format!("{name}（{kind}）"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_flat_and_the_same_each_time() {
        let files =
            vec![("UPHYO6_1.CSV".to_owned(), b"a,b".to_vec()), ("B.CSV".to_owned(), Vec::new())];
        let archive = archive(&files).expect("made");
        assert_eq!(super::archive(&files).expect("made"), archive);
        let mut read = zip::ZipArchive::new(Cursor::new(archive)).expect("readable");
        let names = read.file_names().map(|name| name.expect("a name").into_owned());
        assert_eq!(names.collect::<Vec<_>>(), ["UPHYO6_1.CSV", "B.CSV"]);
        let mut text = String::new();
        io::Read::read_to_string(&mut read.by_index(0).expect("there"), &mut text).expect("read");
        assert_eq!(text, "a,b");
    }
}
