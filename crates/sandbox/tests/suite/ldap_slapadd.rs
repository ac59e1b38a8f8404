//! Generated entries as OpenLDAP's own loader sees them: `slapadd` from the package slapd has to be installed.

#![expect(clippy::unwrap_used, reason = "a failed expectation is how a test speaks, its helpers included")]

use std::path::{Path, PathBuf};
use std::process::Command;

use bwdc_sandbox::data::{SLAPD_SCHEMA, Spec, write_ldif};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn load(folder: &Path, spec: &Spec) {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    std::fs::create_dir_all(folder.join("db")).unwrap();
    std::fs::write(folder.join("sandbox.schema"), SLAPD_SCHEMA).unwrap();
    let configuration = format!(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
         include /etc/ldap/schema/inetorgperson.schema\ninclude {}\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n\
         database mdb\nsuffix \"{}\"\ndirectory {}\n",
        path("sandbox.schema"),
        spec.suffix,
        path("db"),
    );
    std::fs::write(folder.join("slapd.conf"), configuration).unwrap();
    let mut ldif = std::fs::File::create(folder.join("data.ldif")).unwrap();
    write_ldif(spec, &mut ldif).unwrap();
    let output = Command::new("timeout")
        .args(["60", "/usr/sbin/slapadd", "-q", "-f", &path("slapd.conf"), "-l", &path("data.ldif")])
        .output()
        .expect("`timeout` of coreutils is installed");
    assert_ne!(output.status.code(), Some(127), "install slapd: `slapadd` is missing");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn slapadd_takes_every_kind_of_specification() {
    let folder = Folder(std::env::temp_dir().join(format!("sandbox-slapadd-{}", std::process::id())));
    let plain = Spec { users: 300, groups: 40, ..Spec::default() };
    let rich = Spec { disabled_share: 0.1, photo_bytes: 500, nesting_depth: 4, ..plain.clone() };
    let odd = Spec { users: 0, groups: 2, suffix: "o=corp".to_owned(), ..Spec::default() };
    for (name, spec) in [("plain", plain), ("rich", rich), ("odd", odd)] {
        load(&folder.0.join(name), &spec);
    }
}
