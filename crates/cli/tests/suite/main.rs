//! The real program in sealed home folders, one module for each concern. One program, so that it is linked once.

mod cloud;
mod console;
mod contract;
#[cfg(target_os = "linux")]
mod dirsrv;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(unix)]
mod keyring;
#[cfg(feature = "failpoints")]
mod kill;
mod laws;
#[cfg(target_os = "linux")]
mod lease;
#[cfg(target_os = "linux")]
mod long_groups;
mod oracle;
mod profiles;
mod review;
#[cfg(unix)]
mod samba;
#[cfg(target_os = "linux")]
mod service;
mod settings;
mod take_over;
