//! The laws of `ARCHITECTURE.md`, one by one. What a lower layer shows better has its test there:
//!
//! | law | tests |
//! | --- | --- |
//! | 1 a snapshot is complete | [`complete`]; engine `ldap_directory/failures.rs` |
//! | 2 absence alone removes nobody | [`absence`], [`hidden`], [`changed_ids`]; core `plan/tests.rs`, engine `ldap_directory/look_up.rs` |
//! | 3 the ledger follows the organization | [`acceptance`]; `kill`, engine `ledger_kill.rs`, `store_kill.rs` |
//! | 4 nothing new, nothing sent | [`again`] |
//! | 5 same input, same bytes | [`again`] |
//! | 6 flattening is the transitive closure | core `flatten.rs`: `flattening_is_the_transitive_closure_in_the_contracts_order` |
//! | 7 `test`, `plan` and `sync` agree | [`agreement`] |
//! | 8 core is pure | [`sources`]; `scripts/test walls` |
//! | 9 secrets stay secret | [`sources`], [`secrets`] |
//! | 10 one run at a time | [`one_at_a_time`]; engine `lock.rs` |
//! | 11 some people are never removed | [`untouchable`]; core `plan/tests.rs` |
//! | 12 a lost ledger removes nobody | [`lost_ledger`]; engine `ledger.rs` |
//! | 13 a refusal about one changes nothing for another | [`refused_alone`] |
//! | 14 an address or a name that was handed on is not the person | [`handed_on`], [`decided`]; core `plan/tests/marks.rs`, `plan/tests/handed_on.rs` |
//! | 15 an import without an answer is not repeated | [`imports_in_time`]; core `import/settling.rs` |
//! | who leaves has no access under any address that was told | [`addresses`]; core `plan/tests/addresses.rs` |
//! | a run says what it did and what stays wrong | [`told`] |
//! | what another program changes again is left alone; a corrected address gets its invitation | [`another_program`]; core `plan/tests/{mended_once,corrected}.rs` |
//! | text from outside is no command | [`foreign_text`], `hostile`; messages `foreign.rs` |
//! | at most 1,000 reads a run | [`reads`] |
//! | a server that fails on a record | [`bad_record`]; core `import/split/tests.rs` |
//! | a server that is seen with an administrator's own key | [`observer`] |
//! | several directories | [`several_sources`]; core `plan/tests/sources.rs`, `tests/convergence/several.rs` |
//!
//! Five ways to break the code, each of which a test has to notice; whoever changes these places tries them again:
//!
//! | break | where | what fails |
//! | --- | --- | --- |
//! | skip the guard | `Plan::check` answers `Go` | [`guard`]; core `plan/tests/limits.rs`, `tests/convergence` |
//! | cut a request that overwrites in two | `import/split.rs` takes a `WholeImport` | [`bad_record`], [`overwrite`] |
//! | drop a page | the list ends with its first page, or where a later page fails: `ldap/search.rs`, `web/page.rs`, members and groups of the organization | `kill/large.rs`, [`reads`]; engine `ldap_directory`, `okta`, `entra`, `google`, `onelogin` |
//! | commit before acceptance | the ledger takes over the plan before its requests were answered | [`acceptance`], `kill` |
//! | trust absence | whoever is not listed counts as gone without being asked for | [`absence`]; core `plan/tests/leavers.rs`, `tests/convergence` |

mod absence;
mod acceptance;
mod addresses;
mod adopted;
mod again;
mod agreement;
mod another_program;
mod bad_record;
mod changed_ids;
mod complete;
mod decided;
mod foreign_text;
mod guard;
mod handed_on;
mod hidden;
mod imports_in_time;
mod lost_ledger;
mod observer;
mod one_at_a_time;
mod overwrite;
mod reads;
mod refused_alone;
mod secrets;
mod several_sources;
mod sources;
pub(crate) mod stage;
mod told;
mod untouchable;

/// Takes leavers, and lets one run take half of everybody.
const TAKING: &str = "\
[leavers]
disabled = \"remove\"
gone = \"revoke\"
out-of-scope = \"remove\"
[limits]
removals-percent = 50
";
