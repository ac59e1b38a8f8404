//! The thread that asks the database: one connection, made again when it broke, and the lease renewed in time.

use super::terms::Terms;
use super::tls::Encryption;
use super::{Changes, LeaseError, Row, Until};
use crate::clock::Clock;
use crate::http::{ClientOptions, tls_config};
use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep, timeout};
use tokio_postgres::config::SslMode;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls};

/// No question to the database takes longer than this.
const LONGEST: Duration = Duration::from_secs(10);

/// The tables, made by whoever comes first. Two at once would both fail without the lock.
const TABLES: &str = "
    SELECT pg_advisory_xact_lock(700977253);
    CREATE SCHEMA IF NOT EXISTS bwdc;
    CREATE TABLE IF NOT EXISTS bwdc.lease (
        duty text PRIMARY KEY,
        holder text NOT NULL,
        who text NOT NULL,
        fence bigint NOT NULL,
        version bigint NOT NULL,
        tables integer NOT NULL,
        expires timestamptz NOT NULL
    );
    CREATE TABLE IF NOT EXISTS bwdc.ledger (
        duty text NOT NULL,
        tab text NOT NULL,
        key text NOT NULL,
        row text NOT NULL,
        PRIMARY KEY (duty, tab, key)
    );";
/// Takes the lease where nobody has it, or its time is over, and keeps it where it is ours.
const ENTER: &str = "
    INSERT INTO bwdc.lease AS it VALUES ($1, $2, $3, 1, 0, 0, clock_timestamp() + make_interval(secs => $4::double precision))
    ON CONFLICT (duty) DO UPDATE SET holder = $2, who = $3,
        fence = it.fence + CASE WHEN it.holder = $2 THEN 0 ELSE 1 END,
        expires = clock_timestamp() + make_interval(secs => $4::double precision)
    WHERE it.holder = $2 OR it.expires < clock_timestamp()
    RETURNING fence, version, tables";
const WHO: &str = "SELECT who FROM bwdc.lease WHERE duty = $1";
const IS_THERE: &str = "SELECT to_regclass('bwdc.lease') IS NOT NULL";
const HOLDER: &str = "SELECT holder, who FROM bwdc.lease WHERE duty = $1 AND expires >= clock_timestamp()";
const RENEW: &str = "
    UPDATE bwdc.lease SET expires = clock_timestamp() + make_interval(secs => $4::double precision)
    WHERE duty = $1 AND holder = $2 AND fence = $3 RETURNING fence";
const ADVANCE: &str = "
    UPDATE bwdc.lease SET version = $5::bigint, tables = $6::integer,
        expires = greatest(expires, clock_timestamp() + make_interval(secs => $4::double precision))
    WHERE duty = $1 AND holder = $2 AND fence = $3 AND version = $5::bigint - 1 RETURNING fence";
const RELEASE: &str = "
    UPDATE bwdc.lease SET expires = clock_timestamp() - interval '1 second' WHERE duty = $1 AND holder = $2 AND fence = $3";
const ROWS: &str = "SELECT tab, key, row FROM bwdc.ledger WHERE duty = $1";
const EMPTY: &str = "DELETE FROM bwdc.ledger WHERE duty = $1";
const FORGET: &str = "
    DELETE FROM bwdc.ledger USING unnest($2::text[], $3::text[]) AS gone(tab, key)
    WHERE duty = $1 AND ledger.tab = gone.tab AND ledger.key = gone.key";
const KEEP: &str = "
    INSERT INTO bwdc.ledger SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[])
    ON CONFLICT (duty, tab, key) DO UPDATE SET row = excluded.row";

/// Where an answer goes.
pub(super) type ReplyTo<T> = SyncSender<Result<T, LeaseError>>;

/// What the thread is asked.
pub(super) enum Ask {
    Enter(ReplyTo<Entered>),
    Renew(ReplyTo<()>),
    Rows(ReplyTo<Vec<Row>>),
    Push(Push, ReplyTo<()>),
    Release(ReplyTo<()>),
}

/// The ledger in the database, for whoever has the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entered {
    /// The number of its last change; 0: there is none.
    pub(crate) version: i64,
    /// The version of its tables.
    pub(crate) tables: i32,
}

/// A change of the ledger.
pub(super) struct Push {
    pub(super) version: i64,
    pub(super) tables: i32,
    pub(super) changes: Changes,
}

/// Answers for as long as somebody may ask.
pub(super) fn work(terms: Terms, mut asked: UnboundedReceiver<Ask>, until: Arc<Until>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the lease cannot be asked for");
            return;
        }
    };
    runtime.block_on(async {
        let each = terms.length / 3;
        let mut session = Session { terms, until, client: None, fence: None };
        loop {
            tokio::select! {
                biased;
                ask = asked.recv() => match ask {
                    Some(ask) => session.answer(ask).await,
                    None => return,
                },
                () = sleep(each), if session.fence.is_some() => {
                    if let Err(error) = session.renew().await {
                        tracing::warn!(%error, "the lease was not renewed");
                    }
                }
            }
        }
    });
}

struct Session {
    terms: Terms,
    until: Arc<Until>,
    client: Option<Client>,
    /// The number of the lease that we have.
    fence: Option<i64>,
}

impl Session {
    async fn answer(&mut self, ask: Ask) {
        // Whoever asked may have gone.
        let _ = match ask {
            Ask::Enter(reply) => reply.send(self.enter().await).is_ok(),
            Ask::Renew(reply) => reply.send(self.renew().await).is_ok(),
            Ask::Rows(reply) => reply.send(self.rows().await).is_ok(),
            Ask::Push(push, reply) => reply.send(self.push(push).await).is_ok(),
            Ask::Release(reply) => reply.send(self.release().await).is_ok(),
        };
    }

    fn seconds(&self) -> f64 {
        self.terms.length.as_secs_f64()
    }

    async fn enter(&mut self) -> Result<Entered, LeaseError> {
        let (asked, asked_at) = (Instant::now(), Clock::System.now().0);
        let (duty, holder, who, seconds) =
            (self.terms.duty.clone(), self.terms.holder.clone(), self.terms.who.clone(), self.seconds());
        let found = self
            .with(async |client| {
                let row = client.query_opt(ENTER, &[&duty, &holder, &who, &seconds]).await?;
                let Some(row) = row else {
                    let row = client.query_opt(WHO, &[&duty]).await?;
                    return Ok(Err(row.map_or_else(String::new, |it| it.get(0))));
                };
                Ok(Ok((row.get::<_, i64>(0), Entered { version: row.get(1), tables: row.get(2) })))
            })
            .await;
        match found {
            Ok(Ok((fence, entered))) => {
                self.fence = Some(fence);
                self.until.set(asked, asked_at, self.terms.length);
                Ok(entered)
            }
            Ok(Err(who)) => {
                self.lose();
                Err(LeaseError::Held { who })
            }
            Err(error) => Err(error),
        }
    }

    async fn renew(&mut self) -> Result<(), LeaseError> {
        let (asked, asked_at) = (Instant::now(), Clock::System.now().0);
        let fence = self.fence.ok_or(LeaseError::Lost)?;
        let (duty, holder, seconds) = (self.terms.duty.clone(), self.terms.holder.clone(), self.seconds());
        let ours = self
            .with(async |client| client.query_opt(RENEW, &[&duty, &holder, &fence, &seconds]).await)
            .await?;
        if ours.is_none() {
            self.lose();
            return Err(LeaseError::Lost);
        }
        self.until.set(asked, asked_at, self.terms.length);
        Ok(())
    }

    async fn rows(&mut self) -> Result<Vec<Row>, LeaseError> {
        let duty = self.terms.duty.clone();
        let rows = self.with(async |client| client.query(ROWS, &[&duty]).await).await?;
        Ok(rows.iter().map(|it| Row { table: it.get(0), key: it.get(1), text: it.get(2) }).collect())
    }

    async fn push(&mut self, push: Push) -> Result<(), LeaseError> {
        let (asked, asked_at) = (Instant::now(), Clock::System.now().0);
        let fence = self.fence.ok_or(LeaseError::Lost)?;
        let (duty, holder, seconds) = (self.terms.duty.clone(), self.terms.holder.clone(), self.seconds());
        let Push { version, tables, changes } = push;
        let mut gone = (Vec::new(), Vec::new());
        let mut kept = (Vec::new(), Vec::new(), Vec::new());
        for ((table, key), row) in changes.rows {
            match row {
                None => (gone.0.push(table), gone.1.push(key)),
                Some(row) => {
                    kept.2.push(row);
                    (kept.0.push(table), kept.1.push(key))
                }
            };
        }
        let ours = self
            .with_change(async |client| {
                let transaction = client.transaction().await?;
                let terms: [&(dyn ToSql + Sync); 6] = [&duty, &holder, &fence, &seconds, &version, &tables];
                if transaction.query_opt(ADVANCE, &terms).await?.is_none() {
                    return Ok(false);
                }
                if changes.all {
                    transaction.execute(EMPTY, &[&duty]).await?;
                }
                if !gone.0.is_empty() {
                    transaction.execute(FORGET, &[&duty, &gone.0, &gone.1]).await?;
                }
                if !kept.0.is_empty() {
                    transaction.execute(KEEP, &[&duty, &kept.0, &kept.1, &kept.2]).await?;
                }
                transaction.commit().await?;
                Ok(true)
            })
            .await?;
        if !ours {
            self.lose();
            return Err(LeaseError::Lost);
        }
        self.until.set(asked, asked_at, self.terms.length);
        Ok(())
    }

    async fn release(&mut self) -> Result<(), LeaseError> {
        let Some(fence) = self.fence.take() else { return Ok(()) };
        self.lose();
        let (duty, holder) = (self.terms.duty.clone(), self.terms.holder.clone());
        self.with(async |client| client.execute(RELEASE, &[&duty, &holder, &fence]).await).await.map(drop)
    }

    fn lose(&mut self) {
        self.fence = None;
        self.until.clear();
    }

    async fn with<T>(
        &mut self,
        work: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, LeaseError> {
        self.with_change(async |client| work(client).await).await
    }

    /// Asks by the connection that there is, or by a new one. One that failed is not used again.
    async fn with_change<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, LeaseError> {
        let patience = self.terms.length.min(LONGEST);
        let mut client = match self.client.take().filter(|it| !it.is_closed()) {
            Some(client) => client,
            None => within(patience, connect(&self.terms)).await??,
        };
        let answer = within(patience, work(&mut client)).await?.map_err(|error| failed(&error))?;
        self.client = Some(client);
        Ok(answer)
    }
}

async fn within<T>(patience: Duration, work: impl Future<Output = T>) -> Result<T, LeaseError> {
    timeout(patience, work)
        .await
        .map_err(|_| LeaseError::Database { reason: "it does not answer".to_owned() })
}

/// Who has the lease by the database's clock: how the folder is known there, and how people know it. Nothing is made and nothing
/// is taken; None: nobody has it, or nobody ever asked this database for one.
pub(super) async fn holder(terms: &Terms) -> Result<Option<(String, String)>, LeaseError> {
    let asking = async {
        let client = open(terms).await?;
        let there = client.query_one(IS_THERE, &[]).await.map_err(|error| failed(&error))?;
        if !there.get::<_, bool>(0) {
            return Ok(None);
        }
        let row = client.query_opt(HOLDER, &[&terms.duty]).await.map_err(|error| failed(&error))?;
        Ok(row.map(|it| (it.get(0), it.get(1))))
    };
    within(LONGEST, asking).await?
}

/// A connection, with the tables there.
async fn connect(terms: &Terms) -> Result<Client, LeaseError> {
    let client = open(terms).await?;
    client.batch_execute(TABLES).await.map_err(|error| failed(&error))?;
    Ok(client)
}

async fn open(terms: &Terms) -> Result<Client, LeaseError> {
    let (mut config, encrypted) = terms.config()?;
    let client = if encrypted {
        config.ssl_mode(SslMode::Require);
        let options = ClientOptions { ca_path: terms.ca_path.as_deref(), ..ClientOptions::default() };
        let tls = tls_config(&options).map_err(|error| LeaseError::Database { reason: error.to_string() })?;
        let (client, connection) =
            config.connect(Encryption(Arc::new(tls))).await.map_err(|error| failed(&error))?;
        tokio::spawn(connection);
        client
    } else {
        config.ssl_mode(SslMode::Disable);
        let (client, connection) = config.connect(NoTls).await.map_err(|error| failed(&error))?;
        tokio::spawn(connection);
        client
    };
    Ok(client)
}

/// What the database says, in one line.
fn failed(error: &tokio_postgres::Error) -> LeaseError {
    let reason = match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => crate::causes::with_causes(error),
    };
    LeaseError::Database { reason }
}
