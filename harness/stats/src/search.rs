//! Which of many things in a row is the first bad one, by questions that may go unanswered.
//!
//! `dyno bisect` asks it which revision to compare next and how sure that comparison has to be. It
//! must not know what is compared or how.

/// What a comparison with the good end has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Not bad.
    Good,
    /// Bad.
    Bad,
    /// Nothing: it was not decided, or could not be compared.
    Skipped,
}

/// What is to be asked next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// The place that is to be compared with the first.
    pub at: usize,
    /// The probability with which the answer may be wrong.
    pub alpha: f64,
}

/// A search by halves for the first bad one of `n`, of which the first is good and the last is said
/// to be bad. That is asked first; a last one that is not shown to be bad ends the search.
///
/// # Error rate
///
/// Let every answer of Good or Bad be wrong with at most the probability of its question, however
/// often somebody looked before it was given. Then all answers are right together with probability
/// 1 - `alpha` at least (union bound), because the questions' probabilities never add up to more:
/// each takes its share of what the questions before have left, which is an equal part of it for
/// every question that is still needed. Without skips that is `alpha` over 1 + ceil(log2(n - 1)),
/// the number of questions. A question that was skipped has had its chance to be wrong and gets
/// nothing back.
///
/// # Skips
///
/// A skipped one stays under suspicion, and the nearest to the middle that was not asked yet is
/// asked instead, as `git bisect skip` does. At the end several may be left.
#[derive(Clone, Debug)]
pub struct Search {
    answers: Vec<Option<Answer>>,
    good: usize,
    bad: usize,
    alpha: f64,
}

impl Search {
    /// A search that has asked nothing. `None` unless `n` is at least 2 and 0 < `alpha` < 1.
    pub fn new(n: usize, alpha: f64) -> Option<Self> {
        let usable = n >= 2 && 0.0 < alpha && alpha < 1.0;
        usable.then(|| Self { answers: vec![None; n], good: 0, bad: n - 1, alpha })
    }

    /// The next question; `None` when nothing more can be found out.
    pub fn next_question(&mut self) -> Option<Question> {
        let last = self.answers.len() - 1;
        let (at, needed) = match self.answers[last] {
            None => (last, 1 + self.halvings()),
            Some(Answer::Bad) => {
                let middle = self.good.midpoint(self.bad);
                let open = (self.good + 1..self.bad).filter(|at| self.answers[*at].is_none());
                (open.min_by_key(|at| at.abs_diff(middle))?, self.halvings())
            }
            Some(Answer::Good | Answer::Skipped) => return None,
        };
        let alpha = self.alpha / f64::from(needed.max(1));
        self.alpha -= alpha;
        Some(Question { at, alpha })
    }

    /// Takes in what a comparison has shown. Good ones bound the search from below, bad ones from
    /// above.
    pub fn answer(&mut self, at: usize, answer: Answer) {
        let Some(known) = self.answers.get_mut(at) else { return };
        *known = Some(answer);
        match answer {
            Answer::Good => self.good = self.good.max(at),
            Answer::Bad => self.bad = self.bad.min(at),
            Answer::Skipped => {}
        }
    }

    /// What was answered about a place.
    pub fn answered(&self, at: usize) -> Option<Answer> {
        self.answers.get(at).copied().flatten()
    }

    /// The places of which one is the first bad one, from the first after the last good one; all
    /// but the first where the last one was not shown to be bad.
    pub fn suspects(&self) -> std::ops::RangeInclusive<usize> {
        self.good + 1..=self.bad
    }

    /// Questions that halving the suspects takes.
    fn halvings(&self) -> u32 {
        (self.bad - self.good).next_power_of_two().ilog2()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Asks to the end; the questions' probabilities, and how many there were.
    fn run(n: usize, truth: impl Fn(usize) -> Answer) -> (Search, Vec<Question>) {
        let mut search = Search::new(n, 0.01).unwrap();
        let mut asked = Vec::new();
        while let Some(question) = search.next_question() {
            asked.push(question);
            search.answer(question.at, truth(question.at));
        }
        (search, asked)
    }

    #[test]
    fn the_first_bad_one_is_found_with_one_question_for_each_halving() {
        for n in 2..40 {
            for first in 1..n {
                let truth = |at| if at >= first { Answer::Bad } else { Answer::Good };
                let (search, asked) = run(n, truth);
                assert_eq!(search.suspects(), first..=first, "{n}");
                let most = 1 + (n - 1).next_power_of_two().ilog2() as usize;
                assert!(asked.len() <= most, "{n}, {first}: {}", asked.len());
                assert!((asked[0].alpha - 0.01 / most as f64).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn a_last_one_that_is_not_bad_ends_the_search() {
        for answer in [Answer::Good, Answer::Skipped] {
            let (search, asked) = run(9, |_| answer);
            assert_eq!((asked.len(), search.answered(8)), (1, Some(answer)));
        }
    }

    #[test]
    fn nothing_can_be_searched_among_less_than_two_or_without_a_rate() {
        assert!(Search::new(1, 0.01).is_none());
        assert!(Search::new(5, 0.0).is_none());
        assert!(Search::new(5, 1.0).is_none());
    }

    proptest! {
        #[test]
        fn skips_leave_suspects_among_which_the_first_bad_one_is_and_spend_no_more(
            first in 1_usize..30,
            more in 1_usize..30,
            skipped in prop::collection::vec(any::<bool>(), 60),
        ) {
            let n = first + more;
            let truth = |at: usize| match at {
                at if skipped[at] && at != n - 1 => Answer::Skipped,
                at if at >= first => Answer::Bad,
                _ => Answer::Good,
            };
            let (search, asked) = run(n, truth);
            let suspects = search.suspects();
            prop_assert!(suspects.contains(&first));
            // Nothing between the ends was left unasked.
            let inner = *suspects.start()..*suspects.end();
            for at in inner {
                prop_assert_eq!(search.answered(at), Some(Answer::Skipped));
            }
            let spent: f64 = asked.iter().map(|question| question.alpha).sum();
            prop_assert!(spent <= 0.01 + 1e-12, "{}", spent);
            prop_assert!(asked.iter().all(|question| question.alpha > 0.0));
        }
    }
}
