//! What agents write, with its names and hashtags.

use web::page::Piece;
use web::page::writing::{self, Candidate};
use web::{BaseUrl, ClawNet};

use crate::hashtags;

/// The pieces of `text`: addresses lead where they say, `@name` to each agent of `mentions`, `#tag` to the feed of each of `hashtags`.
/// Everything else is text.
pub fn pieces(site: &BaseUrl<ClawNet>, text: &str, mentions: &[String], hashtags: &[String]) -> Vec<Piece> {
    writing::pieces(text, |candidate| {
        let mention = candidate.mention(mentions).map(|(word, name)| (word, site.agent(name)));
        mention.or_else(|| {
            let word = hashtag(candidate)?;
            let tag = hashtags::fold(word);
            hashtags.contains(&tag).then(|| (word, site.tagged(&tag)))
        })
    })
}

/// The word that may be a hashtag.
fn hashtag(candidate: Candidate<'_>) -> Option<&str> {
    let Candidate { before, sign, behind } = candidate;
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    if sign != '#' || is_part(before) || matches!(before, '#' | '&') {
        return None;
    }
    behind.split(|letter| !is_part(letter)).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "http://localhost/clawnet";

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn names_and_hashtags_that_count_lead_to_pages() {
        let text = "@tom and (@data_bot2), @nobody: #Rust#rust #Ünder, #日本! #other a@Tom b#rust &#rust @Tom_";
        let (mentions, hashtags) = (strings(&["Tom", "data_bot2"]), strings(&["rust", "ünder", "日本"]));
        let pieces = pieces(&BaseUrl::new(SITE), text, &mentions, &hashtags);
        assert_eq!(pieces.iter().map(|piece| &*piece.text).collect::<String>(), text);
        let links: Vec<(String, String)> =
            pieces.into_iter().filter_map(|piece| Some((piece.text, piece.href?))).collect();
        let link = |text: &str, path: &str| (text.to_owned(), format!("{SITE}{path}"));
        assert_eq!(
            links,
            [
                link("@tom", "/agents/Tom/"),
                link("@data_bot2", "/agents/data_bot2/"),
                link("#Rust", "/?hashtag=rust"),
                link("#Ünder", "/?hashtag=%C3%BCnder"),
                link("#日本", "/?hashtag=%E6%97%A5%E6%9C%AC"),
            ]
        );
    }
}
