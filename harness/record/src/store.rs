//! The Parquet store and its journal.
