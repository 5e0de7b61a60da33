// The same shapes have the same schemas in every language.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const SCRIPT = fileURLToPath(new URL("../tools/schemas.cjs", import.meta.url));
const TYPESCRIPT = createRequire(import.meta.url).resolve("typescript");
const FILE = new URL("../../host-api/src/test/resources/io/plexspaces/api/op/shapes.json", import.meta.url);
const { shapes } = JSON.parse(readFileSync(FILE, "utf8"));

/** A shape as a type, for TypeScript and for JSDoc. */
const TYPES = {
  text: "{ x: string }",
  boolean: "{ x: boolean }",
  integer: "{ x: BigInteger }",
  number: "{ x: number }",
  bytes: "{ x: Uint8Array }",
  list: "{ x: string[] }",
  lists: "{ x: BigInteger[][] }",
  map: "{ x: Record<string, number> }",
  nullable: "{ x?: string | null }",
  choice: '{ x: "red" | "green" }',
  anything: "{ x: any }",
  nested: "{ x: Nested }",
  tree: "{ x: Tree }",
  record: "{ a: BigInteger; b?: string; c?: BigInteger }",
};
const parameter = (name) => (name === "record" ? '{ a, b = "none", c = 7 }' : "{ x }");
const method = (name) => `on${name[0].toUpperCase()}${name.slice(1)}`;

function read(file, text) {
  const dir = mkdtempSync(path.join(tmpdir(), "shapes-"));
  try {
    writeFileSync(path.join(dir, file), text);
    return JSON.parse(execFileSync(process.execPath, [SCRIPT, dir, file, TYPESCRIPT], { encoding: "utf8" })).Shapes;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const LANGUAGES = {
  TypeScript: () =>
    read(
      "main.ts",
      `import { PlexSpacesActor, type BigInteger } from "@plexspaces/sdk";
interface Nested { name: string; tags: string[] }
interface Tree { n: BigInteger; children: Tree[] }
class Shapes extends PlexSpacesActor {
${Object.entries(TYPES).map(([name, type]) => `  ${method(name)}(${parameter(name)}: ${type}) {}`).join("\n")}
}`,
    ),
  JavaScript: () =>
    read(
      "main.js",
      `import { PlexSpacesActor } from "@plexspaces/sdk";
/** @typedef {import("@plexspaces/sdk").BigInteger} BigInteger */
/** @typedef {{ name: string, tags: string[] }} Nested */
/** @typedef {{ n: BigInteger, children: Tree[] }} Tree */
class Shapes extends PlexSpacesActor {
${Object.entries(TYPES)
  .map(([name, type]) => `  /** @param {${type}} payload */\n  ${method(name)}(${parameter(name)}) {}`)
  .join("\n")}
}`,
    ),
};

for (const [language, described] of Object.entries(LANGUAGES)) {
  test(`a shape has the schema of all languages in ${language}`, () => {
    const found = described();
    assert.deepEqual(Object.keys(TYPES).sort(), Object.keys(shapes).sort());
    for (const [name, schema] of Object.entries(shapes)) {
      assert.deepEqual(found[method(name)]?.input, schema, name);
    }
  });
}
