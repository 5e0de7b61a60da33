import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKAGE = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

test("the package has all that its exports name, and nothing of its tests", () => {
  const [{ files }] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: ROOT, encoding: "utf8" }));
  const packed = new Set(files.map((f) => f.path));
  for (const entry of Object.values(PACKAGE.exports)) {
    for (const file of typeof entry === "string" ? [entry] : Object.values(entry)) {
      assert.ok(packed.has(file.slice(2)), file);
    }
  }
  for (const file of ["README.md", "LICENSE", "package.json", "src/runtime.js", "testing/node.js", "tools/schemas.cjs", "client/index.js"]) {
    assert.ok(packed.has(file), file);
  }
  for (const file of packed) {
    assert.doesNotMatch(file, /^(test|node_modules)\/|lock/);
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

test("an installed package works in Node's own modules, with its types", () => {
  const dir = mkdtempSync(path.join(tmpdir(), "consumer-"));
  try {
    const [{ filename }] = JSON.parse(
      execFileSync("npm", ["pack", "--json", "--pack-destination", dir], { cwd: ROOT, encoding: "utf8" }),
    );
    const home = path.join(dir, "node_modules/@plexspaces/sdk");
    mkdirSync(home, { recursive: true });
    execFileSync("tar", ["-xzf", path.join(dir, filename), "--strip-components=1", "-C", home]);
    writeFileSync(path.join(dir, "package.json"), '{ "type": "module" }');
    writeFileSync(
      path.join(dir, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { module: "nodenext", target: "es2022", strict: true, noEmit: true, types: [] }, include: ["*.ts"] }),
    );
    writeFileSync(
      path.join(dir, "consumer.ts"),
      `import { BusinessError, host, type Integer, PlexSpacesActor, registerActors } from "@plexspaces/sdk";
import { PlexSpacesClient } from "@plexspaces/sdk/client";
import { TestNode } from "@plexspaces/sdk/testing";

class CounterActor extends PlexSpacesActor<{ n: number }> {
  getDefaultState() {
    return { n: 0 };
  }
  onAdd({ by }: { by: Integer }) {
    if (by < 1) throw new BusinessError("INVALID_ARGUMENT", "by must be positive");
    host.ts.write(["added", by]);
    return (this.state.n += by);
  }
}
registerActors(CounterActor);
export const started: Promise<TestNode> = TestNode.start({ main: "consumer.ts" });
export const reply: Promise<any> = new PlexSpacesClient({ token: "t" }).ask("a/b/c", "add", { by: 1 });
// @ts-expect-error: there is no such code.
new BusinessError("NO_SUCH_CODE", "x");
`,
    );
    const run = (...args) => execFileSync(process.execPath, args, { cwd: dir, encoding: "utf8", stdio: "pipe" });
    run(createRequire(import.meta.url).resolve("typescript/lib/tsc.js"), "-p", ".");
    const names = run(
      "--input-type=module",
      "-e",
      `const [a, b, c] = await Promise.all(["", "/client", "/testing"].map((p) => import("@plexspaces/sdk" + p)));
      console.log(typeof a.PlexSpacesActor, typeof b.PlexSpacesClient, typeof c.TestNode);`,
    );
    assert.equal(names.trim(), "function function function");
  } finally {
    rmSync(dir, { recursive: true });
  }
});
