//! Whole configurations, good and bad.

use super::*;

fn parse(text: &str) -> Result<RuntimeConfig, DocumentErrors> {
    RuntimeConfig::parse(Path::new("etc/runtime-config.toml"), text)
}

fn mistakes(text: &str) -> String {
    parse(text).expect_err("a mistake").to_string()
}

#[test]
fn databases_and_stores_are_files_beside_the_configuration() {
    let config = parse(
        "[sqlite_database.auth]\ntype = \"spin\"\npath = \".spin/auth.db\"\nallow_attach_file = false\n\
         [sqlite_database.billing]\ntype = \"spin\"\npath = \"/var/billing.db\"\n\
         [key_value_store.default]\ntype = \"spin\"\n",
    )
    .expect("a configuration");
    let file = |path: &str| Database::File(Some(path.into()));
    assert_eq!(config.sqlite["auth"], file("etc/.spin/auth.db"));
    assert_eq!(config.sqlite["billing"], file("/var/billing.db"));
    assert_eq!(config.key_value["default"], Store::File(None));
}

#[test]
fn databases_and_stores_may_lie_on_servers() {
    let config = parse(
        "[sqlite_database.auth]\ntype = \"libsql\"\nurl = \"http://db.local:8080\"\ntoken = \"hunter2\"\n\
         [key_value_store.cache]\ntype = \"redis\"\nurl = \"redis://:hunter2@cache.local/1\"\n",
    )
    .expect("a configuration");
    let Database::LibSql { url, token } = &config.sqlite["auth"] else {
        panic!("{config:?}");
    };
    assert_eq!(
        (url.as_str(), token.reveal()),
        ("http://db.local:8080/", "hunter2")
    );
    let Store::Redis(url) = &config.key_value["cache"] else {
        panic!("{config:?}");
    };
    assert_eq!(url.reveal(), "redis://:hunter2@cache.local/1");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn servers_that_cannot_be_meant_are_refused_without_showing_secrets() {
    let libsql = |keys: &str| format!("[sqlite_database.auth]\ntype = \"libsql\"\n{keys}\n");
    let redis = |url: &str| format!("[key_value_store.cache]\ntype = \"redis\"\nurl = \"{url}\"\n");
    for (text, words) in [
        (libsql("token = \"t\""), "key \"url\" is missing"),
        (libsql("url = \"https://x\""), "key \"token\" is missing"),
        (
            libsql("url = \"ws://hunter2\"\ntoken = \"hunter2\""),
            "must be a URL that begins with http",
        ),
        (
            libsql("url = \"https://u:hunter2@x\"\ntoken = \"\""),
            "with the secret in \"token\"",
        ),
        (
            redis("http://hunter2"),
            "must be a URL that begins with redis://",
        ),
        (
            redis("rediss://:hunter2@x"),
            "asks for TLS, which is not supported",
        ),
    ] {
        let found = mistakes(&text);
        assert!(
            found.contains(words) && !found.contains("hunter2"),
            "{found}"
        );
    }
}

#[test]
fn bounds_on_what_leaves_the_machine_are_read() {
    let outbound = |text: &str| parse(text).expect(text).outbound;
    assert_eq!(outbound(""), Outbound::default());
    let http = "[outbound_http]\nconnection_pooling = false\nmax_connections = 10\n";
    let total = "[outbound_networking]\nmax_total_connections = 4\nblock_networks = [\"10.1.2.3/8\", \"private\"]\n";
    assert_eq!(outbound(http).max_connections, Some(10));
    assert_eq!(
        outbound(&format!("{http}{total}")),
        Outbound {
            max_connections: Some(4),
            blocked: vec!["10.0.0.0/8".parse().expect("a network")],
            private: Private::Never,
        }
    );
    for (networks, private) in [
        ("", Private::WhereNamed),
        ("block_networks = []", Private::WhereAllowed),
        ("block_networks = [\"1.1.1.1/32\"]", Private::WhereAllowed),
        ("block_networks = [\"private\"]", Private::Never),
    ] {
        let text = format!("[outbound_networking]\n{networks}\n");
        assert_eq!(outbound(&text).private, private, "{networks}");
    }
    // As in Spin, where the former name counts from 0.
    assert_eq!(
        outbound("[outbound_http]\nmax_concurrent_requests = 0\n").max_connections,
        Some(1)
    );
    for (text, words) in [
        (
            "[outbound_http]\nmax_connections = 1\nmax_concurrent_requests = 1\n",
            "write one of them",
        ),
        (
            "[outbound_http]\nmax_connections = -1\n",
            "must be a whole number",
        ),
        (
            "[outbound_networking]\nblock_networks = [\"privat\"]\n",
            "holds \"privat\", which is no network",
        ),
        (
            "[outbound_networking]\nmax_socket_connections = 1\n",
            "is not supported",
        ),
    ] {
        assert!(mistakes(text).contains(words), "{}", mistakes(text));
    }
}

#[test]
fn the_state_and_the_memory_of_instances_can_be_configured() {
    let config = parse("state_dir = \"/var/shop\"\nmax_instance_memory = 1048576\n")
        .expect("a configuration");
    assert_eq!(config.state_dir, Some("/var/shop".into()));
    assert_eq!(config.max_instance_memory, Some(1 << 20));
    assert!(mistakes("state_dir = \"\"\n").contains("must name a folder"));
    assert!(mistakes("max_instance_memory = 0\n").contains("above zero"));
}

#[test]
fn providers_keep_their_order() {
    let config = parse(
        "[[variables_provider]]\ntype = \"static\"\nvalues = { a = \"1\" }\n\
         [[variables_provider]]\ntype = \"env\"\nprefix = \"SHOP\"\ndotenv_path = \".env\"\n\
         [[variables_provider]]\ntype = \"env\"\n",
    )
    .expect("a configuration");
    let environment = |prefix: &str, dotenv: Option<&str>| Provider::Environment {
        prefix: prefix.to_owned(),
        dotenv: dotenv.map(PathBuf::from),
    };
    assert_eq!(
        config.variables,
        [
            Provider::Static([("a".to_owned(), "1".to_owned())].into()),
            environment("SHOP", Some("etc/.env")),
            environment("SPIN_VARIABLE", None),
        ]
    );
}

#[test]
fn the_former_name_of_providers_is_read_too() {
    let config = parse("[[config_provider]]\ntype = \"env\"\n").expect("a configuration");
    assert_eq!(config.variables.len(), 1);
}

#[test]
fn debugging_shows_the_names_of_values_only() {
    let config =
        parse("[[variables_provider]]\ntype = \"static\"\nvalues = { token = \"hunter2\" }\n");
    let shown = format!("{:?}", config.expect("a configuration"));
    assert!(
        shown.contains("token") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[test]
fn what_spin_alone_supports_is_named_with_what_is_supported_here() {
    let text = "log_dir = \"x\"\n[sqlite_database.auth]\ntype = \"postgres\"\nurl = \"https://x\"\n\
                [key_value_store.cache]\ntype = \"azure_cosmos\"\nkey = \"x\"\n\
                [[variables_provider]]\ntype = \"vault\"\nurl = \"x\"\ntoken = \"t\"\nmount = \"m\"\n";
    let expected = [
        "1: key \"log_dir\" is not supported; logs go to standard output and standard error",
        "3: sqlite_database \"auth\": key \"type\" \"postgres\" is not supported; supported are: \"spin\" and \"libsql\"",
        "6: key_value_store \"cache\": key \"type\" \"azure_cosmos\" is not supported; supported are: \"spin\" and \"redis\"",
        "9: key \"variables_provider.type\" \"vault\" is not supported; supported are: \"static\" and \"env\"",
    ];
    let found = mistakes(text);
    let found: Vec<_> = found
        .lines()
        .map(|line| line.replacen("etc/runtime-config.toml:", "", 1))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_misspelt_key_is_named() {
    assert_eq!(
        mistakes("[sqlite_database.auth]\ntype = \"spin\"\npth = \"x\"\n[sqlite_databas.auth]\n"),
        "etc/runtime-config.toml:3: sqlite_database \"auth\": key \"pth\" is unknown; did you mean \"path\"?\n\
         etc/runtime-config.toml:4: key \"sqlite_databas\" is unknown; did you mean \"sqlite_database\"?"
    );
}

#[test]
fn attaching_files_is_refused() {
    let text = "[sqlite_database.auth]\ntype = \"spin\"\nallow_attach_file = true\n";
    assert!(
        mistakes(text).contains("\"allow_attach_file\" is not supported"),
        "{}",
        mistakes(text)
    );
}

#[test]
fn whom_to_believe_is_read_from_the_folder_of_the_file() {
    let text = "[[client_tls]]\ncomponent_ids = [\"auth\"]\nhosts = [\"Mail.example.com\"]\n\
                ca_roots_file = \"roots.pem\"\nclient_cert_file = \"us.pem\"\nclient_private_key_file = \"us.key\"\n\
                [[client_tls]]\ncomponent_ids = [\"auth\"]\nhosts = [\"example.com\"]\n";
    let config = parse(text).expect("a configuration");
    let expected = ClientTls {
        components: vec!["auth".to_owned()],
        hosts: vec!["mail.example.com".to_owned()],
        roots: Roots {
            platform: false,
            public: false,
            file: Some("etc/roots.pem".into()),
        },
        identity: Some(Identity {
            certificate: "etc/us.pem".into(),
            key: "etc/us.key".into(),
        }),
    };
    assert_eq!(config.client_tls[0], expected);
    assert!(config.client_tls[1].roots.platform && !config.client_tls[1].roots.public);
}

#[test]
fn whom_to_believe_is_said_for_some_component_some_host_and_by_some_authority() {
    let text = "[[client_tls]]\ncomponent_ids = []\nhosts = [\"example.com:443\"]\nca_use_webpki_roots = false\n\
                client_cert_file = \"us.pem\"\n";
    let expected = "\
        etc/runtime-config.toml:1: \"client_cert_file\" and \"client_private_key_file\" need each other\n\
        etc/runtime-config.toml:1: trusts no certificate authority: set one of the keys that begin with \"ca_\"\n\
        etc/runtime-config.toml:2: key \"client_tls.component_ids\" must name at least one\n\
        etc/runtime-config.toml:3: key \"client_tls.hosts\" holds \"example.com:443\", which is no host without a port";
    assert_eq!(mistakes(text), expected);
}
