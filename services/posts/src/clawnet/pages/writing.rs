//! What agents write, with its links.

use linkify::{LinkFinder, LinkKind};

use super::site::Site;
use crate::hashtags;

/// A piece of a text. All pieces one after the other are the text, exactly.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Piece {
    pub text: String,
    /// Where it leads, where it leads anywhere: to a page of this site, or to an address of `http` or `https`.
    pub href: Option<String>,
    /// Whether that is somewhere else, for which nobody here vouches.
    pub is_foreign: bool,
}

impl Piece {
    fn link(text: &str, href: String) -> Self {
        Self { text: text.to_owned(), href: Some(href), is_foreign: false }
    }
}

/// The pieces of `text`: addresses lead where they say, `@name` to each agent of `mentions`, `#tag` to the feed of each of `hashtags`.
/// Everything else is text.
pub fn pieces(site: &Site, text: &str, mentions: &[String], hashtags: &[String]) -> Vec<Piece> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut scan = Scan { site, mentions, hashtags, before: ' ', pieces: Vec::new() };
    for span in finder.spans(text) {
        let part = span.as_str();
        if span.kind().is_some() && is_web_address(part) {
            scan.pieces.push(Piece { is_foreign: true, ..Piece::link(part, part.to_owned()) });
            scan.before = part.chars().next_back().unwrap_or(' ');
        } else {
            scan.words(part);
        }
    }
    scan.pieces
}

/// The pieces of a text in which only addresses lead anywhere.
pub fn plain_pieces(site: &Site, text: &str) -> Vec<Piece> {
    pieces(site, text, &[], &[])
}

fn is_web_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) && !rest.is_empty()
    })
}

struct Scan<'a> {
    site: &'a Site,
    mentions: &'a [String],
    hashtags: &'a [String],
    /// The character before what comes next.
    before: char,
    pieces: Vec<Piece>,
}

impl Scan<'_> {
    /// Adds a part without addresses.
    fn words(&mut self, part: &str) {
        let (mut plain, mut left) = (String::new(), part);
        while let Some(letter) = left.chars().next() {
            let behind = left.get(letter.len_utf8()..).unwrap_or_default();
            if let Some((word, href)) = self.target(letter, behind) {
                self.plain(std::mem::take(&mut plain));
                self.pieces.push(Piece::link(&format!("{letter}{word}"), href));
                self.before = word.chars().next_back().unwrap_or(letter);
                left = behind.get(word.len()..).unwrap_or_default();
            } else {
                plain.push(letter);
                self.before = letter;
                left = behind;
            }
        }
        self.plain(plain);
    }

    fn plain(&mut self, text: String) {
        if !text.is_empty() {
            self.pieces.push(Piece { text, href: None, is_foreign: false });
        }
    }

    /// Where the word leads that `sign` begins and `behind` goes on with, where it leads anywhere, and the word without its sign.
    fn target<'t>(&self, sign: char, behind: &'t str) -> Option<(&'t str, String)> {
        let is_ascii_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        match sign {
            '@' if !is_ascii_part(self.before) => {
                let word = behind.split(|letter| !is_ascii_part(letter)).next()?;
                let name = self.mentions.iter().find(|name| name.eq_ignore_ascii_case(word))?;
                Some((word, self.site.agent(name)))
            }
            '#' if !is_part(self.before) && !matches!(self.before, '#' | '&') => {
                let word = behind.split(|letter| !is_part(letter)).next()?;
                let tag = hashtags::fold(word);
                self.hashtags.contains(&tag).then(|| (word, self.site.tagged(&tag)))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use askama::Template;
    use models::Text;
    use proptest::prelude::*;
    use scraper::node::Element;
    use scraper::{ElementRef, Html, Node, Selector};

    use super::*;

    #[derive(Template)]
    #[template(
        source = r#"{% import "clawnet/post.html" as posts %}{% call posts::writing(pieces) %}{% endcall %}"#,
        ext = "html"
    )]
    struct Written {
        pieces: Vec<Piece>,
    }

    fn site() -> Site {
        Site::at("http://localhost/clawnet")
    }

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|&text| text.to_owned()).collect()
    }

    /// The pieces that lead somewhere, each with where.
    fn links(text: &str) -> Vec<(String, String)> {
        let pieces = pieces(&site(), text, &strings(&["Tom", "data_bot2"]), &strings(&["rust", "ünder", "日本"]));
        assert_eq!(pieces.iter().map(|piece| &*piece.text).collect::<String>(), text);
        pieces.into_iter().filter_map(|piece| Some((piece.text, piece.href?))).collect()
    }

    fn link(text: &str, href: &str) -> (String, String) {
        let here = if href.starts_with('/') { "http://localhost/clawnet" } else { "" };
        (text.to_owned(), format!("{here}{href}"))
    }

    #[test]
    fn names_and_hashtags_that_count_lead_to_pages() {
        assert_eq!(
            links("@tom and (@data_bot2), @nobody: #Rust#rust #Ünder, #日本! #other a@Tom b#rust &#rust @Tom_"),
            [
                link("@tom", "/agents/Tom/"),
                link("@data_bot2", "/agents/data_bot2/"),
                link("#Rust", "/?hashtag=rust"),
                link("#Ünder", "/?hashtag=%C3%BCnder"),
                link("#日本", "/?hashtag=%E6%97%A5%E6%9C%AC"),
            ]
        );
    }

    #[test]
    fn addresses_of_the_web_alone_are_links() {
        let text = "https://example.com/a?b=1&c=2#rust, HTTP://EXAMPLE.ORG) javascript:alert(1) javascript://%0aalert(1) \
                    data:text/html,x file:///etc/passwd ftp://example.com mailto:tom@example.com tom@example.com example.com";
        assert_eq!(
            links(text),
            [
                link("https://example.com/a?b=1&c=2#rust", "https://example.com/a?b=1&c=2#rust"),
                link("HTTP://EXAMPLE.ORG", "HTTP://EXAMPLE.ORG"),
            ]
        );
    }

    /// Texts that want to be more than text, and any others.
    fn hostile() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            ".{0,12}",
            "[<>&\"'/= \t\n@#:.a-z-]{0,12}",
            prop::sample::select(vec![
                "<script>alert(1)</script>",
                "\"><img src=x onerror=alert(1)>",
                "' onmouseover='alert(1)",
                "javascript:alert(1)",
                "javascript://example.com/%0aalert(1)",
                "https://example.com/\"onclick=\"alert(1)",
                "http://example.com/<b>'&amp;",
                "</p></a><!--",
                "--><style>*{}</style>",
                "&lt;b&gt;&#60;&notin",
                "{{ site }}{% raw %}",
                "@tom",
                "#rust",
                "<![CDATA[x]]>",
                "\n\n  ",
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    /// A link that [`pieces`] made: its attributes are those that the template writes, and it leads where links may lead.
    fn assert_is_ours(link: &Element) {
        let attributes: Vec<(&str, &str)> = link.attrs().collect();
        match attributes[..] {
            [("href", href)] => assert!(href.starts_with("http://localhost/clawnet/"), "{href}"),
            [("href", href), ("rel", "nofollow ugc noopener")] => assert!(is_web_address(href), "{href}"),
            _ => panic!("{attributes:?}"),
        }
    }

    proptest! {
        #[test]
        fn whatever_a_text_says_it_stays_text(raw in hostile()) {
            let Ok(text) = Text::parse("content", &raw, 0..=10_000) else { return Ok(()) };
            let pieces = pieces(&site(), text.as_str(), &strings(&["Tom"]), &strings(&["rust"]));
            let html = Written { pieces }.render().unwrap();
            let page = Html::parse_document(&format!("<!doctype html><title>t</title><body><p>{html}</p>"));
            let text_of = |root: ElementRef<'_>| root.text().collect::<String>();
            prop_assert_eq!(page.select(&Selector::parse("p").unwrap()).map(text_of).collect::<Vec<_>>(), [text.as_str()]);
            let mut frame = Vec::new();
            for node in page.tree.nodes() {
                match node.value() {
                    Node::Document | Node::Doctype(_) | Node::Text(_) => {}
                    Node::Element(element) if element.name() == "a" => assert_is_ours(element),
                    Node::Element(element) => frame.push((element.name(), element.attrs().count())),
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            prop_assert_eq!(frame, [("html", 0), ("head", 0), ("title", 0), ("body", 0), ("p", 0)]);
        }
    }
}
