//! A proxy in front of PostgreSQL that counts statements.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Url;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

/// Counts the statements that pass through it.
pub(crate) struct StatementCounter {
    port: u16,
    count: Arc<AtomicUsize>,
}

impl StatementCounter {
    /// Starts a counter in front of the server of this database URL.
    pub(crate) async fn start(database_url: &str) -> Self {
        let server: Url = database_url.parse().expect("a URL");
        let to = (server.host_str().expect("a host").to_owned(), server.port().unwrap_or(5432));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let count = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(connect(near, to.clone(), Arc::clone(&counter)));
            }
        });
        Self { port, count }
    }

    /// Returns the URL of the same database behind this counter, without TLS, which would hide the statements.
    pub(crate) fn url(&self, database_url: &str) -> String {
        let mut url: Url = database_url.parse().expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.port)).expect("a port");
        url.set_query(Some("sslmode=disable"));
        url.into()
    }

    /// Returns the number of prepared statements executed since the last call.
    pub(crate) fn take(&self) -> usize {
        self.count.swap(0, Ordering::SeqCst)
    }
}

async fn connect(near: TcpStream, to: (String, u16), count: Arc<AtomicUsize>) {
    let Ok(far) = TcpStream::connect(to).await else { return };
    let ((mut from_near, mut to_near), (mut from_far, to_far)) = (near.into_split(), far.into_split());
    tokio::spawn(async move { copy(&mut from_far, &mut to_near).await });
    // An error is the end of a connection.
    let _ = forward(&mut from_near, to_far, &count).await;
}

/// Forwards the messages of a client. Each but the first begins with a byte for its type (PostgreSQL manual, "Message
/// Formats"); `E` executes a statement.
async fn forward(
    from: &mut (impl AsyncRead + Unpin),
    mut to: impl AsyncWrite + Unpin,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    let mut kind = None;
    loop {
        let length = from.read_u32().await?;
        let mut body = vec![0; (length as usize).saturating_sub(4)];
        from.read_exact(&mut body).await?;
        count.fetch_add(usize::from(kind == Some(b'E')), Ordering::SeqCst);
        let mut message = kind.into_iter().collect::<Vec<u8>>();
        message.extend(length.to_be_bytes());
        message.extend(body);
        to.write_all(&message).await?;
        kind = Some(from.read_u8().await?);
    }
}
