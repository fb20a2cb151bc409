//! Client address of a request, for rate limits. The only place that reads addresses from proxies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::Response;

use crate::server::state::AppState;

/// Header to which proxies append the address of their client.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Client address of a request, in the request's extensions. An IPv6 address is reduced to its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Returns the client address of the request with these extensions, if it has been determined.
    pub fn of(extensions: &Extensions) -> Option<IpAddr> {
        extensions.get::<Self>().map(|address| address.0)
    }
}

/// Determines the client address. With `n` trusted proxies the outermost of them wrote the `n`th entry from the right.
/// Entries that a client forges stand further left.
pub async fn client_address(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let proxies = state.config.trusted_proxies;
    let forwarded = forwarded_for(request.headers(), proxies);
    if forwarded.is_none() && request.headers().contains_key(FORWARDED_FOR) {
        state.proxy_warning.call_once(|| warn(proxies));
    }
    let address = network(forwarded.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    request.extensions_mut().insert(ClientAddress(address));
    next.run(request).await
}

/// Warns of proxies that name a client that is not read: all clients of a proxy then share its rate limits.
fn warn(proxies: usize) {
    let advice = match proxies {
        0 => "if a proxy is in front of this server, set TRUSTED_PROXIES to the number of proxies",
        _ => "TRUSTED_PROXIES exceeds the number of entries, or the entry is no address",
    };
    tracing::warn!(trusted_proxies = proxies, advice, "X-Forwarded-For not read");
}

/// Reduces an IPv6 address to its /64 network, because a client with one address of a network has all 2^64 of them (RFC
/// 4291, 2.5.1).
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => IpAddr::V4(address),
            None => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        },
    }
}

/// Returns true if a request with these headers has come through the trusted proxies.
pub fn is_from_proxy(headers: &HeaderMap, trusted_proxies: usize) -> bool {
    forwarded_for(headers, trusted_proxies).is_some()
}

fn forwarded_for(headers: &HeaderMap, trusted_proxies: usize) -> Option<IpAddr> {
    let from_the_right = trusted_proxies.checked_sub(1)?;
    // Split as bytes: a client may forge an entry that is no text, and the entries of the proxies beside it still
    // count.
    let lines = headers.get_all(FORWARDED_FOR).iter();
    let entries: Vec<&[u8]> = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).collect();
    address(std::str::from_utf8(entries.iter().rev().nth(from_the_right)?).ok()?)
}

/// Parses an entry: an address, alone or with a port (`192.0.2.1:443`, `[2001:db8::1]:443`), in quotes, with an IPv6
/// zone, or in the form of the standard header (`for="[2001:db8::1]:443";proto=https`, RFC 7239). Proxies write all of
/// them.
fn address(entry: &str) -> Option<IpAddr> {
    let mut pairs = entry.split(';').map(str::trim);
    let value = match entry.contains('=') {
        true => pairs.find_map(|pair| pair.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("for")))?.1,
        false => pairs.next()?,
    };
    let node = value.trim().trim_matches('"').trim();
    let without_port = match node.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        // A second colon belongs to an IPv6 address.
        None if node.matches(':').count() == 1 => node.split_once(':')?.0,
        None => node,
    };
    without_port.split('%').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        let name = HeaderName::from_static(FORWARDED_FOR);
        lines.iter().map(|line| (name.clone(), HeaderValue::from_bytes(line).expect("a value"))).collect()
    }

    #[test]
    fn a_client_cannot_choose_its_address_for_rate_limits() {
        let forged = headers(&[b"1.1.1.1, 2.2.2.2, 3.3.3.3"]);
        assert_eq!(forwarded_for(&forged, 0), None);
        assert_eq!(forwarded_for(&forged, 1), Some([3, 3, 3, 3].into()));
        assert_eq!(forwarded_for(&forged, 2), Some([2, 2, 2, 2].into()));
        assert_eq!(forwarded_for(&forged, 4), None);
        // An entry that is no text hides no entry of a proxy.
        assert_eq!(forwarded_for(&headers(&[b"\xff\xfe, 3.3.3.3"]), 1), Some([3, 3, 3, 3].into()));
        assert_eq!(forwarded_for(&headers(&[b"1.1.1.1", b"3.3.3.3"]), 1), Some([3, 3, 3, 3].into()));
    }

    // F27
    #[test]
    fn every_form_in_which_proxies_write_an_address_is_read() {
        let (v4, v6): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), "2001:db8::1".parse().expect("an address"));
        for (entry, expected) in [
            ("192.0.2.1", v4),
            (" 192.0.2.1:65535 ", v4),
            ("\"192.0.2.1:443\"", v4),
            ("for=192.0.2.1", v4),
            ("For=\"192.0.2.1:443\";proto=https;by=203.0.113.43", v4),
            ("proto=https; for=192.0.2.1", v4),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1".parse().expect("an address")),
            ("2001:db8::1", v6),
            ("[2001:db8::1]", v6),
            ("[2001:db8::1]:443", v6),
            ("\"[2001:db8::1]:443\"", v6),
            ("for=\"[2001:db8::1]\"", v6),
            ("2001:db8::1%eth0", v6),
        ] {
            assert_eq!(address(entry), Some(expected), "{entry}");
        }
        for entry in ["", "unknown", "_hidden", "for=unknown", "proto=https", "192.0.2", "192.0.2.1:443:1", "[", "\""] {
            assert_eq!(address(entry), None, "{entry}");
        }
    }
}
