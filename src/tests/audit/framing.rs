//! Framing of HTTP/1.1 messages, as far as a proxy needs it to tell where a request or response ends.

use std::io::{self, ErrorKind};

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt};

/// Maximum size of a message. A page with a full list of messages has a tenth of it.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Length of a body.
enum Length {
    Bytes(usize),
    Chunked,
    UntilClosed,
}

/// Reads a request, head and body. `None` if the client has closed the connection.
pub async fn read_request(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    let Some(length) = read_head(stream, &mut message).await? else { return Ok(None) };
    match length {
        // A request without a length has no body (RFC 9112, section 6.3).
        Length::UntilClosed => {}
        Length::Bytes(bytes) => read_bytes(stream, bytes, &mut message).await?,
        Length::Chunked => read_chunks(stream, &mut message).await?,
    }
    Ok(Some(message))
}

/// Reads a response, head and body.
pub async fn read_response(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    let length = read_head(stream, &mut message).await?.ok_or(ErrorKind::UnexpectedEof)?;
    let is_empty = matches!(message.get(9..12), Some(b"204" | b"304"));
    match length {
        _ if is_empty => {}
        Length::Bytes(bytes) => read_bytes(stream, bytes, &mut message).await?,
        Length::Chunked => read_chunks(stream, &mut message).await?,
        Length::UntilClosed => drop(stream.read_to_end(&mut message).await?),
    }
    Ok(message)
}

async fn read_head(stream: &mut (impl AsyncBufRead + Unpin), message: &mut Vec<u8>) -> io::Result<Option<Length>> {
    let mut length = Length::UntilClosed;
    loop {
        let start = message.len();
        if stream.read_until(b'\n', message).await? == 0 {
            return if message.is_empty() { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
        }
        let line = std::str::from_utf8(&message[start..]).unwrap_or_default().trim_end();
        if line.is_empty() {
            return Ok(Some(length));
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            length = Length::Bytes(value.trim().parse().map_err(|_| ErrorKind::InvalidData)?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            length = Length::Chunked;
        }
    }
}

async fn read_bytes(stream: &mut (impl AsyncRead + Unpin), bytes: usize, message: &mut Vec<u8>) -> io::Result<()> {
    let start = message.len();
    if start + bytes > MESSAGE_BYTES_MAX {
        return Err(ErrorKind::InvalidData.into());
    }
    message.resize(start + bytes, 0);
    stream.read_exact(&mut message[start..]).await.map(drop)
}

/// Reads chunks without decoding them, up to the last one, which is empty.
async fn read_chunks(stream: &mut (impl AsyncBufRead + Unpin), message: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let start = message.len();
        stream.read_until(b'\n', message).await?;
        let size = std::str::from_utf8(&message[start..]).unwrap_or_default();
        let size = size.trim_end().split(';').next().and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.ok_or(ErrorKind::InvalidData)?;
        read_bytes(stream, size + 2, message).await?;
        if size == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_on_one_connection_are_separated() {
        let two: &[u8] = b"POST / HTTP/1.1\r\nContent-length: 3\r\n\r\nabcGET /x HTTP/1.1\r\nhost: a\r\n\r\n";
        let mut stream = two;
        let first = read_request(&mut stream).await.expect("a complete request").expect("a request");
        assert!(first.ends_with(b"\r\n\r\nabc"));
        let second = read_request(&mut stream).await.expect("a complete request").expect("a request");
        assert_eq!(second, b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n");
        assert!(read_request(&mut stream).await.expect("the end of the stream").is_none());
    }

    #[tokio::test]
    async fn a_response_ends_by_its_length_its_last_chunk_its_status_or_the_connection() {
        for (whole, rest) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "HTTP"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nA;x\r\n0123456789\r\n0\r\n\r\n", "HTTP"),
            ("HTTP/1.1 304 Not Modified\r\netag: 1\r\n\r\n", "HTTP"),
            ("HTTP/1.1 200 OK\r\n\r\nuntil the end", ""),
        ] {
            let both = format!("{whole}{rest}");
            let mut stream = both.as_bytes();
            assert_eq!(read_response(&mut stream).await.expect("a complete response"), whole.as_bytes());
            assert_eq!(stream, rest.as_bytes());
        }
    }

    #[tokio::test]
    async fn a_truncated_response_is_an_error() {
        for half in ["HTTP/1.1 200 OK\r\ncontent-le", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok", ""] {
            assert!(read_response(&mut half.as_bytes()).await.is_err(), "{half}");
        }
    }
}
