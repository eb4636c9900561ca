//! Setting up a node, and adding an office to one: from a person's answers to a configuration and keys
//! on disk. The command `renkei init` asks, and so does the page at a first start; nothing here does.
//!
//! # Storage
//!
//! Files are only ever added. Keys come first and the configuration last, so that what stands there is
//! whole; where something fails, what was written is removed again.

mod answers;
mod check;
mod keys;
mod words;
mod write;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::certs::CertsError;
use crate::config::{
    FirstNode, FirstOffice, Problems, SourceError, Sources, first_text, office_text,
};
use crate::types::{Lang, OfficeNumber, PeerUrl, ServiceType};

pub use answers::{KeySource, office_name, office_number, service_types, url};
pub use check::{Found, folder_fault, folder_found, make_folder, problems};
pub use keys::{Given, Keys};
pub use words::{
    folder_question, in_command, name_question, number_question, request_step, summary,
};
pub use write::{Founded, found};

/// The port on which a node listens unless the address of partners says another.
pub const PORT: u16 = 8443;

/// What a person has answered.
#[derive(Debug)]
pub struct Plan {
    /// The file of the configuration; paths in it begin at its folder.
    pub config: PathBuf,
    /// The office.
    pub office: NewOffice,
    /// What is said of the node; nothing where the office is added to one that is there.
    pub node: Option<NewNode>,
    /// Where the keys come from.
    pub keys: Keys,
    /// The language of comments.
    pub lang: Lang,
}

/// An office that is set up.
#[derive(Debug, Clone)]
pub struct NewOffice {
    /// 事業所番号
    pub number: OfficeNumber,
    /// What people call it.
    pub name: Option<String>,
    /// サービス種類コード, at least one.
    pub service_types: Vec<ServiceType>,
    /// Where the care software writes.
    pub drop: PathBuf,
    /// Where the care software reads.
    pub import: PathBuf,
    /// Where refused sets go.
    pub hold: PathBuf,
    /// Where copies of what was sent go, if they are wanted.
    pub sent: Option<PathBuf>,
}

/// A node that is set up.
#[derive(Debug, Clone)]
pub struct NewNode {
    /// Where it listens, if partners come to it.
    pub listen: Option<SocketAddr>,
    /// Where partners reach it, if they do.
    pub url: Option<PeerUrl>,
    /// Its data folder, where it is not the usual one.
    pub data: Option<PathBuf>,
    /// The authorities that are believed.
    pub roots: Vec<PathBuf>,
    /// Whether it has a page.
    pub page: bool,
    /// Where the page is, where that is not as usual.
    pub page_listen: Option<SocketAddr>,
}

/// Why nothing was set up.
#[derive(Debug, thiserror::Error)]
pub enum FoundingError {
    /// A key or certificate cannot be made, read or written.
    #[error(transparent)]
    Certs(#[from] CertsError),
    /// What would be written is no configuration, or the one that is there is none.
    #[error("{}", .0.text(Lang::En))]
    Config(Problems),
    /// A file cannot be read or written.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl FoundingError {
    /// What people read.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Certs(error) => error.text(lang),
            Self::Config(problems) => problems.text(lang),
            Self::Io { path, source } => {
                format!("{}: {}", path.display(), crate::types::io_text(source, lang))
            }
        }
    }
}

impl Plan {
    /// The folder of the configuration.
    pub fn home(&self) -> &Path {
        self.config.parent().unwrap_or_else(|| Path::new(""))
    }

    fn first_office(&self) -> FirstOffice {
        let NewOffice { number, name, service_types, drop, import, hold, sent } =
            self.office.clone();
        let signing = keys::signing(number);
        FirstOffice { number, name, service_types, drop, import, hold, sent, signing }
    }

    fn first_node(&self) -> Option<FirstNode> {
        let NewNode { listen, url, data, roots, page, page_listen } = self.node.clone()?;
        let (lang, tls) = (self.lang, keys::tls());
        Some(FirstNode { listen, url, lang, data, tls, roots, page, page_listen })
    }
}

/// The configuration as it will be.
///
/// # Errors
///
/// The one to which an office is added cannot be read, or has mistakes.
fn planned(plan: &Plan) -> Result<Sources, FoundingError> {
    let office = plan.first_office();
    if let Some(node) = plan.first_node() {
        let text = first_text(&node, &office);
        return Ok(Sources { path: plan.config.clone(), text, partners: Vec::new() });
    }
    let read = Sources::read(&plan.config);
    let mut sources =
        read.map_err(|SourceError { path, error: source }| FoundingError::Io { path, source })?;
    let before = sources.draft().problems;
    if !before.is_empty() {
        return Err(FoundingError::Config(Problems(before)));
    }
    if !sources.text.ends_with('\n') {
        sources.text.push('\n');
    }
    sources.text.push_str(&office_text(&office, plan.lang));
    Ok(sources)
}
