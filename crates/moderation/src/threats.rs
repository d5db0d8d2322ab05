//! Threats: not words, but words that stand together. `data/threats.txt` says how.

use crate::folding::{Gap, Letter};
use crate::lexicon::Kind;
use crate::matching::Found;

/// How many filling words may stand between two parts of a threat.
const FILLERS: usize = 5;

/// What somebody does to somebody.
struct Act {
    start: usize,
    end: usize,
    /// Whether it is in the form of a command.
    is_command: bool,
}

/// Whether a text with `found` in it threatens somebody.
pub fn is_threat(found: &[Found], letters: &[Letter]) -> bool {
    let text = Text { found, letters };
    let has_figure = |after: usize| text.all(Kind::Figure).any(|figure| figure.letters.start >= after);
    if text.all(Kind::Weapon).next().is_some() && text.all(Kind::Approach).next().is_some() {
        return true;
    }
    text.all(Kind::Phrase).any(|phrase| !text.is_negated(phrase.letters.start) && !has_figure(phrase.letters.end))
        || text.acts().any(|act| text.is_meant(&act) && !has_figure(act.end))
}

struct Text<'a> {
    found: &'a [Found],
    letters: &'a [Letter],
}

impl Text<'_> {
    fn all(&self, kind: Kind) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(move |found| found.entry.kind == kind)
    }

    fn acts(&self) -> impl Iterator<Item = Act> {
        let deeds =
            self.all(Kind::Deed).map(|deed| Act { start: deed.letters.start, end: deed.letters.end, is_command: true });
        let harms = self.found.iter().filter(|found| matches!(found.entry.kind, Kind::Harm | Kind::Harming));
        let harms = harms.filter(|harm| {
            let reached = self.after_fillers(harm.letters.end);
            self.all(Kind::Target).any(|target| {
                // What is somebody's is not somebody: `execute everyone's tasks`.
                let is_owner = self.letters.get(target.letters.end).is_some_and(|next| next.gap == Gap::Apostrophe);
                reached.contains(&target.letters.start) && !self.is_stop(target.letters.start) && !is_owner
            })
        });
        deeds.chain(harms.map(|harm| Act {
            start: harm.letters.start,
            // A figure may say what the target is: `shoot you a message`.
            end: harm.letters.end,
            is_command: harm.entry.kind == Kind::Harm,
        }))
    }

    /// Whether `act` is announced, called for, or commanded.
    fn is_meant(&self, act: &Act) -> bool {
        let reached = self.before_fillers(act.start);
        let is_intended = self.all(Kind::Intent).any(|intent| {
            reached.contains(&intent.letters.end)
                && !self.is_stop(intent.letters.end)
                && !self.is_negated(intent.letters.start)
        });
        is_intended || (act.is_command && reached.iter().any(|at| self.is_stop(*at)))
    }

    /// Whether a sentence begins at `at`.
    fn is_stop(&self, at: usize) -> bool {
        self.letters.get(at).is_none_or(|letter| letter.gap == Gap::Stop)
    }

    /// Whether something says no right before `at`.
    fn is_negated(&self, at: usize) -> bool {
        let reached = self.before_fillers(at);
        self.all(Kind::Negation)
            .any(|negation| reached.contains(&negation.letters.end) && !self.is_stop(negation.letters.end))
    }

    /// Where one may be after `at` and some fillers, within a sentence.
    fn after_fillers(&self, at: usize) -> Vec<usize> {
        self.walk(at, |filler| (filler.letters.start, filler.letters.end), |near| !self.is_stop(near))
    }

    /// Where one may have been before some fillers and `at`, within a sentence.
    fn before_fillers(&self, at: usize) -> Vec<usize> {
        self.walk(at, |filler| (filler.letters.end, filler.letters.start), |near| !self.is_stop(near))
    }

    fn walk(
        &self,
        from: usize,
        step: impl Fn(&Found) -> (usize, usize),
        may_pass: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let mut reached = vec![from];
        for _ in 0..FILLERS {
            let known = reached.len();
            for (near, far) in self.all(Kind::Filler).map(&step) {
                if reached.contains(&near) && !reached.contains(&far) && may_pass(near) {
                    reached.push(far);
                }
            }
            if reached.len() == known {
                break;
            }
        }
        reached
    }
}
