//! Documents of the API: problems, pages of receipts, status.

#![no_main]

use libfuzzer_sys::fuzz_target;
use renkei::link::{Problem, ReceiptPage, Status};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(problem) = serde_json::from_slice::<Problem>(bytes) {
        let again = serde_json::to_vec(&problem).expect("text");
        assert_eq!(serde_json::from_slice::<Problem>(&again).ok(), Some(problem));
    }
    if let Ok(page) = serde_json::from_slice::<ReceiptPage>(bytes) {
        let again = serde_json::to_vec(&page).expect("text");
        assert_eq!(serde_json::from_slice::<ReceiptPage>(&again).ok(), Some(page));
    }
    let _ = serde_json::from_slice::<Status>(bytes);
});
