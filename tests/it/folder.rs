//! A file's way through the folders, from outside.

use std::fs;
use std::path::Path;
use std::time::Duration;

use renkei::folder::{
    DropFolder, FolderRole, ImportFolder, Placement, ScanLimits, Settler, UnitFolder,
};
use renkei::types::MessageId;

const PLAN: &str = "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.CSV";
const UNIT: &str = "20260326111500_1370000018_1370000026";
const LIMITS: ScanLimits = ScanLimits { files: 1_000 };

#[test]
fn from_drop_to_import() {
    let id: MessageId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("a message id");
    let entries = |folder: &Path| fs::read_dir(folder).expect("listed").count();

    // A Japanese folder name with a space and an apostrophe, as offices have them.
    let root = tempfile::tempdir().expect("a folder");
    let root = root.path().join("ひまわり ケアプラン'26");
    let (drop, import) = (root.join("送信"), root.join("取込"));
    fs::create_dir_all(&drop).expect("made");
    fs::create_dir_all(&import).expect("made");
    let folder = DropFolder::open(&drop, root.join("作業")).expect("opened");
    let sent = UnitFolder::open(root.join("送信済"), FolderRole::Sent).expect("opened");
    let importing = ImportFolder::open(&import).expect("opened");

    let bytes = b"\x83\x65\x83\x58\x83\x67\r\n";
    fs::write(drop.join(PLAN), bytes).expect("written");
    let mut settler = Settler::new(Duration::from_secs(5));
    let look = || folder.scan(&LIMITS).expect("scanned");
    assert!(settler.on_scan(look(), Duration::from_secs(100)).files.is_empty());
    let settled = settler.on_scan(look(), Duration::from_secs(105));
    let claim = folder.claim(id, &settled.files).expect("claimed");
    let files = claim.read_all(1 << 20).expect("read");
    claim.copy_to(&sent, UNIT, &[]).expect("copied");
    claim.finish().expect("finished");
    assert_eq!(entries(&drop), 0);
    assert_eq!(fs::read(root.join("送信済").join(UNIT).join(PLAN)).expect("kept"), bytes);

    let set: Vec<_> = files.iter().map(|file| (file.name.as_str(), &file.bytes[..])).collect();
    assert_eq!(importing.place(id, &set).expect("placed"), [Placement::Placed]);
    importing.finish(id).expect("finished");
    assert_eq!(entries(&import), 1);
    assert_eq!(fs::read(import.join(PLAN)).expect("imported"), bytes);
}
