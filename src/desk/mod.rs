//! What the commands and the page tell of a node in the same words, and find in the same way.

pub mod backups;
pub mod card;
pub mod claim;
pub mod dates;
pub mod doctor;
pub mod expiry;
pub mod founding;
pub mod held;
pub mod inspection;
pub mod needs;
pub mod newest;
pub mod outbox;
pub mod partner;
pub mod proof;
pub mod settings;
pub mod square;
pub mod traffic;
pub mod trial;
pub mod waiting;
pub mod whole;
pub mod words;
