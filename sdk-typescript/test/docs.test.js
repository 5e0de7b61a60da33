// Whatever is public says what it is.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import ts from "typescript";

const FILES = ["src/index.d.ts", "testing/index.d.ts", "client/index.d.ts"];

/** Names of what has no comment: exported things and the members of classes and interfaces. */
function undocumented(file) {
  const text = readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const missing = [];
  const look = (node, name) => {
    if ((node.jsDoc ?? []).length === 0) {
      missing.push(`${file}: ${name}`);
    }
  };
  const members = (node, name) => {
    // Overloads share the comment of the first.
    const seen = new Set();
    for (const m of node.members ?? []) {
      const own = m.name?.getText(source);
      const hidden = m.modifiers?.some((x) => x.kind === ts.SyntaxKind.PrivateKeyword);
      if (own !== undefined && !hidden && !seen.has(own)) {
        look(m, `${name}.${own}`);
      }
      seen.add(own);
    }
  };
  const overloaded = new Set();
  for (const s of source.statements) {
    if (!s.modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword)) {
      continue;
    }
    for (const d of s.declarationList?.declarations ?? [s]) {
      const name = d.name.getText(source);
      if (!overloaded.has(name)) {
        look(s, name);
      }
      overloaded.add(name);
      members(d, name);
    }
  }
  return missing;
}

test("every exported name and every member has a comment", () => {
  const missing = FILES.flatMap(undocumented);
  assert.equal(missing.length, 0, missing.join("\n"));
});
