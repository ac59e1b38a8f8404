//! One way to speak HTTP, for directories and the organization alike.
//!
//! `client` says whom is trusted, `proxy` which way requests take, `exchange` sends one request once and reads its answer
//! up to a limit, `retry` is the one policy of what is sent again, as data. What a request means to its server, and what
//! the server's refusals mean, is known by those who ask.

mod body;
mod client;
mod count;
mod exchange;
mod proxy;
mod retry;

pub use body::{BodyError, ListLimits, NoList, PART, read_body, read_list};
pub use client::{
    CONNECT_TIMEOUT, ClientOptions, ExtraAuthorities, HttpError, Offer, authorities, client, client_with_log,
    extra_authorities, tls_config,
};
pub use count::{Counted, Recipient, counted};
pub use exchange::{
    Answer, Body, Call, Cause, Exchange, Repeat, Reply, Sent, TransportError, cause, date, describe_status,
};
pub use proxy::{ProxyChoice, ProxyInEffect, is_loopback, proxy_in_effect};
pub use retry::{Again, Attempts, RetryPolicy, retry_after};
