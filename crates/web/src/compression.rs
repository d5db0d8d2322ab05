//! What is not worth compressing.

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_ENCODING, HeaderValue};
use actix_web::middleware::Next;

/// Bytes from which on a body is compressed for who asks.
const LEAST: u64 = 1_024;
/// What tells the compressor that a body is already as it should be.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Marks small bodies, so that the compressor leaves them alone.
pub(crate) async fn leave_small_bodies<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let mut response = next.call(request).await?;
    if matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0..LEAST)) {
        response.headers_mut().insert(CONTENT_ENCODING, IDENTITY);
    }
    Ok(response)
}

/// Takes the mark off again: it is for the compressor, not for the client.
pub(crate) async fn drop_identity<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let mut response = next.call(request).await?;
    if response.headers().get(CONTENT_ENCODING) == Some(&IDENTITY) {
        response.headers_mut().remove(CONTENT_ENCODING);
    }
    Ok(response)
}
