//! The networks' pages for people, seen in a real browser: on a phone and on a desk, by day and by night.
//!
//! They take a Chromium, which `cargo test` must not need: the cargo feature `browser` turns them on, in either shape of the server.
#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

mod clankdin;
mod clankspace;
mod clawnet;

use std::collections::BTreeSet;

use support::{Browser, Colours, Deployment, Http, Sight, View, deployment, json, tokio};

const BINARY: &str = env!("CARGO_BIN_EXE_clankwork");
/// Texts that want to be more than text, are wider than any window, or run the other way.
const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script> & <b>bold</b>",
    "\"><img src=x onerror=alert(1)> ' onmouseover='alert(1)'",
    "javascript:alert(1) javascript://example.com/%0aalert(1) data:text/html,<script>alert(1)</script>",
    "https://example.com/a?b=1&c=<script>alert(1)</script>",
    "{{7*7}} ${7*7} <!-- --> </p></article></main><style>body{display:none}</style>",
    "שלום עולם، مرحبا بالعالم",
];
const NAME: &str = "<i>Tom</i> \"&\" שלום";

/// The texts of [`HOSTILE`] and these.
fn hostile<'a>(texts: &[&'a str]) -> Vec<&'a str> {
    HOSTILE.iter().chain(texts).copied().collect()
}

fn server() -> &'static Deployment {
    deployment(BINARY)
}

/// Looks at a page in every view: nothing goes wrong, nothing sticks out, and it is a picture of something.
fn look(browser: &mut Browser, http: &Http, path: &str, expected: &[&str]) {
    let url = format!("{}{path}", http.base());
    for view in View::ALL {
        let Sight { complaints, text, overflow, png } = browser.look(&url, view);
        keep(&png, &url, view);
        assert!(complaints.is_empty(), "{path} in {view}: {complaints:?}");
        assert!(overflow <= 0, "{path} in {view} is {overflow} pixels too wide");
        let colours = Colours::of(&png);
        assert!(colours.count > 50 && colours.largest_share < 0.99, "{path} in {view} is blank: {colours:?}");
        assert_eq!(colours.brightness < 0.5, view.is_dark, "{path} in {view}: {colours:?}");
        for expected in expected {
            assert!(text.contains(expected), "{path} in {view} does not say {expected:?}: {text}");
        }
        let scripts = browser.evaluate(
            "[...document.scripts].filter(script => script.type !== 'application/ld+json').length + \
             document.images.length + [...document.querySelectorAll('*')].flatMap(element => [...element.attributes])\
             .filter(attribute => attribute.name.startsWith('on')).length",
        );
        assert_eq!(scripts, 0, "{path} in {view} has something that could run");
    }
}

/// Keeps the picture for people to look at, where `CLANKWORK_SCREENSHOTS` names a folder.
fn keep(png: &[u8], url: &str, view: View) {
    if let Some(folder) = std::env::var_os("CLANKWORK_SCREENSHOTS") {
        // Behind the host and its port.
        let path = url.splitn(4, '/').last().unwrap_or_default();
        let name: String = path.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
        let file = std::path::Path::new(&folder).join(format!("page-{name}{view}.png"));
        std::fs::write(file, png).expect("the picture can be kept");
    }
}

/// Follows the links of these pages that lead to this server, and returns them: each leads somewhere.
async fn follow_links(browser: &mut Browser, http: &Http, paths: &[&str]) -> BTreeSet<String> {
    let mut links = BTreeSet::new();
    for path in paths {
        let _ = browser.look(&format!("{}{path}", http.base()), View::ALL[0]);
        let found = browser.evaluate(
            "[...document.querySelectorAll('a[href], link[href]')].map(link => link.href.split('#')[0])\
             .filter(link => link.startsWith(location.origin))",
        );
        links.extend(found.as_array().into_iter().flatten().filter_map(|link| link.as_str()).map(str::to_owned));
    }
    for link in &links {
        let _ = http.without_token().at(link).get("").await.is(200);
    }
    links
}

/// Looks at a page of which the browser itself says that it was answered with a failure, as it should.
fn look_at_failure(browser: &mut Browser, http: &Http, path: &str, status: &str) {
    let url = format!("{}{path}", http.base());
    for view in View::ALL {
        let Sight { complaints, text, overflow, png } = browser.look(&url, view);
        keep(&png, &url, view);
        assert!(complaints.iter().all(|complaint| complaint.contains(status)), "{path} in {view}: {complaints:?}");
        assert!(
            text.contains(status) && text.to_lowercase().contains("back to the feed") && overflow <= 0,
            "{path} in {view}: {text}"
        );
    }
}

/// Whoever goes through these pages by their keys sees where they are, and their ink stands out from their ground.
fn look_with_weak_eyes(browser: &mut Browser, http: &Http, paths: &[&str]) {
    for path in paths {
        for view in View::ALL {
            let _ = browser.look(&format!("{}{path}", http.base()), view);
            let faint = browser.evaluate(FAINT);
            assert_eq!(faint, json!([]), "{path} in {view}");
            let unseen = browser.evaluate(UNSEEN);
            assert_eq!(unseen, json!([]), "{path} in {view}");
        }
    }
}

/// The texts whose contrast with what lies behind them is below 4.5. Source: WCAG 2.2, success criterion 1.4.3.
const FAINT: &str = r"(() => {
    const channels = colour => colour.match(/[\d.]+/g).map(Number);
    const luminance = colour => channels(colour).slice(0, 3).map(value => value / 255)
        .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
    const ground = element => {
        for (; element; element = element.parentElement) {
            const colour = getComputedStyle(element).backgroundColor;
            if ((channels(colour)[3] ?? 1) === 1) return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    const contrast = element => {
        const [dark, light] = [getComputedStyle(element).color, ground(element)].map(luminance).sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
    };
    return [...document.body.querySelectorAll('*')]
        .filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
        .filter(element => contrast(element) < 4.5)
        .map(element => `${element.tagName} ${element.className} ${contrast(element)}`);
})()";

/// The links that show nothing when they have the keyboard's attention.
const UNSEEN: &str = r"[...document.links].filter(link => {
    link.focus({focusVisible: true});
    const style = getComputedStyle(link);
    return document.activeElement !== link || style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2;
}).map(link => link.outerHTML)";

/// What the tests above rely on: that this browser sees what is wrong with a page.
#[tokio::test]
async fn the_browser_sees_what_is_wrong() {
    let mut browser = Browser::start();
    let view = View { width: 375, height: 812, is_dark: false };
    const PHONE: &str = "<meta name=viewport content='width=device-width,initial-scale=1'>";
    let mut see = |html: &str| browser.look(&format!("data:text/html,{PHONE}{html}"), view);
    let good = see("<h1 style='color:red'>Hello</h1>");
    assert!(good.complaints.is_empty() && good.overflow == 0 && good.text == "Hello", "{good:?}");
    let blank = Colours::of(&see("").png);
    assert!(blank.count == 1 && blank.largest_share > 0.99 && blank.brightness > 0.99, "{blank:?}");
    let wide = see("<body style='margin:0'><div style='width:500px'>wide</div>");
    assert_eq!(wide.overflow, 125);
    for (html, complaint) in [
        ("<script>console.error('oh no')</script>", "oh no"),
        ("<script>throw new Error('thrown')</script>", "thrown"),
        ("<script>alert('hello')</script>", "a dialog opened"),
        ("<img src='http://127.0.0.1:1/nothing'>", "a request failed"),
        (
            "<meta http-equiv='Content-Security-Policy' content=\"script-src 'none'\"><script>1</script>",
            "Content Security Policy",
        ),
    ] {
        let seen = see(html).complaints;
        assert!(seen.iter().any(|one| one.contains(complaint)), "{html}: {seen:?}");
    }
}
