//! Packages that are read in pieces, and how large those are that wait.

use super::*;

const MIB: usize = 1 << 20;

/// Bytes that repeat nowhere near each other.
fn noise(length: usize) -> Bytes {
    (0_u32..)
        .map(|number| (number.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0])
        .take(length)
        .collect()
}

async fn whole(package: &PackagePieces) -> Vec<u8> {
    let mut read = Vec::new();
    while (read.len() as u64) < package.size() {
        let piece = package.piece(read.len() as u64, u64::MAX).await.expect("read");
        assert!(!piece.is_empty() && piece.len() as u64 <= package.largest_piece());
        read.extend_from_slice(&piece);
    }
    read
}

/// Whether it is small or large, and lies open or encrypted.
#[tokio::test]
async fn a_package_is_read_in_pieces_wherever_and_however_it_lies() {
    let (open, encrypted, keys) = (private_folder(), private_folder(), private_folder());
    let key_file = Some(keys.path().join("store.key"));
    for (folder, key_file) in [(&open, None), (&encrypted, key_file)] {
        let terms = Terms { key_file, ..Terms::default() };
        let store = Store::open(folder.path(), &terms).expect("a store");
        let mut packed = Vec::new();
        for (sequence, length) in (1..).zip([1, 100, MIB, MIB + 1, 3 * MIB + 7]) {
            let new = outgoing(sequence, noise(length));
            packed.push((new.id, new.package.clone()));
            store.pack(new, now()).await.expect("packed");
        }
        let waits = store.waits_for(office(2), 0, 9, now()).await.expect("read");
        let sizes: Vec<_> = waits.iter().map(|waiting| waiting.size).collect();
        let expected: Vec<_> = packed.iter().map(|(_, bytes)| bytes.len() as u64).collect();
        assert_eq!(sizes, expected);
        for (id, bytes) in packed {
            let package = store.outgoing_pieces(id).await.expect("it is there");
            assert_eq!(package.size(), bytes.len() as u64);
            assert!(package.largest_piece() <= 16 * MIB as u64);
            assert!(whole(&package).await == bytes, "{} bytes", bytes.len());
            let size = package.size();
            let last = package.piece(size - 1, size).await.expect("read");
            assert_eq!(last, bytes[bytes.len() - 1..]);
            assert!(package.piece(size, u64::MAX).await.expect("read").is_empty());
        }
    }
}

/// What the disk has changed is given to nobody.
#[tokio::test]
async fn a_large_package_that_is_damaged_is_not_given_out() {
    let (open, encrypted, keys) = (private_folder(), private_folder(), private_folder());
    let key_file = Some(keys.path().join("store.key"));
    for (folder, key_file) in [(&open, None), (&encrypted, key_file)] {
        let terms = Terms { key_file, ..Terms::default() };
        let store = Store::open(folder.path(), &terms).expect("a store");
        let new = outgoing(1, noise(2 * MIB));
        let (id, digest) = (new.id, new.package_sha256);
        store.pack(new, now()).await.expect("packed");
        let path = payload::beside(folder.path(), digest);
        let mut bytes = std::fs::read(&path).expect("read");
        bytes[MIB] ^= 1;
        std::fs::write(&path, bytes).expect("written");
        let read = store.outgoing_pieces(id).await;
        assert!(matches!(read, Err(StoreError::Damaged(_))));
        std::fs::remove_file(&path).expect("removed");
        assert!(store.outgoing_pieces(id).await.is_err());
        assert!(store.waits_for(office(2), 0, 9, now()).await.expect("read").is_empty());
    }
}
