//! Stacks as frames that lie beside and below each other: what a flame graph draws. Pure.
//!
//! The lanes of two profiles and the montage of many read it. Where a frame stands on the picture is
//! decided there.

use record::Stack;

/// One frame: a function at one place of the calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::charts) struct Frame<'a> {
    pub(in crate::charts) name: &'a str,
    /// 0 for the thread, which is no function.
    pub(in crate::charts) depth: usize,
    /// Where it begins, and how wide it is, in the unit of the scale.
    pub(in crate::charts) start: f64,
    pub(in crate::charts) cost: f64,
}

/// The frames of some stacks, callers before callees and the names of siblings in alphabetical
/// order, so that what two profiles share stands in one order. A weight of 1 is `scale` wide.
pub(in crate::charts) fn frames(stacks: &[Stack], scale: f64) -> Vec<Frame<'_>> {
    let mut lines: Vec<(Vec<&str>, f64)> =
        stacks.iter().map(|one| (one.frames().collect(), one.weight as f64 * scale)).collect();
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    let mut all: Vec<Frame<'_>> = Vec::new();
    // The frames that the line before ended in, by their places in `all`.
    let mut open: Vec<usize> = Vec::new();
    let mut end = 0.0;
    for (names, cost) in &lines {
        let shared = open.iter().zip(names).take_while(|(at, name)| all[**at].name == **name);
        open.truncate(shared.count());
        for (depth, name) in names.iter().enumerate().skip(open.len()) {
            open.push(all.len());
            all.push(Frame { name, depth, start: end, cost: 0.0 });
        }
        for &at in &open {
            all[at].cost += cost;
        }
        end += cost;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(frames: &str, weight: u64) -> Stack {
        Stack { frames: frames.to_owned(), samples: weight, weight }
    }

    #[test]
    fn what_two_stacks_share_is_one_frame_as_wide_as_both() {
        // By their texts, `a:x` would stand between the two stacks of `a`.
        let stacks = [stack("t;a", 1), stack("t;a:x", 4), stack("t;a;b", 2)];
        let found = frames(&stacks, 10.0);
        let row = |frame: &Frame<'_>| (frame.name.to_owned(), frame.depth, frame.start, frame.cost);
        let expect = [("t", 0, 0.0, 70.0), ("a", 1, 0.0, 30.0), ("b", 2, 10.0, 20.0)];
        let expect = expect.into_iter().chain([("a:x", 1, 30.0, 40.0)]);
        let expect: Vec<_> = expect.map(|(n, d, s, c)| (n.to_owned(), d, s, c)).collect();
        assert_eq!(found.iter().map(row).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn recursion_is_a_frame_below_itself() {
        let stacks = [stack("t;a;a", 1)];
        let found = frames(&stacks, 1.0);
        assert_eq!(found.iter().map(|frame| frame.depth).collect::<Vec<_>>(), [0, 1, 2]);
    }
}
