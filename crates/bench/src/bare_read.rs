//! The yardstick: reads the same entries and attributes as `bwdc test` with the same library, and drops them.

use std::error::Error;
use std::hint::black_box;
use std::io::{self, Write};

use clap::Args;
use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap, LdapConnAsync, Scope, SearchEntry};

/// The page size of every reader that is compared.
pub(crate) const PAGE: i32 = 1_000;
/// Whom the readers ask for, and the attributes that they need.
pub(crate) const USERS: (&str, &[&str]) =
    ("(objectClass=person)", &["mail", "objectGUID", "userAccountControl"]);
/// Which groups the readers ask for, and the attributes that they need.
pub(crate) const GROUPS: (&str, &[&str]) = ("(objectClass=groupOfNames)", &["cn", "member", "objectGUID"]);
/// The variable that carries the password, which has no place among the arguments.
pub(crate) const PASSWORD_VARIABLE: &str = "BWDC_BENCH_PASSWORD";

/// What to read, as whom.
#[derive(Args, Clone, Debug)]
pub(crate) struct Request {
    /// The server, such as `ldap://127.0.0.1:3890`.
    #[arg(long)]
    url: String,
    /// The search base.
    #[arg(long)]
    base: String,
    /// Whom to bind as; the password is read from `BWDC_BENCH_PASSWORD`.
    #[arg(long)]
    bind_dn: String,
}

pub(crate) fn run(request: &Request) -> Result<(), Box<dyn Error>> {
    let password = std::env::var(PASSWORD_VARIABLE)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (users, groups) = runtime.block_on(async {
        let (connection, mut ldap) = LdapConnAsync::new(&request.url).await?;
        ldap3::drive!(connection);
        ldap.simple_bind(&request.bind_dn, &password).await?.success()?;
        let users = read(&mut ldap, &request.base, USERS).await?;
        let groups = read(&mut ldap, &request.base, GROUPS).await?;
        ldap.unbind().await?;
        Ok::<_, ldap3::LdapError>((users, groups))
    })?;
    writeln!(io::stdout().lock(), "{users} users, {groups} groups")?;
    Ok(())
}

async fn read(ldap: &mut Ldap, base: &str, what: (&str, &[&str])) -> ldap3::result::Result<usize> {
    let (filter, attributes) = what;
    let adapters: Vec<Box<dyn Adapter<_, _>>> =
        vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
    let attributes = attributes.to_vec();
    let mut stream = ldap.streaming_search_with(adapters, base, Scope::Subtree, filter, attributes).await?;
    let mut count = 0;
    while let Some(entry) = stream.next().await? {
        black_box(SearchEntry::construct(entry));
        count += 1;
    }
    stream.finish().await.success()?;
    Ok(count)
}
