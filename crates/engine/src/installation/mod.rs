//! One installation: its folder, its settings, its secrets, and what can be wrong with them.

mod error;

pub use error::SetupError;

/// What an error that can hold a [`SetupError`] takes directly.
macro_rules! through_setup {
    ($($target:ty),*) => {$(
        $crate::installation::through_setup!(@ $target:
            bwdc_core::settings::SettingsError, $crate::paths::PathError, $crate::store::OverrideError,
            $crate::store::StoreError, $crate::secrets::SecretError);
    )*};
    (@ $target:ty: $($source:ty),*) => {$(
        impl From<$source> for $target {
            fn from(error: $source) -> Self {
                $crate::installation::SetupError::from(error).into()
            }
        }
    )*};
}
pub(crate) use through_setup;
