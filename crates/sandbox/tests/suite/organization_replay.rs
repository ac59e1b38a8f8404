//! The recorded answers of the official server, replayed against the sandbox: 300 sequences, step by step.
//!
//! `RECORDED_SEQUENCES` names another folder of such files to be replayed instead.

#![expect(clippy::unwrap_used, reason = "a failed expectation is how a test speaks")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use bwdc_sandbox::organization::{KnownAddresses, Official, Options};
use serde_json::{Value, json};

use super::organization_rules::support::{Organization, Reply, send};

/// Sequences that may differ, each by a cause that is named: file, line from 1, cause.
const DIFFERING: &[(&str, usize, &str)] = &[];

const OWNER: &str = "owner@sandbox.example";

#[tokio::test]
async fn recorded_sequences_are_answered_alike() {
    let folder = std::env::var_os("RECORDED_SEQUENCES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded")), PathBuf::from);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "jsonl"));
    files.sort();
    assert!(!files.is_empty(), "no sequences in {}", folder.display());
    let (mut sequences, mut steps, mut different) = (0, 0, Vec::new());
    for file in &files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        for (number, line) in std::fs::read_to_string(file).unwrap().lines().enumerate() {
            let sequence: Value = serde_json::from_str(line).unwrap();
            sequences += 1;
            steps += sequence["steps"].as_array().unwrap().len();
            if let Err(difference) = replay(&sequence).await {
                let known = DIFFERING.iter().any(|(file, at, _)| *file == name && *at == number + 1);
                let cause = if known { "known" } else { "NOT KNOWN" };
                different.push(format!("{name} {} ({cause}): {difference}", number + 1));
            }
        }
    }
    println!("{} of {sequences} recorded sequences ({steps} steps) are equal", sequences - different.len());
    let shown = different.join("\n");
    assert!(different.iter().all(|it| it.contains("(known)")), "{} differ:\n{shown}", different.len());
}

async fn replay(sequence: &Value) -> Result<(), String> {
    let base = if sequence["hosting"] == "cloud" { Official::cloud() } else { Official::default() };
    let mut options = Options::with_official(Official {
        staged_status: sequence["staged_flag"].as_bool().unwrap(),
        seats: sequence["seats"].as_u64().map(|it| u32::try_from(it).unwrap()),
        known_addresses: KnownAddresses::WithAccount,
        ..base
    });
    options.control = true;
    let organization = Organization::start(options).await;
    let mut before = State::read(&organization).await;
    let mut wanted = before.rows.clone();
    for (number, step) in sequence["steps"].as_array().unwrap().iter().enumerate() {
        let at = |what: &str| format!("step {number}, {} {}: {what}", step["do"], step["path"]);
        let names = before.named(&wanted).map_err(|what| at(&what))?;
        if step["do"] == "request" {
            request(&organization, step, &names).await.map_err(|what| at(&what))?;
        } else {
            deed(&organization, step, &names).await.map_err(|what| at(&what))?;
        }
        if step["state"] != "same" {
            wanted = step["state"].clone();
        }
        before = State::read(&organization).await;
        if sorted(&before.rows) != sorted(&wanted) {
            return Err(at(&format!("the state is {} and not {wanted}", before.rows)));
        }
    }
    Ok(())
}

/// The ids of the recorded rows, by their place.
struct Names {
    members: Vec<String>,
    groups: Vec<String>,
}

impl Names {
    /// Puts ids in the place of `@member[i]` and `@group[i]`.
    fn fill(&self, text: &str) -> String {
        let mut text = text.replace("OWNER", OWNER);
        for (kind, ids) in [("member", &self.members), ("group", &self.groups)] {
            for (at, id) in ids.iter().enumerate() {
                text = text.replace(&format!("@{kind}[{at}]"), id);
            }
        }
        text
    }
}

/// What the organization holds: the rows as they are recorded, and the ids in the same order.
struct State {
    rows: Value,
    members: Vec<String>,
    groups: Vec<String>,
}

impl State {
    async fn read(organization: &Organization) -> State {
        let list = async |path: &str| organization.get(path).await.ok().json()["data"].clone();
        let people = list("/members").await;
        let people = people.as_array().unwrap();
        let address = |it: &Value| if it["email"] == OWNER { json!("OWNER") } else { it["email"].clone() };
        let row = |it: &Value| {
            let has_account = !it["userId"].is_null();
            json!([address(it), it["externalId"], it["status"], it["type"], has_account])
        };
        let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
        let named: BTreeMap<String, String> = people
            .iter()
            .map(|it| {
                let external_id = it["externalId"].as_str().unwrap_or("None");
                (id(it), format!("{}/{external_id}", address(it).as_str().unwrap()))
            })
            .collect();
        let groups = list("/groups").await;
        let groups = groups.as_array().unwrap();
        let mut group_rows = Vec::new();
        for group in groups {
            let ids = organization.get(&format!("/groups/{}/member-ids", id(group))).await.ok().json();
            let mut members: Vec<&String> =
                ids.as_array().unwrap().iter().map(|it| &named[it.as_str().unwrap()]).collect();
            members.sort();
            group_rows.push(json!([group["name"], group["externalId"], members]));
        }
        let rows = json!({ "members": people.iter().map(row).collect::<Vec<_>>(), "groups": group_rows });
        State { rows, members: people.iter().map(id).collect(), groups: groups.iter().map(id).collect() }
    }

    /// Finds the recorded rows by their content.
    fn named(&self, recorded: &Value) -> Result<Names, String> {
        let find = |list: &str, ids: &[String]| -> Result<Vec<String>, String> {
            let ours = self.rows[list].as_array().unwrap();
            let mut free: Vec<bool> = vec![true; ours.len()];
            let rows = recorded[list].as_array().unwrap().iter().map(|row| {
                let at = (0..ours.len()).find(|at| free[*at] && ours[*at] == *row);
                let at = at.ok_or_else(|| format!("no row like {row}"))?;
                free[at] = false;
                Ok(ids[at].clone())
            });
            rows.collect()
        };
        Ok(Names { members: find("members", &self.members)?, groups: find("groups", &self.groups)? })
    }
}

/// The rows in an order of their own; equal ones stay apart.
fn sorted(rows: &Value) -> Vec<String> {
    let mut all: Vec<String> = ["members", "groups"]
        .into_iter()
        .flat_map(|list| rows[list].as_array().unwrap().iter().map(move |row| format!("{list} {row}")))
        .collect();
    all.sort();
    all
}

async fn request(organization: &Organization, step: &Value, names: &Names) -> Result<(), String> {
    let path = names.fill(step["path"].as_str().unwrap());
    let mut request = organization.request(step["method"].as_str().unwrap(), &format!("/api{path}"));
    if !step["body"].is_null() {
        let body = names.fill(&step["body"].to_string());
        request = request.header("content-type", "application/json").body(body);
    }
    let reply = send(request).await;
    let (wanted, got) = (&step["answer"], answer(&reply, names));
    let keys = |answer: &Value| -> Option<BTreeSet<String>> {
        answer["errors"].as_object().map(|it| it.keys().cloned().collect())
    };
    let same = wanted["status"] == got["status"]
        && wanted["message"] == got["message"]
        && keys(wanted) == keys(&got)
        && (wanted["body"].is_null() || wanted["body"] == got["body"]);
    if same { Ok(()) } else { Err(format!("{} is answered by {got} and not by {wanted}", step["body"])) }
}

fn answer(reply: &Reply, names: &Names) -> Value {
    let mut body: Value = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
    if reply.status != 200 {
        return json!({ "status": reply.status, "message": body["message"], "errors": body["errors"] });
    }
    if let Value::Array(ids) = &mut body {
        let row = |id: &Value| {
            let place = |ids: &[String]| ids.iter().position(|it| Some(it.as_str()) == id.as_str());
            let group = place(&names.groups).map(|at| format!("@group[{at}]"));
            group.or_else(|| place(&names.members).map(|at| format!("@member[{at}]")))
        };
        *ids = ids.iter().map(|id| json!(row(id))).collect();
    }
    if let Some(fields) = body.as_object_mut() {
        fields
            .remove("name")
            .filter(|_| fields["object"] == "group")
            .map(|name| fields.insert("name".to_owned(), name));
        for id in ["id", "userId"] {
            if fields.get(id).is_some_and(|it| !it.is_null()) {
                fields.insert(id.to_owned(), json!("*"));
            }
        }
        if fields.get("email").is_some_and(|it| it == OWNER) {
            fields.insert("email".to_owned(), json!("OWNER"));
        }
    }
    json!({ "status": reply.status, "message": null, "errors": null, "body": body })
}

/// What people do is asked for as it is recorded, but for the member, who is named by the id.
async fn deed(organization: &Organization, step: &Value, names: &Names) -> Result<(), String> {
    let mut deed = step.clone();
    let fields = deed.as_object_mut().unwrap();
    fields.retain(|name, _| !matches!(name.as_str(), "state" | "answer"));
    if let Some(member) = fields.get_mut("member") {
        *member = json!(names.members[usize::try_from(member.as_u64().unwrap()).unwrap()]);
    }
    let control = format!("{}/sandbox/control", organization.server.url());
    let reply = send(organization.http.post(control).json(&deed)).await;
    if reply.status == 200 { Ok(()) } else { Err(reply.text) }
}
