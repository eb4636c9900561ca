//! ZIP archives as the tools of office PCs make them, written byte by byte: what only describes a
//! file may differ between its head and the list, what says which bytes it has may not.

use crate::support::{folder, json, renkei, stderr};

const NAME: &str = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
const GOOD: &[u8] = b"202407,131011,0000900011,20260325\r\n";
const OTHER: &[u8] = b"202407,131011,0000900029,20260325\r\n";

/// What stands before a file, and in the list.
#[derive(Clone, Default)]
struct Head {
    version: u16,
    flags: u16,
    time: u16,
    crc: u32,
    packed: u32,
    size: u32,
    name: Vec<u8>,
    extra: Vec<u8>,
}

impl Head {
    fn of(name: &[u8], bytes: &[u8]) -> Self {
        let size = u32::try_from(bytes.len()).expect("small");
        let crc = crc32(bytes);
        let name = name.to_vec();
        Self { version: 20, time: 0x4A00, crc, packed: size, size, name, ..Self::default() }
    }

    fn without_lengths(&self) -> Self {
        Self { crc: 0, packed: 0, size: 0, ..self.clone() }
    }

    /// The fields that both have, in their order.
    fn fields(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for field in [self.version, self.flags, 0, self.time, 0x5C7A] {
            bytes.extend(field.to_le_bytes());
        }
        for field in [self.crc, self.packed, self.size] {
            bytes.extend(field.to_le_bytes());
        }
        for part in [&self.name, &self.extra] {
            bytes.extend(u16::try_from(part.len()).expect("short").to_le_bytes());
        }
        bytes
    }
}

/// A stored file.
struct Entry {
    local: Head,
    listed: Head,
    bytes: Vec<u8>,
    /// CRC and lengths behind the file.
    behind: Vec<u8>,
    attributes: u32,
    made_by: u16,
}

impl Entry {
    /// As Windows Explorer makes it: no lengths behind, attributes of DOS.
    fn explorer(name: &[u8], bytes: &[u8]) -> Self {
        let head = Head::of(name, bytes);
        let (local, listed) = (head.clone(), head);
        let bytes = bytes.to_vec();
        Self { local, listed, bytes, behind: Vec::new(), attributes: 0x20, made_by: 20 }
    }

    /// As the Archive Utility of macOS makes it: lengths behind, times of another length in the head
    /// than in the list.
    fn macos(name: &str, bytes: &[u8]) -> Self {
        let mut listed = Head::of(name.as_bytes(), bytes);
        listed.flags = 1 << 3;
        let mut local = listed.without_lengths();
        // "UX": access and change; in the head the owner too.
        listed.extra = [&b"UX"[..], &[8, 0], &[7; 8]].concat();
        local.extra = [&b"UX"[..], &[12, 0], &[7; 12]].concat();
        let behind = [
            b"PK\x07\x08".to_vec(),
            listed.crc.to_le_bytes().to_vec(),
            listed.packed.to_le_bytes().to_vec(),
            listed.size.to_le_bytes().to_vec(),
        ]
        .concat();
        let (attributes, made_by) = (0o100_644 << 16, 0x0315);
        Self { local, listed, bytes: bytes.to_vec(), behind, attributes, made_by }
    }
}

fn archive(entries: &[Entry]) -> Vec<u8> {
    let mut whole = Vec::new();
    let mut list = Vec::new();
    for entry in entries {
        let start = u32::try_from(whole.len()).expect("small");
        whole.extend(b"PK\x03\x04");
        whole.extend(entry.local.fields());
        whole.extend(&entry.local.name);
        whole.extend(&entry.local.extra);
        whole.extend(&entry.bytes);
        whole.extend(&entry.behind);
        list.extend(b"PK\x01\x02");
        list.extend(entry.made_by.to_le_bytes());
        list.extend(entry.listed.fields());
        // No comment, the first disk, no inner attributes.
        list.extend([0; 6]);
        list.extend(entry.attributes.to_le_bytes());
        list.extend(start.to_le_bytes());
        list.extend(&entry.listed.name);
        list.extend(&entry.listed.extra);
    }
    let (at, length) = (whole.len(), list.len());
    whole.extend(list);
    whole.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(entries.len()).expect("few");
    whole.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    for number in [length, at] {
        whole.extend(u32::try_from(number).expect("small").to_le_bytes());
    }
    whole.extend([0; 2]);
    whole
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// The exit code, the files that were judged, those that were passed over, and what is wrong.
fn judged(entries: &[Entry]) -> (Option<i32>, Vec<String>, Vec<String>, String) {
    judged_bytes(&archive(entries))
}

fn judged_bytes(bytes: &[u8]) -> (Option<i32>, Vec<String>, Vec<String>, String) {
    let folder = folder(&[("a.zip", bytes)]);
    let output = renkei(&["validate", "--format", "json", "a.zip"], folder.path());
    let report = json(&output);
    let texts = |list: &serde_json::Value, key: Option<&str>| {
        let items = list.as_array().into_iter().flatten();
        let items = items.map(|item| key.map_or(item, |key| &item[key]).as_str().expect("text"));
        items.map(str::to_owned).collect::<Vec<_>>()
    };
    let files = texts(&report["files"], Some("name"));
    let passed_over = texts(&report["passed_over"], None);
    (output.status.code(), files, passed_over, stderr(&output))
}

#[test]
fn archives_of_windows_explorer_are_read() {
    // 4月\…, in MS932 without the flag for UTF-8.
    let name = [b"4\x8C\x8E\\", NAME.as_bytes()].concat();
    let entries = [Entry::explorer(&name, GOOD), Entry::explorer(b"4\x8C\x8E\\Thumbs.db", b"x")];
    let (code, files, passed_over, said) = judged(&entries);
    assert_eq!((code, files), (Some(0), vec![format!("a.zip!/4月/{NAME}")]), "{said}");
    assert_eq!(passed_over, ["a.zip!/4月/Thumbs.db"]);
}

#[test]
fn archives_of_macos_are_read_and_its_own_files_passed_over() {
    // ガ in two characters, as macOS writes it.
    let folder = "カ\u{3099}";
    let own = [format!("__MACOSX/{folder}/._{NAME}"), format!("__MACOSX/{NAME}")];
    let entries = [
        Entry::macos(&format!("{folder}/{NAME}"), GOOD),
        Entry::macos(&own[0], b"\0\x05\x16\x07"),
        Entry::macos(&own[1], b"\0\x05\x16\x07"),
        Entry::macos(&format!("{folder}/.DS_Store"), b"x"),
        Entry::macos("desktop.ini", b"x"),
    ];
    let (code, files, passed_over, said) = judged(&entries);
    assert_eq!((code, files), (Some(0), vec![format!("a.zip!/{folder}/{NAME}")]), "{said}");
    assert_eq!(passed_over.len(), 4, "{passed_over:?}");
}

#[test]
fn what_only_describes_a_file_may_differ() {
    type Change = fn(&mut Entry);
    let changes: [(&str, Change); 5] = [
        ("time", |entry| entry.local.time += 1),
        ("version", |entry| entry.local.version = 10),
        ("the flag for UTF-8", |entry| entry.listed.flags = 1 << 11),
        ("the flag for lengths behind", |entry| entry.listed.flags = 1 << 3),
        // Access and change of which the head has only one.
        ("times", |entry| entry.local.extra = [&b"UT"[..], &[9, 0], &[1; 9]].concat()),
    ];
    for (what, change) in changes {
        let mut entry = Entry::explorer(NAME.as_bytes(), GOOD);
        change(&mut entry);
        let (code, files, _, said) = judged(&[entry]);
        assert_eq!((code, files.len()), (Some(0), 1), "{what}: {said}");
    }
}

#[test]
fn what_says_which_bytes_a_file_has_may_not_differ() {
    type Change = fn(&mut Entry);
    let unicode = |name: &str| {
        let content = [&[1][..], &crc32(NAME.as_bytes()).to_le_bytes(), name.as_bytes()].concat();
        let length = u16::try_from(content.len()).expect("short").to_le_bytes();
        [&[0x75, 0x70][..], &length, &content].concat()
    };
    let changes: [(&str, Change); 5] = [
        ("name", |entry| entry.local.name[0] = b'E'),
        ("length", |entry| entry.local.size += 1),
        ("crc", |entry| entry.local.crc ^= 1),
        ("encryption", |entry| entry.local.flags = 1),
        ("packed", |entry| entry.local.packed -= 1),
    ];
    let mut entries: Vec<(&str, Entry)> = Vec::new();
    for (what, change) in changes {
        let mut entry = Entry::explorer(NAME.as_bytes(), GOOD);
        change(&mut entry);
        entries.push((what, entry));
    }
    let mut other_name = Entry::explorer(NAME.as_bytes(), GOOD);
    other_name.local.extra = unicode("other.csv");
    entries.push(("a name for some readers", other_name));
    for (what, entry) in entries {
        let (code, _, _, said) = judged(&[entry]);
        assert_eq!(code, Some(3), "{what}: {said}");
        assert!(said.contains("ZIP の一覧と中身が一致していません"), "{what}: {said}");
    }
    // A file between two others that the list does not name.
    let hidden = Entry::explorer(NAME.as_bytes(), OTHER);
    let whole = archive(&[hidden]);
    let end = whole.windows(4).position(|bytes| bytes == b"PK\x01\x02").expect("a list");
    let mut entry = Entry::explorer(NAME.as_bytes(), GOOD);
    entry.behind = whole[..end].to_vec();
    let (code, _, _, said) = judged(&[entry]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("ZIP の一覧と中身が一致していません"), "{said}");
}

/// No English of the reader in Japanese, nor the other way round.
#[test]
fn what_is_wrong_with_an_archive_is_told_in_the_language() {
    let whole = archive(&[Entry::explorer(NAME.as_bytes(), GOOD)]);
    let mut method = whole.clone();
    let list = whole.windows(4).position(|bytes| bytes == b"PK\x01\x02").expect("a list");
    (method[8], method[list + 10]) = (12, 12);
    let mut flipped = whole.clone();
    flipped[30 + NAME.len()] ^= 1;
    let mut encrypted = whole.clone();
    (encrypted[6], encrypted[list + 8]) = (1, 1);
    let mut entry = Entry::explorer(NAME.as_bytes(), GOOD);
    entry.listed.name = b"x".to_vec();
    let broken = [&archive(&[entry])[..20], &whole[..]].concat();
    for (what, bytes) in [
        ("nothing", &b""[..]),
        ("cut", &whole[..whole.len() - 30]),
        ("method", &method),
        ("flipped", &flipped),
        ("encrypted", &encrypted),
        ("something before it", &broken),
    ] {
        let folder = folder(&[("a.zip", bytes)]);
        for lang in ["ja", "en"] {
            let output = renkei(&["validate", "a.zip", "--lang", lang], folder.path());
            assert_eq!(output.status.code(), Some(3), "{what}");
            let said = stderr(&output).replace(NAME, "");
            let text = said.trim_start_matches("renkei: a.zip: ");
            let other = text.replace("ZIP", "").replace("Deflate", "");
            assert_eq!(text.is_ascii(), lang == "en", "{what}: {text}");
            let is_latin = other.contains(|c: char| c.is_ascii_lowercase());
            assert_eq!(is_latin, lang == "en", "{what}: {text}");
        }
    }
}
