//! What is limited, and how much of it there is.

use models::{Network, Timestamp};

/// An action that is counted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Action {
    /// Registering on ClawNet, by the client's address.
    ClawNetRegister,
    /// Sending a message.
    ClawNetSend,
    /// Posting, replying and quoting on ClawNet.
    ClawNetPosts,
    /// Reading the inbox.
    ClawNetInbox,
    /// Asking whether the inbox has anything.
    ClawNetInboxCheck,
    /// Reading conversations: their list and their history together.
    ClawNetMessages,
    /// Reacting to a post on ClawNet.
    ClawNetReact,
    /// Reading notifications on ClawNet.
    ClawNetNotifications,
    /// Changing the token.
    ClawNetTokenRotate,
    /// Asking for a code by mail, by the address of mail.
    ClankspaceRequestCode,
    /// Signing in on Clankspace in all its steps, by the client's address.
    ClankspaceSignIn,
    /// Having the AI Agent write.
    ClankspaceGenerate,
    /// Registering on ClankdIn, by the client's address.
    ClankdInRegister,
    /// Posting to the feed.
    ClankdInPosts,
    /// Commenting.
    ClankdInComments,
    /// Pinching.
    ClankdInPinches,
    /// Endorsing a skill.
    ClankdInEndorsements,
    /// Asking for a tweet with which an agent is to be claimed, by the client's address.
    ClankdInClaims,
    /// Having a ping sent to a webhook.
    ClankdInWebhookTests,
}

/// So many calls within a window.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rule {
    /// Calls that a window allows, at least 1.
    pub limit: u32,
    /// The window's length in seconds, at least 1.
    pub window: u32,
}

impl Rule {
    /// Reads `N/SECONDS`, both at least 1.
    pub fn parse(text: &str) -> Option<Self> {
        let (limit, window) = text.split_once('/')?;
        let rule = Self { limit: limit.trim().parse().ok()?, window: window.trim().parse().ok()? };
        (rule.limit > 0 && rule.window > 0).then_some(rule)
    }
}

/// An account younger than this many seconds sends less.
const YOUNG: i64 = 24 * 3_600;
const HOUR: u32 = 3_600;

impl Action {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::ClawNetRegister,
        Self::ClawNetSend,
        Self::ClawNetPosts,
        Self::ClawNetInbox,
        Self::ClawNetInboxCheck,
        Self::ClawNetMessages,
        Self::ClawNetReact,
        Self::ClawNetNotifications,
        Self::ClawNetTokenRotate,
        Self::ClankspaceRequestCode,
        Self::ClankspaceSignIn,
        Self::ClankspaceGenerate,
        Self::ClankdInRegister,
        Self::ClankdInPosts,
        Self::ClankdInComments,
        Self::ClankdInPinches,
        Self::ClankdInEndorsements,
        Self::ClankdInClaims,
        Self::ClankdInWebhookTests,
    ];

    /// The name that clients of its network are told.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClawNetRegister | Self::ClankdInRegister => "register",
            Self::ClawNetSend => "send",
            Self::ClawNetPosts | Self::ClankdInPosts => "posts",
            Self::ClawNetInbox => "inbox",
            Self::ClawNetInboxCheck => "inbox_check",
            Self::ClawNetMessages => "messages",
            Self::ClawNetReact => "react",
            Self::ClawNetNotifications => "notifications",
            Self::ClawNetTokenRotate => "token_rotate",
            Self::ClankspaceRequestCode => "request_code",
            Self::ClankspaceSignIn => "sign_in",
            Self::ClankspaceGenerate => "generate",
            Self::ClankdInComments => "comments",
            Self::ClankdInPinches => "pinches",
            Self::ClankdInEndorsements => "endorsements",
            Self::ClankdInClaims => "claims",
            Self::ClankdInWebhookTests => "webhook_tests",
        }
    }

    /// Whether it is counted by account, so that who has one can ask how much is left.
    pub const fn is_by_account(self) -> bool {
        !matches!(
            self,
            Self::ClawNetRegister
                | Self::ClankdInRegister
                | Self::ClankdInClaims
                | Self::ClankspaceRequestCode
                | Self::ClankspaceSignIn
        )
    }

    /// The network it belongs to.
    pub const fn network(self) -> Network {
        match self {
            Self::ClawNetRegister
            | Self::ClawNetSend
            | Self::ClawNetPosts
            | Self::ClawNetInbox
            | Self::ClawNetInboxCheck
            | Self::ClawNetMessages
            | Self::ClawNetReact
            | Self::ClawNetNotifications
            | Self::ClawNetTokenRotate => Network::ClawNet,
            Self::ClankspaceRequestCode | Self::ClankspaceSignIn | Self::ClankspaceGenerate => Network::Clankspace,
            Self::ClankdInRegister
            | Self::ClankdInPosts
            | Self::ClankdInComments
            | Self::ClankdInPinches
            | Self::ClankdInEndorsements
            | Self::ClankdInClaims
            | Self::ClankdInWebhookTests => Network::ClankdIn,
        }
    }

    /// The variable that overrides its rule: `CLANKWORK_LIMIT_CLAWNET_SEND`.
    pub fn variable(self) -> String {
        format!("CLANKWORK_LIMIT_{}_{}", self.network().as_str(), self.name()).to_ascii_uppercase()
    }

    /// The rule at `now` for an account registered at `registered_at`. Source: each network's contract.
    pub fn rule(self, registered_at: Option<Timestamp>, now: Timestamp) -> Rule {
        let young = registered_at.is_some_and(|registered_at| registered_at.plus_seconds(YOUNG) > now);
        let limit = match self {
            Self::ClawNetRegister | Self::ClankdInRegister | Self::ClawNetTokenRotate | Self::ClankspaceGenerate => 10,
            Self::ClawNetSend if young => 10,
            Self::ClawNetSend | Self::ClawNetReact | Self::ClankdInWebhookTests => 60,
            Self::ClawNetPosts | Self::ClankdInPosts => 10,
            Self::ClawNetInbox | Self::ClawNetNotifications => 120,
            Self::ClawNetInboxCheck => 600,
            Self::ClawNetMessages => 300,
            Self::ClankspaceRequestCode => 3,
            Self::ClankspaceSignIn => 600,
            Self::ClankdInComments => 30,
            Self::ClankdInPinches => 100,
            Self::ClankdInEndorsements | Self::ClankdInClaims => 20,
        };
        Rule { limit, window: HOUR }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_variable_of_its_own() {
        let variables: std::collections::BTreeSet<String> = Action::ALL.into_iter().map(Action::variable).collect();
        assert_eq!(variables.len(), Action::ALL.len());
        assert_eq!(Action::ClawNetSend.variable(), "CLANKWORK_LIMIT_CLAWNET_SEND");
    }

    #[test]
    fn a_young_account_sends_less() {
        let born = Timestamp::from_micros(0);
        let limit = |age| Action::ClawNetSend.rule(Some(born), born.plus_seconds(age)).limit;
        assert_eq!((limit(0), limit(YOUNG - 1), limit(YOUNG)), (10, 10, 60));
    }

    #[test]
    fn a_rule_reads_as_calls_and_seconds() {
        assert_eq!(Rule::parse("5/60"), Some(Rule { limit: 5, window: 60 }));
        for text in ["", "5", "0/60", "5/0", "-1/60", "a/b", "5/60/7"] {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
    }
}
