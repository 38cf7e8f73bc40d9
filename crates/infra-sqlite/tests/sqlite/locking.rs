//! One program at a time has a database file to itself.

use std::{fs, os::unix::fs::symlink, path::Path, process::id};

use infra_sqlite::{ExclusiveLock, LockError, SqliteOptions, SqliteStore, migrate};

fn assert_held(database: &Path) {
    let refused = ExclusiveLock::take(database).unwrap_err();
    let held = matches!(refused, LockError::Held { holder } if holder == Some(id()));
    assert!(held, "{refused:?}");
}

#[test]
fn a_file_is_locked_until_the_lock_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    let lock = ExclusiveLock::take(&path).unwrap();
    assert!(!path.exists(), "the database is not created");
    assert_held(&path);
    migrate(&path).unwrap();
    assert_held(&path);
    drop(lock);
    ExclusiveLock::take(&path).unwrap();
}

#[test]
fn what_takes_no_lock_works_beside_the_program_that_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("oms.db");
    let _lock = ExclusiveLock::take(&path).unwrap();
    migrate(&path).unwrap();
    SqliteStore::open(&path, SqliteOptions::default()).unwrap();
    assert_held(&path);
}

#[test]
fn every_path_to_a_file_has_the_same_lock() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    fs::create_dir(file("data")).unwrap();
    symlink(file("data"), file("linked")).unwrap();
    symlink("data/oms.db", file("shop.db")).unwrap();
    let paths = ["data/oms.db", "data/../data/./oms.db", "linked/oms.db", "shop.db"].map(file);
    for exists in [false, true] {
        for path in &paths {
            let lock = ExclusiveLock::take(path).unwrap();
            for other in &paths {
                assert_held(other);
            }
            drop(lock);
        }
        if !exists {
            migrate(&file("data/oms.db")).unwrap();
        }
    }
    let other = file("data/other.db");
    let _locks = [paths.first().unwrap(), &other].map(|path| ExclusiveLock::take(path).unwrap());
}

#[test]
fn a_file_with_several_hard_links_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (path, other) = (directory.path().join("oms.db"), directory.path().join("other.db"));
    migrate(&path).unwrap();
    fs::hard_link(&path, &other).unwrap();
    for path in [&path, &other] {
        let refused = ExclusiveLock::take(path).unwrap_err();
        assert!(matches!(refused, LockError::HardLinks { links: 2 }), "{refused:?}");
    }
    fs::remove_file(&other).unwrap();
    ExclusiveLock::take(&path).unwrap();
}

#[test]
fn a_missing_directory_is_created_and_one_that_cannot_be_is_named() {
    let directory = tempfile::tempdir().unwrap();
    ExclusiveLock::take(&directory.path().join("new/data/oms.db")).unwrap();
    assert!(directory.path().join("new/data").is_dir());
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = ExclusiveLock::take(&file.join("oms.db")).unwrap_err().to_string();
    assert!(refused.contains("file/oms.db") && !refused.contains('\n'), "{refused}");
}
