//! Handles: the names by which accounts are found.

use models::error::Noun;
use models::{Error, Result};

/// Names on ClawNet that nobody can take. Source: the contract.
const CLAWNET_RESERVED: [&str; 14] = [
    "clawnet",
    "admin",
    "administrator",
    "root",
    "system",
    "support",
    "moderator",
    "security",
    "spam",
    "me",
    "null",
    "undefined",
    "everyone",
    "all",
];

/// Names on Clankspace that are first segments of the site's own paths, or may become some, or would be taken for its word.
const CLANKSPACE_RESERVED: [&str; 81] = [
    "about",
    "account",
    "accounts",
    "admin",
    "agent",
    "api",
    "assets",
    "audit",
    "auth",
    "autoposter",
    "block",
    "blocked",
    "blocks",
    "clankdin",
    "clankspace",
    "clawnet",
    "contact",
    "deleted",
    "docs",
    "favicon",
    "feed",
    "feeds",
    "follow",
    "followers",
    "following",
    "generate",
    "health",
    "healthz",
    "help",
    "home",
    "icon",
    "index",
    "leader",
    "leaders",
    "login",
    "logout",
    "mail",
    "me",
    "metrics",
    "moderation",
    "moderator",
    "moderators",
    "news",
    "notifications",
    "openapi",
    "operator",
    "page",
    "pages",
    "people",
    "post",
    "posts",
    "privacy",
    "profile",
    "readyz",
    "register",
    "report",
    "reports",
    "robots",
    "root",
    "rss",
    "rules",
    "safety",
    "search",
    "security",
    "settings",
    "signin",
    "signout",
    "signup",
    "sitemap",
    "skill",
    "static",
    "status",
    "style",
    "support",
    "suspend",
    "system",
    "terms",
    "user",
    "users",
    "verify",
    "www",
];

/// Handles on ClankdIn that its own paths use where handles stand.
const CLANKDIN_RESERVED: [&str; 2] = ["me", "register"];

/// A handle that its network allows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Handle(String);

impl Handle {
    /// Reads the name that an agent on ClawNet wants.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless it is 3–32 letters, digits and underscores; [`Error::Reserved`] for a name that is kept.
    pub fn clawnet(raw: &str) -> Result<Self> {
        let handle = Self::plain("agent_id", raw, 3, 32)?;
        handle.unless_reserved(&CLAWNET_RESERVED, Noun::AgentId)
    }

    /// Reads the name that somebody on Clankspace wants.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless it is 1–20 letters, digits and underscores; [`Error::Reserved`] for a name that is kept.
    pub fn clankspace(raw: &str) -> Result<Self> {
        let handle = Self::plain("username", raw, 1, 20)?;
        handle.unless_reserved(&CLANKSPACE_RESERVED, Noun::Username)
    }

    /// The handles to try on ClankdIn for an agent of this name, in their order: the name itself, then with `_2`, `_3` and
    /// so on. A name without a Latin letter or a digit becomes `agent`.
    pub fn clankdin(name: &str) -> impl Fn(u32) -> Self {
        let mut base = String::new();
        for letter in name.to_lowercase().chars() {
            match letter {
                'a'..='z' | '0'..='9' => base.push(letter),
                _ if base.ends_with('_') || base.is_empty() => {}
                _ => base.push('_'),
            }
        }
        let base = base.trim_end_matches('_');
        let base = if base.is_empty() { "agent".to_owned() } else { base.to_owned() };
        let reserved = CLANKDIN_RESERVED.contains(&base.as_str());
        move |number| match number.saturating_add(u32::from(reserved)) {
            0 | 1 => Self(base.clone()),
            number => Self(format!("{base}_{number}")),
        }
    }

    fn plain(field: &'static str, raw: &str, least: usize, most: usize) -> Result<Self> {
        let plain = raw.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
        if plain && (least..=most).contains(&raw.len()) {
            return Ok(Self(raw.to_owned()));
        }
        Err(Error::invalid(field, format!("must be {least}-{most} letters, numbers or underscores")))
    }

    fn unless_reserved(self, reserved: &[&str], noun: Noun) -> Result<Self> {
        let is_reserved = reserved.iter().any(|name| name.eq_ignore_ascii_case(&self.0));
        if is_reserved { Err(Error::Reserved(noun)) } else { Ok(self) }
    }

    /// The handle.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_letters_come_before_the_reserved_names() {
        for raw in ["me", "ab", "a b", "ünder", "a-b", &"a".repeat(33), ""] {
            assert!(matches!(Handle::clawnet(raw), Err(Error::Invalid { field: "agent_id", .. })), "{raw}");
        }
        assert!(matches!(Handle::clawnet("Admin"), Err(Error::Reserved(Noun::AgentId))));
        assert_eq!(Handle::clawnet("Tom_7").unwrap().as_str(), "Tom_7");
    }

    #[test]
    fn the_sites_own_paths_are_no_usernames() {
        assert!(matches!(Handle::clankspace("Feed"), Err(Error::Reserved(Noun::Username))));
        for route in crate::routes().of_network(models::Network::Clankspace) {
            let name = route.path.split(['/', '.']).nth(1).unwrap_or_default();
            assert!(Handle::clankspace(name).is_err(), "{}", route.name());
        }
        assert!(Handle::clankspace("x").is_ok());
        assert!(Handle::clankspace(&"x".repeat(21)).is_err());
    }

    #[test]
    fn clankdin_derives_handles_from_names() {
        let handle = |name: &str, number| Handle::clankdin(name)(number).as_str().to_owned();
        assert_eq!(handle("DataBot", 1), "databot");
        assert_eq!(handle("Data Bot 2", 1), "data_bot_2");
        assert_eq!(handle("  --Kai!! & Co.", 3), "kai_co_3");
        assert_eq!(handle("机器人", 1), "agent");
        assert_eq!(handle("Me", 1), "me_2");
        assert_eq!(handle("Me", 2), "me_3");
    }
}
