//! Where certificates of an authority carry the office number.

use super::OfficeNumber;

/// Stands in a pattern for the office number.
const PLACE: &str = "{office}";

/// A field of a certificate in which an authority may put the office number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberField {
    /// The common name of the subject.
    CommonName,
    /// The organizational unit of the subject.
    OrganizationalUnit,
    /// The attribute serialNumber of the subject (X.520); not the serial number of the certificate.
    SerialNumber,
    /// A DNS name among the alternative names.
    DnsName,
    /// A URI among the alternative names.
    Uri,
    /// An address of mail among the alternative names.
    Email,
}

impl NumberField {
    /// Every field, in the order in which documents name them.
    pub const ALL: [Self; 6] = [
        Self::CommonName,
        Self::OrganizationalUnit,
        Self::SerialNumber,
        Self::DnsName,
        Self::Uri,
        Self::Email,
    ];

    /// What it is called in a configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommonName => "CN",
            Self::OrganizationalUnit => "OU",
            Self::SerialNumber => "serialNumber",
            Self::DnsName => "SAN:DNS",
            Self::Uri => "SAN:URI",
            Self::Email => "SAN:email",
        }
    }

    /// The field of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

/// In which field the office number stands, and what stands around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NumberRule {
    field: NumberField,
    before: String,
    after: String,
}

impl NumberRule {
    /// A rule from a pattern: a text with `{office}` once in it, everything else as it is.
    pub fn new(field: NumberField, pattern: &str) -> Option<Self> {
        let (before, after) = pattern.split_once(PLACE)?;
        let is_once = !after.contains(PLACE);
        is_once.then(|| Self { field, before: before.to_owned(), after: after.to_owned() })
    }

    /// The field.
    pub const fn field(&self) -> NumberField {
        self.field
    }

    /// The number in one value of the field, if the whole value is as the pattern says.
    pub fn number(&self, value: &str) -> Option<OfficeNumber> {
        if self.field == NumberField::DnsName {
            // Names of hosts are the same in small and capital letters (RFC 4343).
            let [value, before, after] =
                [value, &self.before, &self.after].map(str::to_ascii_uppercase);
            return between(&value, &before, &after);
        }
        between(value, &self.before, &self.after)
    }
}

fn between(value: &str, before: &str, after: &str) -> Option<OfficeNumber> {
    value.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_value_has_to_be_as_the_pattern_says() {
        let rule = NumberRule::new(NumberField::Uri, "urn:kaigo:{office}:node").expect("a rule");
        let number = |value| rule.number(value).map(|number| number.to_string());
        assert_eq!(number("urn:kaigo:13A0000018:node").as_deref(), Some("13A0000018"));
        for other in [
            "urn:kaigo:13a0000018:node",
            "URN:kaigo:13A0000018:node",
            "urn:kaigo:13A0000018:nodes",
            " urn:kaigo:13A0000018:node",
            "urn:kaigo:13A00000181:node",
            "13A0000018",
            "",
        ] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn names_of_hosts_are_the_same_in_small_letters() {
        let rule = NumberRule::new(NumberField::DnsName, "n-{office}.Example.jp").expect("a rule");
        let number = rule.number("N-13a0000018.example.JP").map(|number| number.to_string());
        assert_eq!(number.as_deref(), Some("13A0000018"));
    }

    #[test]
    fn a_pattern_has_one_place_for_the_number() {
        for pattern in ["", "office", "{office}{office}", "{Office}"] {
            assert_eq!(NumberRule::new(NumberField::CommonName, pattern), None, "{pattern}");
        }
        for field in NumberField::ALL {
            assert_eq!(NumberField::of(field.as_str()), Some(field));
        }
    }
}
