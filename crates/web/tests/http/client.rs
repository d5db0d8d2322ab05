//! A client that says exactly what a test wants said, right or wrong, and shows exactly what comes back.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long an exchange may take; more than any time-out of the server's that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request that is being put together.
#[derive(Clone)]
pub struct Request {
    address: SocketAddr,
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    chunked: bool,
}

impl Request {
    /// A request for `target`, which is a path with its query.
    pub fn new(address: SocketAddr, method: &'static str, target: &str) -> Self {
        Self { address, method, target: target.to_owned(), headers: Vec::new(), body: None, chunked: false }
    }

    /// With one more header. A `Host` takes the place of the usual one.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// With a body and its length.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// With a body of JSON.
    pub fn json(self, body: &Value) -> Self {
        self.body(body.to_string())
    }

    /// With its body in chunks, and no length told beforehand.
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Sends it over a connection of its own.
    pub async fn send(self) -> Response {
        let answer = exchange(self.address, &self.bytes()).await;
        Response::parse(&answer, self.method == "HEAD")
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", self.method, self.target);
        if !self.headers.iter().any(|(name, _)| name == "Host") {
            head.push_str("Host: localhost\r\n");
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut bytes = head.into_bytes();
        match &self.body {
            None => bytes.extend(b"\r\n"),
            Some(body) if self.chunked => {
                bytes.extend(b"Transfer-Encoding: chunked\r\n\r\n");
                for chunk in body.chunks(10_000) {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(b"0\r\n\r\n");
            }
            Some(body) => {
                bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
                bytes.extend(body);
            }
        }
        bytes
    }
}

/// Sends `request` as it is, and returns all that comes back until the server closes the connection.
pub async fn exchange(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let both = async {
        let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
        let mut answer = Vec::new();
        // Both at once: the server may answer before it has read everything, and then stops reading.
        let (_, read) = tokio::join!(writer.write_all(request), reader.read_to_end(&mut answer));
        assert!(read.is_ok() || !answer.is_empty(), "no answer: {read:?}");
        answer
    };
    tokio::time::timeout(PATIENCE, both).await.expect("the server neither answers nor closes the connection")
}

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// Its status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// Its body, without the marks of chunks.
    pub body: Vec<u8>,
}

impl Response {
    /// Reads an answer. One to `HEAD` has no body, whatever its headers say.
    pub fn parse(bytes: &[u8], to_head: bool) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        let mut response = Self { status, headers, body: bytes[end + 4..].to_vec() };
        if response.header("transfer-encoding") == Some("chunked") && !to_head {
            response.body = unchunk(&response.body);
        } else if let Some(length) = response.header("content-length")
            && !to_head
        {
            assert_eq!(length, response.body.len().to_string(), "{response:?}");
        }
        response
    }

    /// The value of a header, given in lower case, which comes at most once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(other, _)| other == name);
        let first = values.next();
        assert!(values.next().is_none(), "{name} comes twice: {self:?}");
        first.map(|(_, value)| value.as_str())
    }

    /// The body as JSON, which its content type must say too.
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n").expect("a chunk's length");
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        let begin = line + 2;
        body.extend(&rest[begin..begin + length]);
        rest = &rest[begin + length + 2..];
        if length == 0 {
            return body;
        }
    }
}
