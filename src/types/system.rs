//! What the operating system says of a fault, in the reader's language.

use std::fmt;
use std::io::{Error, ErrorKind};

use super::Lang;

/// Numbers of the system that the standard library has no kind for.
#[cfg(unix)]
const NUMBERS: &[(&[i32], (&str, &str))] = &[
    (&[5], DEVICE),
    // ENFILE and EMFILE are these everywhere; ELOOP is 40 on Linux and 62 on macOS and BSD.
    (&[23, 24], TOO_MANY_FILES),
    (if cfg!(target_os = "linux") { &[40] } else { &[62] }, LOOP),
];

/// The same of Windows, which gives a sharing violation and a share that is gone no kind either.
#[cfg(windows)]
const NUMBERS: &[(&[i32], (&str, &str))] = &[
    (&[4, 10024], TOO_MANY_FILES),
    (&[32, 33], IN_USE),
    (&[51, 53, 55, 59, 64, 67, 1231], SHARE),
    (&[21, 23, 1117], DEVICE),
    (&[11001, 11004], NO_HOST),
    (&[1921], LOOP),
];

#[cfg(not(any(unix, windows)))]
const NUMBERS: &[(&[i32], (&str, &str))] = &[];

const DEVICE: (&str, &str) =
    ("ディスクなどの装置で読み書きに失敗しました", "the disk or device fails to read or write");
const TOO_MANY_FILES: (&str, &str) =
    ("同時に開けるファイルの数を超えました", "too many files are open at once");
const LOOP: (&str, &str) =
    ("リンクが循環しているか、多すぎます", "links lead in a circle, or there are too many");
const NO_HOST: (&str, &str) = ("ホスト名が見つかりません", "there is no host of this name");
#[cfg(windows)]
const SHARE: (&str, &str) =
    ("共有フォルダーにつながりません", "the network share cannot be reached");
const IN_USE: (&str, &str) = ("ほかのソフトが使用中です", "another program has it open");
const UNREACHABLE: (&str, &str) =
    ("ネットワークがつながっていません", "the network does not lead there");

/// How the standard library begins what resolvers say; it gives them neither kind nor number.
const LOOKUP: &str = "failed to lookup address information";

/// A fault that the program itself finds where the system would, in both languages: the inside of an
/// [`Error`].
#[derive(Debug)]
pub struct OwnFault {
    ja: String,
    en: String,
}

impl OwnFault {
    /// An error of the kind [`ErrorKind::Other`], which [`io_text`] tells in the reader's language.
    pub fn error(ja: impl Into<String>, en: impl Into<String>) -> Error {
        Error::other(Self { ja: ja.into(), en: en.into() })
    }
}

impl fmt::Display for OwnFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for OwnFault {}

/// What an error of the system means, without a full stop, with the system's number behind it. Of
/// what is not known here the system's own, mostly English, words stand there too.
pub fn io_text(error: &Error, lang: Lang) -> String {
    if let Some(own) = error.get_ref().and_then(|inner| inner.downcast_ref::<OwnFault>()) {
        return lang.pick(&own.ja, &own.en).to_owned();
    }
    let number = error.raw_os_error();
    match (words(error), number, lang) {
        (Some((ja, en)), None, _) => lang.pick(ja, en).to_owned(),
        (Some((ja, _)), Some(number), Lang::Ja) => format!("{ja}（OS {number}）"),
        (Some((_, en)), Some(number), Lang::En) => format!("{en} (OS {number})"),
        // The standard library puts the number behind the words.
        (None, _, Lang::Ja) => format!("オペレーティングシステムなどのエラーです（{error}）"),
        (None, _, Lang::En) => error.to_string(),
    }
}

fn words(error: &Error) -> Option<(&'static str, &'static str)> {
    let by_number = |number: i32| {
        NUMBERS.iter().find(|(numbers, _)| numbers.contains(&number)).map(|(_, words)| *words)
    };
    if let Some(known) = error.raw_os_error().and_then(by_number) {
        return Some(known);
    }
    Some(match error.kind() {
        ErrorKind::NotFound => ("見つかりません", "it is not there"),
        ErrorKind::PermissionDenied if cfg!(windows) => (
            "アクセス権がないか、ほかのソフトが使用中です",
            "access denied, or another program has it open",
        ),
        ErrorKind::PermissionDenied => ("アクセス権がありません", "access denied"),
        ErrorKind::ReadOnlyFilesystem => {
            ("書き込みのできないディスクです", "the disk is read-only")
        }
        ErrorKind::StorageFull => ("ディスクの空き容量が足りません", "the disk is full"),
        ErrorKind::QuotaExceeded => {
            ("ディスクの使用量が上限に達しました", "the disk quota is used up")
        }
        ErrorKind::FileTooLarge => ("ファイルが大きすぎます", "the file is too large"),
        ErrorKind::AlreadyExists => ("すでにあります", "it is there already"),
        ErrorKind::IsADirectory => ("フォルダーです", "it is a folder"),
        ErrorKind::NotADirectory => {
            ("パスの途中がフォルダーではありません", "a part of the path is no folder")
        }
        ErrorKind::DirectoryNotEmpty => ("フォルダーが空ではありません", "the folder is not empty"),
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => IN_USE,
        ErrorKind::InvalidFilename => {
            ("名前が長すぎるか、使えない文字があります", "the name is too long or not allowed")
        }
        ErrorKind::CrossesDevices => ("別のドライブ（ボリューム）です", "it is on another volume"),
        ErrorKind::StaleNetworkFileHandle => {
            ("共有フォルダーとの接続が切れました", "the connection to the network share is lost")
        }
        ErrorKind::UnexpectedEof => ("途中で終わっています", "it ends too early"),
        ErrorKind::InvalidData if error.get_ref().is_none() => {
            ("内容の形式が正しくありません", "what is in it has the wrong form")
        }
        ErrorKind::BrokenPipe => ("出力先が閉じられました", "whoever read it has gone"),
        ErrorKind::TimedOut => ("時間内に応答がありません", "there was no answer in time"),
        ErrorKind::ConnectionRefused => ("接続が拒否されました", "the connection was refused"),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
            ("接続が切断されました", "the connection was cut")
        }
        ErrorKind::NotConnected => ("接続されていません", "there is no connection"),
        ErrorKind::HostUnreachable => {
            ("相手のコンピューターに届きません", "the host cannot be reached")
        }
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => UNREACHABLE,
        ErrorKind::AddrInUse => ("アドレスとポートが使用中です", "address and port are in use"),
        ErrorKind::AddrNotAvailable => (
            "このコンピューターの IP アドレスではありません",
            "the address is none of this computer",
        ),
        ErrorKind::OutOfMemory => ("メモリーが足りません", "there is not enough memory"),
        ErrorKind::Unsupported => ("このシステムではできません", "this system cannot do it"),
        _ if error.to_string().starts_with(LOOKUP) => NO_HOST,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind that a person is likely to meet.
    const KINDS: &[ErrorKind] = &[
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::StorageFull,
        ErrorKind::QuotaExceeded,
        ErrorKind::FileTooLarge,
        ErrorKind::AlreadyExists,
        ErrorKind::IsADirectory,
        ErrorKind::NotADirectory,
        ErrorKind::DirectoryNotEmpty,
        ErrorKind::ResourceBusy,
        ErrorKind::ExecutableFileBusy,
        ErrorKind::InvalidFilename,
        ErrorKind::CrossesDevices,
        ErrorKind::StaleNetworkFileHandle,
        ErrorKind::UnexpectedEof,
        ErrorKind::InvalidData,
        ErrorKind::BrokenPipe,
        ErrorKind::TimedOut,
        ErrorKind::ConnectionRefused,
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::NotConnected,
        ErrorKind::HostUnreachable,
        ErrorKind::NetworkUnreachable,
        ErrorKind::NetworkDown,
        ErrorKind::AddrInUse,
        ErrorKind::AddrNotAvailable,
        ErrorKind::OutOfMemory,
        ErrorKind::Unsupported,
    ];

    fn is_latin(text: &str) -> bool {
        text.contains(|c: char| c.is_ascii_lowercase())
    }

    #[test]
    fn every_kind_that_people_meet_is_told_in_both_languages() {
        for kind in KINDS {
            let error = Error::from(*kind);
            let (ja, en) = (io_text(&error, Lang::Ja), io_text(&error, Lang::En));
            assert!(!is_latin(&ja) && !ja.is_empty(), "{kind:?}: {ja}");
            assert!(en.is_ascii() && is_latin(&en), "{kind:?}: {en}");
        }
    }

    /// Numbers as this system gives them, up to the last that Linux has.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_number_of_the_system_stands_behind_the_words() {
        let text = |number| io_text(&Error::from_raw_os_error(number), Lang::Ja);
        assert_eq!(text(2), "見つかりません（OS 2）");
        assert_eq!(text(13), "アクセス権がありません（OS 13）");
        assert_eq!(text(24), "同時に開けるファイルの数を超えました（OS 24）");
        assert_eq!(text(36), "名前が長すぎるか、使えない文字があります（OS 36）");
        for number in 1..=133 {
            let error = Error::from_raw_os_error(number);
            for lang in [Lang::Ja, Lang::En] {
                let text = io_text(&error, lang);
                assert!(text.contains(&format!(" {number}")), "{text}");
            }
            let told = words(&error).is_some();
            assert_eq!(text(number).contains("os error"), !told, "{}", text(number));
        }
    }

    #[test]
    fn hosts_that_no_resolver_knows_are_told() {
        let error = Error::other(format!("{LOOKUP}: Name or service not known"));
        assert_eq!(io_text(&error, Lang::Ja), "ホスト名が見つかりません");
    }

    #[test]
    fn own_faults_speak_both_languages_and_foreign_ones_are_quoted() {
        let own = OwnFault::error("通常のファイルではありません", "not a regular file");
        assert_eq!(io_text(&own, Lang::Ja), "通常のファイルではありません");
        assert_eq!(io_text(&own, Lang::En), own.to_string());
        let foreign = Error::other("the moon is full");
        assert!(io_text(&foreign, Lang::Ja).contains("（the moon is full）"));
        assert_eq!(io_text(&foreign, Lang::En), "the moon is full");
    }
}
