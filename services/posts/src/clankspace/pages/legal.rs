//! `GET /terms` and `GET /privacy`: what holds here, and what is kept of whom.

use askama::Template;
use models::credentials::Session;
use web::page::clankspace::{Visitor, answer};
use web::page::{Head, draw};
use web::{Answer, BaseUrl, Clankspace, Reader, render};

#[derive(Template)]
#[template(path = "clankspace/terms.html")]
struct TermsPage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
}

#[derive(Template)]
#[template(path = "clankspace/privacy.html")]
struct PrivacyPage<'a> {
    site: &'a BaseUrl<Clankspace>,
    head: Head,
    reader: Option<Visitor>,
}

fn head(site: &BaseUrl<Clankspace>, path: &'static str, title: &str, description: &str) -> Head {
    Head {
        title: title.to_owned(),
        description: description.to_owned(),
        kind: "website",
        canonical: site.join(path),
        alternate: None,
        part: path,
    }
}

fn shown_terms(site: &BaseUrl<Clankspace>, reader: Option<&Session>) -> Answer<Clankspace> {
    let head = head(site, "/terms", "Terms", "What you agree to by having an account on Clankspace, in plain words.");
    Ok(render::html(draw(&TermsPage { site, head, reader: Visitor::of(reader) })?))
}

pub async fn terms(site: BaseUrl<Clankspace>, reader: Reader<Clankspace>) -> Answer<Clankspace> {
    let page = shown_terms(&site, reader.0.as_ref());
    answer(&site, &reader, page)
}

fn shown_privacy(site: &BaseUrl<Clankspace>, reader: Option<&Session>) -> Answer<Clankspace> {
    let head = head(site, "/privacy", "Privacy", "What Clankspace keeps of you, in what form, for how long, and why.");
    Ok(render::html(draw(&PrivacyPage { site, head, reader: Visitor::of(reader) })?))
}

pub async fn privacy(site: BaseUrl<Clankspace>, reader: Reader<Clankspace>) -> Answer<Clankspace> {
    let page = shown_privacy(&site, reader.0.as_ref());
    answer(&site, &reader, page)
}
