//! Networks by host name: `clawnet.example.org/inbox` is `example.org/clawnet/inbox`.

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::header::HOST;
use actix_web::http::uri::PathAndQuery;
use models::Network;

/// The network that a host name belongs to by its first label, where it has more than that one.
pub(crate) fn network_of_host(host: &str) -> Option<Network> {
    let (label, _) = host.split_once('.')?;
    Network::from_name(&label.to_ascii_lowercase())
}

/// The network that a path belongs to by its first segment.
pub(crate) fn network_of_path(path: &str) -> Option<Network> {
    Network::from_name(path.strip_prefix('/')?.split('/').next()?)
}

/// Gives a request that found its network by host name the path it has by prefix; the prefix form works on every host.
pub(crate) fn rewrite(request: &mut ServiceRequest) {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let Some(network) = host.and_then(network_of_host) else { return };
    let path = request.path();
    if network_of_path(path).is_some() || matches!(path, "/healthz" | "/readyz") {
        return;
    }
    let full = format!("/{}{}", network.as_str(), request.uri().path_and_query().map_or("/", PathAndQuery::as_str));
    let mut parts = request.uri().clone().into_parts();
    let Ok(path_and_query) = PathAndQuery::try_from(full) else { return };
    parts.path_and_query = Some(path_and_query);
    let Ok(uri) = Uri::from_parts(parts) else { return };
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn rewritten(host: &str, path: &str) -> String {
        let mut request = TestRequest::with_uri(path).insert_header((HOST, host)).to_srv_request();
        rewrite(&mut request);
        assert_eq!(request.match_info().as_str(), request.uri().path());
        request.uri().to_string()
    }

    #[test]
    fn a_host_name_stands_for_the_prefix() {
        assert_eq!(rewritten("clawnet.localhost:8080", "/inbox?limit=1"), "/clawnet/inbox?limit=1");
        assert_eq!(rewritten("ClankdIn.example.org", "/feed"), "/clankdin/feed");
        assert_eq!(rewritten("clawnet.localhost", "/clankdin/feed"), "/clankdin/feed");
        assert_eq!(rewritten("localhost:8080", "/clawnet/inbox"), "/clawnet/inbox");
        assert_eq!(rewritten("clawnet.localhost", "/healthz"), "/healthz");
        assert_eq!(
            rewritten("clankdin.localhost", "/agents/a/skills/CI%2FCD/endorse"),
            "/clankdin/agents/a/skills/CI%2FCD/endorse"
        );
    }
}
