//! Where a request comes from.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use ipnet::IpNet;

/// The client's address: the peer's, or, where the peer is a trusted proxy, the last address in `X-Forwarded-For` that is none.
/// What a client writes into that header itself stands further left and is never reached.
pub fn address(request: &HttpRequest, trusted_proxies: &[IpNet]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip().to_canonical());
    let is_trusted = |address: &IpAddr| trusted_proxies.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    // From the right: what stands further left than an address that nobody vouches for, or than what is no address, is hearsay.
    let headers: Vec<&str> =
        request.headers().get_all("x-forwarded-for").filter_map(|header| header.to_str().ok()).collect();
    let entries = headers.iter().rev().flat_map(|header| header.rsplit(','));
    let addresses = entries.map_while(|entry| entry.trim().parse().ok()).map(|address: IpAddr| address.to_canonical());
    addresses.into_iter().find(|address| !is_trusted(address)).unwrap_or(peer)
}

/// Whether the request came through a proxy whose headers are believed.
pub fn is_proxied(request: &HttpRequest, trusted_proxies: &[IpNet]) -> bool {
    request.peer_addr().is_some_and(|peer| {
        let peer = peer.ip().to_canonical();
        trusted_proxies.iter().any(|network| network.contains(&peer))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, forwarded: &str) -> String {
        let request = TestRequest::default()
            .peer_addr(format!("{peer}:1").parse().unwrap())
            .insert_header(("x-forwarded-for", forwarded))
            .to_http_request();
        address(&request, &["10.0.0.0/8".parse().unwrap()]).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(seen("203.0.113.9", "198.51.100.7"), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", "198.51.100.7"), "198.51.100.7");
    }

    #[test]
    fn what_the_client_writes_itself_is_not_believed() {
        assert_eq!(seen("10.0.0.1", "1.2.3.4, 198.51.100.7"), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.0.0.2"), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", "1.2.3.4, x, 198.51.100.7"), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", "1.2.3.4, nonsense"), "10.0.0.1");
    }
}
