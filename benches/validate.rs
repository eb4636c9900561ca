//! How fast files are judged, and with how much memory; see `benches/README.md`.
//!
//! `cargo bench --bench validate` makes a 第6表 of a million records, lets the crate `csv` read it
//! and lets the checks judge it, in turn and each in a process of its own, and prints ratios.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a measuring program for the terminal: it stops at the first thing that goes wrong"
)]
#![allow(clippy::disallowed_methods, reason = "measures by the clock of the machine")]

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use renkei::record::{Note, Reader, Record, Sink};
use renkei::rules::{Options, SetCheck};
use renkei::spec::Spec;
use renkei::synth::{Content, Request, files};
use renkei::types::{Edition, FileKind};

/// Records of the large file.
const RECORDS: u64 = 1_000_000;
/// How often each part is measured; the best counts, for both sides of a ratio.
const TURNS: usize = 5;
/// What one read of a file asks for, as `renkei validate` does.
const PIECE: usize = 1 << 20;
/// The buffer that the crate `csv` is quickest with.
const BUFFER: usize = 1 << 20;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == "--part") {
        let path = Path::new(&arguments[place + 2]);
        let (took, records) = match arguments[place + 1].as_str() {
            "csv" => read_with_csv(path),
            "check" => check(path),
            other => panic!("no part {other}"),
        };
        println!("{} {records} {}", took.as_nanos(), peak());
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let clean = make(folder.path());
    let size = fs::metadata(&clean).expect("the file").len() as f64 / 1e6;
    println!("第6表, {RECORDS} records, {size:.0} MB; best of {TURNS}, each in its own process\n");
    println!("{:<34} {:>8} {:>8} {:>12} {:>9}", "", "s", "MB/s", "records/s", "peak MiB");
    let bad: Vec<(&str, PathBuf)> = DEFECTS
        .iter()
        .map(|(name, defect)| (*name, spoil(&clean, folder.path(), name, *defect)))
        .collect();

    // In turn, so that a change of the machine's speed meets all alike.
    let mut best: Vec<Option<Part>> = vec![None; 2 + bad.len()];
    for _ in 0..TURNS {
        let all = [("csv", &clean), ("check", &clean)].into_iter();
        let all = all.chain(bad.iter().map(|(_, path)| ("check", path)));
        for (place, (part, path)) in all.enumerate() {
            let measured = measure(part, path);
            let known = best[place].filter(|known| known.took <= measured.took);
            best[place] = Some(known.unwrap_or(measured));
        }
    }
    let best: Vec<Part> = best.into_iter().flatten().collect();
    let names = ["csv crate, ByteRecord", "every rule, no defect"].into_iter();
    let names =
        names.map(str::to_owned).chain(bad.iter().map(|(name, _)| format!("every rule, {name}")));
    for (name, part) in names.zip(&best) {
        let seconds = part.took.as_secs_f64();
        let rate = part.records as f64 / seconds;
        let peak = part.peak as f64 / 1024.0;
        println!("{name:<34} {seconds:>8.3} {:>8.0} {rate:>12.0} {peak:>9.1}", size / seconds);
    }

    println!("\n{:<52} {:>9} {:>9}", "", "measured", "target");
    let ratio = |one: &Part, two: &Part| one.took.as_secs_f64() / two.took.as_secs_f64();
    target("every rule / csv crate", ratio(&best[1], &best[0]), 1.6, "×");
    let worst = best[2..].iter().map(|part| ratio(part, &best[1])).fold(0.0, f64::max);
    target("every record bad (worst kind) / no defect", worst, 1.5, "×");
    let peak = best[1..].iter().map(|part| part.peak).max().unwrap_or_default();
    target("most memory of a check", peak as f64 / 1024.0, 250.0, "MiB");
    let small = small_set(folder.path());
    target("1,000-record set, whole process, median", small[0], 7.0, "ms");
    target("1,000-record set, whole process, 95 %", small[1], 10.0, "ms");
}

fn target(name: &str, measured: f64, target: f64, unit: &str) {
    let verdict = if measured <= target { "ok" } else { "MISSED" };
    println!("{name:<52} {measured:>8.2}{unit} {target:>7.1}{unit}  {verdict}");
}

/// A measured part, with what the process needed at most, in KiB.
#[derive(Clone, Copy)]
struct Part {
    took: Duration,
    records: u64,
    peak: u64,
}

fn measure(part: &str, path: &Path) -> Part {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).args(["--part", part]).arg(path).output().expect("runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert!(
        output.status.success() && numbers.len() == 3,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Part { took: Duration::from_nanos(numbers[0]), records: numbers[1], peak: numbers[2] }
}

/// The yardstick: the crate `csv`, one record used again and again, with its best buffer.
fn read_with_csv(path: &Path) -> (Duration, u64) {
    let start = Instant::now();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(BUFFER)
        .from_path(path)
        .expect("opens");
    let mut record = csv::ByteRecord::new();
    let mut records = 0;
    while reader.read_byte_record(&mut record).expect("reads") {
        records += 1;
    }
    (start.elapsed(), records)
}

/// Everything that `renkei validate` does with a file, the report as JSON included.
fn check(path: &Path) -> (Duration, u64) {
    let spec = Spec::builtin().expect("consistent");
    let start = Instant::now();
    let mut check = SetCheck::new(spec, Options::default());
    check.begin_file(&path.file_name().expect("a name").to_string_lossy());
    for_each_piece(path, |piece| check.feed(piece));
    check.end_file();
    let report = check.finish();
    let json = report.to_json();
    let took = start.elapsed();
    assert!(json.len() > 100);
    (took, report.files[0].records.expect("read as records"))
}

fn for_each_piece(path: &Path, mut take: impl FnMut(&[u8])) {
    let mut file = File::open(path).expect("opens");
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece).expect("reads") {
            0 => return,
            length => take(&piece[..length]),
        }
    }
}

/// The most memory this process had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn make(folder: &Path) -> PathBuf {
    let spec = Spec::builtin().expect("consistent");
    let content = Content::Kind { kind: FileKind::Upplan, records: RECORDS };
    let request = Request::usual(spec, Edition::V4_1, content).expect("possible");
    let file = files(spec, &request).expect("possible").remove(0);
    let path = folder.join(file.name().to_string());
    let mut out = File::create_new(&path).expect("a new file");
    for piece in file {
        out.write_all(&piece.expect("in MS932")).expect("written");
    }
    path
}

/// Changes one item of every record.
type Defect = fn(place: usize, number: u64, item: &mut Vec<u8>);

/// Defects that stop the judgement of a record early, and ones that do not.
const DEFECTS: &[(&str, Defect)] = &[
    ("every date unreal", |place, _, item| {
        if place == 9 {
            item.truncate(6);
            item.extend_from_slice(b"31");
        }
    }),
    ("every name with 外字", |place, _, item| {
        if place == 6 {
            item.extend_from_slice(&[0xF0, 0x40]);
        }
    }),
    ("every record too short", |place, _, item| {
        if place == 24 {
            item.clear();
            item.push(0);
        }
    }),
    ("no record with its insured number", |place, _, item| {
        if place == 2 {
            item.clear();
        }
    }),
    ("every insurer malformed, none alike", |place, number, item| {
        if place == 1 {
            *item = vec![b'x'; usize::try_from(1 + number % 7).unwrap_or(1)];
        }
    }),
    ("every service of somebody else", |place, _, item| {
        if place == 19 {
            *item = b"1370000042".to_vec();
        }
    }),
];

/// A copy of the file with a defect in every record.
fn spoil(clean: &Path, folder: &Path, name: &str, defect: Defect) -> PathBuf {
    struct Copy<W>(W, Defect);
    impl<W: Write> Sink for Copy<W> {
        fn record(&mut self, record: &Record<'_>) {
            let mut line = Vec::new();
            for (place, span) in record.spans().iter().enumerate() {
                let mut item = record.raw(*span).to_vec();
                self.1(place, record.number, &mut item);
                if item == [0] {
                    continue;
                }
                if place > 0 {
                    line.push(b',');
                }
                if span.is_quoted() {
                    line.push(b'"');
                }
                line.extend_from_slice(&item);
                if span.is_quoted() {
                    line.push(b'"');
                }
            }
            line.extend_from_slice(b"\r\n");
            self.0.write_all(&line).expect("written");
        }
        fn note(&mut self, _: Note) {}
    }
    let folder = folder.join(name.replace(' ', "-"));
    fs::create_dir(&folder).expect("a folder");
    let path = folder.join(clean.file_name().expect("a name"));
    let mut copy = Copy(BufWriter::new(File::create_new(&path).expect("a new file")), defect);
    let mut reader = Reader::default();
    for_each_piece(clean, |piece| reader.feed(piece, &mut copy));
    reader.finish(&mut copy);
    copy.0.flush().expect("written");
    path
}

/// `renkei validate` on a set of about 1,000 records: median and 95th percentile in milliseconds.
fn small_set(folder: &Path) -> [f64; 2] {
    let spec = Spec::builtin().expect("consistent");
    let folder = folder.join("small");
    fs::create_dir(&folder).expect("a folder");
    let mut records = 0;
    let content = Content::Unit { id: "K2".to_owned(), people: 35 };
    for mut file in files(spec, &Request::usual(spec, Edition::V4_1, content).expect("possible"))
        .expect("possible")
    {
        let path = folder.join(file.name().to_string());
        let bytes: Vec<u8> = file.by_ref().flat_map(|piece| piece.expect("in MS932")).collect();
        fs::write(path, bytes).expect("written");
        records += file.records();
    }
    let mut took: Vec<f64> = (0..101)
        .map(|_| {
            let start = Instant::now();
            let output = Command::new(env!("CARGO_BIN_EXE_renkei"))
                .arg("validate")
                .arg(&folder)
                .output()
                .expect("runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    took.sort_by(f64::total_cmp);
    println!("small set: {records} records in 3 files, best {:.2} ms", took[0]);
    [took[50], took[95]]
}
