import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKAGE = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

test("the package has all that its exports name, and nothing of its tests", () => {
  const [{ files }] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: ROOT, encoding: "utf8" }));
  const packed = new Set(files.map((f) => f.path));
  for (const entry of Object.values(PACKAGE.exports)) {
    for (const path of typeof entry === "string" ? [entry] : Object.values(entry)) {
      assert.ok(packed.has(path.slice(2)), path);
    }
  }
  for (const path of ["README.md", "package.json", "src/runtime.js", "testing/node.js", "tools/schemas.cjs", "client/index.js"]) {
    assert.ok(packed.has(path), path);
  }
  for (const path of packed) {
    assert.doesNotMatch(path, /^(test|node_modules)\/|lock/);
  }
});

test("the package depends on nothing, and guests import nothing of its other parts", () => {
  assert.equal(PACKAGE.dependencies, undefined);
  assert.equal(PACKAGE.type, "module");
  for (const file of ["index", "actor", "call", "errors", "host", "json", "runtime", "services", "shards", "space", "stream"]) {
    const text = readFileSync(new URL(`../src/${file}.js`, import.meta.url), "utf8");
    for (const [, from] of text.matchAll(/from "([^"]+)"/g)) {
      assert.match(from, /^\.\/[a-z]+\.js$/);
      assert.ok(existsSync(new URL(`../src/${from}`, import.meta.url)));
    }
  }
});
