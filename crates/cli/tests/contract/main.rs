//! The command line against its contract: what it prints, where, and how it ends. Expectations are written by hand.
//!
//! | of the contract | where |
//! |---|---|
//! | global options before and after, `--response`, `--pretty`, `--raw`, `--cleanexit`, `--quiet`, usage errors | `rows`, `without_servers` |
//! | colors at a terminal, `NO_COLOR`, secrets typed unseen | `rows` |
//! | `login`, `logout`: arguments, variables, questions, `--nointeraction` | `sign_in`, `account`, `observer` |
//! | `config`: every kind of setting, every way to give a value, every mistake | `settings` |
//! | `test`, `sync`, `last-sync`, `clear-cache`, `data-file`, `update`, `help` | `sync`, `rows`, `without_servers`, `update` |
//! | shared addresses, people without one, order of lists and of the import, spelling of names | `rows`, `sync`, `explain` |
//! | batches of 2,000; another organization or directory | `batches` |
//! | the token request, the import, the fingerprint, the times | `rows`, `sync` |
//! | fixed messages of failures; one clear error for each of the others | `failures`, `sign_in` |
//! | proxies and authorities on both sides | `proxy`, `doctor` |
//!
//! What today's program gets wrong: 1 damaged files `without_servers`, `rows` · 2 readable settings `settings`, `rows` · 3 and 4
//! StartTLS, silent servers `failures` · 5 a refused key is kept `failures` · 6 messages `failures`, `sign_in` · 7 values that
//! change nothing `settings`, `sign_in` · 8 no stacks, no echo `rows`, `failures`, `update` · 9 case, unreadable authorities,
//! broken filters `rows`, `failures` · 10 no dates to tell changes by `rows` · 11 no lock and no file for `--version`
//! `without_servers` · 12 the user agent `rows`, `update`.

mod account;
mod batches;
mod doctor;
mod explain;
mod failures;
mod log;
mod manual;
mod observer;
mod patience;
mod proxy;
mod rows;
mod settings;
mod sign_in;
mod stage;
mod sync;
mod update;
mod without_servers;
