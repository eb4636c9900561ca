//! Two offices with their keys, folders and configurations.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use renkei::certs::{Issued, TestCa, Validity, certificates_to_pem};
use renkei::config::Config;
use renkei::node::{Consent, Node};
use renkei::package::Usage;
use renkei::spec::Spec;
use renkei::types::Clock;

use crate::units::Unit;

/// How long a file must stand still.
pub(crate) const SETTLE: Duration = Duration::from_millis(300);

/// Their numbers and service types.
pub(crate) const OFFICES: [(&str, &str); 2] = [("1370000018", "43"), ("1370000026", "11")];

/// Two offices with their keys, folders and configurations.
pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) homes: Vec<PathBuf>,
    pub(crate) configs: Vec<PathBuf>,
    pub(crate) issued: Vec<[Issued; 2]>,
    pub(crate) address: Vec<String>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// The same, whose packages lie encrypted.
    pub(crate) fn with_keys() -> Self {
        Self::with("[store]\nkey_file = \"store.key\"\n")
    }

    /// With more in their configurations.
    fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let now = Clock::system().now();
        let validity = Validity {
            not_before: now - SignedDuration::from_hours(1),
            not_after: now + SignedDuration::from_hours(24),
        };
        let authority = TestCa::new("renkei bench CA", validity).expect("an authority");
        let root = certificates_to_pem(&[authority.certificate().clone()]);
        // Held until all are known, so that they differ.
        let free: Vec<TcpListener> =
            (0..2).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port")).collect();
        let address: Vec<String> =
            free.iter().map(|one| one.local_addr().expect("bound").to_string()).collect();
        drop(free);
        let mut world =
            Self { homes: Vec::new(), configs: Vec::new(), issued: Vec::new(), address, folder };
        for (place, (number, service)) in OFFICES.into_iter().enumerate() {
            let home = world.folder.path().join(number);
            for name in ["drop", "import", "hold"] {
                fs::create_dir_all(home.join(name)).expect("a folder");
            }
            let issue = |usage| {
                let office = number.parse().expect("an office");
                authority.issue(office, usage, &["127.0.0.1"], validity).expect("issued")
            };
            let issued = [issue(Usage::Tls), issue(Usage::Signing)];
            write(&home.join("ca.pem"), &root);
            for (name, issued) in ["tls", "signing"].into_iter().zip(&issued) {
                write(&home.join(format!("{name}.pem")), &issued.chain_pem());
                write(&home.join(format!("{name}.key")), issued.key_pem());
            }
            let (partner, partner_service) = OFFICES[1 - place];
            let text = format!(
                "[node]\nlisten = \"{}\"\nlog = \"error\"\n\
                 [tls]\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\nroots = [\"ca.pem\"]\n\
                 [[office]]\nnumber = \"{number}\"\nservice_types = [\"{service}\"]\n\
                 drop = \"drop\"\nimport = \"import\"\nhold = \"hold\"\n\
                 signing_certificate = \"signing.pem\"\nsigning_key = \"signing.key\"\n\
                 [[peer]]\noffice = \"{partner}\"\nservice_types = [\"{partner_service}\"]\n\
                 url = \"https://{}\"\n\
                 [timing]\nsettle = \"{}ms\"\n{more}",
                world.address[place],
                world.address[1 - place],
                SETTLE.as_millis(),
            );
            write(&home.join("renkei.toml"), &text);
            world.configs.push(home.join("renkei.toml"));
            world.homes.push(home);
            world.issued.push(issued);
        }
        world
    }

    pub(crate) fn config(&self, place: usize) -> Config {
        let text = fs::read_to_string(&self.configs[place]).expect("written");
        Config::parse(&text, &self.homes[place]).expect("a good configuration")
    }

    pub(crate) async fn start(&self, place: usize) -> Node {
        let spec = Spec::builtin().expect("consistent");
        Node::start(self.config(place), spec, Clock::system(), Consent::default())
            .await
            .expect("starts")
    }

    /// As care software does: under the final name, without waiting for the disk.
    pub(crate) fn drop_unit(&self, unit: &Unit) {
        for (name, bytes) in unit {
            fs::write(self.homes[0].join("drop").join(name), bytes).expect("written");
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
    }
}
