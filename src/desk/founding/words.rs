//! What a person is asked, and what is said of the answers.

use std::path::{Path, PathBuf};

use super::{Keys, Plan};
use crate::desk::words;
use crate::folder::FolderRole;
use crate::spec::Spec;
use crate::types::{Lang, ServiceType};

/// What is asked for the number of an office.
pub const fn number_question(lang: Lang) -> &'static str {
    lang.pick("事業所番号（10 桁）", "office number (10 characters)")
}

/// What is asked for its name.
pub const fn name_question(lang: Lang) -> &'static str {
    lang.pick("事業所の名前（なしでもかまいません）", "name of the office (may be empty)")
}

/// What is asked for a folder of the care software.
pub const fn folder_question(role: FolderRole, lang: Lang) -> &'static str {
    match role {
        FolderRole::Drop => lang.pick(
            "介護ソフトが CSV ファイルを書き出すフォルダー（送信用）",
            "folder into which the care software writes what is to be sent (drop)",
        ),
        _ => lang
            .pick("介護ソフトが取り込むフォルダー", "folder from which the care software imports"),
    }
}

/// What is going to be, to be confirmed: what each thing is called, and what it will be.
pub fn summary(plan: &Plan, to_make: &[PathBuf], spec: &Spec) -> Vec<(&'static str, String)> {
    let lang = plan.lang;
    let office = &plan.office;
    let named = |code: &ServiceType| {
        let known = spec.office_types().find(|(other, _)| other == code);
        known.map_or_else(|| code.to_string(), |(code, name)| format!("{code} {name}"))
    };
    let types: Vec<_> = office.service_types.iter().map(named).collect();
    let mut rows = vec![
        (lang.pick("設定ファイル", "configuration"), plan.config.display().to_string()),
        (lang.pick("事業所番号", "office number"), office.number.to_string()),
        (lang.pick("名前", "name"), office.name.clone().unwrap_or_default()),
        (lang.pick("サービス種類", "service types"), types.join(", ")),
        (lang.pick("送信用フォルダー", "drop folder"), office.drop.display().to_string()),
        (lang.pick("取込フォルダー", "import folder"), office.import.display().to_string()),
        (lang.pick("保留フォルダー", "hold folder"), office.hold.display().to_string()),
    ];
    if let Some(sent) = &office.sent {
        rows.push((lang.pick("控えのフォルダー", "copies"), sent.display().to_string()));
    }
    let making: Vec<_> = to_make.iter().map(|folder| folder.display().to_string()).collect();
    if !making.is_empty() {
        rows.push((lang.pick("作るフォルダー", "folders to be made"), making.join(", ")));
    }
    if let Some(node) = &plan.node {
        let url = node.url.as_ref().map(ToString::to_string);
        let none = || lang.pick("なし", "nowhere").to_owned();
        rows.push((lang.pick("待ち受け", "listens on"), words::listens_on(node.listen, lang)));
        rows.push((lang.pick("相手からの接続先", "reached at"), url.unwrap_or_else(none)));
        let page =
            if node.page { lang.pick("使う", "yes") } else { lang.pick("使わない", "no") };
        rows.push((lang.pick("画面", "page"), page.to_owned()));
    }
    let keys = match plan.keys {
        Keys::Made => lang.pick("ここで作る", "made here"),
        Keys::Request => lang.pick("認証局に出す要求を作る", "asked of an authority"),
        Keys::Given(_) => lang.pick("認証局から届いたもの", "given by an authority"),
    };
    rows.push((lang.pick("鍵と証明書", "keys"), keys.to_owned()));
    rows
}

/// What is to be done with a request for a certificate.
pub fn request_step(request: &Path, lang: Lang) -> String {
    let (request, out) = (request.display(), in_command(&request.with_extension("")));
    match lang {
        Lang::Ja => format!(
            "{request} を認証局に出し、証明書が届いたら renkei certs import 届いたファイル --out {out}"
        ),
        Lang::En => format!(
            "send {request} to your authority; when the certificate has come: renkei certs import FILE --out {out}"
        ),
    }
}

/// A path as it stands in a command that people copy: in quotes where a shell would take it apart.
pub fn in_command(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain =
        |c: char| c.is_alphanumeric() || "/._-:".contains(c) || (cfg!(windows) && c == '\\');
    if !path.is_empty() && path.chars().all(is_plain) {
        return path;
    }
    // No path of Windows holds such a quote.
    if cfg!(windows) { format!("\"{path}\"") } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_hold_a_path_as_one_word() {
        assert_eq!(in_command(Path::new("/srv/連携/renkei.toml")), "/srv/連携/renkei.toml");
        let [spaced, wide] = [Path::new("/a b/c"), Path::new("/a\u{3000}b")].map(in_command);
        if cfg!(windows) {
            assert_eq!((spaced.as_str(), wide.as_str()), ("\"/a b/c\"", "\"/a\u{3000}b\""));
        } else {
            assert_eq!((spaced.as_str(), wide.as_str()), ("'/a b/c'", "'/a\u{3000}b'"));
            assert_eq!(in_command(Path::new("it's")), "'it'\\''s'");
        }
    }
}
