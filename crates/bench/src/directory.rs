//! The generated directory that everything is measured on.

use bwdc_harness::HarnessError;
use bwdc_harness::slapd::{Options, Slapd};
use bwdc_sandbox::data::{SLAPD_SCHEMA, Spec, write_ldif};
use clap::Args;

/// How large a directory is.
#[derive(Args, Clone, Debug)]
pub(crate) struct Size {
    /// People.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) users: usize,
    /// Groups.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) groups: usize,
    /// People who are direct members of each group.
    #[arg(long, default_value_t = 30)]
    pub(crate) members: usize,
    /// Steps of the longest chain of groups within groups.
    #[arg(long, default_value_t = 3)]
    pub(crate) depth: usize,
    /// Share of people who are disabled, from 0 to 1.
    #[arg(long, default_value_t = 0.05)]
    pub(crate) disabled: f64,
    /// Bytes of a photo for each person, which nobody asks for.
    #[arg(long, default_value_t = 0)]
    pub(crate) photo_bytes: usize,
    /// Chooses names and memberships.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

impl Size {
    pub(crate) fn spec(&self) -> Spec {
        Spec {
            users: self.users,
            groups: self.groups,
            members_per_group: self.members,
            nesting_depth: self.depth,
            seed: self.seed,
            disabled_share: self.disabled,
            photo_bytes: self.photo_bytes,
            ..Spec::default()
        }
    }

    pub(crate) fn doubled(&self) -> Self {
        Self { users: self.users * 2, groups: self.groups * 2, ..self.clone() }
    }

    pub(crate) fn serve(&self) -> Result<Slapd, HarnessError> {
        let spec = self.spec();
        Options::new(spec.suffix.clone())
            .schema(SLAPD_SCHEMA)
            .ldif_writer(move |out| write_ldif(&spec, out))
            .start()
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { users, groups, members, depth, .. } = self;
        write!(f, "{users} users, {groups} groups of {members} nested {depth} deep")
    }
}
