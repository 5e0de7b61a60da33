// What the build's reader makes of types.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const SCRIPT = fileURLToPath(new URL("../tools/schemas.cjs", import.meta.url));
const TYPESCRIPT = createRequire(import.meta.url).resolve("typescript");

function read(files) {
  const dir = mkdtempSync(path.join(tmpdir(), "schemas-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(path.join(dir, name), text);
    }
    return JSON.parse(execFileSync(process.execPath, [SCRIPT, dir, Object.keys(files)[0], TYPESCRIPT], { encoding: "utf8" }));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** The schema of a handler's one parameter `x: TYPE`. */
function schemaOf(type, more = "") {
  const text = `import { PlexSpacesActor, type BigInteger, type Integer, type Json } from "@plexspaces/sdk";
${more}
class X extends PlexSpacesActor { onGo(x: ${type}) {} }`;
  return read({ "main.ts": text }).X?.onGo?.input;
}

const NUMBER = { type: "number" };

test("types become schemas", () => {
  const cases = [
    ["string", { type: "string" }],
    ["Integer", { type: "integer", minimum: -9007199254740991, maximum: 9007199254740991 }],
    ["BigInteger", { type: "integer" }],
    ["bigint", { type: "integer" }],
    ["readonly number[]", { type: "array", items: NUMBER }],
    ["Array<boolean>", { type: "array", items: { type: "boolean" } }],
    ["[string, number?]", { type: "array", prefixItems: [{ type: "string" }, NUMBER], minItems: 1, maxItems: 2 }],
    ["[string, ...number[]]", { type: "array", prefixItems: [{ type: "string" }], minItems: 1, items: NUMBER }],
    ["'a' | 'b'", { type: "string", enum: ["a", "b"] }],
    ["-1 | 2", { enum: [-1, 2] }],
    ["string | null", { anyOf: [{ type: "string" }, { type: "null" }] }],
    ["Record<string, number>", { type: "object", additionalProperties: NUMBER }],
    ["{ a: number; b?: string }", { type: "object", properties: { a: NUMBER, b: { type: "string" } }, required: ["a"] }],
    ["{ a: number | undefined }", { type: "object", properties: { a: NUMBER } }],
    ["Partial<{ a: number }>", { type: "object", properties: { a: NUMBER } }],
    ["Pick<{ a: number; b: number }, 'a'>", { type: "object", properties: { a: NUMBER }, required: ["a"] }],
    ["Omit<{ a: number; b: number }, 'a'>", { type: "object", properties: { b: NUMBER }, required: ["b"] }],
    ["{ a: number } & { b: number }", { type: "object", properties: { a: NUMBER, b: NUMBER }, required: ["a", "b"] }],
    [
      "Uint8Array",
      { type: "object", properties: { $bytes: { type: "string", contentEncoding: "base64" } }, required: ["$bytes"] },
    ],
    ["any", undefined],
    ["Json", undefined],
    ["ReturnType<typeof f>", undefined],
  ];
  for (const [type, expected] of cases) {
    assert.deepEqual(schemaOf(type), expected, type);
  }
});

test("names are followed: generics, enums, inheritance, themselves", () => {
  assert.deepEqual(schemaOf("Box<string>", "interface Box<T> { value: T }"), {
    type: "object",
    properties: { value: { type: "string" } },
    required: ["value"],
  });
  assert.deepEqual(schemaOf("Color", 'enum Color { Red = "red", Blue = "blue" }'), { type: "string", enum: ["red", "blue"] });
  assert.deepEqual(schemaOf("B", "interface A { a: number }\ninterface B extends A { b: number }"), {
    type: "object",
    properties: { a: NUMBER, b: NUMBER },
    required: ["a", "b"],
  });
  assert.deepEqual(schemaOf("Tree", "interface Tree { kids: Tree[] }"), {
    $ref: "#/$defs/Tree",
    $defs: {
      Tree: { type: "object", properties: { kids: { type: "array", items: { $ref: "#/$defs/Tree" } } }, required: ["kids"] },
    },
  });
});

test("types of other files, defaults, docs, results and yielded values", () => {
  const { Shop } = read({
    "main.ts": `import { handler, PlexSpacesActor } from "@plexspaces/sdk";
import type { Item } from "./item.js";
export class Shop extends PlexSpacesActor {
  /**
   * Puts it
   * in.
   */
  async onPut({ item, n = 1, note = "none" }: { item: Item; n: number; note?: string }): Promise<Item[]> { return []; }
  *onList(): Generator<Item> {}
  async *onSlow(): AsyncGenerator<string, void> {}
  @handler("peek", "query") look(): boolean { return true; }
  private helper(x: number): number { return x; }
  onInit(config: { a: string }) {}
}`,
    "item.ts": `export interface Item {
  /** Cents.
   * @integer
   * @minimum 1 */
  price: number;
}`,
  });
  const item = {
    type: "object",
    properties: { price: { type: "integer", minimum: 1, maximum: 9007199254740991, description: "Cents." } },
    required: ["price"],
  };
  assert.deepEqual(Shop, {
    onPut: {
      doc: "Puts it in.",
      input: {
        type: "object",
        properties: { item, n: { type: "number", default: 1 }, note: { type: "string", default: "none" } },
        required: ["item"],
      },
      output: { type: "array", items: item },
    },
    onList: { output: item },
    onSlow: { output: { type: "string" } },
    look: { output: { type: "boolean" } },
  });
});

test("JSDoc does the same for JavaScript", () => {
  const { Y } = read({
    "main.js": `/** @typedef {{a: number, b?: string[]}} Thing */
/**
 * @typedef {object} Other
 * @property {string} name its name
 * @property {number} [age]
 */
class Y {
  /** Does it.
   * @param {{by?: number, thing: Thing, other: Other}} payload
   * @returns {Promise<number>}
   */
  async onDo({ by = 2, thing, other }) { return 1; }
}`,
  });
  assert.deepEqual(Y.onDo, {
    doc: "Does it.",
    input: {
      type: "object",
      properties: {
        by: { type: "number", default: 2 },
        thing: {
          type: "object",
          properties: { a: NUMBER, b: { type: "array", items: { type: "string" } } },
          required: ["a"],
        },
        other: {
          type: "object",
          properties: { name: { type: "string", description: "its name" }, age: NUMBER },
          required: ["name"],
        },
      },
      required: ["thing", "other"],
    },
    output: NUMBER,
  });
});
