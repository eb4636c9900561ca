//! What was answered so far, as it was typed: nobody types anything twice, also where it is wrong.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::fields::Fields;
use crate::desk::founding::{self, Found, KeySource, Keys, NewNode, NewOffice, PORT, Plan};
use crate::folder::FolderRole;
use crate::spec::Spec;
use crate::types::{Lang, OfficeNumber, PeerUrl, ServiceType};
use crate::users::{PasswordHash, UserName};

/// What was answered so far.
#[derive(Clone, Default)]
pub(super) struct Answers {
    /// Number, name and service types.
    pub(super) office: Fields,
    pub(super) drop: Folder,
    pub(super) import: Folder,
    /// How partners reach the node.
    pub(super) reach: Fields,
    /// Where the keys come from.
    pub(super) source: Option<KeySource>,
    pub(super) keys: Option<Keys>,
    /// The file of the authority that is believed, if any.
    pub(super) root: String,
    /// What somebody typed as the name of the administrator.
    pub(super) name: String,
    pub(super) administrator: Option<Administrator>,
}

/// A folder of the care software; one that nobody chose is as usual.
#[derive(Clone, Default)]
pub(super) struct Folder {
    pub(super) chosen: Option<PathBuf>,
    /// Where somebody looks for it.
    pub(super) looked_at: Option<PathBuf>,
}

/// Who looks after the page.
#[derive(Clone)]
pub(super) enum Administrator {
    /// Somebody of the data folder that is there already.
    Known,
    /// Somebody who is to be added.
    New(UserName, PasswordHash),
}

/// What the office is, read.
pub(super) struct Office {
    pub(super) number: OfficeNumber,
    name: Option<String>,
    service_types: Vec<ServiceType>,
}

/// How partners reach the node, read.
pub(super) struct Reach {
    url: Option<PeerUrl>,
    listen: Option<SocketAddr>,
}

/// What is to be written, and the folders that are made first.
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) to_make: Vec<PathBuf>,
}

impl Office {
    /// Reads what was typed, or says all that is wrong with it.
    pub(super) fn read(typed: &Fields, spec: &Spec, lang: Lang) -> Result<Self, Vec<String>> {
        let name = typed.text("name");
        let number = founding::office_number(typed.text("number"), None, lang);
        let name = match name {
            "" => Ok(None),
            name => founding::office_name(name, lang).map(Some),
        };
        let types = founding::service_types(typed.all("type"), spec, lang).map_err(|why| {
            let what = lang.pick("サービス種類", "Service types");
            format!("{what}: {why}")
        });
        match (number, name, types) {
            (Ok(number), Ok(name), Ok(service_types)) => Ok(Self { number, name, service_types }),
            (number, name, types) => {
                Err([number.err(), name.err(), types.err()].into_iter().flatten().collect())
            }
        }
    }
}

impl Reach {
    /// Reads what was typed, or says what is wrong with it.
    pub(super) fn read(typed: &Fields, lang: Lang) -> Result<Self, String> {
        let url = match typed.text("how") {
            "open" => Some(founding::url(typed.text("url"), lang)?),
            "closed" => None,
            _ => {
                let text = lang.pick("どちらかを選んでください。", "Choose one of the two.");
                return Err(text.to_owned());
            }
        };
        let port = match typed.text("port") {
            "" => url.as_ref().map_or(PORT, PeerUrl::port),
            port => port.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                let text = lang.pick(
                    "ポートは 1 から 65535 までの数字で入力してください。",
                    "A port is a number from 1 to 65535.",
                );
                text.to_owned()
            })?,
        };
        let listen = url.as_ref().map(|_| SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port));
        Ok(Self { url, listen })
    }
}

impl Answers {
    /// The folder of a role.
    pub(super) const fn folder(&self, role: FolderRole) -> &Folder {
        match role {
            FolderRole::Import => &self.import,
            _ => &self.drop,
        }
    }

    /// The same, to be changed.
    pub(super) const fn folder_mut(&mut self, role: FolderRole) -> &mut Folder {
        match role {
            FolderRole::Import => &mut self.import,
            _ => &mut self.drop,
        }
    }

    /// What a folder is going to be: what somebody chose, or the usual one below the configuration.
    pub(super) fn path(&self, role: FolderRole, number: OfficeNumber) -> PathBuf {
        let usual = match role {
            FolderRole::Import => "import",
            FolderRole::Hold => "hold",
            _ => "drop",
        };
        let chosen = match role {
            FolderRole::Drop | FolderRole::Import => self.folder(role).chosen.clone(),
            _ => None,
        };
        chosen.unwrap_or_else(|| format!("folders/{number}/{usual}").into())
    }

    /// What is to be written; nothing where something is not answered yet. Asks the disk which folders
    /// are to be made.
    pub(super) fn planned(&self, config: PathBuf, spec: &Spec, lang: Lang) -> Option<Planned> {
        let Office { number, name, service_types } = Office::read(&self.office, spec, lang).ok()?;
        let Reach { url, listen } = Reach::read(&self.reach, lang).ok()?;
        let (keys, _) = (self.keys.clone()?, self.administrator.as_ref()?);
        let [drop, import, hold] = [FolderRole::Drop, FolderRole::Import, FolderRole::Hold]
            .map(|role| self.path(role, number));
        let roots = Some(&self.root).filter(|root| !root.is_empty());
        let roots = roots.map(PathBuf::from).into_iter().collect();
        let node = NewNode { listen, url, data: None, roots, page: true, page_listen: None };
        let office = NewOffice { number, name, service_types, drop, import, hold, sent: None };
        let plan = Plan { config, office, node: Some(node), keys, lang };
        let folders = [
            (FolderRole::Drop, plan.office.drop.clone()),
            (FolderRole::Import, plan.office.import.clone()),
        ];
        let is_missing = |(role, folder): &(FolderRole, PathBuf)| {
            let found = founding::folder_found(&plan.home().join(folder), *role);
            matches!(found, Ok(Found::ToMake))
        };
        let to_make = folders.into_iter().filter(is_missing).map(|(_, folder)| folder).collect();
        Some(Planned { plan, to_make })
    }
}
