//! Proxies that do harm: between client and server, and between server and store.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::faults::{Fault, Faults};
use crate::framing::{read_request, read_response};

/// How long a connection stays half open when the other side has no limit of its own.
const HALF_OPEN_MAX: Duration = Duration::from_secs(15);

/// How long no connection is taken after one could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What is done to every request, whatever the dice say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Nothing.
    None,
    /// The SDK's token is taken off, by which DynamoDB would know a transaction again for ten minutes: nothing but our own
    /// marker then stands between a repeated request and a second message. (dynoxide also looks through all tokens of ten
    /// minutes at every write.)
    ForgetToken,
}

/// Listens on a port of its own for HTTP meant for `upstream`. Says on which.
pub async fn http(upstream: SocketAddr, faults: Arc<Faults>, edit: Edit) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            let client = accept(&listener).await;
            let faults = faults.clone();
            // An error is a connection that ended, which is what this is about.
            tokio::spawn(async move { serve(client, upstream, &faults, edit).await.ok() });
        }
    });
    Ok(address)
}

/// The same for any stream of bytes.
pub async fn bytes(upstream: SocketAddr, faults: Arc<Faults>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            let client = accept(&listener).await;
            let faults = faults.clone();
            tokio::spawn(async move { carry(client, upstream, &faults).await.ok() });
        }
    });
    Ok(address)
}

/// The next connection. Where the machine has no room for one it will have some.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((client, _)) => return client,
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

type Connection = BufReader<TcpStream>;

/// Requests of one connection, one after the other. An error ends it, on both sides.
async fn serve(client: TcpStream, upstream: SocketAddr, faults: &Faults, edit: Edit) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut client = BufReader::new(client);
    let mut server = None;
    loop {
        let request = tokio::select! {
            request = read_request(&mut client) => request?,
            // A server that has been killed closes its connections.
            () = ended(&mut server) => return Ok(()),
        };
        let Some(mut request) = request else { return Ok(()) };
        if edit == Edit::ForgetToken {
            forget_token(&mut request);
        }
        let answer = match faults.draw() {
            Fault::None => tokio::select! {
                answer = exchange(&mut server, upstream, &request) => answer?,
                // Who has gone cannot be answered, and whoever works for them is told so.
                () = gone(&mut client) => return Ok(()),
            },
            Fault::Delay(time) | Fault::Late(time) => {
                sleep(time).await;
                exchange(&mut server, upstream, &request).await?
            }
            Fault::CutBefore => return reset(&client),
            Fault::CutAfter => {
                exchange(&mut server, upstream, &request).await?;
                return reset(&client);
            }
            Fault::HalfOpen => {
                timeout(HALF_OPEN_MAX, gone(&mut client)).await.ok();
                return Ok(());
            }
            Fault::Duplicate { at_once, second_answer } => {
                let (first, second) = twice(&mut server, upstream, &request, at_once).await?;
                if second_answer { second } else { first }
            }
        };
        client.get_mut().write_all(&answer).await?;
    }
}

/// Sends the request on, over a connection that is kept, and waits for the answer.
async fn exchange(server: &mut Option<Connection>, upstream: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let connection = match server {
        Some(connection) => connection,
        None => {
            let stream = TcpStream::connect(upstream).await?;
            stream.set_nodelay(true)?;
            server.insert(BufReader::new(stream))
        }
    };
    connection.get_mut().write_all(request).await?;
    read_response(connection).await
}

async fn twice(
    server: &mut Option<Connection>,
    upstream: SocketAddr,
    request: &[u8],
    at_once: bool,
) -> io::Result<(Vec<u8>, Vec<u8>)> {
    if at_once {
        let mut other = None;
        return tokio::try_join!(exchange(server, upstream, request), exchange(&mut other, upstream, request));
    }
    let first = exchange(server, upstream, request).await?;
    Ok((first, exchange(server, upstream, request).await?))
}

/// Until the other side has closed the connection.
async fn gone(client: &mut Connection) {
    if client.fill_buf().await.is_ok_and(|bytes| !bytes.is_empty()) {
        // It has said something more: it is there.
        std::future::pending::<()>().await;
    }
}

/// Until the connection to the server has ended, where there is one.
async fn ended(server: &mut Option<Connection>) {
    match server {
        Some(server) => gone(server).await,
        None => std::future::pending().await,
    }
}

/// Ends a connection as a machine does that knows nothing of it.
fn reset(client: &Connection) -> io::Result<()> {
    client.get_ref().set_zero_linger()
}

/// Renames the token to something that nobody reads. The length stays.
fn forget_token(request: &mut [u8]) {
    const TOKEN: &[u8] = b"\"ClientRequestToken\"";
    if let Some(at) = request.windows(TOKEN.len()).rposition(|window| window == TOKEN) {
        request[at..at + TOKEN.len()].copy_from_slice(b"\"ForgottenTokenOnce\"");
    }
}

async fn carry(client: TcpStream, upstream: SocketAddr, faults: &Faults) -> io::Result<()> {
    let server = TcpStream::connect(upstream).await?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
        stream.set_zero_linger()?;
    }
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let there = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = from_client.read(&mut buffer).await?;
            match faults.draw() {
                _ if length == 0 => return io::Result::Ok(()),
                Fault::Delay(time) => sleep(time).await,
                Fault::None => {}
                _ => return Ok(()),
            }
            to_server.write_all(&buffer[..length]).await?;
        }
    };
    tokio::select! {
        there = there => there,
        back = tokio::io::copy(&mut from_server, &mut to_client) => back.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::CLIENTS;

    #[test]
    fn a_token_is_forgotten_and_the_length_stays() {
        let mut request = br#"POST / HTTP/1.1 {"TransactItems":[],"ClientRequestToken":"1"}"#.to_vec();
        let length = request.len();
        forget_token(&mut request);
        assert!(!request.windows(13).any(|window| window == b"ClientRequest") && request.len() == length);
    }

    #[tokio::test]
    async fn in_calm_weather_everything_passes_in_order() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let upstream = listener.local_addr().expect("its address");
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("the proxy");
            let mut stream = BufReader::new(stream);
            while let Some(request) = read_request(&mut stream).await.expect("a request") {
                let body = request.split(|byte| *byte == b'\n').next_back().unwrap_or_default();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.get_mut().write_all(&[head.as_bytes(), body].concat()).await.expect("the proxy listens");
            }
        });
        let faults = Arc::new(Faults::new("a test", CLIENTS, 1));
        let proxy = http(upstream, faults, Edit::None).await.expect("a proxy");
        let client = reqwest::Client::new();
        for said in ["one", "two", "three"] {
            let heard = client.post(format!("http://{proxy}/")).body(said).send().await.expect("an answer");
            assert_eq!(heard.text().await.expect("text"), said);
        }
    }
}
