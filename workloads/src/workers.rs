//! A pool of threads that take numbered tasks from one queue.
//!
//! `aggregation` and `decoder` make one in `prepare` and use it in `run`; preparing data uses it
//! too. It knows nothing of what a task is.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::{ThreadPool, ThreadPoolBuilder};
use workload_api::WorkloadError;

/// Threads named `worker-0` and so on, of a pool of their own.
pub(crate) struct Workers(ThreadPool);

impl Workers {
    /// Starts the threads.
    ///
    /// # Errors
    /// When they cannot be started.
    pub(crate) fn start(count: usize) -> Result<Self, WorkloadError> {
        ThreadPoolBuilder::new()
            .num_threads(count)
            .thread_name(|index| format!("worker-{index}"))
            .build()
            .map(Self)
            .map_err(|error| WorkloadError::context("starting the workers", error))
    }

    /// How many threads there are.
    pub(crate) fn count(&self) -> usize {
        self.0.current_num_threads()
    }

    /// Runs the same on every worker.
    pub(crate) fn each<T: Send>(&self, task: impl Fn() -> T + Sync) -> Vec<T> {
        self.0.broadcast(|_| task())
    }

    /// Runs tasks `0..tasks`, of which none stops the others, and returns what they say in that order.
    pub(crate) fn map_all<T: Send>(
        &self,
        tasks: usize,
        task: impl Fn(usize) -> T + Sync,
    ) -> Vec<T> {
        let next = AtomicUsize::new(0);
        let parts = self.each(|| {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= tasks {
                    return done;
                }
                done.push((index, task(index)));
            }
        });
        in_order(parts)
    }

    /// Runs tasks `0..tasks`. Each worker makes a state and folds the tasks that it takes into it,
    /// in the order of the queue; the states come back, one per worker.
    ///
    /// # Errors
    /// The error of the first task of the queue that has one: tasks before it were taken earlier
    /// and are finished, tasks after it may not have been started.
    pub(crate) fn fold<S: Send>(
        &self,
        tasks: usize,
        state: impl Fn() -> S + Sync,
        task: impl Fn(&mut S, usize) -> Result<(), WorkloadError> + Sync,
    ) -> Result<Vec<S>, WorkloadError> {
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let first_error: Mutex<Option<(usize, WorkloadError)>> = Mutex::new(None);
        let states = self.0.broadcast(|_| {
            let mut state = state();
            while !failed.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= tasks {
                    break;
                }
                if let Err(error) = task(&mut state, index) {
                    failed.store(true, Ordering::Relaxed);
                    // A lock poisoned by a panic still holds a whole value; the panic itself is
                    // passed on by the pool.
                    let mut first = first_error.lock().unwrap_or_else(|lock| lock.into_inner());
                    if first.as_ref().is_none_or(|(known, _)| index < *known) {
                        *first = Some((index, error));
                    }
                }
            }
            state
        });
        match first_error.into_inner().unwrap_or_else(|lock| lock.into_inner()) {
            Some((_, error)) => Err(error),
            None => Ok(states),
        }
    }

    /// Runs tasks `0..tasks` and returns their results in that order.
    ///
    /// # Errors
    /// As [`Workers::fold`].
    pub(crate) fn map<T: Send>(
        &self,
        tasks: usize,
        task: impl Fn(usize) -> Result<T, WorkloadError> + Sync,
    ) -> Result<Vec<T>, WorkloadError> {
        let states = self.fold(tasks, Vec::new, |done: &mut Vec<(usize, T)>, index| {
            done.push((index, task(index)?));
            Ok(())
        })?;
        Ok(in_order(states))
    }
}

/// Results in the order of their tasks.
fn in_order<T>(parts: Vec<Vec<(usize, T)>>) -> Vec<T> {
    let mut done: Vec<_> = parts.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_done_once_and_results_are_in_order() {
        for (workers, tasks) in [(1, 0), (1, 7), (3, 1), (3, 100)] {
            let workers = Workers::start(workers).unwrap();
            let squares = workers.map(tasks, |index| Ok(index * index)).unwrap();
            assert_eq!(squares, (0..tasks).map(|index| index * index).collect::<Vec<_>>());
            assert_eq!(squares, workers.map_all(tasks, |index| index * index));
            let sums = workers.fold(
                tasks,
                || 0,
                |sum, index| {
                    *sum += index;
                    Ok(())
                },
            );
            let sums = sums.unwrap();
            assert_eq!(sums.len(), workers.count());
            assert_eq!(sums.iter().sum::<usize>(), tasks * tasks.saturating_sub(1) / 2);
        }
    }

    #[test]
    fn the_first_error_of_the_queue_wins_whatever_the_threads() {
        let workers = Workers::start(4).unwrap();
        for _ in 0..50 {
            let result = workers.map(40, |index| match index {
                7 | 8 | 9 | 30 => Err(WorkloadError::new(format!("task {index}"))),
                _ => Ok(()),
            });
            assert_eq!(result.unwrap_err().to_string(), "task 7");
        }
    }
}
