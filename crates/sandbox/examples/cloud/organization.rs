//! The organization server as a program: its options, and the line that says where it is.

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use bwdc_sandbox::organization::{
    Database, Flavor, ImportPace, KnownAddresses, Official, Options, Provider, RateLimits, Server,
    Subscription, Vaultwarden,
};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Serves an organization until standard input ends, and prints one line of JSON: where it is, and its key.

  cloud organization [OPTIONS]

The official server (default):
  --hosting self-hosted|cloud       who runs it (self-hosted): limits of size and rate, and whether seats can grow
  --known-addresses all|with-account
                                    whose address counts as known when people are added: everybody's, as on
                                    SQL Server (default in the cloud), or only of members with an account, as on
                                    PostgreSQL (default when self-hosted)
  --staged                          the flag for members prepared without an invitation is on
  --seats N                         bought seats (no limit)
  --max-seats N                     up to how many seats the plan grows by itself (no limit)
  --pace at-once|measured|MEMBER,GROUP
                                    how long an import takes (at once): as measured, 18 s for 5,000 people and 500
                                    groups, or so many milliseconds for each new member and each listed group
  --no-api, --no-directory, --no-groups, --no-custom-permissions
                                    what the plan does not have
  --no-revoke                       a server older than 2026.2.0, where members cannot be revoked and restored
  --subscription active|canceled|failing:REASON
                                    what becomes of an attempt to buy seats (active)
  --provider managed|reseller       who manages the organization for its owner (nobody)
  --rate-limits CLOCK               limits on requests, on a clock that runs so many times as fast; 1 is real
  --client-cache SECONDS            how long the identity service remembers a key (0)
  --events-page N                   events on one page (50)
Vaultwarden:
  --vaultwarden                     serve Vaultwarden instead, with groups
  --no-groups                       its groups are switched off
  --login-limit CLOCK               its limit on logins, on a clock that runs so many times as fast
Both:
  --owner ADDRESS                   the confirmed owner (owner@sandbox.example)
  --no-owner                        begin without anybody
  --client-secret SECRET            the secret of the key (invented)
  --token-lifetime SECONDS          how long a token is good (3600)
  --database FILE                   keep the data in this SQLite file (in memory)
  --port N                          the port on the loopback address (any)

What people do is posted to the address under `control`, one JSON object each; see docs/organization-rules.md.
";

/// Starts the server that the arguments ask for and describes it.
pub(crate) fn start(arguments: &[String]) -> Result<(Server, serde_json::Value), Box<dyn Error>> {
    let server = Server::start_blocking(read(arguments)?)?;
    let line = serde_json::json!({
        "url": server.url(),
        "api": server.api_url(),
        "identity": server.identity_url(),
        "control": format!("{}/sandbox/control", server.url()),
        "organization_id": server.organization_id(),
        "client_id": server.client_id(),
        "client_secret": server.client_secret(),
    });
    Ok((server, line))
}

/// Options that stand alone; every other one takes a value.
const FLAGS: [&str; 8] = [
    "--staged",
    "--no-api",
    "--no-directory",
    "--no-groups",
    "--no-custom-permissions",
    "--no-revoke",
    "--vaultwarden",
    "--no-owner",
];

struct Arguments {
    flags: Vec<String>,
    values: HashMap<String, String>,
}

impl Arguments {
    fn split(arguments: &[String]) -> Result<Arguments, Box<dyn Error>> {
        let mut split = Arguments { flags: Vec::new(), values: HashMap::new() };
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            if FLAGS.contains(&name.as_str()) {
                split.flags.push(name.clone());
            } else {
                let value =
                    rest.next().ok_or_else(|| format!("`{name}` is not an option, or has no value"))?;
                split.values.insert(name.clone(), value.clone());
            }
        }
        Ok(split)
    }

    fn has(&mut self, flag: &str) -> bool {
        let before = self.flags.len();
        self.flags.retain(|it| it != flag);
        self.flags.len() < before
    }

    fn take<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Box<dyn Error>> {
        let Some(value) = self.values.remove(name) else { return Ok(None) };
        read(&value).map(Some).ok_or_else(|| format!("`{value}` is no value of `{name}`").into())
    }

    fn end(self) -> Result<(), Box<dyn Error>> {
        match self.flags.into_iter().chain(self.values.into_keys()).next() {
            None => Ok(()),
            Some(name) => Err(format!("`{name}` is not an option of this server").into()),
        }
    }
}

fn read(arguments: &[String]) -> Result<Options, Box<dyn Error>> {
    let mut arguments = Arguments::split(arguments)?;
    let mut options = if arguments.has("--vaultwarden") {
        let mut options = Options::vaultwarden();
        options.flavor = Flavor::Vaultwarden(vaultwarden(&mut arguments)?);
        options
    } else {
        Options::with_official(official(&mut arguments)?)
    };
    options.control = true;
    if let Some(owner) = arguments.take("--owner", text)? {
        options.owner = Some(owner);
    }
    if arguments.has("--no-owner") {
        options.owner = None;
    }
    options.client_secret = arguments.take("--client-secret", text)?;
    if let Some(lifetime) = arguments.take("--token-lifetime", seconds)? {
        options.token_lifetime = lifetime;
    }
    if let Some(file) = arguments.take("--database", text)? {
        options.database = Database::File(PathBuf::from(file));
    }
    if let Some(port) = arguments.take("--port", |it| it.parse().ok())? {
        options.port = port;
    }
    arguments.end()?;
    Ok(options)
}

fn vaultwarden(arguments: &mut Arguments) -> Result<Vaultwarden, Box<dyn Error>> {
    let mut vaultwarden =
        Vaultwarden { groups_enabled: !arguments.has("--no-groups"), ..Vaultwarden::default() };
    if let Some(limit) = arguments.take("--login-limit", clock)? {
        vaultwarden.login_limit = limit;
    }
    Ok(vaultwarden)
}

fn official(arguments: &mut Arguments) -> Result<Official, Box<dyn Error>> {
    let base = arguments.take("--hosting", |it| match it {
        "self-hosted" => Some(Official::default()),
        "cloud" => Some(Official::cloud()),
        _ => None,
    })?;
    let mut official = base.unwrap_or_default();
    let known = arguments.take("--known-addresses", |it| match it {
        "all" => Some(KnownAddresses::All),
        "with-account" => Some(KnownAddresses::WithAccount),
        _ => None,
    })?;
    official.known_addresses = known.unwrap_or(official.known_addresses);
    official.staged_status = arguments.has("--staged");
    official.seats = arguments.take("--seats", |it| it.parse().ok())?;
    official.max_autoscale = arguments.take("--max-seats", |it| it.parse().ok())?;
    official.use_api = !arguments.has("--no-api");
    official.use_directory = !arguments.has("--no-directory");
    official.use_groups = !arguments.has("--no-groups");
    official.use_custom_permissions = !arguments.has("--no-custom-permissions");
    official.revoke = !arguments.has("--no-revoke");
    if let Some(pace) = arguments.take("--pace", pace)? {
        official.import_pace = pace;
    }
    let subscription = arguments.take("--subscription", |it| match it {
        "active" => Some(Subscription::Active),
        "canceled" => Some(Subscription::Canceled),
        failing => failing.strip_prefix("failing:").map(|it| Subscription::Failing(it.to_owned())),
    })?;
    official.subscription = subscription.unwrap_or(official.subscription);
    official.provider = arguments.take("--provider", |it| match it {
        "managed" => Some(Provider::ManagedService),
        "reseller" => Some(Provider::Reseller),
        _ => None,
    })?;
    if let Some(limits) = arguments.take("--rate-limits", clock)? {
        official.rate_limits = limits;
    }
    if let Some(cache) = arguments.take("--client-cache", seconds)? {
        official.client_cache = cache;
    }
    if let Some(page) = arguments.take("--events-page", |it| it.parse().ok())? {
        official.events_page = page;
    }
    Ok(official)
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn seconds(value: &str) -> Option<Duration> {
    value.parse().ok().and_then(|it| Duration::try_from_secs_f64(it).ok())
}

fn clock(value: &str) -> Option<RateLimits> {
    value.parse().ok().filter(|it| *it > 0.0).map(|clock| RateLimits::On { clock })
}

fn pace(value: &str) -> Option<ImportPace> {
    let time = |it: &str| it.parse::<f64>().ok().and_then(|it| Duration::try_from_secs_f64(it / 1000.0).ok());
    match (value, value.split_once(',')) {
        ("at-once", _) => Some(ImportPace::AtOnce),
        ("measured", _) => Some(ImportPace::measured()),
        (_, Some((member, group))) => Some(ImportPace::Paced { member: time(member)?, group: time(group)? }),
        _ => None,
    }
}
