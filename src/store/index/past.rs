//! What was exchanged before, as the rules take it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rusqlite::{Connection, Row, params};

use super::id::EntryId;
use super::months::is_effective;
use crate::contents::{Document, Person, When};
use crate::rules::history::{
    Brought, Exchanged, ExchangedFile, ExchangedPerson, History, Questions, What,
};
use crate::store::unit::Column;
use crate::store::{Store, StoreError, UnitSummary};
use crate::transfer::Direction;
use crate::types::{BirthPrint, FileSerial, OfficeNumber, PersonKey, ServiceMonth};

/// Packages whose prints of a birth are read: the last, and those of a set that is judged once more.
const MOST_BIRTHS: u32 = 4;

/// 予定 are sent at most so many months before their month.
const AHEAD: i32 = 3;

/// Packages that [`Store::all_exchanged`] tells at most.
const MOST_PACKAGES: u32 = 100_000;

/// Writes down what later files are held against.
pub(super) fn add(
    connection: &Connection,
    (entry, id): (EntryId, i64),
    person: &Person,
) -> Result<(), StoreError> {
    for (of, codes) in &person.actuals {
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        connection
            .prepare_cached(
                "INSERT INTO actuals (entry, person, month, office, service, withdrawn, codes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                entry.0,
                id,
                date(When::Month(of.month)),
                of.office.as_str(),
                of.service.as_str(),
                of.withdrawn,
                codes.join(" "),
            ])?;
    }
    if let Some(print) = person.birth {
        connection
            .prepare_cached(
                "INSERT INTO births (entry, person, print) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![entry.0, id, print.bits()])?;
    }
    Ok(())
}

impl Store {
    /// What is known of the exchange that some files are to be held against.
    pub async fn exchanged(&self, questions: Questions) -> Result<History, StoreError> {
        self.read(move |connection| {
            let mut found = Found::default();
            let turned =
                |(one, other): &(OfficeNumber, OfficeNumber)| [(*one, *other), (*other, *one)];
            let pairs: BTreeSet<_> = questions.ways.iter().flat_map(turned).collect();
            for pair in pairs {
                found.of_pair(connection, pair, &questions)?;
            }
            Ok(found.history())
        })
        .await
    }

    /// What is known of all of the exchange, or of its newest packages where these are very many.
    pub async fn all_exchanged(&self) -> Result<History, StoreError> {
        self.read(|connection| {
            let mut found = Found::default();
            let newest = format!(
                "e.id > coalesce((SELECT id FROM entries ORDER BY id DESC LIMIT 1 OFFSET {MOST_PACKAGES}), 0)"
            );
            found.packages(connection, &newest, &[])?;
            found.mentioned(connection, &newest, &[])?;
            found.births(connection, &newest, &[], u32::MAX)?;
            Ok(found.history())
        })
        .await
    }
}

/// What was found so far, by the entry.
#[derive(Default)]
struct Found(BTreeMap<i64, Exchanged>);

/// The way of an entry, in the columns from 1 on: direction, office, partner, serial.
const WAY: &str = "e.id, e.direction, e.office, e.partner, e.serial";

impl Found {
    fn history(self) -> History {
        History { packages: self.0.into_values().collect(), ..History::default() }
    }

    /// The package of a row that begins with [`WAY`].
    fn package(&mut self, row: &Row<'_>) -> Result<&mut Exchanged, StoreError> {
        let direction = row.get::<_, Column<Direction>>(1)?.0;
        let (office, partner) = (row.get::<_, Column<_>>(2)?.0, row.get::<_, Column<_>>(3)?.0);
        let (sender, recipient) = match direction {
            Direction::Out => (office, partner),
            Direction::In => (partner, office),
        };
        let serial = row.get::<_, Column<_>>(4)?.0;
        Ok(self.0.entry(row.get(0)?).or_insert_with(|| Exchanged {
            serial,
            sender,
            recipient,
            files: Vec::new(),
            people: Vec::new(),
        }))
    }

    /// The same with the person of the columns that follow: 保険者番号 and 被保険者番号.
    fn person(&mut self, row: &Row<'_>) -> Result<&mut ExchangedPerson, StoreError> {
        let (insurer, insured): (String, String) = (row.get(5)?, row.get(6)?);
        let key = PersonKey::parse(insurer.as_bytes(), insured.as_bytes());
        let key = key.ok_or(StoreError::Damaged("number of a person"))?;
        let people = &mut self.package(row)?.people;
        let place = people.iter().position(|person| person.key == key).unwrap_or(people.len());
        if place == people.len() {
            people.push(ExchangedPerson { key, birth_print: None, documents: Vec::new() });
        }
        people.get_mut(place).ok_or(StoreError::Damaged("person of a package"))
    }

    fn of_pair(
        &mut self,
        connection: &Connection,
        (office, partner): (OfficeNumber, OfficeNumber),
        questions: &Questions,
    ) -> Result<(), StoreError> {
        let (office, partner) = (Column(office), Column(partner));
        let pair = "e.office = ?1 AND e.partner = ?2";
        // The first of all: what is older is not known of.
        let first = format!(
            "e.id = (SELECT e.id FROM entries AS e WHERE {pair} AND {}
                     ORDER BY e.serial LIMIT 1)",
            is_effective()
        );
        self.packages(connection, &first, &[&office, &partner])?;
        for serial in &questions.serials {
            let same = format!("{pair} AND e.serial = ?3");
            self.packages(connection, &same, &[&office, &partner, &serial.as_str()])?;
        }
        for month in questions.months.iter().filter(|_| questions.has_actuals) {
            self.someone_planned(connection, (&office, &partner), *month)?;
        }
        let months = questions.months.iter().map(|month| date(When::Month(*month)));
        let first = months.clone().min().unwrap_or_default();
        let last = months.max().unwrap_or_default();
        let until = questions.serials.last().map(FileSerial::as_str).unwrap_or_default();
        let insured: BTreeSet<&str> = questions.people.iter().map(PersonKey::insured).collect();
        for insured in insured {
            let about = format!("{pair} AND p.insured = ?3");
            // Days have eight digits.
            let mentioned = format!("{about} AND (m.date BETWEEN ?4 AND ?5 OR m.date > 999999)");
            let dates: [&dyn rusqlite::ToSql; 5] = [&office, &partner, &insured, &first, &last];
            self.mentioned(connection, &mentioned, &dates)?;
            let before = format!("{about} AND e.serial <= ?4");
            let until: [&dyn rusqlite::ToSql; 4] = [&office, &partner, &insured, &until];
            self.births(connection, &before, &until, MOST_BIRTHS)?;
        }
        Ok(())
    }

    /// Packages with their files.
    fn packages(
        &mut self,
        connection: &Connection,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {WAY}, coalesce(o.unit, i.unit) FROM entries AS e
             LEFT JOIN outgoing AS o ON e.direction = 'out' AND o.message_id = e.message_id
             LEFT JOIN incoming AS i
                 ON e.direction = 'in' AND i.sender = e.partner AND i.message_id = e.message_id
             WHERE {condition} AND {}",
            is_effective()
        ))?;
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            let Some(unit) = row.get::<_, Option<String>>(5)? else { continue };
            let unit = UnitSummary::from_json(&unit)?;
            // Copies are made anew from the same files of the office.
            let files = unit.files.iter().filter(|_| !unit.is_copied());
            let files = files.cloned();
            self.package(row)?.files =
                files.map(|file| ExchangedFile { name: file.name, sha256: file.sha256 }).collect();
        }
        Ok(())
    }

    /// One package with 予定 of anybody in a month.
    fn someone_planned(
        &mut self,
        connection: &Connection,
        (office, partner): (&Column<OfficeNumber>, &Column<OfficeNumber>),
        month: ServiceMonth,
    ) -> Result<(), StoreError> {
        let date = date(When::Month(month));
        let since = month.plus(-AHEAD).to_string();
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {WAY}, p.insurer, p.insured, m.document, m.date, m.withdrawn
             FROM entries AS e CROSS JOIN mentions AS m ON m.entry = e.id
                 CROSS JOIN people AS p ON p.id = m.person
             WHERE e.office = ?1 AND e.partner = ?2 AND e.serial >= ?3 AND instr(e.months, ?4) > 0
                 AND m.document = 'plan' AND m.date = ?5 AND m.withdrawn = 0
                 AND e.direction = ?6 AND {} LIMIT 1",
            is_effective()
        ))?;
        for direction in [Direction::In, Direction::Out] {
            let of = params![office, partner, since, month.to_string(), date, direction.as_str()];
            let mut rows = statement.query(of)?;
            while let Some(row) = rows.next()? {
                self.mention(row)?;
            }
        }
        Ok(())
    }

    /// What packages bring and withdraw.
    fn mentioned(
        &mut self,
        connection: &Connection,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {WAY}, p.insurer, p.insured, m.document, m.date, m.withdrawn,
                 a.office, a.service, a.codes
             FROM people AS p CROSS JOIN mentions AS m ON m.person = p.id
                 CROSS JOIN entries AS e ON e.id = m.entry
                 LEFT JOIN actuals AS a ON m.document = 'actual' AND a.entry = m.entry
                     AND a.person = m.person AND a.month = m.date AND a.withdrawn = m.withdrawn
             WHERE {condition} AND {}",
            is_effective()
        ))?;
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            self.mention(row)?;
        }
        Ok(())
    }

    fn mention(&mut self, row: &Row<'_>) -> Result<(), StoreError> {
        let (document, date): (String, i64) = (row.get(7)?, row.get(8)?);
        let document = Document::named(&document);
        let document = document.ok_or(StoreError::Damaged("name of a document"))?;
        let month = || {
            let digits = date.to_string();
            ServiceMonth::from_bytes(digits.as_bytes()).ok()
        };
        let day = || Date::strptime("%Y%m%d", date.to_string()).ok();
        let mut codes = BTreeSet::new();
        let what =
            match document {
                Document::CarePlan => day().map(|day| What::CarePlan { day }),
                Document::SupportPlan => day().map(|day| What::SupportPlan { day }),
                Document::Basics => day().map(|day| What::Basics { day }),
                Document::Plan => month().map(|month| What::Plan { month }),
                Document::Actual => {
                    let office: Option<String> = row.get(10)?;
                    let service: Option<String> = row.get(11)?;
                    let told: Option<String> = row.get(12)?;
                    codes.extend(
                        told.iter().flat_map(|told| told.split_whitespace()).map(str::to_owned),
                    );
                    let office = office.and_then(|office| office.parse().ok());
                    let service = service.and_then(|service| service.parse().ok());
                    month()
                        .zip(office.zip(service))
                        .map(|(month, (office, service))| What::Actual { month, office, service })
                }
                Document::Attachment => None,
            };
        let Some(what) = what else { return Ok(()) };
        let brought = Brought { what, withdrawn: row.get(9)?, codes };
        let documents = &mut self.person(row)?.documents;
        if !documents.contains(&brought) {
            documents.push(brought);
        }
        Ok(())
    }

    /// Prints of births, the last `limit` packages of which.
    fn births(
        &mut self,
        connection: &Connection,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
        limit: u32,
    ) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT DISTINCT {WAY}, p.insurer, p.insured, b.print
             FROM people AS p CROSS JOIN mentions AS m ON m.person = p.id
                 CROSS JOIN births AS b ON b.entry = m.entry AND b.person = m.person
                 CROSS JOIN entries AS e ON e.id = m.entry
             WHERE {condition} AND {} ORDER BY e.serial DESC LIMIT {limit}",
            is_effective()
        ))?;
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            let print = BirthPrint::try_from(row.get::<_, u16>(7)?);
            let print = print.map_err(|_| StoreError::Damaged("print of a birth"))?;
            self.person(row)?.birth_print = Some(print);
        }
        Ok(())
    }
}

/// How a month or a day is stored.
pub(super) fn date(when: When) -> i64 {
    match when {
        When::Month(month) => i64::from(month.year()) * 100 + i64::from(month.month()),
        When::Day(day) => {
            (i64::from(day.year()) * 100 + i64::from(day.month())) * 100 + i64::from(day.day())
        }
    }
}
