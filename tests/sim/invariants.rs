//! What has to hold whatever happens, looked at from the outside: folders, bytes, and plain SQL.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::care::{Dropped, IMPORTS, Manner, look};
use super::office::{Office, visible};
use super::world::World;
use crate::types::{Digest, MessageId};

/// Which promise was broken: the invariants of the program by their numbers, and others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// 1: a package with a consignment receipt is missing at the receiver.
    Missing,
    /// 2: placed twice.
    Twice,
    /// 3: a receipt names bytes that do not exist.
    ReceiptWithoutBytes,
    /// 4: something partial or temporary under a final name.
    Partial,
    /// 5: other bytes came out.
    OtherBytes,
    /// 6: a state without its journal row.
    StateWithoutJournal,
    /// Placed, although its sender has it back.
    GivenBackAndPlaced,
    /// A good set was not delivered, and nobody says why.
    Lost,
    /// Something waits for ever.
    Stuck,
    /// A fault of the program.
    Panic,
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) kind: Kind,
    pub(super) text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.text)
    }
}

/// The store of an office as anybody can read it.
struct Book(Connection);

impl Book {
    fn of(office: &Office) -> Option<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(office.path("data/renkei.db"), flags).ok().map(Self)
    }

    /// The rows that a query finds, column by column; blobs in hexadecimal digits.
    fn rows(&self, query: &str) -> Vec<Vec<String>> {
        let mut statement = self.0.prepare(query).expect("a query");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..columns).map(|column| row.get_ref(column).map(shown)).collect()
        });
        rows.expect("rows").collect::<Result<_, _>>().expect("rows")
    }
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => {
            let digit = |half: u8| char::from_digit(half.into(), 16).expect("below 16");
            bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
        }
    }
}

/// Packages that are asked back and have come to nobody, as a relay says. Its word is not enough: that ends
/// when the time of the request does.
const NOWHERE: &str = "SELECT message_id FROM recalls JOIN outgoing USING (message_id)
    WHERE state = 'RECALL_ASKED' AND obstacle LIKE '%:not-found'";

/// The id of the package of an office that somebody wants back, if one is under way.
pub(super) fn wanted_back(office: &Office, wish: u64) -> Option<MessageId> {
    let rows = Book::of(office)?.rows(
        "SELECT hex(message_id) FROM outgoing
         WHERE state IN ('QUEUED', 'DEPOSITED', 'CONSIGNED', 'HELD_BY_RECIPIENT')
         ORDER BY message_id",
    );
    let row = rows.get(usize::try_from(wish).expect("small").checked_rem(rows.len())?)?;
    let id = uuid::Uuid::try_parse(&row[0]).expect("an id");
    Some(MessageId::try_from(id).expect("an id"))
}

/// Whether nothing is under way any more; if something is, what.
pub(super) fn is_at_rest(world: &World) -> Result<(), String> {
    for office in &world.offices {
        let name = world.name(office.index);
        let book = Book::of(office).ok_or_else(|| format!("{name} has no store"))?;
        for (table, finals) in [
            (
                "outgoing",
                "'HANDED_OVER', 'REJECTED', 'EXPIRED', 'SUPERSEDED', 'HELD_BY_RECIPIENT', 'RECALLED'",
            ),
            ("incoming", "'HANDED_OVER', 'REJECTED', 'HELD', 'RECALLED'"),
        ] {
            let query = format!(
                "SELECT state, serial, detail FROM {table} WHERE state NOT IN ({finals})
                 AND ('{table}' = 'incoming' OR message_id NOT IN ({NOWHERE}))"
            );
            if let Some(row) = book.rows(&query).first() {
                return Err(format!("{name} {table}: {}", row.join(" ")));
            }
        }
        if let Some((file, _)) = visible(&office.path("drop")).first() {
            return Err(format!("{name}: {file} is still in the drop folder"));
        }
        let claims = fs::read_dir(office.path(".renkei-work-drop")).into_iter().flatten();
        let claims = claims.map(|claim| claim.expect("an entry").file_name());
        if let Some(claim) = claims.into_iter().next() {
            return Err(format!("{name}: {} is still in work", claim.display()));
        }
    }
    Ok(())
}

/// Looks at everything when all nodes have stopped.
pub(super) fn check(world: &World) {
    let books: Vec<_> = world.offices.iter().map(|office| Book::of(office)).collect();
    for office in &world.offices {
        look(world, office.index);
        let Some(book) = &books[office.index] else {
            world.blame(Kind::Lost, office.index, "there is no store");
            continue;
        };
        no_state_without_journal(world, office, book);
        receipts_name_bytes(world, office, book);
        nothing_placed_twice(world, office, book);
        for (other, theirs) in world.offices.iter().zip(&books) {
            if let Some(theirs) = theirs {
                nothing_missing(world, (office, book), (other, theirs));
                nothing_given_back_is_placed(world, (office, book), (other, theirs));
            }
        }
    }
    every_set_is_accounted_for(world, &books);
}

/// Invariant 1.
fn nothing_missing(world: &World, (from, ours): (&Office, &Book), (to, theirs): (&Office, &Book)) {
    let sent = ours.rows(&format!(
        "SELECT DISTINCT hex(receipts.message_id), hex(package_sha256), receipts.kind FROM receipts
         JOIN outgoing ON outgoing.message_id = receipts.message_id
         WHERE origin = 'received' AND receipts.partner = '{}'
         AND receipts.kind IN ('ContentConsignment', 'ContentHandover')",
        to.number
    ));
    let came: BTreeMap<String, String> = theirs
        .rows(&format!(
            "SELECT hex(message_id), hex(package_sha256) FROM incoming WHERE sender = '{}'",
            from.number
        ))
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    for row in sent {
        if came.get(&row[0]) != Some(&row[1]) {
            let (kind, id) = (&row[2], &row[0]);
            world.blame(
                Kind::Missing,
                to.index,
                format_args!("{kind} was signed for {id} of {}, which is not there", from.number),
            );
        }
    }
}

/// What a sender has back is not with the recipient, now or ever before.
fn nothing_given_back_is_placed(
    world: &World,
    (from, ours): (&Office, &Book),
    (to, theirs): (&Office, &Book),
) {
    let back = ours.rows(&format!(
        "SELECT hex(message_id) FROM outgoing WHERE state = 'RECALLED' AND partner = '{}'",
        to.number
    ));
    for row in back {
        let id = &row[0];
        let placed = theirs.rows(&format!(
            "SELECT state FROM journal WHERE direction = 'in' AND partner = '{}'
             AND hex(message_id) = '{id}' AND state IN ('PLACED', 'HANDED_OVER')",
            from.number
        ));
        if !placed.is_empty() {
            let what = format!("{} has {id} back, which is {}", from.number, placed[0][0]);
            world.blame(Kind::GivenBackAndPlaced, to.index, what);
        }
    }
}

/// Invariant 2, as the journal has it.
fn nothing_placed_twice(world: &World, office: &Office, book: &Book) {
    let twice = book.rows(
        "SELECT hex(message_id), state FROM journal WHERE direction = 'in'
         AND state IN ('PLACED', 'HANDED_OVER')
         GROUP BY partner, message_id, state HAVING count(*) > 1",
    );
    for row in twice {
        world.blame(Kind::Twice, office.index, format_args!("{} twice: {}", row[1], row[0]));
    }
}

/// Invariant 3.
fn receipts_name_bytes(world: &World, office: &Office, book: &Book) {
    let mut known = BTreeMap::new();
    for (direction, table) in [("out", "outgoing"), ("in", "incoming")] {
        let packages = book.rows(&format!(
            "SELECT lower(hex(message_id)), lower(hex(package_sha256)), place, state, bytes
             FROM {table} LEFT JOIN payloads ON payloads.id = payload"
        ));
        for row in packages {
            let [id, digest, place, state, inline]: [String; 5] =
                row.try_into().expect("five columns");
            if direction == "out" {
                world.count("packages");
            }
            let bytes = match place.as_str() {
                "here" => Some(bytes_of(&inline)),
                "beside" => fs::read(office.path("data/packages").join(&digest)).ok(),
                _ => None,
            };
            let is_whole = bytes.is_some_and(|bytes| Digest::of(&bytes).to_string() == digest);
            // What is refused or given back is not kept.
            let may_be_gone =
                ["REJECTED", "RECALLED"].contains(&state.as_str()) && direction == "in";
            if !is_whole && !may_be_gone {
                let what = format!("the bytes of {id} ({state}) are not there");
                world.blame(Kind::ReceiptWithoutBytes, office.index, what);
            }
            known.insert(id, digest);
        }
    }
    // What is given back before it ever came.
    for row in book.rows("SELECT lower(hex(message_id)), lower(hex(package_sha256)) FROM recalled")
    {
        let [id, digest]: [String; 2] = row.try_into().expect("two columns");
        known.entry(id).or_insert(digest);
    }
    for row in book.rows("SELECT lower(hex(message_id)), kind, der FROM receipts") {
        let [id, kind, der]: [String; 3] = row.try_into().expect("three columns");
        let named = known.get(&id).map(|digest| format!("\"package_sha256\":\"{digest}\""));
        let names_it =
            named.is_some_and(|named| String::from_utf8_lossy(&bytes_of(&der)).contains(&named));
        if !names_it {
            let what = format!("{kind} about {id} names other bytes");
            world.blame(Kind::ReceiptWithoutBytes, office.index, what);
        }
    }
}

/// Invariant 6.
fn no_state_without_journal(world: &World, office: &Office, book: &Book) {
    for (table, direction, partner) in
        [("outgoing", "out", "partner"), ("incoming", "in", "sender")]
    {
        let without = book.rows(&format!(
            "SELECT hex(message_id), state FROM {table} WHERE state IS NOT
             (SELECT state FROM journal WHERE journal.message_id = {table}.message_id
              AND journal.partner = {table}.{partner}
              AND direction = '{direction}'
              ORDER BY id DESC LIMIT 1)"
        ));
        for row in without {
            let what = format!("{table} {} is {} without a row", row[0], row[1]);
            world.blame(Kind::StateWithoutJournal, office.index, what);
        }
    }
}

/// Every good set arrived once; of every other one somebody is told.
fn every_set_is_accounted_for(world: &World, books: &[Option<Book>]) {
    let dropped = world.care().dropped.clone();
    for set in dropped {
        let (Some(ours), to) = (&books[set.from], &world.offices[set.to]) else { continue };
        let states: Vec<String> = ours
            .rows(&format!(
                "SELECT state FROM outgoing WHERE serial = '{}' AND partner = '{}'
                 AND state <> 'SUPERSEDED' ORDER BY rowid",
                set.serial, to.number
            ))
            .into_iter()
            .map(|row| row.concat())
            .collect();
        let held: Vec<String> = ours
            .rows(&format!("SELECT reason FROM held WHERE serial = '{}'", set.serial))
            .into_iter()
            .map(|row| row.concat())
            .collect();
        let arrivals: Vec<usize> =
            set.unit.keys().map(|name| arrivals_of(world, set.to, name)).collect();
        let (least, most) = (
            arrivals.iter().min().copied().unwrap_or_default(),
            arrivals.iter().max().copied().unwrap_or_default(),
        );
        let told = format!(
            "{} {:?}: sent {states:?}, held {held:?}, arrived {least} to {most} times",
            set.serial, set.manner
        );
        let packages = states.iter().filter(|state| *state != "RECALLED").count();
        if most > packages {
            world.blame(Kind::Twice, set.to, &told);
        }
        if states.is_empty() && held.is_empty() {
            world.blame(Kind::Lost, set.from, &told);
        }
        match set.manner {
            Manner::Whole => {
                let is_sent = states == ["HANDED_OVER"] && (least, most) == (1, 1);
                // Its time was over before the partner came back, or its receipt did not come.
                let is_given_up = states == ["EXPIRED"] && most <= 1;
                let is_back = most == 0
                    && (states == ["RECALLED"]
                        || states == ["RECALL_ASKED"] && !has_come(&set, books));
                if most > 1 {
                    world.blame(Kind::Twice, set.to, &told);
                } else if !is_sent
                    && !is_given_up
                    && !is_back
                    && !is_held_there(&set, &states, books)
                {
                    world.blame(Kind::Lost, set.from, &told);
                }
            }
            Manner::Wrong => {
                if held.is_empty() || most > 0 {
                    world.blame(Kind::Lost, set.from, &told);
                }
            }
            Manner::Incomplete(_) | Manner::Changed(_) | Manner::Again(_) => {
                let handed_over = states.iter().any(|state| state == "HANDED_OVER");
                if handed_over && least == 0 {
                    world.blame(Kind::Lost, set.from, &told);
                }
            }
        }
    }
}

/// Whether the recipient has a package of a set.
fn has_come(set: &Dropped, books: &[Option<Book>]) -> bool {
    let query = format!("SELECT 1 FROM incoming WHERE serial = '{}'", set.serial);
    books[set.to].as_ref().is_none_or(|theirs| !theirs.rows(&query).is_empty())
}

/// Whether the recipient holds a set, and says why.
fn is_held_there(set: &Dropped, states: &[String], books: &[Option<Book>]) -> bool {
    let Some(theirs) = &books[set.to] else { return false };
    let query = format!(
        "SELECT 1 FROM incoming WHERE serial = '{}' AND state = 'HELD' AND detail <> ''",
        set.serial
    );
    states == ["HELD_BY_RECIPIENT"] && !theirs.rows(&query).is_empty()
}

/// How often a file came to an office.
fn arrivals_of(world: &World, office: usize, name: &str) -> usize {
    let taken = world.care().taken.get(&(office, name.to_owned())).map_or(0, Vec::len);
    let there =
        IMPORTS.iter().filter(|folder| world.offices[office].path(folder).join(name).is_file());
    taken + there.count()
}

fn bytes_of(hexadecimal: &str) -> Vec<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).expect("a digit");
    let pairs = hexadecimal.as_bytes().chunks(2);
    pairs.map(|pair| (digit(pair[0]) * 16 + digit(pair[1])) as u8).collect()
}
