//! What can be wrong with keys and certificates on disk.

use std::io;
use std::path::{Path, PathBuf};

use crate::package::{ListFault, SignerError};
use crate::types::{Lang, io_text};

/// Why a key, certificate or list cannot be used. `Display` is the English text.
#[derive(Debug, thiserror::Error)]
pub enum CertsError {
    /// The operating system refused.
    #[error("{}: {}", path.display(), io_text(source, Lang::En))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path is a folder, a pipe or a device.
    #[error("{}: not a regular file", path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// The file is much larger than what it should hold.
    #[error("{}: larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes that are read.
        limit: u64,
    },
    /// Others than the owner can read or write a file with a secret.
    #[error(
        "{}: mode {mode:03o} lets others read the secret; run: chmod 600 {}",
        path.display(), path.display()
    )]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file should be new but is there already.
    #[error("{}: exists already and is not overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no certificate where one was expected.
    #[error("{}: no certificate in PEM or DER found", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// There is no revocation list where one was expected.
    #[error("{}: no revocation list (CRL) in PEM or DER found", path.display())]
    NoRevocationList {
        /// The file.
        path: PathBuf,
    },
    /// A revocation list cannot be used.
    #[error("{}, list {place}: {fault}", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// The place in the file, from 1.
        place: usize,
        /// What is wrong.
        fault: ListFault,
    },
    /// There is no private key, or more than one.
    #[error("{}: expected one private key (PKCS#8, SEC1 or PKCS#1 in PEM), got {got}", path.display())]
    KeyCount {
        /// The file.
        path: PathBuf,
        /// How many there were.
        got: usize,
    },
    /// There are certificates where the private key was expected.
    #[error("{}: a certificate, where the private key is expected", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The private key is protected with a password.
    #[error("{}: the key is encrypted; use PKCS#12 with a password file, or decrypt it", path.display())]
    EncryptedKey {
        /// The file.
        path: PathBuf,
    },
    /// The PEM in the file is broken.
    #[error("{}: broken PEM", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
    },
    /// The PKCS#12 file cannot be opened.
    #[error("{}: no PKCS#12 file, or another password", path.display())]
    Pkcs12 {
        /// The file.
        path: PathBuf,
    },
    /// The password file is empty or not one line of UTF-8.
    #[error("{}: expected a password on one line in UTF-8", path.display())]
    Password {
        /// The file.
        path: PathBuf,
    },
    /// Key and certificates do not fit each other.
    #[error("{}: {source}", path.display())]
    Signer {
        /// The file with the certificates.
        path: PathBuf,
        /// What does not fit.
        source: SignerError,
    },
    /// A key, certificate, list or request could not be made.
    #[error("could not make the {what}")]
    Generate {
        /// What.
        what: &'static str,
    },
}

impl CertsError {
    /// The file that it is about.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Io { path, .. }
            | Self::NotAFile { path }
            | Self::TooLarge { path, .. }
            | Self::Permissions { path, .. }
            | Self::Exists { path }
            | Self::NoCertificate { path }
            | Self::NoRevocationList { path }
            | Self::List { path, .. }
            | Self::KeyCount { path, .. }
            | Self::NotAKey { path }
            | Self::EncryptedKey { path }
            | Self::Pem { path }
            | Self::Pkcs12 { path }
            | Self::Password { path }
            | Self::Signer { path, .. } => Some(path),
            Self::Generate { .. } => None,
        }
    }

    /// The text for people.
    pub fn text(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        let (path, problem) = match self {
            Self::Io { path, source } if source.kind() == io::ErrorKind::NotFound => {
                (path, "ファイルがありません。".to_owned())
            }
            Self::Io { path, source } => (path, format!("読み書きできません: {}。", io_text(source, lang))),
            Self::NotAFile { path } => (path, "通常のファイルではありません。".to_owned()),
            Self::TooLarge { path, limit } => {
                (path, format!("大きすぎます（上限 {limit} バイト）。"))
            }
            Self::Permissions { path, mode } => (
                path,
                format!(
                    "所有者以外も読み書きできる設定（{mode:03o}）のため使用できません。chmod 600 {} を実行してください。",
                    path.display()
                ),
            ),
            Self::Exists { path } => (path, "すでにあるため、上書きしません。".to_owned()),
            Self::NoCertificate { path } => {
                (path, "証明書（PEM または DER）が見つかりません。".to_owned())
            }
            Self::NoRevocationList { path } => {
                (path, "失効リスト（CRL、PEM または DER）が見つかりません。".to_owned())
            }
            Self::List { path, place, fault } => {
                (path, format!("{place} 番目のリスト: {}", fault.text(lang)))
            }
            Self::KeyCount { path, got } => (
                path,
                format!("秘密鍵（PEM 形式の PKCS#8・SEC1・PKCS#1）は 1 個必要ですが、{got} 個あります。"),
            ),
            Self::NotAKey { path } => (
                path,
                "秘密鍵ではなく証明書のファイルです。設定の key（または signing_key）には、秘密鍵のファイルを書いてください。".to_owned(),
            ),
            Self::EncryptedKey { path } => (
                path,
                "秘密鍵がパスワードで保護されています。PKCS#12 とパスワードファイルを使うか、保護を外してください。"
                    .to_owned(),
            ),
            Self::Pem { path } => (path, "PEM の形式が壊れています。".to_owned()),
            Self::Pkcs12 { path } => {
                (path, "PKCS#12 として開けません。パスワードを確認してください。".to_owned())
            }
            Self::Password { path } => {
                (path, "パスワードを UTF-8 の 1 行で書いてください。".to_owned())
            }
            Self::Signer { path, source } => {
                (path, format!("証明書と秘密鍵を確認してください（{}）。", source.text(lang)))
            }
            Self::Generate { what } => return format!("作成できませんでした: {what}"),
        };
        format!("{}: {problem}", path.display())
    }
}
