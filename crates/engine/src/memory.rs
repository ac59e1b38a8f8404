//! What the memory of this process may become: never a file.
//!
//! A program that holds the keys of a company leaves no image of its memory behind when it fails: such files are kept for
//! months and sent to others. The price is that a failure can be looked into by the log only, and that a debugger needs root.
//! On Windows, where error reporting writes small dumps, no call without unsafe code forbids them: `SECURITY.md` names
//! the setting of the machine.

/// Forbids core dumps of this process and of what it starts, and on Linux that others than root look into its memory. What the
/// system does not allow stays as it is.
pub fn keep_out_of_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Core).maximum;
        // A limit may always be lowered.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // Where dumps go to a program, the limit does not count.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn no_dump_is_made_by_this_process_or_of_it() {
        use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
        super::keep_out_of_dumps();
        assert_eq!(dumpable_behavior().expect("a flag"), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
    }
}
