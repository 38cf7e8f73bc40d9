//! Commands that only read work on a backup of an SQLite file that cannot be written.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use crate::harness::{Program, Server, Store};

const COMMANDS: [&[&str]; 4] = [
    &["audit"],
    &["outbox", "list", "--all"],
    &["user", "list"],
    &["user", "show", "--email", "ann@example.com"],
];

/// Copies the files of a database into a new directory, and makes all of them read-only.
fn read_only_backup(store: &Store, name: &str, suffixes: &[&str]) -> PathBuf {
    let directory = store.working_dir().join(name);
    fs::create_dir(&directory).unwrap();
    for suffix in suffixes {
        let file = format!("oms.db{suffix}");
        fs::copy(store.data_dir().join(&file), directory.join(&file)).unwrap();
        set_mode(&directory.join(&file), 0o444);
    }
    set_mode(&directory, 0o555);
    // The command is run by another user if this is the superuser, whom no mode keeps from writing.
    set_mode(store.working_dir(), 0o755);
    directory.join("oms.db")
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A command on the database at that path, by a user who is not the superuser.
fn command<'a>(store: &'a Store, backup: &Path, arguments: &[&str]) -> Program<'a> {
    Program::new(store, arguments)
        .var("DATABASE_URL", &format!("sqlite://{}", backup.display()))
        .var("SECRET_KEY", "the secret of the shop, of which this is the backup")
        .unprivileged()
}

#[tokio::test]
async fn a_read_only_backup_can_be_audited_listed_and_copied() {
    let server = Server::configure_on(Store::on_sqlite()).start();
    let ann = server.customer("ann").await;
    let store = server.store();
    // As `cp` after a shutdown leaves it, and as `sqlite3 … 'VACUUM INTO …'` makes one meanwhile.
    let vacuumed = store.data_dir().join("oms.db-vacuumed");
    store.tamper(&format!("VACUUM INTO '{}'", vacuumed.display())).await;
    server.signal("TERM");
    let store = std::sync::Arc::clone(store);
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
    let closed = read_only_backup(&store, "a backup #%41 é", &[""]);
    let vacuumed =
        read_only_backup(&store, "vacuumed", &["-vacuumed"]).with_extension("db-vacuumed");
    for backup in [closed, vacuumed] {
        for arguments in COMMANDS {
            let output = command(&store, &backup, arguments).run();
            output.assert_success();
            if arguments.contains(&"user") {
                assert!(output.stdout.contains(ann.email()), "{output}");
            }
        }
        let (from, target) = (format!("sqlite://{}", backup.display()), Store::on_sqlite());
        let copy = ["copy", "--from", &from, "--to", &target.database_url()];
        set_mode(target.working_dir(), 0o777);
        command(&store, &backup, &copy).run().assert_success();
        let beside = fs::read_dir(backup.parent().unwrap()).unwrap().count();
        assert_eq!(beside, 1, "nothing is made beside the backup");
    }
}

#[tokio::test]
async fn the_log_beside_a_read_only_backup_is_read_where_sqlite_can_and_else_not_ignored() {
    let server = Server::configure_on(Store::on_sqlite()).start();
    let ann = server.customer("ann").await;
    let store = std::sync::Arc::clone(server.store());
    server.kill().await;
    let complete = read_only_backup(&store, "complete", &["", "-wal", "-shm"]);
    for arguments in COMMANDS {
        let output = command(&store, &complete, arguments).run();
        output.assert_success();
        if arguments.contains(&"user") {
            assert!(output.stdout.contains(ann.email()), "{output}");
        }
    }
    // SQLite would have to create an index of the log.
    let without_index = read_only_backup(&store, "without-index", &["", "-wal"]);
    for arguments in COMMANDS {
        let output = command(&store, &without_index, arguments).run();
        let line = output.assert_failure(1);
        assert!(line.contains("the log beside the file") && line.contains("copy both"), "{line}");
    }
}

#[tokio::test]
async fn commands_that_write_refuse_a_read_only_file() {
    let server = Server::configure_on(Store::on_sqlite()).start();
    let store = std::sync::Arc::clone(server.store());
    server.signal("TERM");
    assert_eq!(server.wait_for_exit().await.code(), Some(0));
    let backup = read_only_backup(&store, "backup", &[""]);
    for arguments in [&["serve"][..], &["outbox", "requeue", "--all"], &["outbox", "discard", "7"]]
    {
        let output = command(&store, &backup, arguments).var("PORT", "0").run();
        output.assert_failure(1);
    }
}
