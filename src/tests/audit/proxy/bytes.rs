//! TCP proxy for PostgreSQL. It knows nothing of the protocol: a fault affects the bytes that have just arrived.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::super::faults::{Fault, Faults};
use super::listener::listen;

/// Starts a TCP proxy for `upstream` on a free port. Returns its address.
pub async fn start(upstream: SocketAddr, faults: Arc<Faults>) -> io::Result<SocketAddr> {
    listen(move |client| {
        let faults = faults.clone();
        // An error ends the connection, which is the purpose of the faults.
        async move { drop(forward(client, upstream, &faults).await) }
    })
    .await
}

async fn forward(client: TcpStream, upstream: SocketAddr, faults: &Faults) -> io::Result<()> {
    let server = TcpStream::connect(upstream).await?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
        // Closing the connection sends a reset instead of an orderly end.
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
