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
//! | places of the settings, what a logout and `clear-cache` leave, an older fingerprint, Active Directory's disabled and deleted people, what a new file mails | `clauses` |
//! | proxies and authorities on both sides | `proxy`, `doctor` |
//!
//! What today's program gets wrong, and how the code was broken to see a test fail, one break at a time:
//!
//! | | the break | what failed |
//! |---|---|---|
//! | 1 | damaged settings taken for none; a mark at the beginning not accepted | `without_servers`, `rows` |
//! | 2 | files made readable for all; no warning | `settings::the_settings_are_their_owners_alone`, `rows` |
//! | 3 | StartTLS without `ldap.ssl` goes in clear text | `failures::start_tls_without_tls_names_the_setting_to_change` |
//! | 4 | each time limit a minute longer: connection, StartTLS, TLS, bind, page, organization | `patience` |
//! | 5 | no fresh token; the key dropped | `failures::a_refused_key_is_kept` |
//! | 6 | no next step | `failures`, `sign_in` |
//! | 7 | `abc` stored as null; an unset variable or an empty file stored; a token made of nothing; a person's key; the stored secret dropped before the value is found | `settings::{fixed_messages_stand_alone, a_value_that_is_missing_or_wrong_changes_nothing, a_mistake_leaves_what_is_stored_as_it_was}`, `sign_in::{an_answer_without_a_token_logs_nobody_in, a_personal_key_is_refused_before_anything_is_sent}` |
//! | 8 | a panic at Ctrl-C, the end of input, a missing file, no network, a held lock; a secret typed in sight | `failures::{an_interrupted_run_says_so_and_leaves_the_next_one_free, a_second_run_is_told_who_is_at_it}`, `rows::{nothing_that_goes_wrong_prints_a_stack, the_end_of_what_is_typed_is_a_missing_answer, a_secret_is_not_shown_while_it_is_typed}`, `update` |
//! | 9 | names compared with case; a filter that is none finds nobody; an unreadable authority passed over | `rows::{members,attributes}_are_found_whatever_the_case_of_their_name`, `failures::a_filter_that_is_none_names_its_place`, `rows` |
//! | 10 | people told apart by a date that nobody has | `rows::what_changed_cannot_be_told_by_an_attribute_that_nobody_has` |
//! | 11 | `--version` opens the settings; takes the lock | `without_servers::the_version_opens_no_file_of_ours_takes_no_lock_and_asks_nobody` |
//! | 12 | another user agent | `rows`, `update` |

mod account;
mod batches;
mod binding;
mod clauses;
mod doctor;
mod doctor_of_directories;
mod encryption;
mod explain;
mod failures;
mod first_sync;
mod log;
mod manual;
mod observer;
mod patience;
mod printed;
mod proxy;
mod rows;
mod settings;
mod shells;
mod sign_in;
pub(crate) mod stage;
mod sync;
mod update;
mod without_servers;
