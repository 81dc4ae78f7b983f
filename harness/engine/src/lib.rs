//! Suite, plan, schedule, worker processes and counters: everything that happens before a sample
//! is in the store. Data flows one way: suite -> plan -> rounds -> worker -> sample.

pub mod case;
mod expression;
pub mod reject;
pub mod steps;
pub mod suite;

pub mod pass;
pub mod plan;

pub mod pairs;
pub mod schedule;
pub mod session;

pub mod answers;
pub mod measure;
pub mod worker;

pub mod counters;
pub mod doctor;
pub mod environment;
pub mod hygiene;
pub mod profiler;
