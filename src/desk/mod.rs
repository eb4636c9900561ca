//! What the commands and the page tell of a node in the same words, and find in the same way.

pub mod dates;
pub mod held;
pub mod inspection;
pub mod proof;
pub mod whole;
pub mod words;
