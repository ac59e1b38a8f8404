//! The words, seen from outside.

mod catalogue;
mod elsewhere;
