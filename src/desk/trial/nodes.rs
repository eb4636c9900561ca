//! The two configurations of a trial.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::error::TrialError;
use super::sample::{File, Samples};
use crate::certs::files::{self, Access, Existing};
use crate::certs::{self, CertsError, Validity, self_made};
use crate::config::{Config, IdentityFiles, Network, Office, Peer, StoreSettings, Timing};
use crate::disk::{self, Readers};
use crate::package::Usage;
use crate::types::{Digest, OfficeNumber, ServiceType};

/// How long the certificates of the other office are valid: longer than the time for which a node
/// asks for new ones.
const VALIDITY: SignedDuration = SignedDuration::from_hours(200 * 24);

/// Both sides, and the folder in which everything of them lies.
pub(super) struct Both {
    pub(super) folder: TempDir,
    pub(super) own: Config,
    pub(super) other: Config,
}

/// Addresses of this machine that were free a moment ago; all are held until all are found.
///
/// # Errors
///
/// What the system says.
pub fn free_addresses(count: usize) -> io::Result<Vec<SocketAddr>> {
    let listeners: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect::<Result<_, _>>()?;
    listeners.iter().map(TcpListener::local_addr).collect()
}

/// Makes everything that both nodes need. Blocks.
pub(super) fn prepare(
    config: &Config,
    samples: &Samples,
    now: Timestamp,
) -> Result<Both, TrialError> {
    let folder = tempfile::Builder::new().prefix("renkei-trial-").tempdir()?;
    let own = config.offices.first().ok_or(TrialError::NoSample)?;
    let addresses = free_addresses(2)?;
    let [here, there] = addresses.as_slice() else {
        return Err(io::Error::from(io::ErrorKind::AddrNotAvailable).into());
    };
    let stranger = Office { number: samples.other.office, ..own.clone() };
    let mut ours = alone(config, own, &folder.path().join("own"), *here)?;
    let mut theirs = alone(config, &stranger, &folder.path().join("other"), *there)?;
    theirs.tls.identity = made(&stranger, &theirs.home, Usage::Tls, now)?;
    for office in &mut theirs.offices {
        office.service_types = vec![samples.other.service];
        office.signing = made(&stranger, &theirs.home, Usage::Signing, now)?;
    }
    (ours.peers, theirs.peers) = (vec![peer(&theirs)?], vec![peer(&ours)?]);
    Ok(Both { folder, own: ours, other: theirs })
}

/// The configuration with this office alone, and with nothing of its own but the keys.
fn alone(config: &Config, office: &Office, home: &Path, listen: SocketAddr) -> io::Result<Config> {
    let folder = |name: &str| -> io::Result<PathBuf> {
        let path = home.join(name);
        disk::create_folders(&path)?;
        Ok(path)
    };
    let (drop, import, hold) = (folder("drop")?, folder("import")?, folder("hold")?);
    let office = Office {
        work: home.join("work"),
        import_actuals: import.clone(),
        drop,
        import,
        hold,
        sent: None,
        ..office.clone()
    };
    let node =
        crate::config::Node { data: home.join("data"), listen: Some(listen), url: None, ..config.node.clone() };
    let second = SignedDuration::from_secs(1);
    let timing =
        Timing { scan_interval: second, settle: second / 5, set_wait: second * 3, ..config.timing };
    Ok(Config {
        node,
        offices: vec![office],
        peers: Vec::new(),
        timing,
        relays: Vec::new(),
        network: Network::default(),
        page: None,
        mail: None,
        store: StoreSettings::default(),
        home: home.to_owned(),
        ..config.clone()
    })
}

/// Keys of the office that is thrown away.
fn made(
    office: &Office,
    home: &Path,
    usage: Usage,
    now: Timestamp,
) -> Result<IdentityFiles, CertsError> {
    let validity =
        Validity { not_before: now - SignedDuration::from_hours(1), not_after: now + VALIDITY };
    let made = self_made(office.number, usage, &["127.0.0.1".to_owned()], validity)?;
    let name = match usage {
        Usage::Tls => "tls",
        Usage::Signing => "signing",
    };
    let (certificate, key) =
        (home.join(name).with_extension("pem"), home.join(name).with_extension("key"));
    files::write(&certificate, made.chain_pem().as_bytes(), Access::Public, Existing::Keep)?;
    files::write(&key, made.key_pem().as_bytes(), Access::Secret, Existing::Keep)?;
    Ok(IdentityFiles::Pem { certificate, key })
}

/// How the other side of a configuration knows it: by its address and its certificates.
fn peer(config: &Config) -> Result<Peer, TrialError> {
    let office = config.offices.first().ok_or(TrialError::NoSample)?;
    let listen = config.node.listen.ok_or(TrialError::NoSample)?;
    let url = format!("https://{listen}").parse().map_err(io::Error::other)?;
    let digest = |files: &IdentityFiles| {
        let identity = certs::load(files)?;
        let own = identity.chain().first().map(|own| Digest::of(own));
        Ok::<_, CertsError>(own.into_iter().collect::<Vec<_>>())
    };
    let (number, service_types): (OfficeNumber, Vec<ServiceType>) =
        (office.number, office.service_types.clone());
    Ok(Peer {
        office: number,
        name: None,
        service_types,
        url: Some(url),
        relay: None,
        edition: None,
        takes: Vec::new(),
        quoting: None,
        tls_certificates: digest(&config.tls.identity)?,
        signing_certificates: digest(&office.signing)?,
        card: None,
    })
}

/// Puts files where the care software of the office would. Blocks.
pub(super) fn drop_into(config: &Config, files: &[File]) -> io::Result<()> {
    let Some(office) = config.offices.first() else { return Ok(()) };
    for (name, bytes) in files {
        disk::replace(&office.drop.join(name), bytes, Readers::AsUsual)?;
    }
    Ok(())
}
