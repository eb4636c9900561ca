//! What keeps a node from starting.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::certs::CertsError;
use crate::folder::{Fault, FolderError, on_network_share};
use crate::link::TlsError;
use crate::store::StoreError;
use crate::types::{Lang, code, io_text};

/// One thing that keeps a node from starting.
#[derive(Debug, Clone)]
pub struct StartProblem {
    /// A stable code.
    pub code: &'static str,
    /// What it is about: a key of the configuration with the office it stands under.
    pub place: String,
    /// What is wrong and what to do, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// Everything that keeps a node from starting, or that should be known of one that starts.
#[derive(Debug, thiserror::Error)]
pub struct StartProblems(pub Vec<StartProblem>);

impl StartProblems {
    /// One line per problem.
    pub fn text(&self, lang: Lang) -> String {
        let line = |problem: &StartProblem| {
            format!("{} [{}] {}", problem.place, problem.code, lang.pick(&problem.ja, &problem.en))
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for StartProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

/// Collects problems while as much as possible is opened.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<StartProblem>);

/// What is wrong with a folder, with its path and what to do.
pub(super) fn folder_words(path: &Path, error: &FolderError) -> (String, String) {
    let text = |lang: Lang| {
        let (path, folder) = (path.display(), error.folder().name(lang));
        let to_do = code::find(error.code()).map(|info| info.to_do(lang)).unwrap_or_default();
        match (error.fault(), lang) {
            (Fault::Missing, Lang::Ja) => format!("{path}: {folder}が見つかりません。{to_do}"),
            (Fault::Missing, Lang::En) => format!("{path}: the {folder} is not there. {to_do}"),
            (Fault::NotAFolder, Lang::Ja) => {
                format!("{path}: {folder}の場所に、フォルダーでないものがあります。{to_do}")
            }
            (Fault::NotAFolder, Lang::En) => {
                format!("{path}: what should be the {folder} is no folder. {to_do}")
            }
            // The texts of the others say what to do.
            _ => format!("{path}: {}", error.text(lang)),
        }
    };
    (text(Lang::Ja), text(Lang::En))
}

impl Problems {
    pub(super) fn add(&mut self, code: &'static str, place: &str, ja: String, en: String) {
        self.0.push(StartProblem { code, place: place.to_owned(), ja, en });
    }

    pub(super) fn folder<T>(&mut self, place: &str, result: Result<T, FolderError>) -> Option<T> {
        let add = |error: FolderError| {
            self.add(error.code(), place, error.text(Lang::Ja), error.text(Lang::En));
        };
        result.map_err(add).ok()
    }

    /// The same of a folder that the configuration names, with its path and what to do.
    pub(super) fn folder_at<T>(
        &mut self,
        place: &str,
        path: &Path,
        result: Result<T, FolderError>,
    ) -> Option<T> {
        let add = |error: FolderError| {
            let (ja, en) = folder_words(path, &error);
            self.add(error.code(), place, ja, en);
        };
        result.map_err(add).ok()
    }

    pub(super) fn certs<T>(&mut self, place: &str, result: Result<T, CertsError>) -> Option<T> {
        let add = |error: CertsError| {
            self.add(code::CERTIFICATE_UNUSABLE, place, error.text(Lang::Ja), error.text(Lang::En));
        };
        result.map_err(add).ok()
    }

    pub(super) fn store<T>(&mut self, place: &str, result: Result<T, StoreError>) -> Option<T> {
        let add = |error: StoreError| {
            self.add(error.code(), place, error.text(Lang::Ja), error.text(Lang::En));
        };
        result.map_err(add).ok()
    }

    /// The address cannot be listened on.
    pub(super) fn cannot_listen(&mut self, address: Option<SocketAddr>, error: &io::Error) {
        // Without an address the disk failed under what is received.
        let address = address.map(|address| address.to_string()).unwrap_or_default();
        let (ja, en) = if error.kind() == io::ErrorKind::AddrInUse {
            (
                format!(
                    "{address} は、ほかのソフト（動いている renkei など）が使用中です。そのソフトを止めるか、node.listen のポートを変えてください。"
                ),
                format!(
                    "another program, such as a renkei that runs, uses {address}: stop it or change the port of node.listen"
                ),
            )
        } else {
            let why = |lang| io_text(error, lang);
            (
                format!(
                    "{address} で接続を待ち受けられません: {}。IP アドレスがこのパソコンのものか、1024 より大きいポートか確かめてください。",
                    why(Lang::Ja)
                ),
                format!(
                    "cannot listen on {address}: {}; check that the address is one of this computer and the port above 1024",
                    why(Lang::En)
                ),
            )
        };
        self.add(code::CANNOT_LISTEN, "node.listen", ja, en);
    }

    /// Refuses a data folder on a network share.
    pub(super) fn network_share(&mut self, data: &Path) {
        if on_network_share(data).unwrap_or(false) {
            let path = data.display();
            self.add(
                code::STORE_ON_NETWORK_SHARE,
                "node.data",
                format!("{path}: 台帳は共有フォルダーに置けません。このパソコンのディスクを指定してください。"),
                format!("{path}: the store cannot be on a network share; name a folder on a local disk"),
            );
        }
    }

    /// A fault of the program.
    pub(super) fn internal(&mut self) {
        self.add(code::INTERNAL, "", "内部エラーです。".to_owned(), "internal fault".to_owned());
    }

    /// Certificate and key of the connections cannot be used.
    pub(super) fn tls_unusable(&mut self, error: &TlsError) {
        let ja = format!(
            "TLS の証明書と秘密鍵を使えません（{error}）。tls.certificate と tls.key の組み合わせを確かめてください。"
        );
        let en = format!("{error}; check that tls.certificate and tls.key belong together");
        self.add(code::TLS_UNUSABLE, "tls", ja, en);
    }
}
