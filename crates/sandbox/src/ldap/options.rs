//! How a directory server is set up: data, rights, limits, encryption.

use std::fmt;

/// A name and a password that the server takes in a simple bind.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// A distinguished name, compared as one, or any other form of name (`DOMAIN\user`, `user@domain`), compared without
    /// regard to case.
    pub name: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Whether clients may read without a bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anonymous {
    /// Everybody reads everything.
    Allowed,
    /// An anonymous bind is answered with inappropriateAuthentication (48), a search without a bind with
    /// strongerAuthRequired (8); only the root DSE can be read.
    #[default]
    Refused,
}

/// What happens to a page that is asked for larger than the server gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageLimit {
    /// Any size is given.
    #[default]
    None,
    /// adminLimitExceeded (11) and no entries, as OpenLDAP's `size.pr`.
    Refuse(usize),
    /// The page comes smaller, as from Active Directory's `MaxPageSize`.
    Shrink(usize),
}

/// Which certificate the server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServerCertificate {
    /// For `localhost` and `127.0.0.1`, signed by the server's own authority.
    #[default]
    Valid,
    /// As valid, but its time is over.
    Expired,
    /// Counts from the year 2200 on.
    NotYetValid,
    /// For another host.
    OtherHost,
    /// As valid, but its own authority, as `openssl req -x509` makes it.
    SelfMade,
    /// As self-made, for another host.
    SelfMadeForOtherHost,
}

/// Whether a client has to show a certificate in the TLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientCertificate {
    /// None is asked for.
    #[default]
    Ignored,
    /// One signed by the server's authority is required; SASL EXTERNAL then binds.
    Required,
}

/// Everything a server is started with; the default is an empty directory without encryption or limits that refuses anonymous clients.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The entries, as LDIF text.
    pub ldif: String,
    /// Who may bind.
    pub credentials: Vec<Credential>,
    /// Whether a bind is needed.
    pub anonymous: Anonymous,
    /// How many entries a search without paging gives before sizeLimitExceeded (4) follows them.
    pub size_limit: Option<usize>,
    /// What happens to large pages.
    pub page_limit: PageLimit,
    /// How many entries all pages of one search give together before sizeLimitExceeded (4), as OpenLDAP's `size.prtotal`.
    pub paged_total_limit: Option<usize>,
    /// How many values of one attribute an entry shows at once; with more, the attribute comes empty and as
    /// `name;range=0-…` besides, as from Active Directory's `MaxValRange`.
    pub value_limit: Option<usize>,
    /// Takes away paged results: not advertised, refused when critical, ignored otherwise.
    pub without_paging: bool,
    /// Offers StartTLS on the plain port.
    pub start_tls: bool,
    /// Opens a second port that is encrypted from the first byte.
    pub ldaps: bool,
    /// Which certificate to show.
    pub server_certificate: ServerCertificate,
    /// Whether clients need a certificate.
    pub client_certificate: ClientCertificate,
    /// Answers simple binds on an unencrypted connection with strongerAuthRequired (8), as a domain controller that requires signing.
    pub bind_needs_encryption: bool,
    /// Search references that follow the entries of every subtree search from a naming context, as from a domain's root.
    pub search_references: Vec<String>,
    /// Attributes of the root DSE to add or to put in the place of the server's own, such as what makes a client take it for
    /// Active Directory. The control "show deleted" works always, but is listed only here.
    pub root_dse: Vec<(String, Vec<String>)>,
}

impl Options {
    /// A directory that anybody may read.
    #[must_use]
    pub fn anonymous(ldif: impl Into<String>) -> Self {
        Self { ldif: ldif.into(), anonymous: Anonymous::Allowed, ..Self::default() }
    }

    /// A directory that asks for this name and password.
    #[must_use]
    pub fn with_bind(ldif: impl Into<String>, name: impl Into<String>, password: impl Into<String>) -> Self {
        let credential = Credential { name: name.into(), password: password.into() };
        Self { ldif: ldif.into(), credentials: vec![credential], ..Self::default() }
    }
}
