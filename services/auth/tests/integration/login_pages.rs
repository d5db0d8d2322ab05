//! Signing in to Clankspace with a browser, and seeing to one's account there.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

use support::{Answer, Clankspace, Http, Networks as _, Page, Service, tokio};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::{DAY, EMAIL, with_workers};

/// A browser that has opened a page of Clankspace.
fn browser(service: &Service) -> Http {
    service.clankspace().http.with_header("sec-fetch-site", "same-origin")
}

/// The same, in which somebody has signed in.
fn browser_of(service: &Service, user: &Clankspace) -> Http {
    browser(service).with_header("cookie", &format!("clankspace_session={}", user.http.token()))
}

async fn submit(http: &Http, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    http.with_header("content-type", "application/x-www-form-urlencoded")
        .call("POST", path, Some(body.into_bytes()))
        .await
}

/// Where the answer leads, as a path of the network.
fn destination(http: &Http, answer: &Answer) -> String {
    let location = answer.header("location").expect("it leads somewhere");
    location.strip_prefix(http.base()).expect("a page of this network").to_owned()
}

/// The browser after an answer that sets its cookie.
fn remembered(http: &Http, answer: &Answer) -> Http {
    let cookie = answer.header("set-cookie").expect("a cookie");
    http.with_header("cookie", cookie.split(';').next().expect("its value"))
}

/// What the page tells of what is wrong, which the field of that name is described by.
#[track_caller]
fn problem(answer: &Answer, field: &str) -> String {
    let page = Page::new(answer, "the form");
    let blamed = page.attribute("input[aria-invalid=true]", "name");
    assert_eq!(blamed, field);
    assert!(page.attribute("input[aria-invalid=true]", "aria-describedby").split(' ').any(|id| id == "refusal"));
    page.text("#refusal")
}

/// Goes as far as the page that asks for a name; the ticket in it.
async fn ticket(service: &Service, http: &Http, email: &str) -> String {
    let _ = submit(http, "/login", &[("email", email)]).await.is(200);
    let code = service.mails().code(email, 1).await;
    let answer = submit(http, "/login/code", &[("email", email), ("code", &code)]).await.is(200);
    Page::new(&answer, "/login/code").attribute("input[name=signup_token]", "value").to_owned()
}

#[tokio::test]
async fn a_newcomer_takes_a_name_and_is_in() {
    let service = with_workers();
    let http = browser(&service);
    let page = Page::get(&http, "/signup?next=/post").await;
    assert_eq!(page.attribute("form", "action"), format!("{}/login", http.base()));
    assert_eq!(page.attribute("input[name=email]", "autocomplete"), "email");
    let next = page.attribute("input[name=next]", "value").to_owned();
    let purpose = page.attribute("input[name=purpose]", "value").to_owned();
    let kept = [("next", &*next), ("purpose", &*purpose)];

    let sent = submit(&http, "/login", &[&[("email", " Kai@Example.com ")], &kept[..]].concat()).await.is(200);
    let page = Page::new(&sent, "/login");
    assert_eq!(page.attribute("input[name=code]", "autocomplete"), "one-time-code");
    assert_eq!(page.attribute("input[name=code]", "inputmode"), "numeric");
    let email = page.attributes("input[name=email]", "value")[0].to_owned();
    let code = service.mails().code(EMAIL, 1).await;
    let fields = [&[("email", &*email), ("code", &code)], &kept[..]].concat();
    let page = Page::new(&submit(&http, "/login/code", &fields).await.is(200), "/login/code");
    assert_eq!(page.attribute("input[name=birthdate]", "autocomplete"), "bday");
    assert_eq!(page.attribute("input[name=next]", "value"), "/post");
    let ticket = page.attribute("input[name=signup_token]", "value").to_owned();

    let fields = [("signup_token", &*ticket), ("username", "Kai"), ("birthdate", "2000-01-31"), ("next", &next)];
    let joined = submit(&http, "/signup", &fields).await.is(303);
    assert_eq!(destination(&http, &joined), "/post");
    let page = Page::get(&remembered(&http, &joined), "/settings").await;
    assert!(page.text("main").contains("You are Kai"));
    // The founder is followed from the start.
    assert_eq!(page.texts("dl dd"), ["0", "0", "1"]);
}

#[tokio::test]
async fn whoever_has_an_account_needs_the_code_alone() {
    let service = with_workers();
    let http = browser(&service);
    let _ = service.clankspace().join(&service.mails(), "kai").await;
    let _ = submit(&http, "/login", &[("email", EMAIL)]).await.is(200);
    let code = service.mails().code(EMAIL, 2).await;
    let signed_in = submit(&http, "/login/code", &[("email", EMAIL), ("code", &code)]).await.is(303);
    assert_eq!(destination(&http, &signed_in), "/feed");
    let cookie = signed_in.header("set-cookie").expect("a cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.split("; ").any(|found| found == part), "{part}: {cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    let known = remembered(&http, &signed_in);
    for path in ["/login", "/signup"] {
        assert_eq!(destination(&known, &known.get(path).await.is(303)), "/feed");
    }
    service.advance(30 * DAY);
    assert_eq!(destination(&known, &known.get("/settings").await.is(303)), "/login?next=%2Fsettings");
}

#[tokio::test]
async fn whoever_signs_in_anew_ends_the_session_of_that_browser() {
    let service = with_workers();
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let elsewhere = kai.me().await.is(200);
    let second = {
        let _ = kai.request_code(EMAIL).await.is(200);
        let code = service.mails().code(EMAIL, 2).await;
        kai.verify_code(EMAIL, &code).await.is(200).string("token").to_owned()
    };
    let known = browser_of(&service, &kai.known("kai", &second));
    let _ = submit(&known, "/login", &[("email", EMAIL)]).await.is(200);
    let code = service.mails().code(EMAIL, 3).await;
    let wrong = if code == "123456" { "654321" } else { "123456" };
    let _ = submit(&known, "/login/code", &[("email", EMAIL), ("code", wrong)]).await.is(400);
    let _ = known.get("/settings").await.is(200);
    let signed_in = submit(&known, "/login/code", &[("email", EMAIL), ("code", &code)]).await.is(303);
    let _ = known.get("/settings").await.is(303);
    let known = remembered(&known, &signed_in);
    let _ = known.get("/settings").await.is(200);
    assert_eq!(kai.me().await.is(200).body, elsewhere.body, "sessions elsewhere go on");

    let ticket = ticket(&service, &known, "zoe@example.com").await;
    let fields = [("signup_token", &*ticket), ("username", "zoe"), ("birthdate", "2000-01-31")];
    let _ = submit(&known, "/signup", &fields).await.is(303);
    let _ = known.get("/settings").await.is(303);
}

#[tokio::test]
async fn on_https_the_cookie_goes_no_other_way() {
    let service = Service::start_with(auth::routes, auth::workers, |settings| {
        let url = "https://social.example".parse().expect("an address");
        settings.public_urls.insert(models::Network::Clankspace, url);
    });
    let http = browser(&service);
    let ticket = ticket(&service, &http, EMAIL).await;
    let fields = [("signup_token", &*ticket), ("username", "kai"), ("birthdate", "2000-01-31")];
    let joined = submit(&http, "/signup", &fields).await.is(303);
    assert_eq!(joined.header("location"), Some("https://social.example/feed"));
    let cookie = joined.header("set-cookie").expect("a cookie");
    assert!(cookie.starts_with("__Host-clankspace_session="), "{cookie}");
    for part in ["Secure", "Path=/"] {
        assert!(cookie.split("; ").any(|found| found == part), "{part}: {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let known = remembered(&http, &joined);
    let _ = known.get("/settings").await.is(200);
    let left = submit(&known, "/logout", &[]).await.is(303);
    assert!(left.header("set-cookie").is_some_and(|cookie| cookie.starts_with("__Host-clankspace_session=;")));
    // A host beside this one can plant a cookie of the plain name.
    let planted = joined.header("set-cookie").and_then(|cookie| cookie.strip_prefix("__Host-")).expect("the prefix");
    let planted = http.with_header("cookie", planted.split(';').next().expect("its value"));
    let _ = planted.get("/login").await.is(200);
}

#[tokio::test]
async fn what_is_wrong_with_an_address_or_a_code_is_told_in_the_form() {
    let service = with_workers();
    let http = browser(&service);
    let refused = submit(&http, "/login", &[("email", "\"><script>alert(1)</script>")]).await.is(400);
    assert_eq!(problem(&refused, "email"), "email must be an address such as agent@example.com");
    let page = Page::new(&refused, "/login");
    assert_eq!(page.attribute("input[name=email]", "value"), "\"><script>alert(1)</script>");
    assert!(page.select("script").is_empty());

    let _ = submit(&http, "/login", &[("email", EMAIL)]).await.is(200);
    let code = service.mails().code(EMAIL, 1).await;
    let wrong = if code == "123456" { "654321" } else { "123456" };
    for _ in 0..5 {
        let refused = submit(&http, "/login/code", &[("email", EMAIL), ("code", wrong)]).await.is(400);
        assert_eq!(problem(&refused, "code"), "The code is wrong, used or expired");
        let page = Page::new(&refused, "/login/code");
        assert_eq!(page.attributes("input[name=email]", "value"), [EMAIL, EMAIL]);
        assert_eq!(page.attribute("input[name=code]", "value"), wrong);
    }
    let _ = submit(&http, "/login/code", &[("email", EMAIL), ("code", &code)]).await.is(400);
    for _ in 0..2 {
        let _ = submit(&http, "/login", &[("email", EMAIL)]).await.is(200);
    }
    let refused = submit(&http, "/login", &[("email", EMAIL)]).await.is(429);
    assert_eq!(refused.header("retry-after"), Some("3600"));
    assert!(Page::new(&refused, "/login").text("#refusal").contains("3/hour for request_code"), "{refused}");
    assert_eq!(submit(&http, "/login", &[]).await.is(400).header("content-type"), Some("text/html; charset=utf-8"));
}

#[tokio::test]
async fn what_is_wrong_with_a_name_or_a_day_is_told_in_the_form() {
    let service = with_workers();
    let http = browser(&service);
    service.a_clankspace_user("zoe").await;
    let ticket = ticket(&service, &http, EMAIL).await;
    let try_with = async |username: &str, birthdate: &str| {
        let fields = [("signup_token", &*ticket), ("username", username), ("birthdate", birthdate)];
        submit(&http, "/signup", &fields).await
    };
    // The clock stands on 21 November 2026.
    for (username, birthdate, status, field, reason) in [
        ("<b>", "2000-01-31", 400, "username", "username must be 1-20 letters, numbers or underscores"),
        ("ZOE", "2000-01-31", 409, "username", "Username is already taken"),
        ("settings", "2000-01-31", 409, "username", "Username is reserved"),
        ("kai", "", 400, "birthdate", "birthdate must be a day in the past, as YYYY-MM-DD"),
        ("kai", "2013-11-22", 403, "birthdate", "Members must be at least 13 years old"),
    ] {
        let refused = try_with(username, birthdate).await.is(status);
        assert_eq!(problem(&refused, field), reason);
        let page = Page::new(&refused, "/signup");
        let value = |name: &str| page.attribute(&format!("input[name={name}]"), "value").to_owned();
        assert_eq!((value("username"), value("birthdate")), (username.to_owned(), birthdate.to_owned()));
        assert_eq!(value("signup_token"), ticket);
    }
    let without = [("signup_token", &*ticket), ("username", "kai")];
    let refused = submit(&http, "/signup", &without).await.is(400);
    assert_eq!(problem(&refused, "birthdate"), "birthdate must be a day in the past, as YYYY-MM-DD");
    assert_eq!(Page::new(&refused, "/signup").attribute("input[name=username]", "value"), "kai");
    service.advance(30 * 60);
    let refused = try_with("kai", "2000-01-31").await.is(400);
    assert_eq!(Page::new(&refused, "/signup").attribute("form", "action"), format!("{}/login", http.base()));
    assert!(Page::new(&refused, "/signup").text("#refusal").contains("expired"));
}

#[tokio::test]
async fn where_registration_is_closed_nobody_is_led_on() {
    let service = Service::start_with(auth::routes, auth::workers, |settings| {
        settings.closed = vec![models::Network::Clankspace];
    });
    let http = browser(&service);
    let closed = http.get("/signup").await.is(403);
    assert!(Page::new(&closed, "/signup").text("main").contains("Registration is closed"), "{closed}");
    let _ = http.get("/login").await.is(200);
    let _ = submit(&http, "/login", &[("email", EMAIL)]).await.is(200);
    let code = service.mails().code(EMAIL, 1).await;
    let name = [("signup_token", "signup_x"), ("username", "kai"), ("birthdate", "2000-01-31")];
    for (path, fields) in [("/login/code", &[("email", EMAIL), ("code", &*code)][..]), ("/signup", &name)] {
        let page = Page::new(&submit(&http, path, fields).await.is(403), path);
        assert!(page.text("main").contains("Registration is closed"), "{path}");
        assert!(page.select("[aria-invalid]").is_empty(), "{path}: no field is to blame");
    }
}

#[tokio::test]
async fn a_suspended_user_does_not_come_in() {
    let service = with_workers();
    let http = browser(&service);
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let known = browser_of(&service, &kai);
    let _ = known.get("/settings").await.is(200);
    let _ = submit(&http, "/login", &[("email", EMAIL)]).await.is(200);
    let code = service.mails().code(EMAIL, 2).await;
    let operator = service.clankspace().http.with_token(&service.admin_token());
    let _ = operator.post_nothing("/admin/suspend/kai").await.is(200);
    let _ = known.get("/settings").await.is(303);
    let refused = submit(&http, "/login/code", &[("email", EMAIL), ("code", &code)]).await.is(400);
    assert_eq!(problem(&refused, "code"), "The code is wrong, used or expired");
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let service = with_workers();
    let http = browser(&service);
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let known = browser_of(&service, &kai);
    for next in ["https://evil.example", "//evil.example", "/\\evil.example", "@evil.example", "/\t/evil.example", ""] {
        let query = Serializer::new(String::new()).append_pair("next", next).finish();
        let page = Page::get(&http, &format!("/login?{query}")).await;
        assert_eq!(page.attribute("input[name=next]", "value"), "/feed", "{next:?}");
        let location = known.get(&format!("/login?{query}")).await.is(303);
        assert_eq!(destination(&known, &location), "/feed", "{next:?}");
    }
    let code = {
        let _ = submit(&http, "/login", &[("email", EMAIL)]).await.is(200);
        service.mails().code(EMAIL, 2).await
    };
    let fields = [("email", EMAIL), ("code", &*code), ("next", "//evil.example/a")];
    let signed_in = submit(&http, "/login/code", &fields).await.is(303);
    let location = Url::parse(signed_in.header("location").expect("a location")).expect("an address");
    assert_eq!(location.origin(), Url::parse(http.base()).expect("an address").origin());
}

#[tokio::test]
async fn no_other_site_sends_a_form() {
    let service = with_workers();
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let known = browser_of(&service, &kai);
    let attacker = known.with_header("sec-fetch-site", "cross-site").with_header("origin", "https://evil.example");
    let paths: [(&str, &[(&str, &str)]); 5] = [
        ("/login", &[("email", EMAIL)]),
        ("/login/code", &[("email", EMAIL), ("code", "123456")]),
        ("/signup", &[("signup_token", "x"), ("username", "x"), ("birthdate", "2000-01-31")]),
        ("/logout", &[]),
        ("/settings/delete", &[("username", "kai")]),
    ];
    for (path, fields) in paths {
        let refused = submit(&attacker, path, fields).await.is(403);
        assert!(Page::new(&refused, path).text("main").contains("must be sent from a page of this site"), "{path}");
        assert!(refused.header("set-cookie").is_none());
    }
    let _ = kai.me().await.is(200);
    assert_eq!(service.mails().codes(EMAIL).len(), 1);
}

#[tokio::test]
async fn signing_out_ends_this_session_and_no_other() {
    let service = with_workers();
    let kai = service.clankspace().join(&service.mails(), "kai").await;
    let _ = kai.request_code(EMAIL).await.is(200);
    let code = service.mails().code(EMAIL, 2).await;
    let other = kai.verify_code(EMAIL, &code).await.is(200);
    let other = kai.known("kai", other.string("token"));
    let known = browser_of(&service, &kai);
    let left = submit(&known, "/logout", &[]).await.is(303);
    assert_eq!(destination(&known, &left), "/");
    let cookie = left.header("set-cookie").expect("a cookie");
    assert!(cookie.starts_with("clankspace_session=;") && cookie.contains("Max-Age=0"), "{cookie}");
    let _ = kai.me().await.is(401);
    let _ = other.me().await.is(200);
    assert_eq!(destination(&known, &known.get("/settings").await.is(303)), "/login?next=%2Fsettings");
    // Whoever is nobody has nothing to end.
    let _ = submit(&browser(&service), "/logout", &[]).await.is(303);
}

#[tokio::test]
async fn an_account_goes_when_its_name_is_typed() {
    let service = with_workers();
    let kai = service.clankspace().join(&service.mails(), "Kai").await;
    let known = browser_of(&service, &kai);
    let refused = submit(&known, "/settings/delete", &[("username", "zoe<i>")]).await.is(400);
    assert_eq!(problem(&refused, "username"), "username must be your own, Kai: nothing is deleted by mistake");
    assert_eq!(Page::new(&refused, "/settings/delete").attribute("input[name=username]", "value"), "zoe<i>");
    let _ = kai.me().await.is(200);
    let nobody = submit(&browser(&service), "/settings/delete", &[("username", "kai")]).await.is(303);
    assert_eq!(destination(&known, &nobody), "/login?next=%2Fsettings");
    let gone = submit(&known, "/settings/delete", &[("username", " kai ")]).await.is(303);
    assert_eq!(destination(&known, &gone), "/");
    assert!(gone.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")));
    let _ = kai.me().await.is(401);
    let _ = service.clankspace().join(&service.mails(), "kai2").await;
}

#[tokio::test]
async fn pages_of_somebody_known_are_kept_nowhere() {
    let service = with_workers();
    let kai = service.a_clankspace_user("kai").await;
    let page = browser_of(&service, &kai).get("/settings").await.is(200);
    assert_eq!(page.header("cache-control"), Some("private, no-store"));
    let login = browser(&service).get("/login").await.is(200);
    assert!(login.header("vary").is_some_and(|names| names.split(", ").any(|name| name == "Cookie")), "{login}");
    // A token in a header opens no page.
    let _ = kai.http.get("/settings").await.is(303);
}
