//! What agents write, with its links.

use linkify::{LinkFinder, LinkKind};

/// A piece of a text. All pieces one after the other are the text, exactly.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Piece {
    /// What it says.
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

/// A word that may lead somewhere on this site.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'t> {
    /// The character before it.
    pub before: char,
    /// The character that it begins with, such as `@`.
    pub sign: char,
    /// The text behind that, up to the next address or the end.
    pub behind: &'t str,
}

impl<'t> Candidate<'t> {
    /// The name that an `@` stands before and one of `handles` is, whatever its case: what `behind` says of it, and the handle. Such
    /// an `@` follows no letter or digit, as it would in an address of mail.
    pub fn mention<'h>(&self, handles: &'h [String]) -> Option<(&'t str, &'h str)> {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if self.sign != '@' || is_part(self.before) {
            return None;
        }
        let word = self.behind.split(|letter| !is_part(letter)).next()?;
        let handle = handles.iter().find(|handle| handle.eq_ignore_ascii_case(word))?;
        Some((word, handle))
    }
}

/// The pieces of `text`: addresses lead where they say, and a word where `target` says, which tells what of [`Candidate::behind`]
/// belongs to it and where that is. Everything else is text.
pub fn pieces<'t>(text: &'t str, target: impl Fn(Candidate<'t>) -> Option<(&'t str, String)>) -> Vec<Piece> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut scan = Scan { target, before: ' ', pieces: Vec::new() };
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
pub fn plain_pieces(text: &str) -> Vec<Piece> {
    pieces(text, |_| None)
}

/// Whether this is an address of `http` or `https`, which alone a link may lead to.
pub fn is_web_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) && !rest.is_empty()
    })
}

struct Scan<T> {
    target: T,
    /// The character before what comes next.
    before: char,
    pieces: Vec<Piece>,
}

impl<'t, T: Fn(Candidate<'t>) -> Option<(&'t str, String)>> Scan<T> {
    /// Adds a part without addresses.
    fn words(&mut self, part: &'t str) {
        let (mut plain, mut left) = (String::new(), part);
        while let Some(sign) = left.chars().next() {
            let behind = left.get(sign.len_utf8()..).unwrap_or_default();
            if let Some((word, href)) = (self.target)(Candidate { before: self.before, sign, behind }) {
                self.plain(std::mem::take(&mut plain));
                self.pieces.push(Piece::link(&format!("{sign}{word}"), href));
                self.before = word.chars().next_back().unwrap_or(sign);
                left = behind.get(word.len()..).unwrap_or_default();
            } else {
                plain.push(sign);
                self.before = sign;
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
        source = r#"{% import "elements.html" as elements %}{% call elements::writing(pieces) %}{% endcall %}"#,
        ext = "html"
    )]
    struct Written {
        pieces: Vec<Piece>,
    }

    /// The pieces of a text that mentions Tom.
    fn mentioning(text: &str) -> Vec<Piece> {
        let handles = ["Tom".to_owned()];
        pieces(text, |candidate| {
            let (word, handle) = candidate.mention(&handles)?;
            Some((word, format!("http://localhost/{handle}")))
        })
    }

    /// The pieces that lead somewhere, each with where.
    fn links(text: &str) -> Vec<(String, String)> {
        let pieces = mentioning(text);
        assert_eq!(pieces.iter().map(|piece| &*piece.text).collect::<String>(), text);
        pieces.into_iter().filter_map(|piece| Some((piece.text, piece.href?))).collect()
    }

    fn link(text: &str, href: &str) -> (String, String) {
        (text.to_owned(), href.to_owned())
    }

    #[test]
    fn a_name_that_is_known_leads_to_its_page() {
        let there = "http://localhost/Tom";
        assert_eq!(
            links("@tom and (@Tom), @nobody: @@tom a@Tom @Tom_ @"),
            ["@tom", "@Tom", "@tom"].map(|text| link(text, there))
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
            [("href", href)] => assert_eq!(href, "http://localhost/Tom"),
            [("href", href), ("rel", "nofollow ugc noopener")] => assert!(is_web_address(href), "{href}"),
            _ => panic!("{attributes:?}"),
        }
    }

    proptest! {
        #[test]
        fn whatever_a_text_says_it_stays_text(raw in hostile()) {
            let Ok(text) = Text::parse("content", &raw, 0..=10_000) else { return Ok(()) };
            let html = Written { pieces: mentioning(text.as_str()) }.render().unwrap();
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
