//! The servers of the settings and the certificates that they show, before anybody is bound.

use super::entry::Entry;
use super::locate::{candidates, url};
use super::request::Request;
use super::transport::establish_with;
use super::{LdapDirectory, LdapReadError};
use bwdc_base::certificate::{CertificateLog, Chain};
use bwdc_base::clock::from_generalized;
use bwdc_core::names::Timestamp;
use bwdc_core::settings::{LdapSettings, Security, TimeLimits};
use ldap3::Scope;
use std::net::SocketAddr;
use tokio::time::timeout;

/// One server of the settings.
#[derive(Clone, Debug)]
pub struct LdapServer {
    settings: LdapSettings,
    /// Its URL, in messages.
    pub url: Box<str>,
    /// Its host, or the path of a local socket.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it is a socket on this machine.
    pub local: bool,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
    /// The setting that names further authorities.
    pub ca_setting: &'static str,
    /// Whether any certificate is accepted.
    pub accepts_any: bool,
    limits: TimeLimits,
}

impl LdapServer {
    /// The servers of checked settings, in the order in which they are asked.
    ///
    /// # Errors
    /// [`LdapReadError::Locate`] when they are to be found in DNS and are not.
    pub async fn of(
        settings: &LdapSettings,
        limits: TimeLimits,
        name_server: Option<SocketAddr>,
    ) -> Result<Vec<Self>, LdapReadError> {
        let servers = candidates(settings, limits, name_server).await?;
        Ok(servers.into_iter().map(|settings| Self::new(settings, limits)).collect())
    }

    fn new(settings: LdapSettings, limits: TimeLimits) -> Self {
        Self {
            url: url(&settings),
            host: settings.hostname.clone(),
            port: settings.port,
            local: settings.local,
            encrypted: !settings.local && settings.security != Security::ClearText,
            ca_setting: if settings.security == Security::StartTls {
                "ldap.tlsCaPath"
            } else {
                "ldap.sslCaPath"
            },
            accepts_any: settings.tls.allow_unauthorized,
            settings,
            limits,
        }
    }

    /// Connects, agrees on encryption and hangs up; the certificates are there also where they were refused.
    pub async fn certificates(&self) -> (Option<Chain>, Result<(), LdapReadError>) {
        let log = CertificateLog::default();
        let established = establish_with(&self.settings, &self.url, self.limits, Some(&log)).await;
        let result = match established {
            Ok((driver, mut ldap)) => {
                let driven = tokio::spawn(driver.drive());
                // Whether it hears the goodbye does not matter.
                let _ = timeout(super::connect::GRACE, ldap.unbind()).await;
                driven.abort();
                Ok(())
            }
            Err(error) => Err(error),
        };
        (log.chain(), result)
    }
}

impl LdapDirectory {
    /// The servers, in the order in which they are asked.
    ///
    /// # Errors
    /// As [`LdapServer::of`].
    pub async fn servers(&self) -> Result<Vec<LdapServer>, LdapReadError> {
        LdapServer::of(&self.settings, self.time_limits, self.name_server).await
    }

    /// The server that answers, and what its clock says; None where it does not tell.
    pub async fn clock(&self) -> Option<(String, Timestamp)> {
        let mut connection = self.connect().await.ok()?;
        let (scope, filter) = (Scope::Base, "(objectClass=*)".to_owned());
        let request = Request::new(String::new(), scope, filter, &["currentTime"], "ldap.hostname");
        let mut pages = connection.search(request);
        let mut time = None;
        while let Ok(Some(tag)) = pages.next().await {
            let told = Entry::parse(&tag).and_then(|entry| {
                from_generalized(std::str::from_utf8(entry.first_value("currentTime")?).ok()?)
            });
            time = told.or(time);
        }
        let server = connection.server().to_owned();
        connection.close().await;
        Some((server, time?))
    }
}
