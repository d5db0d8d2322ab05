//! The least HTTP client that keeps a connection busy: what it costs itself must not hide what the server costs.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Result;

/// A request, ready to be written.
#[derive(Clone, Debug)]
pub struct Request(Vec<u8>);

impl Request {
    /// A request for `path` with a token and a body where they are given.
    pub fn new(method: &str, path: &str, token: Option<&str>, body: Option<&Value>) -> Self {
        let body = body.map(Value::to_string).unwrap_or_default();
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let length = body.len();
        Self(
            format!("{method} {path} HTTP/1.1\r\nHost: load\r\n{token}Content-Length: {length}\r\n\r\n{body}")
                .into_bytes(),
        )
    }
}

/// A connection that is kept.
#[derive(Debug)]
pub struct Connection {
    address: String,
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Whether the server has said that it takes nothing more on this stream, as nginx does after some thousand requests.
    is_closing: bool,
}

impl Connection {
    /// Connects to `address`.
    pub async fn open(address: &str) -> Result<Self> {
        let (stream, buffer) = (connect(address).await?, Vec::with_capacity(64 * 1024));
        Ok(Self { address: address.to_owned(), stream, buffer, is_closing: false })
    }

    /// Asks, and reads the whole answer: its status, and its body until the next call.
    pub async fn ask(&mut self, request: &Request) -> Result<(u16, &[u8])> {
        if self.is_closing {
            self.stream = connect(&self.address).await?;
        }
        self.stream.write_all(&request.0).await?;
        self.buffer.clear();
        let head = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at.saturating_add(4);
            }
        };
        let text = std::str::from_utf8(self.buffer.get(..head).unwrap_or_default())?;
        let status = text.split(' ').nth(1).ok_or("no status")?.parse()?;
        let header = |wanted: &str| {
            let mut headers = text.lines().filter_map(|line| line.split_once(':'));
            headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
        };
        let length = header("content-length").ok_or("no content length")?.parse::<usize>()?;
        self.is_closing = header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let whole = head.saturating_add(length);
        while self.buffer.len() < whole {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the answer is cut".into());
            }
        }
        Ok((status, self.buffer.get(head..whole).unwrap_or_default()))
    }

    /// Asks, and fails unless the answer is a success.
    pub async fn succeed(&mut self, request: &Request) -> Result<&[u8]> {
        let (status, body) = self.ask(request).await?;
        if !(200..300).contains(&status) {
            return Err(format!("{status}: {}", String::from_utf8_lossy(body)).into());
        }
        Ok(body)
    }

    /// Asks for JSON, and fails unless the answer is a success.
    pub async fn json(&mut self, request: &Request) -> Result<Value> {
        Ok(serde_json::from_slice(self.succeed(request).await?)?)
    }
}

async fn connect(address: &str) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Requests in a second.
    pub rate: f64,
    /// How long they took, in microseconds.
    pub latency: Histogram<u64>,
}

/// Has each of `connections` send its requests, one after the other and again, for `period`. Every answer must be a success.
pub async fn run(address: &str, connections: Vec<Vec<Request>>, period: Duration) -> Result<Measured> {
    let begin = Instant::now();
    together(begin, connections.into_iter().map(|requests| worker(address, requests, begin, period))).await
}

/// Runs `tasks`, which say how long each of their rounds took, at once since `begin`.
pub async fn together<T>(begin: Instant, tasks: impl IntoIterator<Item = T>) -> Result<Measured>
where
    T: Future<Output = Result<Histogram<u64>>>,
{
    let mut latency = Histogram::new(3)?;
    for of_one in futures_util::future::try_join_all(tasks).await? {
        latency.add(of_one)?;
    }
    let rate = f64::from(u32::try_from(latency.len())?) / begin.elapsed().as_secs_f64();
    Ok(Measured { rate, latency })
}

async fn worker(address: &str, requests: Vec<Request>, begin: Instant, period: Duration) -> Result<Histogram<u64>> {
    let mut connection = Connection::open(address).await?;
    let mut latency = Histogram::new(3)?;
    for request in requests.iter().cycle() {
        if begin.elapsed() >= period {
            break;
        }
        let asked = Instant::now();
        connection.succeed(request).await?;
        latency.record(u64::try_from(asked.elapsed().as_micros())?)?;
    }
    Ok(latency)
}
