//! Three readers of one server, run in turn, and what each cost.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use bwdc_harness::home::{Home, ldap_data_json};
use bwdc_harness::measure::{Measurement, measure};
use bwdc_harness::slapd::Slapd;
use clap::Args;

use crate::bare_read::{GROUPS, PAGE, PASSWORD_VARIABLE, USERS};
use crate::directory::Size;
use crate::table::Table;

/// What to compare.
#[derive(Args, Clone, Debug)]
pub(crate) struct Request {
    #[command(flatten)]
    size: Size,
    /// How often each reader runs; the median counts.
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// The `bwdc` to measure; the one beside this program unless told.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Also measure a directory of twice the size.
    #[arg(long)]
    scaling: bool,
}

struct Targets {
    cpu_ratio: f64,
    peak_megabytes: f64,
    wall_ratio: f64,
}

const SCALING_TARGET: f64 = 2.2;
const VERSION_WALL_MILLISECONDS: u32 = 20;
const VERSION_PEAK_MEGABYTES: u32 = 15;

#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
    peak: u64,
}

struct Costs {
    bare: Cost,
    product: Cost,
    tool: Cost,
}

pub(crate) fn run(request: &Request) -> Result<(), Box<dyn Error>> {
    let binary = match &request.binary {
        Some(path) => path.canonicalize()?,
        None => beside_this_program()?,
    };
    let mut out = io::stdout().lock();
    writeln!(out, "bwdc: {}", binary.display())?;
    let start_up = start_up(&binary, request.runs)?;
    let nothing = cost(&mut Command::new("true"))?;
    let costs = compare(&request.size, &binary, request.runs)?;
    let doubled =
        if request.scaling { Some(compare(&request.size.doubled(), &binary, request.runs)?) } else { None };

    writeln!(out, "\n{}, median of {} runs in turn\n", request.size, request.runs)?;
    let mut table = Table::new(&["program", "wall", "CPU", "peak memory"]);
    for (name, cost) in [
        ("bare read (ldap3)", costs.bare),
        ("bwdc test", costs.product),
        ("ldapsearch", costs.tool),
        ("bwdc --version", start_up),
        ("true (the floor)", nothing),
    ] {
        table.row(vec![
            name.to_owned(),
            milliseconds(cost.wall),
            milliseconds(cost.cpu),
            megabytes(cost.peak),
        ]);
    }
    table.print(&mut out)?;
    writeln!(out)?;
    figures(&request.size, &costs, doubled.as_ref(), start_up).print(&mut out)?;
    Ok(())
}

fn figures(size: &Size, costs: &Costs, doubled: Option<&Costs>, start_up: Cost) -> Table {
    let targets = targets(size);
    let mut table = Table::new(&["figure", "now", "target"]);
    let mut figure = |name: &str, now: String, target: String| table.row(vec![name.to_owned(), now, target]);
    figure(
        "CPU of bwdc test to bare read",
        times(ratio(costs.product.cpu, costs.bare.cpu)),
        format!("≤ {}", times(targets.cpu_ratio)),
    );
    figure(
        "wall of bwdc test to ldapsearch",
        times(ratio(costs.product.wall, costs.tool.wall)),
        format!("≤ {}", times(targets.wall_ratio)),
    );
    figure(
        "peak memory of bwdc test",
        megabytes(costs.product.peak),
        format!("≤ {:.1} MB", targets.peak_megabytes),
    );
    if let Some(doubled) = doubled {
        figure(
            "CPU at twice the size",
            times(ratio(doubled.product.cpu, costs.product.cpu)),
            format!("≤ {}", times(SCALING_TARGET)),
        );
    }
    figure(
        "wall of bwdc --version",
        milliseconds(start_up.wall),
        format!("< {VERSION_WALL_MILLISECONDS} ms"),
    );
    figure(
        "peak memory of bwdc --version",
        megabytes(start_up.peak),
        format!("< {VERSION_PEAK_MEGABYTES} MB"),
    );
    table
}

/// The targets were set for two sizes; a smaller directory is held to the first, a larger one to the second.
fn targets(size: &Size) -> Targets {
    if size.users <= 20_000 {
        Targets { cpu_ratio: 2.5, peak_megabytes: 40.0, wall_ratio: 2.5 }
    } else {
        Targets { cpu_ratio: 2.8, peak_megabytes: 90.0, wall_ratio: 2.5 }
    }
}

fn compare(size: &Size, binary: &PathBuf, runs: usize) -> Result<Costs, Box<dyn Error>> {
    let server = size.serve()?;
    let home = Home::with_plaintext_secrets()?;
    home.write_data_json(&ldap_data_json(&server, "groupOfNames", "member"))?;
    // Warms the server up. The answer is not kept: a large parent would count in the peak of every child.
    cost(&mut home.command(binary, &["test"]))?;

    let this_program = std::env::current_exe()?;
    let (mut bare, mut product, mut tool) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs.max(1) {
        let mut command = Command::new(&this_program);
        command.args(["bare-read", "--url", &server.url(), "--base", server.suffix()]);
        command.args(["--bind-dn", server.root_dn()]).env(PASSWORD_VARIABLE, server.root_password());
        bare.push(cost(&mut command)?);
        product.push(cost(&mut home.command(binary, &["test"]))?);
        tool.push(ldapsearch(&server, USERS)?.and_then(ldapsearch(&server, GROUPS)?));
    }
    Ok(Costs { bare: median(&bare), product: median(&product), tool: median(&tool) })
}

fn start_up(binary: &PathBuf, runs: usize) -> Result<Cost, Box<dyn Error>> {
    let home = Home::new()?;
    let costs: Result<Vec<Cost>, _> =
        (0..runs.max(1)).map(|_| cost(&mut home.command(binary, &["--version"]))).collect();
    Ok(median(&costs?))
}

fn ldapsearch(server: &Slapd, (filter, attributes): (&str, &[&str])) -> Result<Cost, Box<dyn Error>> {
    let mut command = Command::new("ldapsearch");
    command.args(["-LLL", "-x", "-H", &server.url(), "-b", server.suffix(), "-D", server.root_dn()]);
    command.arg("-y").arg(server.root_password_file()).args(["-E", &format!("pr={PAGE}/noprompt")]);
    command.arg(filter).args(attributes).env("LDAPNOINIT", "1");
    cost(&mut command)
}

fn cost(command: &mut Command) -> Result<Cost, Box<dyn Error>> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Measurement { wall, cpu, peak_resident, status } = measure(command)?;
    if !status.success() {
        return Err(format!("`{}` failed: {status}", command.get_program().to_string_lossy()).into());
    }
    Ok(Cost { wall, cpu, peak: peak_resident })
}

impl Cost {
    /// The cost of two commands, one after the other.
    fn and_then(self, next: Self) -> Self {
        Self { wall: self.wall + next.wall, cpu: self.cpu + next.cpu, peak: self.peak.max(next.peak) }
    }
}

fn median(costs: &[Cost]) -> Cost {
    fn middle<T: Ord + Copy>(costs: &[Cost], figure: impl Fn(&Cost) -> T) -> T {
        let mut figures: Vec<T> = costs.iter().map(figure).collect();
        figures.sort_unstable();
        figures[figures.len() / 2]
    }
    Cost {
        wall: middle(costs, |cost| cost.wall),
        cpu: middle(costs, |cost| cost.cpu),
        peak: middle(costs, |cost| cost.peak),
    }
}

pub(crate) fn beside_this_program() -> Result<PathBuf, Box<dyn Error>> {
    let path = std::env::current_exe()?.with_file_name("bwdc");
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("no `{}`: build it (`cargo build --release`) or name it with --binary", path.display())
        .into())
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(f64::EPSILON)
}

fn times(ratio: f64) -> String {
    format!("{ratio:.2}×")
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1_000.0)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1_000_000.0)
}
