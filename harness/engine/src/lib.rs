//! Suite, plan, schedule, worker processes and counters: everything that happens before a sample
//! is in the store. Data flows one way: suite -> plan -> rounds -> worker -> sample.

pub mod case;
pub mod counters;
pub mod worker;
