//! Certificates that a server shows and no verifier takes, each made on the spot: what is said names what is wrong with it.

use super::network::{accepting, raw};
use super::{connection, direct, silent};
use crate::hint::hint;
use bwdc_engine::organization::OrganizationError;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, NameConstraints,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// What is unusual about the authority that signed the server's certificate, about one between it and the root, where there is one,
/// and about the server's own certificate.
#[derive(Default)]
struct Flaw {
    upper: Option<fn(&mut CertificateParams)>,
    middle: Option<fn(&mut CertificateParams)>,
    server: Option<fn(&mut CertificateParams)>,
}

/// The root as PEM, what the server sends, and its key.
struct Made {
    root: String,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

fn made(flaw: &Flaw) -> Made {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    };
    let [root_key, upper_key, middle_key, key] = [(); 4].map(|()| KeyPair::generate().expect("a key"));
    let root = authority("Root");
    let pem = root.self_signed(&root_key).expect("a root").pem();
    let mut root = Issuer::new(root, root_key);
    let mut above = Vec::new();
    if let Some(change) = flaw.upper {
        let mut upper = authority("Upper");
        change(&mut upper);
        above.push(upper.signed_by(&upper_key, &root).expect("an authority").der().clone());
        root = Issuer::new(upper, upper_key);
    }

    let mut middle = authority("Middle");
    flaw.middle.inspect(|it| it(&mut middle));
    let middle_certificate = middle.signed_by(&middle_key, &root).expect("an authority");
    let middle = Issuer::new(middle, middle_key);

    let mut server = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    server.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    flaw.server.inspect(|it| it(&mut server));
    let server = server.signed_by(&key, &middle).expect("a certificate");
    Made {
        root: pem,
        chain: [server.der().clone(), middle_certificate.der().clone()].into_iter().chain(above).collect(),
        key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
    }
}

/// What is said of the server; None: it is trusted.
async fn told(flaw: &Flaw) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let made = made(flaw);
    let ca = folder.path().join("root.pem");
    std::fs::write(&ca, made.root).expect("a file");
    let (port, _) = raw(Some(accepting(made.chain, made.key))).await;
    let mut connection = connection(&format!("https://localhost:{port}"), "organization.x", "secret");
    connection.ca_path = Some(ca);
    let error: OrganizationError = direct(connection).server(&silent).await.err()?;
    Some(hint(&error).unwrap_or_else(|| format!("no step: {error:?}")))
}

#[tokio::test]
async fn each_flaw_of_a_certificate_is_told_for_what_it_is() {
    assert_eq!(told(&Flaw::default()).await, None);
    let flaws: [(&str, Flaw); 7] = [
        (
            "`serverAuth`",
            Flaw {
                server: Some(|it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
                ..Flaw::default()
            },
        ),
        (
            "a critical extension that this program does not know",
            Flaw {
                server: Some(|it| {
                    let mut unknown =
                        CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], vec![5, 0]);
                    unknown.set_criticality(true);
                    it.custom_extensions.push(unknown);
                }),
                ..Flaw::default()
            },
        ),
        (
            "name constraints",
            Flaw {
                middle: Some(|it| {
                    it.name_constraints = Some(NameConstraints {
                        permitted_subtrees: vec![GeneralSubtree::DnsName("other.test".to_owned())],
                        excluded_subtrees: Vec::new(),
                    });
                }),
                ..Flaw::default()
            },
        ),
        (
            "path length",
            Flaw {
                upper: Some(|it| it.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))),
                ..Flaw::default()
            },
        ),
        ("basic constraints", Flaw { middle: Some(|it| it.is_ca = IsCa::ExplicitNoCa), ..Flaw::default() }),
        (
            "an authority's certificate as its own",
            Flaw {
                server: Some(|it| it.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
                ..Flaw::default()
            },
        ),
        ("subjectAltName", Flaw { server: Some(|it| it.subject_alt_names = Vec::new()), ..Flaw::default() }),
    ];
    let mut wrong = Vec::new();
    for (part, flaw) in flaws {
        let said = told(&flaw).await.unwrap_or_default();
        if !said.contains(part) {
            wrong.push(format!("{part}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
