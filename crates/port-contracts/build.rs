//! Lists the cases of each port in the macro `__cases!`, so that a case is added by writing it.
//!
//! A case is a public function in a file that expects `missing_docs`: its name says what it asks for. The macros in
//! `src/suite.rs` make a test of each.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// What a line of each file of cases begins with.
const MARK: &str = "#![expect(missing_docs,";

/// The cases of each port: the path of their module, and their names.
type Cases = BTreeMap<String, Vec<(String, String)>>;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src");
    let mut cases = Cases::new();
    collect(Path::new("src"), "", &mut cases)?;
    let mut written = "#[doc(hidden)]\n#[macro_export]\nmacro_rules! __cases {\n".to_owned();
    for (port, cases) in cases {
        writeln!(written, "    ({port}, $test:ident, $($fixture:tt)*) => {{")?;
        for (module, case) in cases {
            writeln!(written, "        $crate::$test!({module}, {case}, $($fixture)*);")?;
        }
        writeln!(written, "    }};")?;
    }
    written.push_str("}\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("cases.rs"), written)?;
    Ok(())
}

/// Adds the cases of all files below a folder. `parent` is the path of its module, and what joins it to a child.
fn collect(folder: &Path, parent: &str, cases: &mut Cases) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).ok_or("a file has no name")?;
        let module = format!("{parent}{name}");
        if path.is_dir() {
            collect(&path, &format!("{module}::"), cases)?;
            continue;
        }
        let source = fs::read_to_string(&path)?;
        let mut lines = source.lines();
        if !lines.any(|line| line.starts_with(MARK)) {
            continue;
        }
        let port = module.split("::").next().unwrap_or_default();
        for line in lines {
            let function = line.strip_prefix("pub async fn ").or(line.strip_prefix("pub fn "));
            if let Some((case, _parameters)) = function.and_then(|rest| rest.split_once('(')) {
                let of_port = cases.entry(port.to_owned()).or_default();
                of_port.push((module.clone(), case.to_owned()));
            }
        }
    }
    Ok(())
}
