//! What an administrator has to do about a refusal of Google's, whose words name the fault and seldom the place to mend it.

use super::SCOPES;
use crate::directory::web::WebReadError;
use bwdc_core::settings::GoogleSettings;

/// The error with its cure, where there is a better one than for every service.
pub(super) fn advised(error: WebReadError, settings: &GoogleSettings) -> WebReadError {
    match cure(&error, settings) {
        Some(cure) => error.advised(cure),
        None => error,
    }
}

/// Whether a reason says that the quota of the minute is used up.
pub(super) fn is_quota(reason: &str) -> bool {
    matches!(reason, "userRateLimitExceeded" | "rateLimitExceeded" | "quotaExceeded" | "RATE_LIMIT_EXCEEDED")
}

fn cure(error: &WebReadError, settings: &GoogleSettings) -> Option<String> {
    let WebReadError::Refused { status, code, message, .. } = error else { return None };
    let said = |words: &str| message.contains(words);
    let key_file = "store its key with `bwdc config set gsuite.key-file FILE`";
    let cure = match (*status, code.as_str()) {
        (_, "unauthorized_client" | "access_denied") | (403, "insufficientPermissions") => delegation(settings),
        (_, "invalid_grant") if said("Invalid email") => format!(
            "`gsuite.adminUser` is `{}`: name an administrator of this Google Workspace account.",
            settings.admin_user
        ),
        (_, "invalid_grant") if said("Signature") => format!(
            "The key is not one of `{}`, or was deleted: create a new key for the service account in the Google Cloud \
             console, and {key_file}.",
            settings.client_email
        ),
        (_, "invalid_grant") if said("timeframe") => "Set this machine's clock.".to_owned(),
        (_, "invalid_grant" | "invalid_client") => format!(
            "`gsuite.clientEmail` is `{}`: name a service account that exists, and {key_file}.",
            settings.client_email
        ),
        (403, "accessNotConfigured" | "SERVICE_DISABLED") => {
            "Enable the Admin SDK API in the service account's project: \
             https://console.cloud.google.com/apis/library/admin.googleapis.com"
                .to_owned()
        }
        (403, "forbidden") => format!(
            "`{}` (`gsuite.adminUser`) may not read this: give it a role with the Admin API privileges Users > Read and \
             Groups > Read, in the Admin console under Account > Admin roles.",
            settings.admin_user
        ),
        (403 | 429, reason) if *status == 429 || is_quota(reason) => {
            "Others use the quota of the service account's project up: try again later, or give this program a project \
             of its own; nothing was changed."
                .to_owned()
        }
        (404, _) if said("Domain") => "Check `gsuite.domain` and `gsuite.customer`.".to_owned(),
        (404, _) if said("groupKey") => {
            "A group that a filter names, or that was deleted while the directory was read, is not there: check \
             `sync.userFilter`, and try again; nothing was changed."
                .to_owned()
        }
        (400, "badRequest") => "Check `gsuite.customer` and `gsuite.domain`.".to_owned(),
        (400, _) => "Check the query after `|` in `sync.userFilter` and `sync.groupFilter`.".to_owned(),
        _ => return None,
    };
    Some(cure)
}

fn delegation(settings: &GoogleSettings) -> String {
    format!(
        "Authorize the client ID of `{}` (`client_id` in its key file) in the Admin console under Security > Access and \
         data control > API controls > Domain-wide delegation, with these scopes: {}",
        settings.client_email,
        SCOPES.join(",")
    )
}
