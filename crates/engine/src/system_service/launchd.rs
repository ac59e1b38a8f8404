//! Property lists of launchd, as texts.

use super::{Layout, Scope};

/// The label of the job.
pub(super) const LABEL: &str = "com.bwdc.service";

/// The job that keeps the service running.
pub(super) fn job(layout: &Layout) -> String {
    let account = match layout.scope {
        Scope::Machine => {
            "  <key>UserName</key><string>_bwdc</string>\n  <key>GroupName</key><string>_bwdc</string>\n"
        }
        Scope::Account => "",
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n  <key>Label</key><string>{LABEL}</string>\n\
         \x20 <key>ProgramArguments</key>\n  <array><string>{}</string><string>run</string></array>\n{account}\
         \x20 <key>EnvironmentVariables</key>\n  <dict><key>BITWARDENCLI_CONNECTOR_APPDATA_DIR</key><string>{}</string></dict>\n\
         \x20 <key>RunAtLoad</key><true/>\n  <key>KeepAlive</key><true/>\n  <key>ThrottleInterval</key><integer>10</integer>\n\
         \x20 <key>ExitTimeOut</key><integer>75</integer>\n  <key>Umask</key><integer>63</integer>\n</dict>\n</plist>\n",
        escaped(&layout.program.display().to_string()),
        escaped(&layout.folder.display().to_string()),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_runs_the_program_with_its_folder_and_escapes_both() {
        let layout = Layout {
            scope: Scope::Machine,
            program: "/usr/local/bin/bwdc".into(),
            folder: "/Library/A & B".into(),
        };
        let job = job(&layout);
        assert!(job.contains("<string>/usr/local/bin/bwdc</string><string>run</string>"), "{job}");
        assert!(job.contains("<string>/Library/A &amp; B</string>"), "{job}");
        assert!(job.contains("_bwdc"), "a daemon has an account of its own");
        let agent = super::job(&Layout { scope: Scope::Account, ..layout });
        assert!(!agent.contains("UserName"), "{agent}");
    }
}
