//! The help of the program as a whole: commands that belong together stand together.

/// Commands in groups, in the order in which somebody needs them. One that is in none stands in the last.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Set-up commands:", &["setup", "ui", "login", "logout", "config", "secrets", "profile"]),
    (
        "Commands that change nothing:",
        &["test", "explain", "plan", "doctor", "status", "history", "last-sync", "data-file"],
    ),
    ("Sync commands:", &["sync", "apply", "approve", "repair", "ledger", "clear-cache"]),
    ("Service commands:", &["run", "service", "notify"]),
    ("Other commands:", &["demo", "completions", "man", "update"]),
];

/// The same help with its commands in groups; the help of a single command stays as it is.
pub(crate) fn grouped(help: &str) -> String {
    const BEGINNING: &str = "\nCommands:\n";
    let Some((before, rest)) = help.split_once(BEGINNING) else { return help.to_owned() };
    let (list, after) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let commands = commands(list);
    if !commands.iter().any(|(name, _)| *name == GROUPS[0].1[0]) {
        return help.to_owned();
    }
    let mut text = before.to_owned();
    for (number, (title, names)) in GROUPS.iter().enumerate() {
        text.push_str(&format!("\n{title}\n"));
        let of_group = names.iter().filter_map(|name| commands.iter().find(|it| it.0 == *name));
        of_group.for_each(|it| text.push_str(&it.1));
        if number + 1 == GROUPS.len() {
            let known = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
            commands.iter().filter(|it| !known(it.0)).for_each(|it| text.push_str(&it.1));
        }
    }
    format!("{text}\n{after}")
}

/// Each command with its lines: those further in go on with what the one before begins.
fn commands(list: &str) -> Vec<(&str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in list.lines() {
        let name = line.strip_prefix("  ").filter(|it| !it.starts_with(' '));
        match (name.and_then(|it| it.split(' ').next()), commands.last_mut()) {
            (Some(name), _) => commands.push((name, format!("{line}\n"))),
            (None, Some((_, lines))) => lines.push_str(&format!("{line}\n")),
            (None, None) => {}
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Arguments;
    use clap::CommandFactory as _;

    #[test]
    fn each_command_stands_in_one_group_and_nothing_is_lost() {
        let help = Arguments::command().render_help().to_string();
        let text = grouped(&help);
        for (title, _) in GROUPS {
            assert!(text.contains(&format!("\n{title}\n")), "{text}");
        }
        for command in Arguments::command().get_subcommands() {
            let name = command.get_name();
            let lines = text.lines().filter(|it| it.starts_with(&format!("  {name} "))).count();
            assert_eq!(lines, 1, "{name}: {text}");
            assert!(GROUPS.iter().any(|(_, names)| names.contains(&name)), "{name} is in no group");
        }
        let words = |text: &str| {
            let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            words.sort();
            words
        };
        let titles: String = GROUPS.iter().map(|(title, _)| format!("{title} ")).collect();
        assert_eq!(words(&text), words(&format!("{} {titles}", help.replacen("\nCommands:\n", "\n", 1))));
        assert_eq!(
            grouped("Usage: x\n\nCommands:\n  get  A\n  set  B\n"),
            "Usage: x\n\nCommands:\n  get  A\n  set  B\n"
        );
    }
}
