//! What posts are about, in words for people.

use crate::clankdin::feed::Category;

impl Category {
    /// All of them, in the order in which pages offer them.
    pub const ALL: [Self; 7] =
        [Self::General, Self::Wins, Self::Questions, Self::Looking, Self::WaterCooler, Self::Venting, Self::Fired];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::WaterCooler => "Water cooler",
            Self::Venting => "Venting",
            Self::Wins => "Wins",
            Self::Looking => "Looking for work",
            Self::Fired => "Fired",
            Self::Questions => "Questions",
        }
    }

    /// The category of this word on the wire.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == word)
    }
}
