//! Generates the macro `__cases!`, which lists the cases of each port, so that a new case needs no
//! registration.
//!
//! A case is a public function in a file that expects `missing_docs`. The macros in `src/suite.rs`
//! make a test of each.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The start of the line that marks a file of cases.
const MARKER: &str = "#![expect(missing_docs,";

/// For each port, the module path and the name of each case.
type Cases = BTreeMap<String, Vec<(String, String)>>;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src");
    let mut cases = Cases::new();
    collect(Path::new("src"), "", &mut cases)?;
    let mut generated = "#[doc(hidden)]\n#[macro_export]\nmacro_rules! __cases {\n".to_owned();
    for (port, cases) in cases {
        writeln!(generated, "    ({port}, $test:ident, $($fixture:tt)*) => {{")?;
        for (module, case) in cases {
            writeln!(generated, "        $crate::$test!({module}, {case}, $($fixture)*);")?;
        }
        writeln!(generated, "    }};")?;
    }
    generated.push_str("}\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("cases.rs"), generated)?;
    Ok(())
}

/// Adds the cases of all files below `folder`. `parent` is its module path, with the trailing `::`.
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
        if !lines.any(|line| line.starts_with(MARKER)) {
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
