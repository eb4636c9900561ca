//! As much of a browser as the tests need: one cookie, forms, and headers that a browser sends by
//! itself, each of which a test can leave out or change.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    /// The same as it came.
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub(super) fn location(&self) -> &str {
        self.header("location")
    }

    /// The value of a hidden field.
    pub(super) fn field(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&mark).unwrap_or_else(|| panic!("no {name}"));
        rest.split('"').next().expect("a value").to_owned()
    }
}

/// A browser with its cookie.
#[derive(Clone)]
pub(super) struct Browser {
    address: String,
    tls: Option<(Arc<ClientConfig>, String)>,
    /// What stands in `Host` and `Origin`.
    pub(super) host: String,
    pub(super) cookie: Option<(String, String)>,
}

impl Browser {
    pub(super) fn new(address: &str) -> Self {
        let (address, host) = (address.to_owned(), address.to_owned());
        Self { address, tls: None, host, cookie: None }
    }

    /// One that speaks TLS with the page under a name.
    pub(super) fn over_tls(address: &str, config: ClientConfig, host: &str) -> Self {
        let (name, _) = host.rsplit_once(':').expect("a port");
        let tls = Some((Arc::new(config), name.to_owned()));
        Self { tls, host: host.to_owned(), ..Self::new(address) }
    }

    fn origin(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.host)
    }

    /// What a browser sends by itself with a request of this method.
    pub(super) fn headers(&self, method: &str) -> BTreeMap<&'static str, String> {
        let mut headers = BTreeMap::from([("Host", self.host.clone())]);
        if let Some((name, value)) = &self.cookie {
            headers.insert("Cookie", format!("other=1; {name}={value}"));
        }
        if method == "POST" {
            headers.insert("Origin", self.origin());
            headers.insert("Sec-Fetch-Site", "same-origin".to_owned());
            headers.insert("Content-Type", "application/x-www-form-urlencoded".to_owned());
        }
        headers
    }

    pub(super) fn get(&mut self, path: &str) -> Answer {
        let headers = self.headers("GET");
        self.ask("GET", path, &headers, "")
    }

    pub(super) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = self.headers("POST");
        self.ask("POST", path, &headers, &form(fields))
    }

    /// Posts a form with the token and the number that stand on a page.
    pub(super) fn submit(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page);
        assert_eq!(shown.status, 200, "{page}: {}", shown.location());
        let (csrf, number) = (shown.field("csrf"), shown.field("form"));
        let mut all = vec![("csrf", csrf.as_str()), ("form", number.as_str())];
        all.extend(fields);
        self.post(path, &all)
    }

    /// Posts a form with files as a browser does: the name of each part, the name of its file if it is
    /// one, its bytes.
    pub(super) fn post_parts(
        &mut self,
        path: &str,
        parts: &[(&str, Option<&str>, &[u8])],
    ) -> Answer {
        let mut body = Vec::new();
        for (name, file, value) in parts {
            let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"");
            body.extend(head.bytes());
            if let Some(file) = file {
                body.extend(format!("; filename=\"{file}\"\r\nContent-Type: x/y").bytes());
            }
            body.extend(b"\r\n\r\n");
            body.extend(*value);
            body.extend(b"\r\n");
        }
        body.extend(b"--edge--\r\n");
        let mut headers = self.headers("POST");
        headers.insert("Content-Type", "multipart/form-data; boundary=edge".to_owned());
        self.ask_bytes("POST", path, &headers, &body)
    }

    /// The same with the token and the number that stand on a page, other fields, and one file.
    pub(super) fn submit_file(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
        file: &[u8],
    ) -> Answer {
        let shown = self.get(page);
        assert_eq!(shown.status, 200, "{page}: {}", shown.location());
        let (csrf, number) = (shown.field("csrf"), shown.field("form"));
        let mut all = vec![("csrf", csrf.as_str()), ("form", number.as_str())];
        all.extend(fields);
        let mut parts: Vec<_> =
            all.into_iter().map(|(name, value)| (name, None, value.as_bytes())).collect();
        parts.push(("file", Some("a file"), file));
        self.post_parts(path, &parts)
    }

    pub(super) fn login(&mut self, name: &str, password: &str, code: &str) -> Answer {
        self.post("/login", &[("name", name), ("password", password), ("code", code)])
    }

    /// A request with exactly these headers.
    pub(super) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &BTreeMap<&str, String>,
        body: &str,
    ) -> Answer {
        self.ask_bytes(method, path, headers, body.as_bytes())
    }

    fn ask_bytes(
        &mut self,
        method: &str,
        path: &str,
        headers: &BTreeMap<&str, String>,
        body: &[u8],
    ) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").expect("a text");
        }
        write!(request, "Content-Length: {}\r\n\r\n", body.len()).expect("a text");
        let request = [request.as_bytes(), body].concat();
        let answer = self.raw(&request).expect("an answer");
        for (name, value) in &answer.headers {
            if name == "set-cookie" {
                let pair = value.split(';').next().expect("a pair");
                let (name, value) = pair.split_once('=').expect("a pair");
                self.cookie = Some((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    /// Sends a form and goes away before the answer comes.
    pub(super) fn post_and_leave(&self, path: &str, fields: &[(&str, &str)]) {
        assert!(self.tls.is_none(), "without TLS only");
        let body = form(fields);
        let mut request = format!("POST {path} HTTP/1.1\r\n");
        for (name, value) in self.headers("POST") {
            write!(request, "{name}: {value}\r\n").expect("a text");
        }
        write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("a text");
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.write_all(request.as_bytes()).expect("written");
        stream.shutdown(std::net::Shutdown::Both).expect("closed");
    }

    /// What comes back to these bytes.
    pub(super) fn raw(&self, request: &[u8]) -> std::io::Result<Answer> {
        let tcp = TcpStream::connect(&self.address)?;
        tcp.set_read_timeout(Some(Duration::from_mins(1)))?;
        match &self.tls {
            None => exchange(tcp, request),
            Some((config, name)) => {
                let name = ServerName::try_from(name.clone()).expect("a name");
                let connection = ClientConnection::new(Arc::clone(config), name);
                exchange(StreamOwned::new(connection.expect("TLS"), tcp), request)
            }
        }
    }
}

fn exchange(mut stream: impl Read + Write, request: &[u8]) -> std::io::Result<Answer> {
    stream.write_all(request)?;
    stream.flush()?;
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        // Some close without a word of TLS.
        Err(error) if bytes.is_empty() => return Err(error),
        _ => {}
    }
    let split = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(split) = split else { return Err(std::io::ErrorKind::UnexpectedEof.into()) };
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status");
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Ok(Answer {
        status: status.parse().expect("a number"),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&bytes[split + 4..]).into_owned(),
        bytes: bytes.split_off(split + 4),
    })
}

/// Fields as forms send them.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        let bytes = text.bytes().map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        });
        bytes.collect::<String>()
    };
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}
