//! The rules, from outside: properties over whole companies.

mod convergence;
