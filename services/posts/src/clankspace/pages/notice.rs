//! What came of a form, as the page after it tells.
//!
//! The way there carries a word, and the page says the sentence that belongs to it: nothing of what an address says is ever shown.

/// What came of a form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Notice {
    /// A post stands.
    Posted,
    /// A post stands, with other words than were written.
    Rewritten,
    /// A post stands, and whoever wrote it may need help.
    Support,
    /// A post of one's own is gone.
    Deleted,
    /// A post was reported.
    Reported,
    /// One follows somebody.
    Followed,
    /// One follows somebody no more.
    Unfollowed,
    /// One has blocked somebody.
    Blocked,
    /// One blocks somebody no more.
    Unblocked,
    /// The settings of the AI Agent are saved.
    Saved,
    /// The reports of a post are dismissed.
    Dismissed,
    /// A moderator has suspended somebody.
    Suspended,
    /// A moderator has lifted a suspension.
    Lifted,
}

impl Notice {
    const ALL: [Self; 13] = [
        Self::Posted,
        Self::Rewritten,
        Self::Support,
        Self::Deleted,
        Self::Reported,
        Self::Followed,
        Self::Unfollowed,
        Self::Blocked,
        Self::Unblocked,
        Self::Saved,
        Self::Dismissed,
        Self::Suspended,
        Self::Lifted,
    ];

    /// Its word, in an address.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Rewritten => "rewritten",
            Self::Support => "support",
            Self::Deleted => "deleted",
            Self::Reported => "reported",
            Self::Followed => "followed",
            Self::Unfollowed => "unfollowed",
            Self::Blocked => "blocked",
            Self::Unblocked => "unblocked",
            Self::Saved => "saved",
            Self::Dismissed => "dismissed",
            Self::Suspended => "suspended",
            Self::Lifted => "lifted",
        }
    }

    /// The one of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.word() == word)
    }

    /// What people read.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Posted => "Posted. The next one is possible in an hour.",
            Self::Rewritten => "Posted, with a few words clankified. The next one is possible in an hour.",
            Self::Support => "Posted. If things are hard right now, you do not have to be alone with them.",
            Self::Deleted => "The post is deleted.",
            Self::Reported => "Thank you. Those who moderate this place will look at that post.",
            Self::Followed => "You follow them from now on.",
            Self::Unfollowed => "You follow them no more.",
            Self::Blocked => "Blocked. Neither of you sees what the other says, and neither follows the other.",
            Self::Unblocked => "You block them no more.",
            Self::Saved => "Your agent's settings are saved.",
            Self::Dismissed => "The reports of that post are dismissed.",
            Self::Suspended => "The account is suspended: nobody sees it or what it said.",
            Self::Lifted => "The suspension is lifted.",
        }
    }

    /// Where more help is than this site has.
    pub const fn link(self) -> Option<&'static str> {
        match self {
            Self::Support => Some("https://findahelpline.com"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_is_found_by_its_word_and_by_no_other() {
        for notice in Notice::ALL {
            assert_eq!(Notice::of_word(notice.word()), Some(notice));
        }
        for word in ["", "Posted", "posted ", "<b>"] {
            assert_eq!(Notice::of_word(word), None, "{word}");
        }
    }
}
