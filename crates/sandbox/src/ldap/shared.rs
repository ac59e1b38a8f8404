//! What the server and every conversation with it share.

use std::sync::RwLock;

use super::fault::Faults;
use super::log::Log;
use super::options::Options;
use super::tls::Tls;
use super::tree::Tree;

/// What every conversation shares.
pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) tree: RwLock<Tree>,
    pub(super) log: Log,
    pub(super) faults: Faults,
    pub(super) tls: Option<Tls>,
}
