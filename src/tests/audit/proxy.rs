//! Proxies that inject faults between client and server, and between server and store.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::faults::{Fault, Faults};
use crate::framing::{read_request, read_response};

/// Maximum duration of a half-open connection, for a client without a timeout.
const HALF_OPEN_MAX: Duration = Duration::from_secs(15);

/// Delay after a failed accept.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Change made to every request, independent of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    None,
    /// Removes the SDK's token, by which DynamoDB recognizes a repeated transaction for ten minutes. Without it, only
    /// the store's send marker prevents a repeated request from storing a second message. (The local DynamoDB would
    /// also search all tokens of ten minutes at every write, which is slow.)
    RemoveToken,
}

/// Starts an HTTP proxy for `upstream` on a free port. Returns its address.
pub async fn http(upstream: SocketAddr, faults: Arc<Faults>, edit: Edit) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            let client = accept(&listener).await;
            let faults = faults.clone();
            // An error ends the connection, which is the purpose of the faults.
            tokio::spawn(async move { serve(client, upstream, &faults, edit).await.ok() });
        }
    });
    Ok(address)
}

/// Starts a TCP proxy for `upstream` on a free port. Returns its address.
pub async fn bytes(upstream: SocketAddr, faults: Arc<Faults>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            let client = accept(&listener).await;
            let faults = faults.clone();
            tokio::spawn(async move { forward(client, upstream, &faults).await.ok() });
        }
    });
    Ok(address)
}

/// Accepts the next connection. Retries if the machine has run out of file descriptors.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((client, _)) => return client,
            Err(_) => sleep(ACCEPT_RETRY_DELAY).await,
        }
    }
}

type Connection = BufReader<TcpStream>;

/// Serves the requests of one connection, one after the other. An error closes it on both sides.
async fn serve(client: TcpStream, upstream: SocketAddr, faults: &Faults, edit: Edit) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut client = BufReader::new(client);
    let mut server = None;
    loop {
        let request = tokio::select! {
            request = read_request(&mut client) => request?,
            // Killing a server closes its connections.
            () = server_closed(&mut server) => return Ok(()),
        };
        let Some(mut request) = request else { return Ok(()) };
        if edit == Edit::RemoveToken {
            remove_token(&mut request);
        }
        let response = match faults.draw() {
            Fault::None => tokio::select! {
                response = exchange(&mut server, upstream, &request) => response?,
                // If the client closes the connection, returning closes the one to the server as well.
                () = closed(&mut client) => return Ok(()),
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
                timeout(HALF_OPEN_MAX, closed(&mut client)).await.ok();
                return Ok(());
            }
            Fault::Duplicate { concurrent, second_response } => {
                let (first, second) = exchange_twice(&mut server, upstream, &request, concurrent).await?;
                if second_response { second } else { first }
            }
        };
        client.get_mut().write_all(&response).await?;
    }
}

/// Forwards the request over a kept-alive connection, and waits for the response.
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

async fn exchange_twice(
    server: &mut Option<Connection>,
    upstream: SocketAddr,
    request: &[u8],
    concurrent: bool,
) -> io::Result<(Vec<u8>, Vec<u8>)> {
    if concurrent {
        let mut other = None;
        return tokio::try_join!(exchange(server, upstream, request), exchange(&mut other, upstream, request));
    }
    let first = exchange(server, upstream, request).await?;
    Ok((first, exchange(server, upstream, request).await?))
}

/// Waits until the other side has closed the connection.
async fn closed(connection: &mut Connection) {
    if connection.fill_buf().await.is_ok_and(|bytes| !bytes.is_empty()) {
        // Data has arrived, so the connection is open.
        std::future::pending::<()>().await;
    }
}

/// Waits until the server has closed its connection, if there is one.
async fn server_closed(server: &mut Option<Connection>) {
    match server {
        Some(server) => closed(server).await,
        None => std::future::pending().await,
    }
}

/// Makes closing the connection send a reset instead of an orderly end.
fn reset(client: &Connection) -> io::Result<()> {
    client.get_ref().set_zero_linger()
}

/// Removes the token by renaming its field, which keeps the length of the request.
fn remove_token(request: &mut [u8]) {
    const TOKEN: &[u8] = b"\"ClientRequestToken\"";
    if let Some(at) = request.windows(TOKEN.len()).rposition(|window| window == TOKEN) {
        request[at..at + TOKEN.len()].copy_from_slice(b"\"ForgottenTokenOnce\"");
    }
}

async fn forward(client: TcpStream, upstream: SocketAddr, faults: &Faults) -> io::Result<()> {
    let server = TcpStream::connect(upstream).await?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
        stream.set_zero_linger()?;
    }
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let upload = async {
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
        result = upload => result,
        result = tokio::io::copy(&mut from_server, &mut to_client) => result.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::CLIENTS;

    #[test]
    fn removing_the_token_keeps_the_length() {
        let mut request = br#"POST / HTTP/1.1 {"TransactItems":[],"ClientRequestToken":"1"}"#.to_vec();
        let length = request.len();
        remove_token(&mut request);
        assert!(!request.windows(13).any(|window| window == b"ClientRequest") && request.len() == length);
    }

    #[tokio::test]
    async fn without_faults_all_requests_pass_in_order() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let upstream = listener.local_addr().expect("its address");
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("the proxy");
            let mut stream = BufReader::new(stream);
            while let Some(request) = read_request(&mut stream).await.expect("a request") {
                let body = request.split(|byte| *byte == b'\n').next_back().unwrap_or_default();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.get_mut().write_all(&[head.as_bytes(), body].concat()).await.expect("the proxy reads");
            }
        });
        let faults = Arc::new(Faults::new("a test", CLIENTS, 1));
        let proxy = http(upstream, faults, Edit::None).await.expect("a proxy");
        let client = reqwest::Client::new();
        for sent in ["one", "two", "three"] {
            let response = client.post(format!("http://{proxy}/")).body(sent).send().await.expect("a response");
            assert_eq!(response.text().await.expect("text"), sent);
        }
    }
}
