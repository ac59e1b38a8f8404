//! A company's directory and an organization in this process, and an installation that knows both.

use bwdc_core::settings::Setting;
use bwdc_engine::Engine;
use bwdc_engine::organization::ApiKey;
use bwdc_engine::paths::{Platform, ProcessEnvironment};
use bwdc_engine::secrets::SecretName;
use bwdc_sandbox::data::{Company, company};
use bwdc_sandbox::{ldap, organization};
use secrecy::SecretString;
use std::error::Error;

const READER: &str = "cn=reader,dc=example,dc=test";
const PASSWORD: &str = "s3cr3t-0f-reader";

/// Both servers and an installation.
pub(crate) struct Stage {
    /// The company whose directory it is.
    pub(crate) company: Company,
    /// The directory.
    pub(crate) directory: ldap::Server,
    /// The organization.
    pub(crate) organization: organization::Server,
    /// What the program is started with.
    pub(crate) environment: ProcessEnvironment,
    /// Goes when this does; the installation is in it.
    pub(crate) folder: tempfile::TempDir,
}

impl Stage {
    /// Starts the servers; nothing is configured yet.
    pub(crate) fn empty() -> Result<Self, Box<dyn Error>> {
        Self::with(organization::Options::official())
    }

    /// The same with another kind of organization server.
    pub(crate) fn with(options: organization::Options) -> Result<Self, Box<dyn Error>> {
        let company = company();
        let of_directory = ldap::Options::with_bind(company.ldif.clone(), READER, PASSWORD.to_owned());
        let directory = ldap::Server::start_blocking(of_directory)?;
        let organization = organization::Server::start_blocking(options)?;
        let folder = tempfile::tempdir()?;
        let variables = [
            ("BITWARDENCLI_CONNECTOR_APPDATA_DIR", folder.path().join("profile").display().to_string()),
            ("BITWARDENCLI_CONNECTOR_PLAINTEXT_SECRETS", "true".to_owned()),
        ];
        let environment = ProcessEnvironment::new(Platform::Linux, None, variables);
        Ok(Self { company, directory, organization, environment, folder })
    }

    /// Chooses the server.
    pub(crate) fn choose_server(&self) -> Result<(), Box<dyn Error>> {
        self.set(&[("server", self.organization.url().as_str())])
    }

    /// Signs in and sets the directory up.
    pub(crate) async fn configure(&self) -> Result<(), Box<dyn Error>> {
        self.choose_server()?;
        let port = self.directory.port().to_string();
        self.set(&[
            ("directory", "0"),
            ("ldap.hostname", "127.0.0.1"),
            ("ldap.port", &port),
            ("ldap.rootPath", &self.company.suffix),
            ("ldap.username", READER),
            ("ldap.ad", "false"),
            ("sync.users", "true"),
            ("sync.groups", "true"),
            ("sync.interval", "15"),
            ("sync.userObjectClass", "inetOrgPerson"),
            ("sync.groupObjectClass", "groupOfNames"),
            ("sync.userEmailAttribute", "mail"),
            ("sync.groupNameAttribute", "cn"),
            ("sync.memberAttribute", "member"),
            ("sync.inviteUsersAfterProvisioning", "true"),
        ])?;
        let mut engine = Engine::open(self.environment.clone())?;
        engine.set_secret(SecretName::LdapPassword, &SecretString::from(PASSWORD.to_owned()))?;
        let client_secret = SecretString::from(self.organization.client_secret());
        let key = ApiKey { client_id: self.organization.client_id(), client_secret };
        engine.log_in(key, &|_| ()).await?;
        Ok(())
    }

    /// Sets settings.
    pub(crate) fn set(&self, values: &[(&str, &str)]) -> Result<(), Box<dyn Error>> {
        let mut engine = Engine::open(self.environment.clone())?;
        for (name, value) in values {
            let setting = Setting::find(name).ok_or("no such setting")?;
            engine.set(setting, &setting.parse(value)?)?;
        }
        Ok(())
    }

    /// People leave and come between two runs.
    pub(crate) fn life(&self) -> Result<(), Box<dyn Error>> {
        self.company.join(&self.directory)?;
        self.company.leave(&self.directory)?;
        self.company.move_membership(&self.directory)?;
        Ok(())
    }
}
