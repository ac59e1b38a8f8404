//! The administrator's filter, checked before anything is sent, and joined with the object class.
//!
//! Accepted is RFC 4515, and beyond it what administrators type: blanks between parts, no outer parentheses, several
//! filters in a row (all of them must match). Anything else is an error that names the setting and the place: a filter
//! that is not understood must never mean "no filter".

use super::error::LdapReadError;

/// How deep a filter may be nested.
const DEPTH: usize = 100;

/// `(&(objectClass=<class>)<filter>)`, or what there is of the two.
///
/// # Errors
/// [`LdapReadError::Filter`] names the setting and the place at which the class or the filter cannot be understood.
pub(super) fn join(
    class: Option<(&str, &'static str)>,
    filter: Option<(&str, &'static str)>,
) -> Result<String, LdapReadError> {
    let class = match class {
        Some((class, setting)) => {
            let checked = check(&format!("(objectClass={class})"));
            checked.ok().filter(|checked| checked.count == 1).map(|checked| Some(checked.text)).ok_or_else(
                || LdapReadError::Filter {
                    setting,
                    filter: class.to_owned(),
                    position: 1,
                    problem: "it is not the name of an object class",
                },
            )?
        }
        None => None,
    };
    let filter = filter.map(|(filter, setting)| typed(filter, setting)).transpose()?;
    Ok(match (class, filter) {
        (Some(class), Some(filter)) => format!("(&{class}{})", filter.text),
        (Some(class), None) => class,
        (None, Some(filter)) if filter.count == 1 => filter.text,
        (None, Some(filter)) => format!("(&{})", filter.text),
        (None, None) => "(objectClass=*)".to_owned(),
    })
}

/// Checks a filter as an administrator types it.
///
/// # Errors
/// [`LdapReadError::Filter`] names the setting and the place at which it cannot be understood.
pub fn check_filter(filter: &str, setting: &'static str) -> Result<(), LdapReadError> {
    typed(filter, setting).map(drop)
}

struct Checked {
    text: String,
    count: usize,
}

fn typed(filter: &str, setting: &'static str) -> Result<Checked, LdapReadError> {
    let bare = filter.trim();
    let result = if bare.starts_with('(') {
        check(filter)
    } else {
        let before = filter.len() - filter.trim_start().len();
        match check(&format!("({bare})")) {
            Ok(checked) if checked.count == 1 => Ok(checked),
            Ok(_) => Err(Fault { at: before, problem: "it needs parentheses round each of its parts" }),
            Err(fault) => Err(Fault { at: (before + fault.at).saturating_sub(1), ..fault }),
        }
    };
    result.map_err(|fault| LdapReadError::Filter {
        setting,
        filter: filter.to_owned(),
        position: filter.get(..fault.at).map_or(filter.chars().count(), |before| before.chars().count()) + 1,
        problem: fault.problem,
    })
}

struct Fault {
    /// In bytes.
    at: usize,
    problem: &'static str,
}

fn check(filter: &str) -> Result<Checked, Fault> {
    let mut reader = Reader { text: filter, at: 0, out: String::with_capacity(filter.len()) };
    let mut count = 0;
    reader.skip_blanks();
    while reader.at < filter.len() {
        reader.filter(0)?;
        count += 1;
        reader.skip_blanks();
    }
    if count == 0 {
        return Err(Fault { at: 0, problem: "it is empty" });
    }
    Ok(Checked { text: reader.out, count })
}

struct Reader<'f> {
    text: &'f str,
    at: usize,
    out: String,
}

impl Reader<'_> {
    fn filter(&mut self, depth: usize) -> Result<(), Fault> {
        let start = self.at;
        if depth > DEPTH {
            return Err(self.fault("it is nested too deeply"));
        }
        if self.peek() == Some(b')') {
            return Err(self.fault("there is a closing parenthesis too many"));
        }
        if !self.take(b'(') {
            return Err(self.fault("an opening parenthesis is expected here"));
        }
        self.skip_blanks();
        match self.peek() {
            Some(operator @ (b'&' | b'|' | b'!')) => {
                self.take(operator);
                let mut parts = 0;
                self.skip_blanks();
                while self.peek() != Some(b')') {
                    if self.peek().is_none() {
                        return Err(Fault {
                            at: start,
                            problem: "the parenthesis that opens here is never closed",
                        });
                    }
                    self.filter(depth + 1)?;
                    parts += 1;
                    self.skip_blanks();
                }
                if operator == b'!' && parts != 1 {
                    return Err(Fault { at: start, problem: "`!` needs exactly one filter behind it" });
                }
            }
            _ => self.comparison(start)?,
        }
        self.take(b')');
        Ok(())
    }

    fn comparison(&mut self, start: usize) -> Result<(), Fault> {
        let from = self.at;
        let rest = &self.text.as_bytes()[from..];
        let length = rest.iter().position(|byte| matches!(byte, b'(' | b')'));
        let Some(length) = length else {
            return Err(Fault { at: start, problem: "the parenthesis that opens here is never closed" });
        };
        if rest[length] == b'(' {
            let problem = "a parenthesis inside a value is written `\\28` or `\\29`";
            return Err(Fault { at: from + length, problem });
        }
        let item = &self.text[from..from + length];
        for (position, _) in item.match_indices('\\') {
            let pair = item.as_bytes().get(position + 1..position + 3);
            if !pair.is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)) {
                let problem =
                    "a backslash stands before two hexadecimal digits; a backslash itself is written `\\5c`";
                return Err(Fault { at: from + position, problem });
            }
        }
        if ldap3::parse_filter(format!("({item})")).is_err() {
            return Err(Fault { at: from, problem: "`attribute=value` is expected here" });
        }
        self.out.push_str(item);
        self.at = from + length;
        Ok(())
    }

    fn fault(&self, problem: &'static str) -> Fault {
        Fault { at: self.at, problem }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
            self.out.push(char::from(byte));
        }
        found
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SETTING: &str = "sync.userFilter";

    fn joined(filter: &str) -> Result<String, LdapReadError> {
        join(Some(("person", "sync.userObjectClass")), Some((filter, SETTING)))
    }

    #[test]
    fn a_filter_is_joined_with_the_class() {
        for (typed, sent) in [
            ("(cn=a)", "(&(objectClass=person)(cn=a))"),
            ("cn=a*", "(&(objectClass=person)(cn=a*))"),
            (" (a=b)\n (c=d) ", "(&(objectClass=person)(a=b)(c=d))"),
            ("( & (a=b) (!(c=d )) )", "(&(objectClass=person)(&(a=b)(!(c=d ))))"),
            ("&(a=b)(c>=1)", "(&(objectClass=person)(&(a=b)(c>=1)))"),
            (
                "(memberOf:1.2.840.113556.1.4.1941:=cn=x\\28y\\29,dc=z)",
                "(&(objectClass=person)(memberOf:1.2.840.113556.1.4.1941:=cn=x\\28y\\29,dc=z))",
            ),
        ] {
            let result = joined(typed).expect(typed);
            assert_eq!(result, sent);
            assert!(ldap3::parse_filter(&result).is_ok(), "{result}");
        }
        assert_eq!(join(None, Some(("(a=b)(c=d)", SETTING))).expect("valid"), "(&(a=b)(c=d))");
        assert_eq!(join(None, Some(("(a=b)", SETTING))).expect("valid"), "(a=b)");
        assert_eq!(join(Some(("person", "x")), None).expect("valid"), "(objectClass=person)");
    }

    #[test]
    fn what_is_no_filter_is_an_error_with_its_place() {
        for (typed, place) in [
            ("(cn=a", 1),
            ("(|(cn=a)(cn=b)", 1),
            ("(cn=a))", 7),
            ("cn=a)(uid=*", 1),
            ("(cn=ä(b)", 6),
            ("(cn=a\\zz)", 6),
            ("(cn)", 2),
            ("cn", 1),
            ("(!(a=b)(c=d))", 1),
            ("(a=b) x", 7),
            ("  ", 3),
        ] {
            match joined(typed) {
                Err(LdapReadError::Filter { setting, position, .. }) => {
                    assert_eq!((setting, position), (SETTING, place), "{typed}");
                }
                other => panic!("{typed}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_class_cannot_smuggle_in_a_filter() {
        assert!(join(Some(("person)(uid=*", "sync.userObjectClass")), None).is_err());
        assert!(join(Some(("*", "sync.userObjectClass")), None).is_ok());
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_can_be_sent(filter in "[()&|!a-c=*\\\\2 <>~:]{0,24}") {
            if let Ok(joined) = joined(&filter) {
                prop_assert!(ldap3::parse_filter(&joined).is_ok(), "{}", joined);
            }
        }
    }
}
