//! HTTP proxy. A fault affects one request: its delivery, its response, or the number of times it is delivered.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::JoinError;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::super::faults::{Fault, Faults};
use super::listener::listen;

/// Maximum duration of a half-open connection, for a client without a timeout.
const HALF_OPEN_MAX: Duration = Duration::from_secs(15);

/// Change made to every request, independent of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    None,
    /// Removes the SDK's token, by which DynamoDB recognizes a repeated transaction for ten minutes. Without it, only
    /// the store's send marker prevents a repeated request from storing a second message. (The local DynamoDB would
    /// also search all tokens of ten minutes at every write, which is slow.)
    RemoveToken,
}

/// Reason for ending a client's connection without a response.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("reset by a fault")]
    Reset,
    #[error("half-open because of a fault")]
    HalfOpen,
    #[error(transparent)]
    Connect(#[from] io::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
    #[error(transparent)]
    Task(#[from] JoinError),
}

type Result<T> = std::result::Result<T, Ended>;

/// Starts an HTTP proxy for `upstream` on a free port. Returns its address.
pub async fn start(upstream: SocketAddr, faults: Arc<Faults>, edit: Edit) -> io::Result<SocketAddr> {
    listen(move |client| serve(client, Upstream::new(upstream), faults.clone(), edit)).await
}

/// Serves the requests of one connection, one after the other.
async fn serve(client: TcpStream, upstream: Upstream, faults: Arc<Faults>, edit: Edit) {
    // Fails only if the connection has ended already.
    client.set_nodelay(true).ok();
    let upstream = Arc::new(upstream);
    let answer = |request| {
        let (upstream, faults) = (upstream.clone(), faults.clone());
        async move {
            let request = buffered(request, edit).await?;
            answer(upstream, request, faults.draw()).await
        }
    };
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(client), service_fn(answer));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        // Killing a server closes its connections, and then those of its clients.
        () = upstream.closed.cancelled() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    let is_reset = |error: hyper::Error| matches!(error.source().and_then(|it| it.downcast_ref()), Some(Ended::Reset));
    if ended.is_err_and(is_reset) {
        // Closing the connection sends a reset. Otherwise it ends in order, as that of a killed server does.
        connection.into_parts().io.into_inner().set_zero_linger().ok();
    }
}

async fn buffered(request: Request<Incoming>, edit: Edit) -> Result<Request<Bytes>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let body = if edit == Edit::RemoveToken { without_token(body) } else { body };
    Ok(Request::from_parts(head, body))
}

/// Returns the response to a request with a fault.
async fn answer(upstream: Arc<Upstream>, request: Request<Bytes>, fault: Fault) -> Result<Response<Full<Bytes>>> {
    match fault {
        // If the client closes its connection, this is dropped, and the connection to the server with it.
        Fault::None => upstream.exchange(&request).await,
        Fault::CutBefore => Err(Ended::Reset),
        Fault::HalfOpen => {
            sleep(HALF_OPEN_MAX).await;
            Err(Ended::HalfOpen)
        }
        // In a task of its own, so that the request arrives even if the client has given up meanwhile.
        fault => tokio::spawn(deliver(upstream, request, fault)).await?,
    }
}

/// Delivers a request late, or twice, or without returning the response.
async fn deliver(upstream: Arc<Upstream>, request: Request<Bytes>, fault: Fault) -> Result<Response<Full<Bytes>>> {
    if let Fault::Delay(time) | Fault::Late(time) = fault {
        sleep(time).await;
    }
    let Fault::Duplicate { concurrent, second_response } = fault else {
        let response = upstream.exchange(&request).await?;
        return if fault == Fault::CutAfter { Err(Ended::Reset) } else { Ok(response) };
    };
    let (first, second) = if concurrent {
        let other = Upstream::new(upstream.address);
        tokio::try_join!(upstream.exchange(&request), other.exchange(&request))?
    } else {
        (upstream.exchange(&request).await?, upstream.exchange(&request).await?)
    };
    Ok(if second_response { second } else { first })
}

/// Connection to the server, one for each connection of a client. Opened for the first request, then kept alive.
struct Upstream {
    address: SocketAddr,
    sender: Mutex<Option<SendRequest<Full<Bytes>>>>,
    /// Cancelled when the connection has ended.
    closed: CancellationToken,
}

impl Upstream {
    fn new(address: SocketAddr) -> Self {
        Self { address, sender: Mutex::default(), closed: CancellationToken::new() }
    }

    /// Forwards a request, and returns the whole response.
    async fn exchange(&self, request: &Request<Bytes>) -> Result<Response<Full<Bytes>>> {
        let mut sender = self.sender.lock().await;
        let sender = match &mut *sender {
            Some(sender) => sender,
            None => sender.insert(self.connect().await?),
        };
        sender.ready().await?;
        let (head, body) = sender.send_request(request.clone().map(Full::new)).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Response::from_parts(head, Full::new(body)))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let closed = self.closed.clone().drop_guard();
        tokio::spawn(async move {
            // The sender reports the error, too.
            connection.await.ok();
            drop(closed);
        });
        Ok(sender)
    }
}

/// Removes the token by renaming its field, which keeps the length of the body.
fn without_token(body: Bytes) -> Bytes {
    const TOKEN: &[u8] = b"\"ClientRequestToken\"";
    let Some(at) = body.windows(TOKEN.len()).rposition(|window| window == TOKEN) else { return body };
    let mut edited = body.to_vec();
    edited[at..at + TOKEN.len()].copy_from_slice(b"\"ForgottenTokenOnce\"");
    edited.into()
}
