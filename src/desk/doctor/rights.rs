//! Who may read keys and passwords. On Unix whatever is too open is refused when it is read; Windows
//! has lists of rights, which nothing refuses.

use std::path::Path;

use super::line::{Grade, Line, Topic};
use crate::config::Config;

/// The files with secrets that others can read. Asks the system.
pub(super) fn lines(config: &Config) -> Vec<Line> {
    let named = config.named_files().into_iter();
    let mut secrets: Vec<&Path> =
        named.filter_map(|(path, is_secret)| is_secret.then_some(path)).collect();
    secrets.sort_unstable();
    secrets.dedup();
    secrets.into_iter().filter(|path| path.is_file() && is_open(path)).map(open).collect()
}

fn open(path: &Path) -> Line {
    let file = path.display();
    Line::fine(
        Topic::Folders,
        file.to_string(),
        format!(
            "{file} を、このパソコンのほかの利用者も読めます。プロパティの「セキュリティ」で、Users と Everyone の権限を外してください。"
        ),
        format!("other users of this computer can read {file}: take the rights of Users and Everyone away in its properties, under Security"),
    )
    .grade(Grade::Look)
}

/// What is too open is refused when it is read, and told with the certificates.
#[cfg(not(windows))]
const fn is_open(_: &Path) -> bool {
    false
}

/// Asks for the list of rights in the form that is the same in every language of Windows.
#[cfg(windows)]
fn is_open(path: &Path) -> bool {
    use std::process::{Command, Stdio};
    let asked = Command::new("powershell.exe")
        .args(["-NoProfile", "-NonInteractive", "-Command"])
        .arg("(Get-Acl -LiteralPath $env:RENKEI_FILE).Sddl")
        .env("RENKEI_FILE", path)
        .stdin(Stdio::null())
        .output();
    asked.is_ok_and(|asked| grants_others(&String::from_utf8_lossy(&asked.stdout)))
}

/// Whether a security descriptor lets everybody read: the accounts "Everyone" (WD), "Authenticated
/// Users" (AU), "Users" (BU), "Interactive" (IU) or "Guests" (BG). The form is described under
/// "Security Descriptor String Format" in the documentation of Windows.
#[cfg(any(windows, test))]
fn grants_others(sddl: &str) -> bool {
    let Some((_, list)) = sddl.split_once("D:") else { return false };
    let list = list.split_once("S:").map_or(list, |(list, _)| list);
    list.split('(').skip(1).any(|entry| {
        let entry = entry.split(')').next().unwrap_or_default();
        let parts: Vec<&str> = entry.split(';').collect();
        match parts.as_slice() {
            [kind, _, rights, _, _, account, ..] => {
                let is_grant = kind.starts_with('A');
                let is_many = ["WD", "AU", "BU", "IU", "BG"].contains(account);
                is_grant && is_many && !rights.is_empty()
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_rights_tells_whether_all_may_read() {
        let own = "O:BAG:SYD:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;S-1-5-21-1-2-3-1001)";
        assert!(!grants_others(own));
        assert!(grants_others("O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)"), "Users");
        assert!(grants_others("O:BAG:SYD:(A;;FR;;;WD)"), "Everyone");
        assert!(!grants_others("O:BAG:SYD:(D;;FA;;;WD)(A;;FA;;;SY)"), "a denial");
        assert!(!grants_others("O:BAG:SYD:(A;;FA;;;SY)S:(AU;SAFA;FA;;;WD)"), "what is watched");
        assert!(!grants_others(""));
    }
}
