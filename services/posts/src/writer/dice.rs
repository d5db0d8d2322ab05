//! Chance, thrown anew for every text.

use models::{Error, Result};

/// A sequence of numbers that nobody can tell from chance, though the seed tells all of it. For variety, not for secrets.
///
/// Source: SplitMix64, by Steele, Lea and Flood (OOPSLA 2014).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice whose seed is chance itself.
    ///
    /// # Errors
    /// [`Error::Internal`] where the system has no chance to give.
    pub fn thrown() -> Result<Self> {
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).map_err(Error::internal)?;
        Ok(Self(u64::from_le_bytes(seed)))
    }

    /// Dice that fall alike for the same seed.
    #[cfg(test)]
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Any of these; `None` where there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(from.len()).ok()?;
        let place = self.next().checked_rem(count)?;
        from.get(usize::try_from(place).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_side_falls_about_as_often() {
        let mut dice = Dice::seeded(1);
        let mut fallen = [0; 6];
        for _ in 0..6_000 {
            fallen[*dice.pick(&[0_usize, 1, 2, 3, 4, 5]).unwrap()] += 1;
        }
        assert!(fallen.iter().all(|count| (850..1_150).contains(count)), "{fallen:?}");
        assert_eq!(dice.pick::<u8>(&[]), None);
        assert_ne!(Dice::thrown().unwrap().next(), Dice::thrown().unwrap().next());
    }
}
