//! A database of another program is refused, and left as it is.

use std::fs;

use crate::harness::{PASSWORD, Program, Store, sql};

/// The tables of a small program, one of them with a name of this product's.
const FOREIGN_TABLES: &str = "CREATE TABLE notes (text TEXT); CREATE TABLE orders (number INTEGER);
    INSERT INTO orders VALUES (7)";

/// Every command that opens a database, with the one of the store.
const COMMANDS: [&[&str]; 8] = [
    &["serve"],
    &["worker"],
    &["migrate"],
    &["demo"],
    &["admin", "create", "--email", "boss@example.com"],
    &["user", "list"],
    &["outbox", "list"],
    &["audit"],
];

/// What is in the database and, on SQLite, in its directory.
async fn contents(store: &Store) -> Vec<(String, Vec<u8>)> {
    let url = store.database_url();
    if !url.starts_with("sqlite://") {
        let relations = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
                         UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
                         UNION ALL SELECT number::text FROM orders ORDER BY 1";
        let rows = sql(&url, relations).await.expect("the catalogue");
        return rows.into_iter().map(|row| (row.concat(), Vec::new())).collect();
    }
    let files = fs::read_dir(store.data_dir()).expect("the directory");
    let mut files: Vec<_> = files
        .map(|file| file.expect("a file").path())
        .map(|path| (path.display().to_string(), fs::read(&path).expect("its contents")))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_database_with_the_tables_of_another_program_is_refused_by_every_command_and_unchanged() {
    let store = Store::fresh();
    fs::create_dir(store.data_dir()).unwrap();
    store.tamper(FOREIGN_TABLES).await;
    let before = contents(&store).await;
    for command in COMMANDS {
        let output = Program::new(&store, command)
            .var("PORT", "0")
            .var("SECRET_KEY", "set so that no command makes a file with one")
            .input(PASSWORD)
            .run();
        let line = output.assert_failure(1);
        assert!(line.contains("belongs to another program") && line.contains("orders"), "{line}");
        assert_eq!(contents(&store).await, before, "{output}");
    }
    let (here, empty) = (store.database_url(), Store::on_sqlite());
    Program::new(&empty, &["migrate"]).run().assert_success();
    for (from, to) in [(&empty.database_url(), &here), (&here, &empty.database_url())] {
        let output = Program::new(&empty, &["copy", "--from", from, "--to", to]).run();
        assert!(output.assert_failure(1).contains("belongs to another program"), "{output}");
        assert_eq!(contents(&store).await, before, "{output}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_unchanged() {
    let store = Store::on_sqlite();
    fs::create_dir(store.data_dir()).unwrap();
    fs::write(store.data_dir().join("oms.db"), "not a database at all\n".repeat(100)).unwrap();
    let before = fs::read(store.data_dir().join("oms.db")).unwrap();
    for command in COMMANDS {
        let output = Program::new(&store, command).var("PORT", "0").input(PASSWORD).run();
        let line = output.assert_failure(1);
        assert!(line.contains("file is not a database"), "{line}");
        assert_eq!(fs::read(store.data_dir().join("oms.db")).unwrap(), before, "{output}");
    }
}

#[tokio::test]
async fn tables_of_other_names_share_a_database_on_postgres() {
    let store = Store::on_postgres();
    store.tamper("CREATE TABLE notes (text TEXT)").await;
    Program::new(&store, &["migrate"]).run().assert_success();
    Program::new(&store, &["audit"]).run().assert_success();
    store.tamper("INSERT INTO notes VALUES ('still here')").await;
}
