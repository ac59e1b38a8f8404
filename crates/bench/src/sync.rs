//! A first and a second sync into the sandbox's organization, and what each cost.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use bwdc_harness::home::{Home, ldap_data_json};
use bwdc_harness::measure::measure;
use bwdc_sandbox::organization::{Options, Server};
use clap::Args;

use crate::directory::Size;
use crate::table::Table;

/// What to sync.
#[derive(Args, Clone, Debug)]
pub(crate) struct Request {
    #[command(flatten)]
    size: Size,
    /// The `bwdc` to measure; the one beside this program unless told.
    #[arg(long)]
    binary: Option<PathBuf>,
}

pub(crate) fn run(request: &Request) -> Result<(), Box<dyn Error>> {
    let binary = match &request.binary {
        Some(path) => path.canonicalize()?,
        None => crate::compare::beside_this_program()?,
    };
    let directory = request.size.serve()?;
    let organization = Server::start_blocking(Options::official())?;
    let home = Home::with_plaintext_secrets()?;
    let mut data = ldap_data_json(&directory, "groupOfNames", "member");
    for key in ["organizationId", "entityId", "accessToken", "apiKeyClientId", "apiKeyClientSecret"] {
        data.as_object_mut().ok_or("settings are an object")?.remove(key);
    }
    data["environmentUrls"]["base"] = organization.url().into();
    home.write_data_json(&data)?;
    run_quietly(
        &mut home.command(&binary, &["login", &organization.client_id(), &organization.client_secret()]),
    )?;

    let mut table = Table::new(&["run", "wall", "CPU", "peak memory", "requests"]);
    for name in ["plan", "first sync", "second sync"] {
        organization.clear_requests();
        let command = if name == "plan" { "plan" } else { "sync" };
        let mut command = home.command(&binary, &[command]);
        let cost = measure(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))?;
        if !cost.status.success() {
            return Err(format!("`{name}` failed: {}", cost.status).into());
        }
        table.row(vec![
            name.to_owned(),
            format!("{:.0} ms", cost.wall.as_secs_f64() * 1e3),
            format!("{:.0} ms", cost.cpu.as_secs_f64() * 1e3),
            format!("{:.1} MB", cost.peak_resident as f64 / 1e6),
            organization.requests().len().to_string(),
        ]);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{}, into an organization of the sandbox\n", request.size)?;
    table.print(&mut out)?;
    Ok(())
}

fn run_quietly(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("signing in failed: {status}").into()) }
}
