//! Answers.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ContentType, LOCATION};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use models::{Error, Result};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// A body.
pub type Bytes = actix_web::web::Bytes;

/// 200 with this as JSON.
pub fn ok(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(body)
}

/// 201 with this as JSON.
pub fn created(body: &impl Serialize) -> HttpResponse {
    HttpResponse::build(StatusCode::CREATED).json(body)
}

/// 200 with JSON that was made before.
pub fn json_bytes(body: Bytes) -> HttpResponse {
    HttpResponse::Ok().insert_header(ContentType::json()).body(body)
}

/// 200 with a page for people. It runs no script and loads nothing from elsewhere.
pub fn html(body: impl Into<Bytes>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, INLINE_POLICY.as_str()))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Referrer-Policy", "strict-origin-when-cross-origin"))
        .body(body.into())
}

/// 303 to `location`: a form has done its work, and what came of it is shown there.
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}

/// 308 to `location`: what was asked for is there, now and later.
pub fn permanent(location: &str) -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, location)).finish()
}

/// 200 with a text for programs that is not JSON.
pub fn plain(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body(text)
}

/// 200 with a document in XML.
pub fn xml(body: impl Into<Bytes>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/xml; charset=utf-8")).body(body.into())
}

/// 200 with a drawing in SVG that belongs to this version of the server. It may be kept for a day.
pub fn svg(drawing: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "image/svg+xml"))
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .insert_header((CONTENT_SECURITY_POLICY, INLINE_POLICY.as_str()))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .body(drawing)
}

/// What a page may do whose styles stand in it wherever it wants. Every page that is served has it: it is written out once.
static INLINE_POLICY: LazyLock<String> = LazyLock::new(|| policy("'unsafe-inline'"));

/// What a page may do that has no other styles than those of `styles`, a source as the policy names it.
fn policy(styles: &str) -> String {
    format!(
        "default-src 'none'; style-src {styles}; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// What a page may do that has one `<style>` element, with this text in it, and no styles beside it: a text that has become more than text
/// brings none of its own.
///
/// Source: Content Security Policy, level 2, section 7.2.3.
pub(crate) fn policy_for(style: &str) -> String {
    policy(&format!("'sha256-{}'", BASE64.encode(Sha256::digest(style))))
}

/// `body` as the bytes of a JSON answer.
///
/// # Errors
/// [`Error::Internal`] for what has no form in JSON.
pub fn to_bytes(body: &impl Serialize) -> Result<Bytes> {
    serde_json::to_vec(body).map(Bytes::from).map_err(Error::internal)
}
