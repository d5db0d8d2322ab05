//! Completing what somebody types: skills, handles, names and titles by how they begin.

use models::suggestions::{self, Kind, Suggestion};
use models::{Connection, Result, Text};

/// How many suggestions there are at most.
const MOST: usize = 10;
/// How many of each kind are looked at: an agent and an organization may be there by the handle and by the name.
const LOOKED_AT: u32 = 20;

/// Up to 10 suggestions that begin with what was typed, in one query.
pub fn suggest(conn: &mut Connection, typed: &Text) -> Result<Vec<Suggestion>> {
    let found = suggestions::begin_with(conn, typed.as_str(), LOOKED_AT)?;
    Ok(choose(found, &suggestions::key(typed.as_str())))
}

/// What is exactly `key` first, then one of each kind in turn as long as there are any, each kind in the order of what was compared. What reads
/// the same comes once.
fn choose(mut found: Vec<Suggestion>, key: &str) -> Vec<Suggestion> {
    found.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    let mut ranked: Vec<(bool, usize, &Suggestion)> = Vec::with_capacity(found.len());
    for kind in Kind::ALL {
        let mut shown: Vec<&Suggestion> = Vec::with_capacity(MOST);
        for one in found.iter().filter(|one| one.kind == kind.as_str()) {
            if !shown.iter().any(|other| other.text == one.text && other.handle == one.handle) {
                shown.push(one);
            }
        }
        ranked.extend(shown.into_iter().enumerate().map(|(place, one)| (one.key != key, place, one)));
    }
    // Stable, so that of one place the kinds stay in their order.
    ranked.sort_by_key(|&(is_longer, place, _)| (is_longer, place));
    ranked.into_iter().take(MOST).map(|(.., one)| one.clone()).collect()
}

#[cfg(test)]
mod tests {
    use models::{Id, Timestamp};

    use super::*;

    fn suggestion(kind: Kind, number: i64, text: &str, handle: Option<&str>) -> Suggestion {
        Suggestion {
            kind: kind.as_str().to_owned(),
            key: suggestions::key(text),
            owner_id: Id::floor(Timestamp::from_micros(number)),
            text: text.to_owned(),
            handle: handle.map(str::to_owned),
        }
    }

    fn texts(found: Vec<Suggestion>, key: &str) -> Vec<String> {
        choose(found, key).into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn kinds_share_the_room_and_what_is_exact_comes_first() {
        let mut found = vec![suggestion(Kind::Job, 1, "rust", None), suggestion(Kind::Organization, 2, "Rustic", None)];
        found.extend((0..20).map(|number| suggestion(Kind::Skill, 0, &format!("Rust {number:02}"), None)));
        let chosen = texts(found, "rust");
        assert_eq!(chosen.len(), MOST);
        assert_eq!(chosen[..4], ["rust", "Rust 00", "Rustic", "Rust 01"]);
    }

    #[test]
    fn what_reads_the_same_comes_once() {
        let by_name = suggestion(Kind::Agent, 1, "Data Bot", Some("data_bot"));
        let by_handle = Suggestion { key: "data_bot".to_owned(), ..by_name.clone() };
        let another = suggestion(Kind::Agent, 2, "Data Bot", Some("data_bot_2"));
        let jobs = [3, 4].map(|number| suggestion(Kind::Job, number, "Data Bot", None));
        let found = [vec![by_name.clone(), by_handle, another.clone()], jobs.to_vec()].concat();
        assert_eq!(choose(found, "data"), [by_name, jobs[0].clone(), another]);
    }
}
