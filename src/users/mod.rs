//! The people who may log in to the page of an office, and the programs that may call its API.
//!
//! # Storage
//!
//! `users/users.json` in the data folder. It is no table of the store, because who may get in has to
//! be set with the node off as well as on, by a command that cannot write into a store that is in
//! use; because passwords do not belong into copies of the store; and because whoever loses the one
//! has not lost the other. The folder is for the account of the node alone. The file is replaced as
//! a whole, by a command or by the page, with a lock in the same folder in hand, so neither
//! overwrites what the other wrote.
//!
//! `tokens.json` beside it is the same for programs: it changes with their use, so it is a file of its
//! own. Of a token there stands its SHA-256, which is enough, as nobody guesses 256 random bits.
//!
//! There stand no passwords but their hashes (Argon2id, RFC 9106), the secrets of authenticator apps
//! (RFC 6238), which have to be there to be compared, and hashes of recovery codes.
//!
//! # Errors
//!
//! [`UsersError`]. A file that cannot be read lets nobody in.

mod attempts;
mod error;
mod file;
mod name;
mod password;
mod policy;
mod random;
mod recovery;
mod tokens;
mod totp;
mod user;

pub use attempts::{Attempt, Attempts};
pub use error::UsersError;
pub use file::{Kept, KeptFile, TokenFile, UserFile};
pub use name::UserName;
pub use password::{PasswordHash, weakness};
pub use policy::{LEAST_PASSWORD, MOST_PASSWORD};
pub use random::token;
pub use recovery::RecoveryCode;
pub use tokens::{Access, MOST_DAYS, ParseRightError, Right, TokenEntry, TokenSecret, Tokens};
pub use totp::Secret;
pub use user::{Factor, Role, User, Users};
