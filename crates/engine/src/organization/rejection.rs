//! Failures of an import that may be one record's: which they are, and the record where the server names it.
//!
//! Only a server error (500) and failed validations are: seats, plan, payment, rights, conflicts and rates are the
//! organization's, and no part of a request fares better than the whole.

use super::error::{ApplyError, UnknownCause};
use super::message::ServerMessage;
use bwdc_core::import::RecordPlace;
use bwdc_core::wire::ImportRequest;

/// How the official server says that fields are not as they should be.
const MODEL_STATE: &str = "The request's model state is invalid.";

/// A failure that may be one record's.
pub(crate) struct RejectedRecord<'a> {
    message: &'a ServerMessage,
}

impl ApplyError {
    /// The failure as one that may be a record's; None: it is not.
    pub(crate) fn rejected_record(&self) -> Option<RejectedRecord<'_>> {
        let message = match self {
            Self::Unknown { cause: UnknownCause::Answer(message) }
                if message.status == 500 && !message.page =>
            {
                message
            }
            Self::Refused { message, .. } if matches!(message.status, 400 | 422) => message,
            _ => return None,
        };
        let rejection = RejectedRecord { message };
        let is_validation =
            message.status != 400 || message.message == MODEL_STATE || rejection.address().is_some();
        is_validation.then_some(rejection)
    }
}

impl RejectedRecord<'_> {
    /// What the server said.
    pub(crate) fn reason(&self) -> String {
        self.message.to_string()
    }

    /// The record that the server names: by its place in the request (`Members[3].Email`, `$.groups[0].name`), or by the
    /// address.
    pub(crate) fn place(&self, import: &ImportRequest) -> Option<RecordPlace> {
        if self.message.status == 500 {
            return None;
        }
        let named = self.message.details.iter().find_map(|detail| by_number(detail));
        let named = named.filter(|place| match place {
            RecordPlace::Member(number) => *number < import.members.len(),
            RecordPlace::Group(number) => *number < import.groups.len(),
        });
        named.or_else(|| {
            let address = self.address()?;
            let has =
                |email: &Option<String>| email.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(address));
            import.members.iter().position(|it| has(&it.email)).map(RecordPlace::Member)
        })
    }

    /// The address in a sentence such as `User email a@x is not a valid email address`.
    fn address(&self) -> Option<&str> {
        let rest = self.message.message.strip_prefix("User email ")?;
        rest.strip_suffix(" is not a valid email address").or_else(|| rest.split(' ').next())
    }
}

fn by_number(detail: &str) -> Option<RecordPlace> {
    let (field, _) = detail.split_once(": ").unwrap_or((detail, ""));
    let lower = field.to_ascii_lowercase();
    let number = |list: &str| -> Option<usize> {
        let rest = &lower[lower.find(list)? + list.len()..];
        rest.split(']').next()?.parse().ok()
    };
    number("members[").map(RecordPlace::Member).or_else(|| number("groups[").map(RecordPlace::Group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::Effect;
    use bwdc_core::names::ExternalId;
    use bwdc_core::wire::ImportMember;

    fn refused(status: u16, body: &str) -> ApplyError {
        ApplyError::Refused {
            message: ServerMessage::read("https://x/import", status, body.as_bytes()),
            effect: Effect::None,
        }
    }

    fn import() -> ImportRequest {
        let member = |it: usize| ImportMember {
            email: Some(format!("p{it}@x")),
            external_id: ExternalId::new(format!("p{it}")),
            deleted: false,
        };
        ImportRequest {
            groups: Vec::new(),
            members: (0..5).map(member).collect(),
            overwrite_existing: false,
            large_import: false,
            invite_users_after_provisioning: true,
        }
    }

    fn place(error: &ApplyError) -> Option<Option<RecordPlace>> {
        Some(error.rejected_record()?.place(&import()))
    }

    #[test]
    fn a_record_is_named_by_its_place_or_its_address() {
        let by_field = r#"{"object":"error","message":"The request's model state is invalid.","errors":{"Members[3].Email":["The Email field is not a valid e-mail address."]}}"#;
        assert_eq!(place(&refused(400, by_field)), Some(Some(RecordPlace::Member(3))));
        let by_path = r#"{"message":"The request's model state is invalid.","errors":{"$.members[1].externalId":["x"]}}"#;
        assert_eq!(place(&refused(400, by_path)), Some(Some(RecordPlace::Member(1))));
        let by_address = r#"{"message":"User email P4@x is not a valid email address","object":"error"}"#;
        assert_eq!(place(&refused(400, by_address)), Some(Some(RecordPlace::Member(4))));
    }

    #[test]
    fn a_validation_that_names_nobody_may_be_anybodys() {
        let beyond =
            r#"{"message":"The request's model state is invalid.","errors":{"Members[9].Email":["x"]}}"#;
        assert_eq!(place(&refused(400, beyond)), Some(None));
        assert_eq!(
            place(&refused(422, r#"{"error":{"code":422,"reason":"Unprocessable Entity"}}"#)),
            Some(None)
        );
    }

    #[test]
    fn seats_payment_rights_conflicts_and_rates_are_no_records() {
        for (status, message) in [
            (400, "Seat limit has been reached."),
            (400, "Errors have occurred."),
            (400, "Organization cannot use groups."),
            (401, "no"),
            (402, "An error has occurred."),
            (403, "no"),
            (404, "Resource not found."),
            (409, "conflict"),
            (413, "too large"),
            (429, "Slow down!"),
        ] {
            let body = format!(r#"{{"object":"error","message":"{message}","errors":null}}"#);
            assert!(refused(status, &body).rejected_record().is_none(), "{status} {message}");
        }
    }

    #[test]
    fn a_server_error_may_be_anybodys_and_a_gateways_is_nobodys() {
        let answer = |status| ApplyError::Unknown {
            cause: UnknownCause::Answer(ServerMessage::read("https://x/import", status, b"{}")),
        };
        assert_eq!(place(&answer(500)), Some(None));
        assert_eq!(place(&answer(502)), None);
    }
}
