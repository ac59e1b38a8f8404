//! The filter language that every directory but LDAP shares: `include:a,b`, `exclude:a,b`, clauses that one kind of
//! directory adds, and after `|` the directory's native query.
//!
//! What is not understood is an error with its position, never "no filter": the price is that a misspelled setting stops
//! a run, the gain that it never invites everybody.

use hashbrown::HashSet;
use std::fmt;

/// What a clause is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// Only these names.
    Include,
    /// All but these names.
    Exclude,
    /// Only members of these groups.
    IncludeGroup,
    /// Nobody who is a member of these groups.
    ExcludeGroup,
    /// Only members of these administrative units.
    IncludeAdministrativeUnit,
    /// Nobody who is a member of these administrative units.
    ExcludeAdministrativeUnit,
    /// Only people of these org units and of units below them.
    IncludeOrgUnit,
    /// Nobody of these org units or of units below them.
    ExcludeOrgUnit,
}

impl Keyword {
    /// Every keyword of any directory.
    pub const ALL: [Self; 8] = [
        Self::Include,
        Self::Exclude,
        Self::IncludeGroup,
        Self::ExcludeGroup,
        Self::IncludeAdministrativeUnit,
        Self::ExcludeAdministrativeUnit,
        Self::IncludeOrgUnit,
        Self::ExcludeOrgUnit,
    ];

    /// How it is spelled; case does not count.
    pub fn word(self) -> &'static str {
        match self {
            Self::Include => "include",
            Self::Exclude => "exclude",
            Self::IncludeGroup => "includeGroup",
            Self::ExcludeGroup => "excludeGroup",
            Self::IncludeAdministrativeUnit => "includeAdministrativeUnit",
            Self::ExcludeAdministrativeUnit => "excludeAdministrativeUnit",
            Self::IncludeOrgUnit => "includeOrgUnit",
            Self::ExcludeOrgUnit => "excludeOrgUnit",
        }
    }

    fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keyword| keyword.word().eq_ignore_ascii_case(word))
    }
}

/// What one setting of one kind of directory accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The keywords that mean something there.
    pub keywords: &'static [Keyword],
    /// Whether several clauses may be joined by `|`.
    pub combined: bool,
    /// Whether a native query may follow a `|`.
    pub native: bool,
}

impl Accepted {
    /// `include:` or `exclude:`.
    pub const NAMES: Self =
        Self { keywords: &[Keyword::Include, Keyword::Exclude], combined: false, native: false };

    /// `include:` or `exclude:`, and a native query.
    pub const NAMES_AND_QUERY: Self =
        Self { keywords: &[Keyword::Include, Keyword::Exclude], combined: false, native: true };

    fn in_words(self) -> String {
        let mut words: Vec<String> =
            self.keywords.iter().map(|keyword| format!("`{}:`", keyword.word())).collect();
        if self.native {
            words.push("`|` and a query of the directory's own".to_owned());
        }
        words.join(", ")
    }
}

/// A checked filter; the default lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    clauses: Vec<Clause>,
    native: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Clause {
    keyword: Keyword,
    values: Vec<String>,
    lowered: HashSet<String>,
}

/// A filter that cannot be understood. Positions count characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The word is no keyword, or none that this directory knows.
    #[error("`{word}` at position {position} is not understood; accepted here: {accepted}")]
    UnknownKeyword {
        /// Where it begins.
        position: usize,
        /// What was written.
        word: String,
        /// What would be accepted.
        accepted: String,
    },
    /// A keyword without its colon.
    #[error("a colon is missing at position {position}: write `{keyword}:` and a list")]
    MissingColon {
        /// Where it belongs.
        position: usize,
        /// The keyword before it.
        keyword: &'static str,
    },
    /// A keyword without a list.
    #[error(
        "the list at position {position} is empty: name at least one after `{keyword}:`, separated by commas"
    )]
    EmptyList {
        /// Where the list belongs.
        position: usize,
        /// The keyword before it.
        keyword: &'static str,
    },
    /// Nothing stands before, between or after `|`.
    #[error("something is missing at position {position}; accepted here: {accepted}")]
    EmptyPart {
        /// Where something belongs.
        position: usize,
        /// What would be accepted.
        accepted: String,
    },
    /// One keyword occurs twice.
    #[error("`{keyword}:` at position {position} occurs a second time: make one list of both")]
    Repeated {
        /// Where it occurs again.
        position: usize,
        /// The keyword.
        keyword: &'static str,
    },
    /// Two clauses where one is allowed.
    #[error("`{keyword}:` at position {position} cannot be combined with another clause here")]
    NotCombined {
        /// Where the second clause begins.
        position: usize,
        /// Its keyword.
        keyword: &'static str,
    },
}

impl Filter {
    /// Reads a filter; a blank one lets everything through.
    ///
    /// # Errors
    /// [`FilterError`] says where and what would be accepted.
    pub fn parse(text: &str, accepted: Accepted) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        if text.trim().is_empty() {
            return Ok(filter);
        }
        let mut rest = Span { whole: text, start: 0, end: text.len() };
        loop {
            let first = filter.clauses.is_empty();
            let (part, after) = rest.split('|');
            let part = part.trimmed();
            if part.text().is_empty() {
                return match after {
                    Some(query) if first && accepted.native => filter.with_query(query, accepted),
                    _ => Err(FilterError::EmptyPart {
                        position: part.position(),
                        accepted: accepted.in_words(),
                    }),
                };
            }
            match keyword_of(part, accepted) {
                Ok(keyword) => filter.add(keyword, part, accepted)?,
                Err(FilterError::UnknownKeyword { .. })
                    if !first && accepted.native && part.keyword().is_none() =>
                {
                    return filter.with_query(rest, accepted);
                }
                Err(error) => return Err(error),
            }
            match after {
                Some(after) => rest = after,
                None => return Ok(filter),
            }
        }
    }

    /// Whether nothing is left out by this filter.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty() && self.native.is_none()
    }

    /// The list of a keyword as it was written; None: the keyword does not occur.
    pub fn values(&self, keyword: Keyword) -> Option<&[String]> {
        self.clause(keyword).map(|clause| clause.values.as_slice())
    }

    /// The directory's native query.
    pub fn native(&self) -> Option<&str> {
        self.native.as_deref()
    }

    /// Whether `include:` and `exclude:` let this name through; case and blanks around it do not count.
    pub fn admits(&self, name: &str) -> bool {
        let (included, excluded) = (self.clause(Keyword::Include), self.clause(Keyword::Exclude));
        if included.is_none() && excluded.is_none() {
            return true;
        }
        let name = name.trim().to_lowercase();
        included.is_none_or(|clause| clause.lowered.contains(&name))
            && !excluded.is_some_and(|clause| clause.lowered.contains(&name))
    }

    fn clause(&self, keyword: Keyword) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.keyword == keyword)
    }

    fn add(&mut self, keyword: Keyword, part: Span<'_>, accepted: Accepted) -> Result<(), FilterError> {
        let word = keyword.word();
        if self.clause(keyword).is_some() {
            return Err(FilterError::Repeated { position: part.position(), keyword: word });
        }
        if !accepted.combined && !self.clauses.is_empty() {
            return Err(FilterError::NotCombined { position: part.position(), keyword: word });
        }
        let (_, list) = part.split(':');
        let values: Vec<String> = list
            .map_or("", |list| list.text())
            .split(',')
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect();
        if values.is_empty() {
            return Err(FilterError::EmptyList { position: part.position_of_end(), keyword: word });
        }
        let lowered = values.iter().map(|value| value.to_lowercase()).collect();
        self.clauses.push(Clause { keyword, values, lowered });
        Ok(())
    }

    fn with_query(mut self, query: Span<'_>, accepted: Accepted) -> Result<Self, FilterError> {
        let query = query.trimmed();
        if query.text().is_empty() || query.keyword().is_some() {
            return Err(FilterError::EmptyPart { position: query.position(), accepted: accepted.in_words() });
        }
        self.native = Some(query.text().to_owned());
        Ok(self)
    }
}

impl fmt::Display for Filter {
    /// The filter in its own language; nothing for one that lets everything through.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, clause) in self.clauses.iter().enumerate() {
            let bar = if number == 0 { "" } else { "|" };
            write!(formatter, "{bar}{}:{}", clause.keyword.word(), clause.values.join(","))?;
        }
        self.native.as_ref().map_or(Ok(()), |query| write!(formatter, "|{query}"))
    }
}

/// The keyword at the beginning of a part that has its colon and is accepted.
fn keyword_of(part: Span<'_>, accepted: Accepted) -> Result<Keyword, FilterError> {
    let word = part.word();
    let unknown = || FilterError::UnknownKeyword {
        position: part.position(),
        word: if word.is_empty() { part.text().chars().take(1).collect() } else { word.to_owned() },
        accepted: accepted.in_words(),
    };
    let keyword = Keyword::find(word).filter(|it| accepted.keywords.contains(it)).ok_or_else(unknown)?;
    if part.text()[word.len()..].trim_start().starts_with(':') {
        return Ok(keyword);
    }
    let end = Span { start: part.start + word.len(), ..part };
    Err(FilterError::MissingColon { position: end.position(), keyword: keyword.word() })
}

/// A piece of the written filter that knows where it stands.
#[derive(Clone, Copy)]
struct Span<'t> {
    whole: &'t str,
    start: usize,
    end: usize,
}

impl<'t> Span<'t> {
    fn text(self) -> &'t str {
        &self.whole[self.start..self.end]
    }

    fn position(self) -> usize {
        self.whole[..self.start].chars().count() + 1
    }

    fn position_of_end(self) -> usize {
        self.whole[..self.end].chars().count() + 1
    }

    fn trimmed(self) -> Self {
        let text = self.text();
        let start = self.start + (text.len() - text.trim_start().len());
        Self { start, end: start + text.trim().len(), ..self }
    }

    /// What stands before and after the first `sign`.
    fn split(self, sign: char) -> (Self, Option<Self>) {
        match self.text().find(sign) {
            None => (self, None),
            Some(at) => {
                let at = self.start + at;
                (Self { end: at, ..self }, Some(Self { start: at + sign.len_utf8(), ..self }))
            }
        }
    }

    /// The letters at the beginning.
    fn word(self) -> &'t str {
        let text = self.text();
        &text[..text.find(|sign: char| !sign.is_alphanumeric()).unwrap_or(text.len())]
    }

    fn keyword(self) -> Option<Keyword> {
        Keyword::find(self.word())
    }
}

#[cfg(test)]
mod tests;
