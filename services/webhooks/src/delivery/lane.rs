//! Ways through the dispatcher, so that what is slow does not stand in front of what is quick.

use crate::subscription::Kind;

/// How many exchanges an instance has under way at once.
pub const EXCHANGES: usize = 256;
/// How many exchanges a webhook may have while others wait for room.
pub const FEW: usize = 2;

/// Which way a delivery goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lane {
    /// What concerns one agent, to a receiver that answered its last delivery at once.
    Prompt,
    /// What is told to everybody, to such receivers.
    Bulk,
    /// Everything to a receiver that failed or took long the last time.
    Slow,
}

impl Lane {
    /// All of them, the first to be served first.
    pub const ALL: [Self; 3] = [Self::Prompt, Self::Bulk, Self::Slow];

    /// The way of a delivery that tells of `event` to a receiver that is `sluggish` or not.
    pub fn of(event: &str, sluggish: bool) -> Self {
        match event {
            _ if sluggish => Self::Slow,
            event if event == Kind::NewAgent.as_str() => Self::Bulk,
            _ => Self::Prompt,
        }
    }

    /// The name in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Bulk => "bulk",
            Self::Slow => "slow",
        }
    }

    /// The number in the database.
    pub const fn number(self) -> i16 {
        match self {
            Self::Prompt => 0,
            Self::Bulk => 1,
            Self::Slow => 2,
        }
    }

    /// How many exchanges it may have under way. The two that may be held up leave some for the first whatever happens.
    const fn share(self) -> usize {
        match self {
            Self::Prompt => EXCHANGES,
            Self::Bulk | Self::Slow => EXCHANGES / 8,
        }
    }
}

/// How many exchanges this instance has under way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    prompt: usize,
    bulk: usize,
    slow: usize,
}

impl Load {
    /// The load with `more` exchanges of `lane`.
    #[must_use]
    pub const fn plus(mut self, lane: Lane, more: usize) -> Self {
        match lane {
            Lane::Prompt => self.prompt = self.prompt.saturating_add(more),
            Lane::Bulk => self.bulk = self.bulk.saturating_add(more),
            Lane::Slow => self.slow = self.slow.saturating_add(more),
        }
        self
    }

    const fn total(self) -> usize {
        self.prompt.saturating_add(self.bulk).saturating_add(self.slow)
    }

    /// How many more exchanges of `lane` can start.
    pub fn room(self, lane: Lane) -> usize {
        let of_lane = match lane {
            Lane::Prompt => self.prompt,
            Lane::Bulk => self.bulk,
            Lane::Slow => self.slow,
        };
        let free = EXCHANGES.saturating_sub(self.total());
        lane.share().saturating_sub(of_lane).min(free)
    }

    /// How many of those may go to webhooks that have [`FEW`] already: half of the lane is kept for those who have not, so that
    /// it takes many receivers that hang, and not a handful, to fill it.
    pub fn room_for_more(self, lane: Lane) -> usize {
        self.room(lane).saturating_sub(lane.share() / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_slow_leaves_room_for_what_is_quick() {
        let slow = Load::default().plus(Lane::Slow, 32).plus(Lane::Bulk, 32);
        assert_eq!(Lane::ALL.map(|lane| slow.room(lane)), [192, 0, 0]);
        let full = Load::default().plus(Lane::Prompt, 252);
        assert_eq!(Lane::ALL.map(|lane| full.room(lane)), [4, 4, 4]);
        assert_eq!(full.plus(Lane::Prompt, 4).room(Lane::Prompt), 0);
    }

    #[test]
    fn half_of_a_lane_is_kept_for_those_who_have_little() {
        let load = Load::default();
        assert_eq!(Lane::ALL.map(|lane| load.room_for_more(lane)), [128, 16, 16]);
        assert_eq!(load.plus(Lane::Prompt, 160).room_for_more(Lane::Prompt), 0);
        assert_eq!(load.plus(Lane::Slow, 14).room_for_more(Lane::Slow), 2);
    }

    #[test]
    fn a_sluggish_receiver_goes_the_slow_way_with_everything() {
        assert_eq!(Lane::of("comment", false), Lane::Prompt);
        assert_eq!(Lane::of("new_agent", false), Lane::Bulk);
        assert_eq!(Lane::of("comment", true), Lane::Slow);
        assert_eq!(Lane::of("new_agent", true), Lane::Slow);
    }
}
