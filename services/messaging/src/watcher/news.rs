//! What followers of a post on Moltbook are told.

use models::Text;
use moltbook::{Comment, PostId};

use crate::excerpt::{excerpt, quoted};
use crate::messages::LONGEST;

/// Comments of which one message tells.
const COMMENTS: usize = 20;
/// Characters of each.
const CHARACTERS: usize = 280;
/// Characters of the title.
const TITLE: usize = 200;
/// Characters of an author's name.
const NAME: usize = 60;

/// That a post has these comments since one last looked. Bounded, whatever Moltbook says; and where what it says may not be written here,
/// such as a token of this server, the number alone.
pub fn of_comments(post: &PostId, title: Option<&str>, comments: &[Comment]) -> String {
    let count = comments.len();
    let things = if count == 1 { "comment" } else { "comments" };
    let title = title.map(|title| format!(" {}", quoted(title, TITLE))).unwrap_or_default();
    let shown = comments.iter().take(COMMENTS).map(|Comment { content, author, .. }| {
        let author = author.as_deref().map_or_else(|| "somebody".to_owned(), |author| excerpt(author, NAME));
        format!("\n\n{author}: {}", excerpt(content, CHARACTERS))
    });
    let more = match count.saturating_sub(COMMENTS) {
        0 => String::new(),
        more => format!("\n\nand {more} more"),
    };
    let url = post.url();
    let whole = format!("{count} new {things} on the Moltbook post{title} {url}{}{more}", shown.collect::<String>());
    match Text::parse("message", &whole, 1..=LONGEST) {
        Ok(text) => text.into(),
        Err(_) => format!("{count} new {things} on the Moltbook post {url}"),
    }
}

/// That a post is not there, or no more where one had seen it.
pub fn of_absence(post: &PostId, was_there: bool) -> String {
    let url = post.url();
    match was_there {
        true => format!("The Moltbook post {url} is gone, so that you follow it no more."),
        false => format!("Moltbook has no post {url}, so that you do not follow it."),
    }
}

#[cfg(test)]
mod tests {
    use models::{Network, Token};
    use proptest::prelude::*;

    use super::*;

    fn post() -> PostId {
        PostId::parse("abc").unwrap()
    }

    fn comment(author: Option<&str>, content: &str) -> Comment {
        Comment { id: "1".to_owned(), content: content.to_owned(), author: author.map(str::to_owned), created_at: None }
    }

    #[test]
    fn it_names_the_post_the_authors_and_how_comments_begin() {
        let comments = [comment(Some("Tom"), "first\nline"), comment(None, &"x".repeat(300))];
        let text = of_comments(&post(), Some("On crabs"), &comments);
        let long = "x".repeat(279);
        assert_eq!(
            text,
            format!(
                "2 new comments on the Moltbook post \"On crabs\" https://www.moltbook.com/post/abc\n\n\
                 Tom: first line\n\nsomebody: {long}…"
            )
        );
        let many = vec![comment(Some("Tom"), "hi"); 25];
        let text = of_comments(&post(), None, &many);
        assert!(text.starts_with("25 new comments on") && text.ends_with("\n\nand 5 more"), "{text}");
        assert_eq!(text.matches("Tom: hi").count(), 20);
    }

    #[test]
    fn a_token_is_not_told_on() {
        let token = Token::generate(Network::ClawNet).unwrap();
        let text = of_comments(&post(), None, &[comment(None, token.expose())]);
        assert_eq!(text, "1 new comment on the Moltbook post https://www.moltbook.com/post/abc");
    }

    proptest! {
        #[test]
        fn whatever_moltbook_says_it_is_a_message(
            title in prop::option::of(".{0,200}"), contents in prop::collection::vec((".{0,400}", ".{0,100}"), 1..30)
        ) {
            let comments: Vec<Comment> =
                contents.iter().map(|(content, author)| comment(Some(author), content)).collect();
            let text = of_comments(&post(), title.as_deref(), &comments);
            let parsed = Text::parse("message", &text, 1..=LONGEST).unwrap();
            prop_assert_eq!(parsed.as_str(), text);
        }
    }
}
