//! Passwords and their hashes.

use std::fmt;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use serde::{Deserialize, Serialize};

use super::name::UserName;
use super::policy::{DIFFERENT, LEAST_PASSWORD, MOST_PASSWORD};
use super::{UsersError, random};

/// The second choice of RFC 9106, section 4, for where memory is scarce: 64 MiB, three passes, four
/// lanes. It takes some tenths of a second.
const MEMORY: u32 = 64 << 10;
const PASSES: u32 = 3;
const LANES: u32 = 4;

/// What a hash in the file may ask for at the most, in KiB: a wrong digit must not take the memory of
/// the computer.
const MOST_MEMORY: u32 = 1 << 20;
const MOST_PASSES: u32 = 16;

/// The hash of a password, as a text of the form `$argon2id$…`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

/// A hash of no password with the cost of any other: whoever names nobody waits as long as whoever
/// names somebody.
const NOBODY: &str = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why somebody of this name may not choose this password.
pub fn weakness(name: &UserName, password: &str) -> Option<UsersError> {
    let length = password.chars().count();
    let mut kinds: Vec<char> = password.chars().collect();
    kinds.sort_unstable();
    kinds.dedup();
    let names = password.to_lowercase().contains(&name.as_str().to_lowercase());
    // A name of one or two letters is in many a good password.
    let names = names && name.as_str().chars().count() > 2;
    let fits = (LEAST_PASSWORD..=MOST_PASSWORD).contains(&length) && kinds.len() >= DIFFERENT;
    (!fits || names).then_some(UsersError::Weak)
}

impl PasswordHash {
    /// The hash of a password with a new salt. Takes some tenths of a second and 64 MiB.
    pub fn of(password: &str) -> Result<Self, UsersError> {
        let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|_| UsersError::Weak)?;
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let salt = random::bytes::<16>();
        let hash: phc::PasswordHash = hasher
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map_err(|_| UsersError::Weak)?;
        Ok(Self(hash.to_string()))
    }

    /// The text that somebody would have to find a password for, if there were one.
    pub fn of_nobody() -> Self {
        Self(NOBODY.to_owned())
    }

    /// Whether it is the hash of this password. Takes as long whether it is or not.
    pub fn is_of(&self, password: &str) -> bool {
        let Ok(hash) = phc::PasswordHash::new(&self.0) else { return false };
        let is_modest = Params::try_from(&hash)
            .is_ok_and(|params| params.m_cost() <= MOST_MEMORY && params.t_cost() <= MOST_PASSES);
        is_modest && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hash]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_alone() {
        let hash = PasswordHash::of("correct horse battery").expect("hashed");
        assert!(hash.is_of("correct horse battery"));
        assert!(!hash.is_of("correct horse batterx") && !hash.is_of(""));
        let again = PasswordHash::of("correct horse battery").expect("hashed");
        assert_ne!(hash, again, "another salt");
        assert!(hash.0.starts_with("$argon2id$v=19$m=65536,t=3,p=4$"), "{}", hash.0);
        assert_eq!(format!("{hash:?}"), "[hash]");
    }

    /// Otherwise the time would tell whether there is a user of a name.
    #[test]
    fn nobody_costs_as_much_as_anybody() {
        let hash = PasswordHash::of("correct horse battery").expect("hashed");
        let parts = |text: &str| {
            let parts: Vec<_> = text.split('$').map(str::to_owned).collect();
            (parts[..4].to_vec(), parts[4].len(), parts[5].len())
        };
        assert_eq!(parts(NOBODY), parts(&hash.0));
        assert!(phc::PasswordHash::new(NOBODY).is_ok(), "it is really computed");
        assert!(!PasswordHash::of_nobody().is_of(""));
    }

    #[test]
    fn a_hash_that_asks_for_too_much_is_not_computed() {
        for cost in ["m=4194304,t=3,p=4", "m=65536,t=4000000000,p=4"] {
            let hash = PasswordHash(NOBODY.replace("m=65536,t=3,p=4", cost));
            assert!(!hash.is_of("correct horse battery"), "it is refused at once");
        }
    }

    #[test]
    fn weak_passwords_are_refused() {
        let name: UserName = "hanako".parse().expect("a name");
        for good in ["correct horse battery", "あさがおがさいたよきょう", "0123456789abc"]
        {
            let good = if good.chars().count() < LEAST_PASSWORD {
                format!("{good}!?")
            } else {
                good.to_owned()
            };
            assert!(weakness(&name, &good).is_none(), "{good}");
        }
        let long = "abcdefgh".repeat(33);
        for bad in
            ["", "short1!", "aaaaaaaaaaaaaaaa", "abababababababab", "my-HANAKO-password", &long]
        {
            assert!(weakness(&name, bad).is_some(), "{bad}");
        }
    }
}
