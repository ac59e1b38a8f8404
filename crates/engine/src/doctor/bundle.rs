//! A support archive: what somebody who helps needs to see, without secrets and without people.
//!
//! `data.json` and the ledger are not copied: settings, runs and the end of the log are written anew, and every text goes
//! through the mask.

use crate::clock::Clock;
use crate::clock::to_iso;
use crate::installation::Installation;
use crate::ledger::Ledger;
use crate::log_file;
use crate::mask::Mask;
use crate::paths::{ProcessEnvironment, Profile};
use crate::secrets::SecretName;
use crate::settings::{self, Origin};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Runs that go into an archive, newest first.
const RUNS: u32 = 50;
/// Bytes of the log's end that go into an archive.
const LOG_END: u64 = 1024 * 1024;
/// Variables that say something about connections or places, and hold no secrets once addresses of proxies are cut.
const VARIABLES: [&str; 12] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "BITWARDENCLI_CONNECTOR_APPDATA_DIR",
    "BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the archive `{}`", path.display())]
pub struct BundleError {
    /// The archive.
    pub path: PathBuf,
    /// What the operating system says.
    #[source]
    pub source: io::Error,
}

/// What went into an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundled {
    /// The names of its files.
    pub files: Vec<&'static str>,
}

/// Writes an archive, for its owner only. `report` are the findings as a text and as JSON, in the front end's words.
///
/// # Errors
/// [`BundleError`]; a file that was there before is then as it was.
pub(crate) fn write_bundle(
    path: &Path,
    environment: &ProcessEnvironment,
    clock: Clock,
    report: (&str, &Value),
) -> Result<Bundled, BundleError> {
    let failed = |source| BundleError { path: path.to_owned(), source };
    let mut parts: Vec<(&'static str, String)> = vec![
        ("version.txt", version()),
        ("environment.txt", variables(environment)),
        ("doctor.txt", report.0.to_owned()),
        ("doctor.json", format!("{:#}", report.1)),
    ];
    let mut mask = Mask::new(Vec::new());
    if let Ok(profile) = Profile::from_environment(environment) {
        if let Ok(installation) = Installation::open(environment.clone(), profile.clone(), clock) {
            mask = Mask::new(known_secrets(&installation));
            parts.push(("settings.json", format!("{:#}", settings_of(&installation))));
        }
        if let Some(runs) = runs(&profile, &mut mask) {
            parts.push(("runs.json", format!("{runs:#}")));
        }
        if let Ok(Some(end)) = log_file::end(&profile, LOG_END) {
            parts.push(("bwdc.log", end));
        }
    }
    let masked: Vec<(&'static str, String)> =
        parts.into_iter().map(|(name, text)| (name, mask.text(&text))).collect();
    archive(path, &masked).map_err(failed)?;
    Ok(Bundled { files: masked.into_iter().map(|(name, _)| name).collect() })
}

fn archive(path: &Path, files: &[(&'static str, String)]) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Its owner's alone, and in place only when it is whole.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut archive = tar::Builder::new(GzEncoder::new(&mut file, Compression::default()));
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o600);
        header.set_cksum();
        archive.append_data(&mut header, format!("bwdc-support/{name}"), text.as_bytes())?;
    }
    archive.into_inner()?.finish()?.flush()?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn version() -> String {
    format!("bwdc {}\n{} {}\n", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH)
}

fn variables(environment: &ProcessEnvironment) -> String {
    let set = VARIABLES.iter().filter_map(|name| Some((name, environment.variable(name)?)));
    set.map(|(name, value)| format!("{name}={}\n", without_credentials(&value.to_string_lossy()))).collect()
}

/// The address of a proxy without name and password.
fn without_credentials(value: &str) -> String {
    let (scheme, rest) = value.split_once("://").map_or(("", value), |(scheme, rest)| (scheme, rest));
    let bare = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    if scheme.is_empty() { bare.to_owned() } else { format!("{scheme}://{bare}") }
}

/// Those of further sources, too.
fn known_secrets(installation: &Installation) -> Vec<secrecy::SecretString> {
    let own = |source: &Installation| -> Vec<_> {
        SecretName::ALL.iter().filter_map(|name| source.secret(*name).ok().flatten()).collect()
    };
    let names = installation.source_names().unwrap_or_default();
    let sources = names.iter().filter_map(|name| installation.open_source(name.as_str()).ok());
    sources.flat_map(|source| own(&source)).chain(own(installation)).collect()
}

/// Every setting that somebody set; secrets by place only.
fn settings_of(installation: &Installation) -> Value {
    let entries = match settings::list(installation) {
        Ok(entries) => entries,
        Err(error) => return json!({ "error": error.to_string() }),
    };
    let set = entries.into_iter().filter_map(|entry| match entry.origin {
        Origin::Default => None,
        Origin::Secret(place) => Some((entry.setting.name.to_owned(), json!(format!("({place:?})")))),
        _ => Some((entry.setting.name.to_owned(), entry.value)),
    });
    Value::Object(set.collect())
}

/// The latest runs: what was done how often and why, and to whom by number.
fn runs(profile: &Profile, mask: &mut Mask) -> Option<Value> {
    let ledger = Ledger::open_to_read(&profile.connector_db).ok()??;
    let runs = ledger.runs(RUNS).ok()?;
    let list = runs.into_iter().map(|run| {
        let actions = ledger.actions(run.id).unwrap_or_default();
        let actions: Vec<Value> = actions
            .iter()
            .map(|action| {
                json!({
                    "action": action.action,
                    "subject": mask.name(&action.subject),
                    "cause": action.cause.get("cause"),
                })
            })
            .collect();
        json!({
            "id": run.id.0,
            "startedAt": to_iso(run.started_at),
            "finishedAt": run.finished_at.map(to_iso),
            "outcome": run.outcome.map(|it| it.name()),
            "counts": run.counts,
            "actions": actions,
        })
    });
    Some(Value::Array(list.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_shown_without_name_and_password() {
        assert_eq!(without_credentials("http://me:pass@word@proxy.test:3128/"), "http://proxy.test:3128/");
        assert_eq!(without_credentials("me:pw@proxy.test"), "proxy.test");
        assert_eq!(without_credentials("localhost,.test"), "localhost,.test");
    }
}
