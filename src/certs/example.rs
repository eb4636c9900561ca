//! The folder `certs-example/`: certificates that nobody may mistake for real ones.

use std::path::Path;

use jiff::{Timestamp, ToSpan as _, Zoned, tz::TimeZone};

use crate::package::Usage;
use crate::types::OfficeNumber;

use super::files::{self, Access, Existing};
use super::{CertsError, Issued, TestCa, Validity, certificates_to_pem, revocation_list_to_pem};

/// The name of the authority.
pub const CA_NAME: &str = "THROW-AWAY EXAMPLE CA - DO NOT TRUST 見本・使用禁止";

/// The offices that the folder has certificates for; invented numbers.
const OFFICES: [&str; 2] = ["1370000018", "1370000026"];
/// For how many years the examples are valid: longer than anybody will look at them.
const YEARS: i64 = 20;

const README: &str = include_str!("example_readme.md");

/// Writes the whole folder, replacing what is there under the same names.
pub fn write(folder: &Path, now: Timestamp) -> Result<(), CertsError> {
    let now = now.to_zoned(TimeZone::UTC);
    let year = |offset| years(&now, offset).map(|time| time.timestamp());
    // They begin in the past, so that a clock that is late takes them as well.
    let validity = Validity { not_before: year(-1)?, not_after: year(YEARS)? };
    let past = Validity { not_before: year(-2)?, not_after: year(-1)? };
    // The authority is older than its expired certificate.
    let ca = TestCa::new(CA_NAME, Validity { not_before: past.not_before, ..validity })?;
    let out = Folder(folder);
    out.public("example-ca.pem", &certificates_to_pem(std::slice::from_ref(ca.certificate())))?;

    let names = ["localhost", "127.0.0.1", "::1"];
    for office in OFFICES {
        let number = office_number(office)?;
        out.issued(
            &format!("example-{office}-tls"),
            &ca.issue(number, Usage::Tls, &names, validity)?,
        )?;
        out.issued(
            &format!("example-{office}-signing"),
            &ca.issue(number, Usage::Signing, &[], validity)?,
        )?;
    }
    let [first, _] = OFFICES;
    let first = office_number(first)?;
    out.issued("example-expired-signing", &ca.issue(first, Usage::Signing, &[], past)?)?;
    let revoked = ca.issue(first, Usage::Signing, &[], validity)?;
    out.issued("example-revoked-signing", &revoked)?;
    let list = ca.revocation_list(&[&revoked], validity)?;
    out.public("example-ca.crl.pem", &revocation_list_to_pem(&list))?;

    let readme = README
        .replace("{{made}}", &now.date().to_string())
        .replace("{{until}}", &validity.not_after.to_zoned(TimeZone::UTC).date().to_string());
    out.public("README.md", &readme)
}

struct Folder<'a>(&'a Path);

impl Folder<'_> {
    fn public(&self, name: &str, text: &str) -> Result<(), CertsError> {
        files::write(&self.0.join(name), text.as_bytes(), Access::Public, Existing::Replace)
    }

    fn issued(&self, name: &str, issued: &Issued) -> Result<(), CertsError> {
        self.public(&format!("{name}.pem"), &issued.chain_pem())?;
        let key = self.0.join(format!("{name}.key.pem"));
        files::write(&key, issued.key_pem().as_bytes(), Access::Secret, Existing::Replace)
    }
}

fn years(now: &Zoned, years: i64) -> Result<Zoned, CertsError> {
    now.checked_add(years.years())
        .map_err(|_| CertsError::Generate { what: "time beyond the calendar" })
}

fn office_number(text: &str) -> Result<OfficeNumber, CertsError> {
    text.parse().map_err(|_| CertsError::Generate { what: "office number" })
}
