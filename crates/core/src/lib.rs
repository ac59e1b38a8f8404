//! The rules of the directory connector: who is imported, changed, removed, and why.
//!
//! Pure functions over data. Nothing here asks for the time, the disk, the network, the environment or randomness: what
//! a rule needs of them is a parameter.

mod by_id;
pub mod collation;
pub mod desired;
pub mod filter;
pub mod flatten;
pub mod import;
pub mod ledger;
pub mod names;
pub mod normalize;
pub mod observed;
pub mod plan;
pub mod settings;
pub mod snapshot;
pub mod test_report;
pub mod text;
pub mod wire;

#[cfg(test)]
mod sample;
