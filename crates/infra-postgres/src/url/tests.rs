//! How URLs are parsed.

use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::*;

fn parse(url: &str) -> Target {
    Target::parse(url).unwrap()
}

fn host(url: &str) -> Config {
    let target = parse(url);
    assert_eq!(target.hosts.len(), 1, "{url}");
    target.hosts[0].clone()
}

#[test]
fn every_scheme_that_names_postgresql_is_accepted() {
    for scheme in ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+asyncpg"] {
        let host = host(&format!("{scheme}://ada:s%40crab@db.example.com:6432/shop"));
        assert_eq!(host.get_hosts(), [Host::Tcp("db.example.com".to_owned())]);
        assert_eq!(host.get_ports(), [6432]);
        assert_eq!(host.get_user(), Some("ada"));
        assert_eq!(host.get_password(), Some("s@crab".as_bytes()));
        assert_eq!(host.get_dbname(), Some("shop"));
    }
    for url in ["sqlite://shop.db", "mysql+psycopg2://localhost/shop", "shop", "postgresqlx://h/d"]
    {
        assert!(Target::parse(url).is_err(), "{url}");
    }
}

#[test]
fn missing_parameters_have_defaults() {
    let host = host("postgres://localhost/shop");
    assert_eq!(host.get_ports(), [5432]);
    assert_eq!(host.get_application_name(), Some("oms"));
    assert_eq!(host.get_connect_timeout(), Some(&CONNECT_TIMEOUT));
    assert_eq!(host.get_target_session_attrs(), TargetSessionAttrs::Any);
    assert_eq!(host.get_ssl_mode(), SslMode::Prefer);
    assert!(host.get_keepalives());
}

#[test]
fn given_parameters_override_the_defaults() {
    let url = "postgres://localhost/shop?application_name=till&connect_timeout=2&sslmode=disable\
               &target_session_attrs=read-only&options=-c%20geqo%3Doff";
    let host = host(url);
    assert_eq!(host.get_application_name(), Some("till"));
    assert_eq!(host.get_connect_timeout(), Some(&Duration::from_secs(2)));
    assert_eq!(host.get_ssl_mode(), SslMode::Disable);
    assert_eq!(host.get_target_session_attrs(), TargetSessionAttrs::ReadOnly);
    assert_eq!(host.get_options(), Some("-c geqo=off"));
}

#[test]
fn of_several_hosts_the_one_that_accepts_writes_is_wanted() {
    let target = parse("postgres://ada@one:1,two:2/shop");
    let ports: Vec<_> = target.hosts.iter().map(|host| host.get_ports()[0]).collect();
    assert_eq!(ports, [1, 2]);
    let wanted: Vec<_> = target.hosts.iter().map(Config::get_target_session_attrs).collect();
    assert_eq!(wanted, [TargetSessionAttrs::ReadWrite, TargetSessionAttrs::ReadWrite]);
    assert!(target.hosts.iter().all(|host| host.get_user() == Some("ada")));

    let one_port = parse("postgres://one,two/shop?target_session_attrs=primary");
    assert!(one_port.hosts.iter().all(|host| host.get_ports() == [5432]));
    let replica = Target::parse_replica("postgres://one,two/shop").unwrap();
    assert_eq!(replica.hosts[0].get_target_session_attrs(), TargetSessionAttrs::Any);
}

#[test]
fn an_older_pgbouncer_must_be_declared_in_the_url() {
    assert_eq!(parse("postgres://h/d").prepare, Prepare::Named);
    assert_eq!(parse("postgres://h/d?pgbouncer=false").prepare, Prepare::Named);
    assert_eq!(parse("postgres://h/d?pgbouncer=true").prepare, Prepare::Unnamed);
    let among_others = parse("postgres://h/d?sslmode=disable&pgbouncer=true&application_name=a");
    assert_eq!(among_others.prepare, Prepare::Unnamed);
    assert_eq!(among_others.hosts[0].get_application_name(), Some("a"));
}

#[test]
fn encryption_parameters_have_libpqs_meaning() {
    for (parameters, mode, check) in [
        ("", SslMode::Prefer, CertificateCheck::None),
        ("sslmode=disable", SslMode::Disable, CertificateCheck::None),
        ("sslmode=allow", SslMode::Prefer, CertificateCheck::None),
        ("sslmode=prefer", SslMode::Prefer, CertificateCheck::None),
        ("sslmode=require", SslMode::Require, CertificateCheck::None),
        ("sslmode=require&sslrootcert=/ca.pem", SslMode::Require, CertificateCheck::Authority),
        ("sslmode=verify-ca", SslMode::Require, CertificateCheck::Authority),
        ("sslmode=verify-full", SslMode::Require, CertificateCheck::AuthorityAndName),
        (
            "sslrootcert=/ca.pem&sslmode=verify-full",
            SslMode::Require,
            CertificateCheck::AuthorityAndName,
        ),
    ] {
        let target = parse(&format!("postgres://h/d?{parameters}"));
        assert_eq!(target.hosts[0].get_ssl_mode(), mode, "{parameters}");
        assert_eq!(target.encryption.check, check, "{parameters}");
    }
    let named = parse("postgres://h/d?sslmode=verify-full&sslrootcert=%2Fmy%20ca.pem");
    assert_eq!(named.encryption.root_certificates, Some("/my ca.pem".into()));
    let system = parse("postgres://h/d?sslmode=verify-full&sslrootcert=system");
    assert_eq!(system.encryption.root_certificates, None);
}
