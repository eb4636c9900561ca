//! How the care software of an office takes files in: `[office.import_habits]`.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::values::positive;
use crate::record::Quoting;
use crate::types::settings::Section;

/// What the care software of an office wants that takes files out of the import folder. What was
/// received and signed stays as it came; what the software gets are copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the configuration")]
pub struct ImportHabits {
    /// Where below the import folder its files lie.
    pub folders: ImportLayout,
    /// Whether a set of several users is divided into sets of one user each.
    pub one_user_per_set: bool,
    /// Whether the software reads actuals elsewhere than plans.
    pub actuals_apart: bool,
    /// Whether a set is placed only when the software has taken the one before.
    pub wait_until_taken: bool,
    /// A person is told of a set that was not taken for so long.
    pub remind_after: SignedDuration,
    /// Whether a person looks at deletions before they are placed.
    pub hold_deletions: bool,
    /// In which style items are quoted; none leaves them as they were sent.
    pub quoting: Option<Quoting>,
}

impl Default for ImportHabits {
    fn default() -> Self {
        Self {
            folders: ImportLayout::Flat,
            one_user_per_set: false,
            actuals_apart: false,
            wait_until_taken: false,
            remind_after: SignedDuration::from_hours(1),
            hold_deletions: false,
            quoting: None,
        }
    }
}

impl ImportHabits {
    /// Whether the software gets files as they were sent, at the top of the import folder.
    pub const fn leaves_as_sent(&self) -> bool {
        matches!(self.folders, ImportLayout::Flat)
            && !self.one_user_per_set
            && self.quoting.is_none()
    }
}

/// Where files lie below the import folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportLayout {
    /// In the import folder itself.
    Flat,
    /// In a folder for each sender: its 事業所番号.
    Sender,
    /// In a folder for each month, `YYYYMM`: that of the file names, or of the 連番 where they have none.
    Month,
    /// In a folder for each user: the 被保険者番号.
    User,
}

impl ImportLayout {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Flat, Self::Sender, Self::Month, Self::User];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Sender => "sender",
            Self::Month => "month",
            Self::User => "user",
        }
    }

    /// The one of this word.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// The word for files that keep the quotes that they were sent with.
const AS_SENT: &str = "as-sent";

/// The word for a style of quoting, or for none.
pub fn quoting_word(quoting: Option<Quoting>) -> &'static str {
    quoting.map_or(AS_SENT, Quoting::as_str)
}

/// `quoting`: a style, or that none is wanted; `base` where nothing is said.
pub(super) fn quoting(table: &mut Section<'_, '_>, base: Option<Quoting>) -> Option<Quoting> {
    let read = |text: &str| match text {
        AS_SENT => Some(None),
        style => style.parse().ok().map(Some),
    };
    let en = "as-sent, strict, all or minimal";
    table.parsed("quoting", read, "as-sent、strict、all、minimal のどれか", en).unwrap_or(base)
}

/// The keys that a table has, and `base` for the others.
pub(super) fn read(table: &mut Section<'_, '_>, base: ImportHabits) -> ImportHabits {
    let folders = table.parsed(
        "folders",
        ImportLayout::named,
        "flat、sender、month、user のどれか",
        "flat, sender, month or user",
    );
    let quoting = quoting(table, base.quoting);
    let remind_after = if table.has("remind_after") {
        positive(table, "remind_after", "1h")
    } else {
        base.remind_after
    };
    let mut flag = |key, base| table.boolean(key).unwrap_or(base);
    ImportHabits {
        folders: folders.unwrap_or(base.folders),
        one_user_per_set: flag("one_user_per_set", base.one_user_per_set),
        actuals_apart: flag("actuals_apart", base.actuals_apart),
        wait_until_taken: flag("wait_until_taken", base.wait_until_taken),
        remind_after,
        hold_deletions: flag("hold_deletions", base.hold_deletions),
        quoting,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, Profile};

    fn config(habits: &str) -> Result<ImportHabits, Vec<(usize, String)>> {
        let text = format!(
            r#"[node]
listen = "127.0.0.1:0"
[tls]
certificate = "tls.pem"
key = "tls.key"
[[office]]
number = "1370000018"
drop = "drop"
import = "import"
hold = "hold"
signing_certificate = "s.pem"
signing_key = "s.key"
{habits}"#
        );
        let parsed = Config::parse(&text, Path::new("base"));
        parsed.map(|config| config.offices[0].import_habits).map_err(|problems| {
            problems.0.into_iter().map(|problem| (problem.line, problem.key)).collect()
        })
    }

    #[test]
    fn an_office_that_says_nothing_gets_files_as_they_were_sent() {
        let habits = config("").expect("valid");
        assert_eq!(habits, ImportHabits::default());
        assert!(habits.leaves_as_sent() && !habits.wait_until_taken && !habits.hold_deletions);
        let profile = Profile::named("as-sent").expect("known");
        assert_eq!(profile.habits, habits);
    }

    #[test]
    fn what_stands_beside_a_profile_goes_before_it() {
        let text =
            "[office.import_habits]\nprofile = \"one-user\"\nquoting = \"all\"\nfolders = \"user\"";
        let habits = config(text).expect("valid");
        assert!(habits.one_user_per_set && !habits.leaves_as_sent());
        assert_eq!((habits.folders, habits.quoting), (ImportLayout::User, Some(Quoting::All)));
        let text = "[office.import_habits]\nprofile = \"one-user\"\none_user_per_set = false";
        assert!(config(text).expect("valid").leaves_as_sent());
        let text = "[office.import_habits]\nwait_until_taken = true\nremind_after = \"5m\"";
        let habits = config(text).expect("valid");
        assert_eq!(habits.remind_after, SignedDuration::from_mins(5));
        assert!(habits.wait_until_taken);
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let of = |line: &str| {
            let text = format!("[office.import_habits]\n{line}");
            config(&text).expect_err("refused").remove(0).1
        };
        assert_eq!(of("profile = \"my-software\""), "office.import_habits.profile");
        assert_eq!(of("folders = \"user\""), "office.import_habits.folders");
        assert_eq!(of("folders = \"../x\""), "office.import_habits.folders");
        assert_eq!(of("quoting = \"some\""), "office.import_habits.quoting");
        assert_eq!(of("remind_after = \"0s\""), "office.import_habits.remind_after");
        assert_eq!(of("colour = 1"), "office.import_habits.colour");
        assert_eq!(of("actuals_apart = true"), "office.import_actuals");
    }
}
