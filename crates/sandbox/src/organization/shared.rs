//! What every request of one organization shares.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use uuid::Uuid;

use super::account::Accounts;
use super::model::{NewMember, Role};
use super::options::{Flavor, Hosting, Official, Options, RateLimits};
use super::pace::ImportPace;
use super::rate_limit::Limiter;
use super::requests::Recorder;
use super::store::{Store, StoreError};
use super::tokens::{Key, Tokens, random_key};
use crate::faults::Faults;

/// What has become of the organization as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrganizationState {
    /// In use.
    #[default]
    Enabled,
    /// Switched off: no token is given, but one that was issued still works.
    Disabled,
    /// Gone, while tokens issued for it are still about.
    Deleted,
}

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) url: String,
    pub(crate) organization_id: String,
    pub(crate) tokens: Tokens,
    pub(crate) recorder: Recorder,
    pub(crate) limiter: Limiter,
    pub(crate) accounts: Accounts,
    store: Mutex<Store>,
    key: Mutex<Key>,
    live: Mutex<Live>,
    pub(crate) faults: Faults,
}

/// What may change while the server is at work.
#[derive(Default)]
struct Live {
    state: OrganizationState,
    seats: Option<u32>,
    most_seats: Option<u32>,
    import_pace: ImportPace,
}

impl Live {
    fn begin(official: &Official) -> Live {
        Live {
            seats: official.seats,
            most_seats: official.max_autoscale,
            import_pace: official.import_pace,
            ..Live::default()
        }
    }
}

impl Shared {
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    pub(crate) fn key(&self) -> MutexGuard<'_, Key> {
        lock(&self.key)
    }

    pub(crate) fn client_id(&self) -> String {
        format!("organization.{}", self.organization_id)
    }

    pub(crate) fn organization_state(&self) -> OrganizationState {
        lock(&self.live).state
    }

    pub(crate) fn set_organization_state(&self, state: OrganizationState) {
        lock(&self.live).state = state;
    }

    /// The properties of the official server; `None` where another is imitated.
    pub(crate) fn official(&self) -> Option<&Official> {
        match &self.options.flavor {
            Flavor::Official(official) => Some(official),
            Flavor::Vaultwarden(_) => None,
        }
    }

    /// Whether the imitated server's database cannot store one of these texts.
    pub(crate) fn cannot_store<'a>(&self, texts: impl IntoIterator<Item = Option<&'a str>>) -> bool {
        let mut texts = texts.into_iter().flatten();
        self.official().is_some_and(|official| texts.any(|text| official.refuses_nul(text)))
    }

    pub(crate) fn import_pace(&self) -> ImportPace {
        lock(&self.live).import_pace
    }

    pub(crate) fn set_import_pace(&self, pace: ImportPace) {
        lock(&self.live).import_pace = pace;
    }

    /// Replaces the API key's secret and returns the new one.
    pub(crate) fn rotate_key(&self) -> Result<String, StoreError> {
        let secret = self.key().rotate();
        self.store().set_setting("client_secret", &secret)?;
        Ok(secret)
    }

    pub(crate) fn seats(&self) -> Option<u32> {
        lock(&self.live).seats
    }

    pub(crate) fn set_seats(&self, seats: Option<u32>) {
        lock(&self.live).seats = seats;
    }

    /// Up to how many seats the plan grows by itself.
    pub(crate) fn most_seats(&self) -> Option<u32> {
        lock(&self.live).most_seats
    }

    pub(crate) fn set_most_seats(&self, most: Option<u32>) {
        lock(&self.live).most_seats = most;
    }

    /// The longest body in bytes: the web server's default, or Vaultwarden's limit for JSON.
    pub(crate) fn body_limit(&self) -> usize {
        match self.options.flavor {
            Flavor::Official(_) => 30_000_000,
            Flavor::Vaultwarden(_) => 20_000_000,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn open(options: Options, url: String) -> Result<Shared, StoreError> {
        let store = Store::open(&options.database)?;
        let organization_id = match store.setting("organization_id")? {
            Some(id) => id,
            None => {
                let id = Uuid::new_v4().to_string();
                store.set_setting("organization_id", &id)?;
                if let Some(owner) = &options.owner {
                    let owner = NewMember::confirmed(owner).role(Role::Owner).name("Sandbox Owner");
                    store.insert_member(&owner, owner.status.number())?;
                    store.add_account(&owner.email)?;
                }
                id
            }
        };
        let secret = match store.setting("client_secret")? {
            Some(secret) => secret,
            None => {
                let secret = options.client_secret.clone().unwrap_or_else(random_key);
                store.set_setting("client_secret", &secret)?;
                secret
            }
        };
        let (limits, live) = match &options.flavor {
            Flavor::Official(official) => (official.effective_limits(), Live::begin(official)),
            Flavor::Vaultwarden(vaultwarden) => (vaultwarden.login_limit, Live::default()),
        };
        Ok(Shared {
            url,
            organization_id,
            tokens: Tokens::default(),
            recorder: Recorder::default(),
            limiter: Limiter::new(limits),
            accounts: Accounts::default(),
            store: Mutex::new(store),
            key: Mutex::new(Key::new(secret)),
            live: Mutex::new(live),
            faults: Faults::new(),
            options,
        })
    }
}

impl Official {
    /// Self-hosted servers never limit the rate.
    fn effective_limits(&self) -> RateLimits {
        match self.hosting {
            Hosting::SelfHosted => RateLimits::Off,
            Hosting::Cloud => self.rate_limits,
        }
    }
}
