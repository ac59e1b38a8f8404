//! The steps of a sign-in after the password: what the server asks for, and what is shown to it.
//!
//! Both servers ask by refusing, in two spellings and with numbers as numbers or as text.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

/// A way to prove oneself besides the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TwoStepMethod {
    /// 0: the code that an authenticator shows.
    Authenticator,
    /// 1: a mailed code.
    Email,
    /// 3: what a YubiKey types when it is touched.
    YubiKey,
    /// Any other, by the server's number: these need a browser.
    Browser(u8),
}

impl TwoStepMethod {
    /// The server's number.
    pub fn number(self) -> u8 {
        match self {
            Self::Authenticator => 0,
            Self::Email => 1,
            Self::YubiKey => 3,
            Self::Browser(number) => number,
        }
    }

    fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Authenticator,
            1 => Self::Email,
            3 => Self::YubiKey,
            other => Self::Browser(other),
        }
    }

    /// The way for which a code was made, among those that are offered: a YubiKey types 44 letters of 16 (modhex).
    pub fn for_code(code: &str, offered: &[Self]) -> Option<Self> {
        let is_touch = code.len() == 44 && code.bytes().all(|it| b"cbdefghijklnrtuv".contains(&it));
        let fitting = if is_touch { &[Self::YubiKey][..] } else { &[Self::Authenticator, Self::Email] };
        fitting.iter().copied().find(|method| offered.contains(method))
    }
}

/// What is shown besides the password.
pub enum Proof {
    /// Nothing.
    PasswordOnly,
    /// The code of a second step.
    TwoStep {
        /// For which the code is.
        method: TwoStepMethod,
        /// The code.
        code: SecretString,
        /// Whether the server shall give something by which the next sign-in on this machine needs no code.
        remember: bool,
    },
    /// What an earlier sign-in was given to be remembered by.
    Remembered(SecretString),
    /// The code that was mailed because the machine is new to the account.
    NewDevice(SecretString),
}

impl Proof {
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let two_step = |number: u8, token: &SecretString, remember| {
            vec![
                ("twoFactorToken", token.expose_secret().to_owned()),
                ("twoFactorProvider", number.to_string()),
                ("twoFactorRemember", u8::from(remember).to_string()),
            ]
        };
        match self {
            Self::PasswordOnly => Vec::new(),
            Self::TwoStep { method, code, remember } => two_step(method.number(), code, *remember),
            Self::Remembered(token) => two_step(5, token, false),
            Self::NewDevice(code) => vec![("newDeviceOtp", code.expose_secret().to_owned())],
        }
    }
}

/// What a refusal asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    TwoStep(Vec<TwoStepMethod>),
    NewDevice,
}

pub(super) fn asked(body: &[u8]) -> Option<Asked> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return None };
    let methods = two_step(&body);
    if !methods.is_empty() {
        return Some(Asked::TwoStep(methods));
    }
    let is_device = key(&body, "error").and_then(Value::as_str) == Some("device_error");
    let says = |text: Option<&Value>| {
        text.and_then(Value::as_str)
            .is_some_and(|it| it.eq_ignore_ascii_case("new device verification required"))
    };
    let model = key(&body, "errorModel").and_then(Value::as_object).and_then(|it| key(it, "message"));
    (is_device && (says(key(&body, "error_description")) || says(model))).then_some(Asked::NewDevice)
}

/// The ways that the server offers, in the order of their numbers.
fn two_step(body: &Map<String, Value>) -> Vec<TwoStepMethod> {
    let by_number = key(body, "twoFactorProviders2").and_then(Value::as_object);
    let listed = key(body, "twoFactorProviders").and_then(Value::as_array);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let numbers: Vec<String> = match (by_number, listed) {
        (Some(object), _) => object.keys().cloned().collect(),
        (None, Some(list)) => list.iter().map(text).collect(),
        (None, None) => Vec::new(),
    };
    let mut methods: Vec<TwoStepMethod> =
        numbers.iter().filter_map(|number| Some(TwoStepMethod::from_number(number.parse().ok()?))).collect();
    methods.sort_unstable();
    methods.dedup();
    methods
}

/// What the server gives to be remembered by.
pub(super) fn remembered(body: &[u8]) -> Option<SecretString> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return None };
    let token = key(&body, "twoFactorToken")?.as_str()?;
    (!token.is_empty()).then(|| SecretString::from(token))
}

fn key<'a>(object: &'a Map<String, Value>, wanted: &str) -> Option<&'a Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::TwoStepMethod::{Authenticator, Browser, Email, YubiKey};
    use super::*;

    #[test]
    fn a_second_step_is_read_from_either_form() {
        for (body, wanted) in [
            (
                r#"{"error":"invalid_grant","error_description":"Two factor required.","TwoFactorProviders":["0"],"TwoFactorProviders2":{"0":null},"MasterPasswordPolicy":{"Object":"masterPasswordPolicy"}}"#,
                vec![Authenticator],
            ),
            (
                r#"{"error":"invalid_grant","TwoFactorProviders":null,"TwoFactorProviders2":{"7":{},"1":{"Email":"a***@b"},"3":{"Nfc":true}}}"#,
                vec![Email, YubiKey, Browser(7)],
            ),
            (r#"{"twoFactorProviders":[1,0,0]}"#, vec![Authenticator, Email]),
        ] {
            assert_eq!(asked(body.as_bytes()), Some(Asked::TwoStep(wanted)), "{body}");
        }
    }

    #[test]
    fn a_new_device_is_told_from_a_wrong_code_for_one() {
        let new = r#"{"error":"device_error","error_description":"New device verification required","ErrorModel":{"Message":"new device verification required"}}"#;
        assert_eq!(asked(new.as_bytes()), Some(Asked::NewDevice));
        for body in [
            r#"{"error":"device_error","error_description":"Invalid New Device OTP","ErrorModel":{"Message":"invalid new device otp"}}"#,
            r#"{"error":"invalid_grant","ErrorModel":{"Message":"Username or password is incorrect. Try again."}}"#,
            r#"{"error":{"code":422},"TwoFactorProviders2":{}}"#,
            "[]",
            "",
        ] {
            assert_eq!(asked(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_code_tells_for_which_way_it_is() {
        let touch = "cccccccfhcbelrhifnjrrddcgrburluurftrgfdrdifj";
        assert_eq!(TwoStepMethod::for_code(touch, &[Authenticator, YubiKey]), Some(YubiKey));
        assert_eq!(TwoStepMethod::for_code("123456", &[Email, YubiKey]), Some(Email));
        assert_eq!(TwoStepMethod::for_code("123456", &[Authenticator, Email]), Some(Authenticator));
        assert_eq!(TwoStepMethod::for_code("123456", &[YubiKey, Browser(7)]), None);
    }
}
