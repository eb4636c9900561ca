//! The offices around a browser, and what a scene can have them do.

use std::fs;
use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use encoding_rs::SHIFT_JIS;
use renkei::certs::files::Access;
use serde_json::{Value, json};

use super::scene::Answers;
use crate::e2e::units::{ACTUAL, PLAN, USAGE, Unit, export, sample, withdrawal};
use crate::harness::{CARE, DAY, HELP, Office, free_port, offices, quoted, until};
use crate::page::{PASSWORD, add};

/// A partner of the WEB service.
const WEB: &str = "2770000045";

/// A name that is shown wherever a name is.
const SCRIPT: &str = "<script>alert(1)</script>";

/// What the offices are called.
#[derive(Clone, Copy)]
pub(super) enum Names {
    /// As offices are called.
    Plain,
    /// As somebody would who wants to break a page.
    Hostile,
}

/// Three offices. The page is that of 居宅介護支援; 訪問介護 runs too, 通所介護 does not yet.
pub(super) struct Town {
    care: Office,
    help: Office,
    day: Office,
    /// Where the page is: `127.0.0.1:12345`.
    page: String,
    lang: &'static str,
    names: Names,
    /// Sets that were sent so far.
    sets: u32,
    /// The file in the import folder that is in the way.
    in_the_way: Option<PathBuf>,
}

impl Town {
    pub(super) fn new(names: Names) -> Self {
        Self::speaking("ja", names)
    }

    pub(super) fn speaking(lang: &'static str, names: Names) -> Self {
        let [mut care, mut help, day] = offices([CARE, HELP, DAY]);
        let long = format!("Wide{}", "W".repeat(96));
        let (own, first, second) = match names {
            Names::Plain => ("さくら居宅介護支援事業所", "ひまわり訪問介護", "デイサービスこだち"),
            Names::Hostile => ("<b>&amp;\"居宅'</b>", SCRIPT, &*long),
        };
        // A string of JSON is one of TOML too.
        let quoted = |name: &str| Value::from(name).to_string();
        care.speak(lang);
        let url = quoted(&format!("https://127.0.0.1:{}", care.port));
        care.set("node", "url", url);
        care.set("office", "name", quoted(own));
        care.set_peer(HELP, "name", quoted(first));
        care.set_peer(DAY, "name", quoted(second));
        let page = format!("127.0.0.1:{}", free_port());
        care.set("page", "listen", quoted(&page));
        care.put_key_file("backup.txt", "correct horse battery staple\n", Access::Secret);
        fs::create_dir_all(care.path("backups")).expect("made");
        care.set("backup", "folder", quoted("backups"));
        care.set("backup", "passphrase_file", quoted("keys/backup.txt"));
        care.start();
        help.start();
        Self { care, help, day, page, lang, names, sets: 0, in_the_way: None }
    }

    /// An address that lets in once.
    fn link(&self) -> Value {
        let output = self.care.command(&["open", "--print"]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8").trim().into()
    }

    /// Something of everything: what was exchanged both ways, is held, waits.
    fn furnish(&mut self) -> Value {
        let serial = self.serial();
        export(&self.care, &sample(USAGE, &serial));
        until("delivered", || self.care.has_sent("HANDED_OVER", 1));
        let serial = self.serial();
        export(&self.care, &plan(&serial, self.names));
        until("delivered", || self.care.has_sent("HANDED_OVER", 2));
        let serial = self.serial();
        export(&self.help, &sample(ACTUAL, &serial));
        until("received", || self.help.has_sent("HANDED_OVER", 1));
        let serial = self.serial();
        export(&self.care, &newer(plan(&serial, self.names)));
        until("delivered", || self.care.has_sent("HANDED_OVER", 3));
        self.send_to_nobody();
        // One partner gets nothing but the older plan.
        let serial = self.serial();
        export(&self.care, &for_day(plan(&serial, self.names)));
        until("queued", || (self.care.sql("SELECT serial FROM outgoing").len() == 5).then_some(()));
        until("looked into", || {
            let read = self.care.sql("SELECT id FROM entries WHERE contents = 'read'");
            (read.len() >= 6).then_some(())
        });
        add(&self.care, "hanako", "administrator");
        add(&self.care, "taro", "general");
        let [broken, fixable, conflict, turned] =
            ["broken", "fixable", "conflict", "turned"].map(|kind| self.hold(kind));
        let ids = |table: &str| {
            let rows = self.care.sql(&format!("SELECT message_id FROM {table} ORDER BY rowid"));
            rows.iter().map(|row| id(row)).collect::<Vec<_>>()
        };
        let (sent, received) = (ids("outgoing"), ids("incoming"));
        json!({
            "lang": self.lang, "broken": broken, "fixable": fixable, "conflict": conflict,
            "turned": turned,
            "sent": sent[0], "plan": sent[1], "newer": sent[2], "waiting": sent[3],
            "received": received[0], "partner": HELP,
            "administrator": { "name": "hanako", "password": PASSWORD },
        })
    }

    fn serial(&mut self) -> String {
        self.sets += 1;
        format!("202605201015{:02}", self.sets)
    }

    /// What is held, by its ids.
    fn open(&self) -> Vec<String> {
        let output = self.care.command(&["hold", "list", "--json"]);
        let list: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let held = list["held"].as_array().expect("a list");
        held.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// Has something held, and gives its id.
    fn hold(&mut self, kind: &str) -> String {
        let before = self.open();
        match kind {
            "broken" => {
                self.sets += 1;
                export(&self.care, &broken(self.sets, self.names));
            }
            "fixable" => {
                let serial = self.serial();
                export(&self.care, &fixable(&serial, self.names));
            }
            "turned" => {
                let serial = self.serial();
                export(&self.care, &turned(&serial));
            }
            "conflict" => {
                let serial = self.serial();
                let unit = sample(ACTUAL, &serial);
                let (name, _) = unit.first_key_value().expect("a file");
                let path = self.care.path("import-actuals").join(name);
                fs::write(&path, "typed in by hand").expect("written");
                self.in_the_way = Some(path);
                export(&self.help, &unit);
            }
            _ => panic!("what is {kind}?"),
        }
        until("held", || self.open().into_iter().find(|id| !before.contains(id)))
    }

    /// Mends what is held as `broken`.
    fn mend(&self, id: &str) -> Value {
        let number = id.strip_prefix('h').expect("a set of ours");
        let folder =
            self.care.sql(&format!("SELECT folder FROM held WHERE id = {number}")).remove(0);
        let good = withdrawal(CARE, self.sets);
        let (name, bytes) = good.first_key_value().expect("a file");
        fs::write(self.care.path("hold").join(folder).join(name), bytes).expect("mended");
        Value::Null
    }

    fn clear_away(&mut self) -> Value {
        fs::remove_file(self.in_the_way.take().expect("a file")).expect("removed");
        Value::Null
    }

    fn dismiss_all(&self) -> Value {
        for id in self.open() {
            let output = self.care.command(&["hold", "dismiss", &id]);
            assert!(output.status.success(), "{output:?}");
        }
        Value::Null
    }

    /// Sends a set to the office that does not run, and waits until that was noticed.
    fn send_to_nobody(&mut self) -> Value {
        let serial = self.serial();
        export(&self.care, &sample("usage-15", &serial));
        until("tried", || {
            let rows = self.care.sql("SELECT detail FROM outgoing WHERE failures > 0");
            rows.iter().any(|row| row == "peer-unreachable").then_some(Value::Null)
        })
    }

    /// Starts the office that did not run.
    fn start(&mut self) -> Value {
        self.day.start();
        Value::Null
    }

    /// Registers a partner of the WEB service, and has downloads taken in.
    fn web_partner(&mut self) -> Value {
        self.care.remember_peer(WEB, 1);
        self.care.forget_url(WEB);
        self.care.set_peer(WEB, "channel", quoted("web"));
        self.care.set_peer(WEB, "name", quoted("あおぞら訪問介護ステーション"));
        fs::create_dir_all(self.care.path("Downloads")).expect("made");
        self.care.set("office", "downloads", quoted("Downloads"));
        self.care.write_config();
        until("taken up", || self.care.sql("SELECT folder FROM downloads").pop());
        json!({ "partner": WEB })
    }

    /// Exports a plan for the partner of the WEB service, and gives its 連番.
    fn uploads(&mut self) -> Value {
        let serial = self.serial();
        export(&self.care, &named(plan(&serial, Names::Plain), HELP, WEB));
        until("ready", || self.care.has_sent("TO_UPLOAD", 1));
        serial.into()
    }

    /// Downloads a set from the partner of the WEB service.
    fn download(&mut self, kind: &str) -> Value {
        let serial = self.serial();
        let mut unit = match kind {
            "incomplete" => turned_round(sample(USAGE, &serial)),
            _ => named(sample(ACTUAL, &serial), HELP, WEB),
        };
        match kind {
            "good" => {}
            "broken" => {
                for bytes in unit.values_mut() {
                    let end = bytes.windows(2).position(|two| two == b"\r\n").expect("a line");
                    bytes.truncate(end / 2);
                }
            }
            "incomplete" => {
                unit.pop_last();
            }
            "foreign" => unit = named(unit, CARE, DAY),
            _ => panic!("what is {kind}?"),
        }
        for (name, bytes) in unit {
            let (stem, end) = name.rsplit_once('.').expect("an extension");
            let path = self.care.path("Downloads").join(format!("{stem} (1).{end}"));
            fs::write(path, bytes).expect("written");
        }
        Value::Null
    }

    fn is_sent(&self, count: &Value) -> Value {
        let count = usize::try_from(count.as_u64().expect("a number")).expect("a few");
        self.care.has_sent("HANDED_OVER", count).is_some().into()
    }
}

impl Answers for Town {
    fn answer(&mut self, question: &[Value]) -> Value {
        let words: Vec<&str> =
            question.iter().map(|word| word.as_str().unwrap_or_default()).collect();
        match *words.as_slice() {
            ["link"] => self.link(),
            ["origin"] => format!("http://{}", self.page).into(),
            ["furnish"] => self.furnish(),
            ["open"] => json!(self.open()),
            ["hold", kind] => self.hold(kind).into(),
            ["mend", id] => self.mend(id),
            ["clear away"] => self.clear_away(),
            ["dismiss all"] => self.dismiss_all(),
            ["send to nobody"] => self.send_to_nobody(),
            ["start"] => self.start(),
            ["web partner"] => self.web_partner(),
            ["something to upload"] => self.uploads(),
            ["download", kind] => self.download(kind),
            ["card of a stranger"] => card_of_a_stranger(),
            ["rows", query] => json!(self.care.sql(query)),
            ["is sent", ..] => self.is_sent(&question[1]),
            _ => panic!("the town does not know {question:?}"),
        }
    }
}

/// The card of an office that nobody knows yet, in Base64.
fn card_of_a_stranger() -> Value {
    let [mut stranger] = offices(["1370000042"]);
    stranger.set("office", "name", quoted("あさがお訪問看護ステーション"));
    stranger.set("node", "url", quoted(format!("https://127.0.0.1:{}", stranger.port)));
    let path = stranger.path("outside/a.card");
    let output = stranger.command(&["card", "--out", path.to_str().expect("UTF-8")]);
    assert!(output.status.success(), "{output:?}");
    BASE64_STANDARD.encode(fs::read(path).expect("a card")).into()
}

/// A message id, as it is written, of its hexadecimal digits.
fn id(digits: &str) -> String {
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

/// A withdrawal about a person whose number is none.
fn broken(number: u32, names: Names) -> Unit {
    let mut unit = withdrawal(CARE, number);
    let person = match names {
        Names::Plain => "00008000l3",
        Names::Hostile => SCRIPT,
    };
    for bytes in unit.values_mut() {
        *bytes = format!("202407,271001,{person},202606\r\n").into_bytes();
    }
    unit
}

/// A care plan; in a hostile town with words in it that a careless page would run.
fn plan(serial: &str, names: Names) -> Unit {
    let mut unit = sample(PLAN, serial);
    if matches!(names, Names::Hostile) {
        for bytes in unit.values_mut() {
            let (text, ..) = SHIFT_JIS.decode(bytes);
            let text = text.replace("庭に出て花の世話をしたい", SCRIPT);
            *bytes = SHIFT_JIS.encode(&text).0.into_owned();
        }
    }
    unit
}

/// A unit in which one office stands in the place of another.
fn named(unit: Unit, of: &str, by: &str) -> Unit {
    let replaced = |(name, mut bytes): (String, Vec<u8>)| {
        for place in 0..bytes.len().saturating_sub(of.len() - 1) {
            if bytes[place..].starts_with(of.as_bytes()) {
                bytes[place..place + of.len()].copy_from_slice(by.as_bytes());
            }
        }
        (name.replace(of, by), bytes)
    };
    unit.into_iter().map(replaced).collect()
}

/// A unit of 居宅介護支援 as another of them would send it.
fn turned_round(unit: Unit) -> Unit {
    let turned = |(name, bytes): (String, Vec<u8>)| {
        let name = name.replace(&format!("{CARE}_43_{HELP}_11"), &format!("{WEB}_43_{CARE}_43"));
        (name, bytes)
    };
    unit.into_iter().map(turned).collect()
}

/// The same, for 通所介護.
fn for_day(unit: Unit) -> Unit {
    let (from, to) = (format!("{HELP}_11"), format!("{DAY}_15"));
    unit.into_iter().map(|(name, bytes)| (name.replace(&from, &to), bytes)).collect()
}

/// The same, made anew a day later.
fn newer(unit: Unit) -> Unit {
    let later = |(name, bytes): (String, Vec<u8>)| {
        let (text, ..) = SHIFT_JIS.decode(&bytes);
        let text = text.replace(",20260520,", ",20260521,").replace(",20260520,", ",20260521,");
        (name, SHIFT_JIS.encode(&text).0.into_owned())
    };
    unit.into_iter().map(later).collect()
}

/// The same as some software writes it: UTF-8, and other ends of lines.
fn fixable(serial: &str, names: Names) -> Unit {
    let mut unit = plan(serial, names);
    for bytes in unit.values_mut() {
        let (text, ..) = SHIFT_JIS.decode(bytes);
        *bytes = text.replace("\r\n", "\n").into_bytes();
    }
    unit
}

/// A care plan in UTF-8 with a character that MS932 has not, and that turns what follows it.
fn turned(serial: &str) -> Unit {
    let mut unit = fixable(serial, Names::Plain);
    for bytes in unit.values_mut() {
        let text = String::from_utf8(std::mem::take(bytes)).expect("UTF-8");
        *bytes = text.replace("庭に出て", "庭に\u{202E}出て").into_bytes();
    }
    unit
}
