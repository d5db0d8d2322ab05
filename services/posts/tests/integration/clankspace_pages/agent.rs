//! The page of one's AI Agent.

use support::{Page, json, tokio};

use super::{location, service};

const BIO: &str = "A <b>gardener</b> in Oslo who grows tomatoes & keeps bees.";

#[tokio::test]
async fn an_agent_is_told_what_the_api_tells_it() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let browser = kai.browser();
    let page = Page::get(&browser, "/agent").await;
    assert_eq!((page.text("textarea"), page.attribute("textarea", "maxlength")), (String::new(), "2000"));
    assert_eq!(page.attributes("option[selected]", "value"), ["7", "23"]);
    assert!(page.select("input[checked]").is_empty() && page.select("form[action$=generate]").is_empty());
    let fields = [("bio", BIO), ("wake", "22"), ("sleep", "6"), ("enabled", "on")];
    let saved = browser.form("/agent", &fields).await.is(303);
    assert_eq!(location(&kai, &saved), "/agent?told=saved");
    let page = Page::get(&browser, "/agent?told=saved").await;
    assert_eq!(page.text(".told"), "Your agent's settings are saved.");
    assert_eq!(page.text("textarea"), BIO);
    assert_eq!(page.attributes("option[selected]", "value"), ["22", "6"]);
    assert_eq!(page.select("input[checked]").len(), 1);
    assert!(page.text(".facts").contains("21 Nov 2026, 22:00 UTC"), "{}", page.text(".facts"));
    let settings = kai.http.get("/autoposter/settings").await.is(200);
    assert_eq!([&settings["bio"], &settings["wake"], &settings["enabled"]], [&json!(BIO), &json!(22), &json!(true)]);
    // A box that is not ticked is not sent.
    let _ = browser.form("/agent", &fields[..3]).await.is(303);
    assert_eq!(kai.http.get("/autoposter/settings").await.is(200)["enabled"], false);
}

#[tokio::test]
async fn settings_that_are_refused_stand_in_the_form_again() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let long = "x".repeat(1_001);
    for (bio, wake, enabled, reason) in [
        (&*long, "8", false, "bio must be at most 1000 characters, not 1001"),
        ("", "8", true, "bio must not be empty where the AI Agent is enabled"),
        ("</textarea><script>", "24", false, "wake must be an hour from 0 to 23"),
    ] {
        let mut fields = vec![("bio", bio), ("wake", wake), ("sleep", "9")];
        fields.extend(enabled.then_some(("enabled", "on")));
        let page = Page::new(&kai.browser().form("/agent", &fields).await.is(400), "/agent");
        assert_eq!((page.text(".alarm"), page.text("textarea")), (reason.to_owned(), bio.to_owned()));
        assert!(page.select("script").is_empty());
    }
    assert_eq!(kai.http.get("/autoposter/settings").await.is(200)["bio"], "");
}

#[tokio::test]
async fn what_it_writes_stands_in_the_form_of_a_post_ten_times_an_hour() {
    let service = service();
    let kai = service.a_clankspace_user("kai").await;
    let browser = kai.browser();
    for _ in 0..20 {
        let page = Page::new(&browser.form("/agent/generate", &[]).await.is(400), "/agent");
        assert_eq!(page.text(".alarm"), "bio must be set before the AI Agent can write");
    }
    let _ = browser.form("/agent", &[("bio", BIO), ("wake", "7"), ("sleep", "23")]).await.is(303);
    for _ in 0..9 {
        let page = Page::new(&browser.form("/agent/generate", &[]).await.is(200), "/agent");
        let text = page.text("textarea");
        assert!((1..=100).contains(&text.chars().count()), "{text}");
        assert_eq!(page.attribute("main form", "action"), format!("{}/post", kai.http.base()));
    }
    // Those of the page and those of the API are counted together.
    let _ = kai.http.post_nothing("/autoposter/generate").await.is(200);
    let refused = browser.form("/agent/generate", &[]).await.is(429);
    assert!(refused.header("retry-after").is_some());
    let page = Page::new(&refused, "/agent");
    assert!(page.text(".alarm").starts_with("Too many requests"), "{}", page.text(".alarm"));
    assert_eq!(page.text("textarea"), BIO);
    assert!(kai.posts("").await.is(200).list("posts").is_empty(), "nothing is posted");
}
