//! A mail server: who it is, and how a mail is given to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::error::{MailError, Stage, shown};
use super::letter::Letter;
use super::starttls;
use super::wire::Wire;
use crate::certs;
use crate::config::{self, MailSecurity};
use crate::types::{Clock, MessageId};

/// How long one mail may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_secs(15);

/// A server with everything that a conversation with it needs.
pub(super) struct Server {
    settings: config::Mail,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    login: Option<Credentials>,
}

impl Server {
    /// Reads the files that the settings name. Blocks.
    pub(super) fn open(settings: &config::Mail, clock: Clock) -> Result<Self, MailError> {
        let tls = match settings.security {
            MailSecurity::Tls | MailSecurity::StartTls => Some(tls(settings, clock)?),
            MailSecurity::None => None,
        };
        let login = match &settings.login {
            Some(login) => {
                let password = certs::load_password(&login.password_file)?;
                Some(Credentials::new(login.user.clone(), String::clone(&password)))
            }
            None => None,
        };
        Ok(Self { settings: settings.clone(), tls, login })
    }

    /// Gives a mail to the server.
    pub(super) async fn send(&self, letter: &Letter, now: Timestamp) -> Result<(), MailError> {
        let message = self.message(letter, now)?;
        let sent = timeout(PATIENCE, self.deliver(&message));
        sent.await.unwrap_or(Err(MailError::TooSlow))
    }

    fn message(&self, letter: &Letter, now: Timestamp) -> Result<Vec<u8>, MailError> {
        let mailbox = |address: &lettre::Address| Mailbox::new(None, address.clone());
        let from = &self.settings.from;
        // Nobody is to answer it by a program (RFC 3834).
        let by_itself = HeaderName::new_from_ascii_str("Auto-Submitted");
        let to = self.settings.to.iter();
        let message = to
            .fold(Message::builder().from(mailbox(from)), |message, to| message.to(mailbox(to)))
            .date(SystemTime::from(now))
            .message_id(Some(format!("<{}@{}>", MessageId::new(now), from.domain())))
            .raw_header(HeaderValue::new(by_itself, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .subject(letter.subject.clone())
            .body(letter.body.clone());
        Ok(message.map_err(|_| MailError::Letter)?.formatted())
    }

    async fn deliver(&self, message: &[u8]) -> Result<(), MailError> {
        let mut connection = self.connect().await?;
        if let Some(login) = &self.login {
            let known = [Mechanism::Plain, Mechanism::Login];
            let offers = |one: &Mechanism| connection.server_info().supports_auth_mechanism(*one);
            if !known.iter().any(offers) {
                return Err(MailError::NoLogin);
            }
            let entered = connection.auth(&known, login).await;
            entered.map_err(|error| refused(Stage::Login, &error))?;
        }
        let from = Some(self.settings.from.clone());
        let taken = connection.command(Mail::new(from, Vec::new())).await;
        taken.map_err(|error| refused(Stage::Sender, &error))?;
        // One address that is wrong keeps nothing from the others.
        let (all, mut last) = (self.settings.to.len(), Vec::new());
        for to in &self.settings.to {
            match connection.command(Rcpt::new(to.clone(), Vec::new())).await {
                Ok(_) => {}
                Err(error) if error.status().is_some() => last.push(error),
                Err(error) => return Err(refused(Stage::Recipients, &error)),
            }
        }
        if let Some(error) = last.last().filter(|_| last.len() == all) {
            return Err(refused(Stage::Recipients, error));
        }
        let content = |error| refused(Stage::Content, &error);
        connection.command(Data).await.map_err(content)?;
        connection.message(message).await.map_err(content)?;
        // It has the mail; how it takes leave changes nothing.
        let _ = connection.quit().await;
        match last.len() {
            0 => Ok(()),
            refused => Err(MailError::SomeRefused { refused, all }),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, MailError> {
        let (stream, peer) = self.reach().await?;
        let mut wire = Wire::new(stream, peer);
        let greeting: &[u8] = match self.settings.security {
            MailSecurity::None if !peer.ip().to_canonical().is_loopback() => {
                return Err(MailError::NotThisComputer(peer));
            }
            MailSecurity::StartTls => {
                starttls::ask(&mut wire).await?;
                starttls::GREETING
            }
            MailSecurity::Tls | MailSecurity::None => b"",
        };
        let name = ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST);
        let connected = match &self.tls {
            Some((tls, server)) => {
                let stream = tls.connect(server.clone(), wire).await.map_err(MailError::Tls)?;
                let wire = Wire::new(stream, peer).that_begins_with(greeting);
                AsyncSmtpConnection::connect_with_transport(Box::new(wire), &name).await
            }
            None => AsyncSmtpConnection::connect_with_transport(Box::new(wire), &name).await,
        };
        connected.map_err(|error| refused(Stage::Connection, &error))
    }

    /// The first of the addresses of the server at which somebody answers.
    async fn reach(&self) -> Result<(TcpStream, SocketAddr), MailError> {
        let place = (self.settings.server.as_str(), self.settings.port);
        let connecting = timeout(CONNECTING, TcpStream::connect(place));
        let stream = match connecting.await {
            Ok(connected) => connected.map_err(MailError::Unreachable)?,
            Err(_) => return Err(MailError::TooSlow),
        };
        let peer = stream.peer_addr().map_err(MailError::Unreachable)?;
        Ok((stream, peer))
    }
}

fn tls(
    settings: &config::Mail,
    clock: Clock,
) -> Result<(TlsConnector, ServerName<'static>), MailError> {
    let mut roots = RootCertStore::empty();
    for path in &settings.roots {
        // The bundles of systems hold some that are too old to be read.
        roots.add_parsable_certificates(certs::load_certificates(path)?);
    }
    if roots.is_empty() {
        return Err(MailError::NoRoots);
    }
    let time: Arc<dyn TimeProvider> = Arc::new(clock);
    let provider = Arc::new(aws_lc_rs::default_provider());
    // Many mail servers speak nothing newer than 1.2.
    let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
    let config = ClientConfig::builder_with_details(provider, time)
        .with_protocol_versions(&versions)
        .map_err(|error| MailError::Tls(std::io::Error::other(error)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let server = ServerName::try_from(settings.server.clone()).map_err(|_| MailError::Name)?;
    Ok((TlsConnector::from(Arc::new(config)), server))
}

/// What it means that something went wrong at a stage.
fn refused(at: Stage, error: &lettre::transport::smtp::Error) -> MailError {
    match error.status() {
        Some(code) => {
            let said = std::error::Error::source(error).map(ToString::to_string);
            MailError::Refused { at, code: code.into(), said: shown(&said.unwrap_or_default()) }
        }
        None => MailError::Broken,
    }
}
