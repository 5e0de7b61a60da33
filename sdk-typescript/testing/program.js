// The program under test as one script, and an actor's own copy of it.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire, SourceMap } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const SDK = fileURLToPath(new URL("../src/index.js", import.meta.url));
const SCHEMAS = fileURLToPath(new URL("../tools/schemas.cjs", import.meta.url));
const FILE = "main.js";
const RUN = new vm.Script(
  `__out = undefined;
   { const answer = __plexspaces_call(...__in);
     if (typeof answer === "string") __out = answer; else answer.then((text) => { __out = text; }); }`,
  { filename: "plexspaces-test" },
);
/** What an actor finds beside the language, as on a node. It is source text: it belongs to the actor's realm. */
const PLATFORM = new vm.Script(
  `((host, now, platform) => {
    const define = (name, value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
    const text = (v) => typeof v === "string" ? v : v instanceof Error ? v + "\\n" + (v.stack ?? "")
      : v === null || typeof v !== "object" ? String(v) : JSON.stringify(v, (_, x) => typeof x === "bigint" ? String(x) : x);
    const log = (level) => (...args) => { host("log", JSON.stringify({ level, message: args.map(text).join(" ") }), ""); };
    define("console", { trace: log("trace"), debug: log("debug"), log: log("info"), info: log("info"), warn: log("warn"), error: log("error") });
    const refused = (name, hint) => define(name, () => { throw new TypeError(name + " is not available in an actor: " + hint); });
    for (const name of ["setTimeout", "setInterval", "setImmediate"])
      refused(name, "to act later, host.sendAfter(ms, target, op) sends a message; to wait, host.sleep(ms)");
    for (const name of ["clearTimeout", "clearInterval", "clearImmediate"]) define(name, () => {});
    refused("fetch", "an actor has no network of its own");
    const Real = Date;
    define("Date", new Proxy(Real, {
      construct: (t, a, n) => Reflect.construct(t, a.length === 0 ? [now()] : a, n),
      apply: () => new Real(now()).toString(),
      get: (t, k) => (k === "now" ? now : t[k]),
    }));
    define("performance", { now });
    define("queueMicrotask", (job) => { Promise.resolve().then(job); });
    const ask = (operation) => JSON.parse(host(operation, "{}", "").slice(1));
    define("crypto", {
      randomUUID: () => ask("uuid"),
      getRandomValues: (a) => { new Uint8Array(a.buffer, a.byteOffset, a.byteLength).forEach((_, i, b) => { b[i] = Math.floor(ask("random") * 256); }); return a; },
    });
    const { TextEncoder: Encoder, ...rest } = platform;
    for (const name of Object.keys(rest)) define(name, rest[name]);
    define("TextEncoder", class TextEncoder {
      get encoding() { return "utf-8"; }
      encode(input = "") { return Uint8Array.from(new Encoder().encode(input)); }
    });
    const copy = (v, seen) => {
      if (typeof v === "function" || typeof v === "symbol") throw new TypeError("structuredClone: a " + typeof v + " cannot be copied");
      if (v === null || typeof v !== "object") return v;
      if (seen.has(v)) return seen.get(v);
      const keep = (made) => { seen.set(v, made); return made; };
      if (v instanceof Real) return keep(new Real(v.getTime()));
      if (ArrayBuffer.isView(v)) return keep(v.slice());
      if (v instanceof Map) { const m = keep(new Map()); v.forEach((x, k) => m.set(copy(k, seen), copy(x, seen))); return m; }
      if (v instanceof Set) { const m = keep(new Set()); v.forEach((x) => m.add(copy(x, seen))); return m; }
      const made = keep(Array.isArray(v) ? [] : {});
      for (const k of Object.keys(v)) made[k] = copy(v[k], seen);
      return made;
    };
    define("structuredClone", (v) => copy(v, new Map()));
  })`,
  { filename: "plexspaces-platform" },
);
const { TextEncoder, TextDecoder, atob, btoa } = globalThis;

/** A built program. */
export class Program {
  #script;
  #map;
  #root;

  /** What the test should know of how the program was built, if anything. */
  note;

  constructor(script, map, root) {
    this.#script = script;
    this.#map = map;
    this.#root = root;
  }

  /**
   * Bundles a program as `plexspaces build` does.
   *
   * @param {string | {href: string}} main a .ts or .js file
   */
  static async load(main) {
    const given = String(main?.href ?? main);
    const file = path.resolve(given.startsWith("file:") ? fileURLToPath(given) : given);
    if (!existsSync(file)) {
      throw new TypeError(`TestNode: there is no ${file}`);
    }
    const esbuild = await bundler(file);
    const root = rootOf(file);
    const schemas = schemasOf(file, root);
    const { outputFiles } = await esbuild.build({
      absWorkingDir: root,
      entryPoints: [file],
      outdir: root,
      write: false,
      bundle: true,
      format: "iife",
      target: "es2022",
      platform: "neutral",
      mainFields: ["module", "main"],
      keepNames: true,
      sourcemap: "external",
      sourcesContent: false,
      logLevel: "silent",
      alias: { "@plexspaces/sdk": SDK },
      plugins: [
        {
          name: "plexspaces-schemas",
          setup: (build) =>
            build.onLoad({ filter: /[\\/]schemas\.js$/ }, ({ path: at }) =>
              path.dirname(at) === path.dirname(SDK) ? { contents: `export default ${schemas ?? "{}"};` } : undefined,
            ),
        },
      ],
    });
    const [map, code] = outputFiles.sort((a, b) => a.path.length - b.path.length).reverse();
    const program = new Program(new vm.Script(code.text, { filename: FILE }), new SourceMap(JSON.parse(map.text)), root);
    if (schemas === undefined) {
      program.note = "payloads are not checked against types: npm install --save-dev typescript";
    }
    return program;
  }

  /** A copy of its own for one actor. `host` answers host calls, `now` tells the time. */
  start(host, now) {
    return new Guest(this.#script, host, now);
  }

  /** The frames of a stack, with the positions of the sources, without those of the SDK that called the handler. */
  original(stack) {
    const frames = stack.split("\n").filter((l) => l.startsWith("    at "));
    const placed = frames.map((f) => this.#placed(f));
    let end = placed.length;
    while (end > 0 && placed[end - 1] === null) {
      end--;
    }
    return placed.slice(0, end).map((p, i) => p ?? frames[i]).join("\n");
  }

  /** The frame with its place; null for one that is not the program's. */
  #placed(frame) {
    const at = /main\.js:(\d+):(\d+)/.exec(frame);
    if (at === null) {
      return null;
    }
    const { originalSource, originalLine, originalColumn } = this.#map.findEntry(at[1] - 1, at[2] - 1);
    if (originalSource === undefined || path.resolve(this.#root, originalSource).startsWith(path.dirname(SDK))) {
      return null;
    }
    return frame.replace(at[0], `${originalSource}:${originalLine + 1}:${originalColumn + 1}`);
  }
}

/** One actor's realm: nothing but text passes its border. */
class Guest {
  #context;

  constructor(script, host, now) {
    // Promises of this realm are settled before a call returns, as on a node.
    this.#context = vm.createContext({}, { microtaskMode: "afterEvaluate" });
    this.#context.__plexspaces_host = host;
    PLATFORM.runInContext(this.#context)(host, now, { TextEncoder, TextDecoder, atob, btoa });
    script.runInContext(this.#context);
  }

  /** @returns {string} "0" and the result, "1" and the error */
  call(op, header = {}, body = "") {
    if (typeof this.#context.__plexspaces_call !== "function") {
      throw new TypeError('the program has no actors: it does not import "@plexspaces/sdk"');
    }
    this.#context.__in = [op, JSON.stringify(header), body];
    RUN.runInContext(this.#context);
    const answer = this.#context.__out;
    if (typeof answer === "string") {
      return answer;
    }
    const message =
      "the handler waits for a promise that nothing settles: host calls are synchronous, and there are no timers";
    return "1" + JSON.stringify({ code: "INTERNAL", message, retryable: false });
  }
}

/** The file of a package that the program, the test or this SDK has; undefined if none of them does. */
function installed(name, file) {
  for (const from of [file, path.join(process.cwd(), "x.js"), fileURLToPath(import.meta.url)]) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      // Perhaps the next place has it.
    }
  }
  return undefined;
}

async function bundler(file) {
  const found = installed("esbuild", file);
  if (found === undefined) {
    throw new TypeError("TestNode needs esbuild to bundle the program: npm install --save-dev esbuild");
  }
  const module = await import(found);
  return module.default ?? module;
}

/** What the types of each program say, as JSON: read once, for a test run does not change its sources. */
const read = new Map();

/** The schemas that a build reads from the program's types; undefined without TypeScript. */
function schemasOf(file, root) {
  const typescript = installed("typescript", file);
  if (typescript !== undefined && !read.has(file)) {
    const args = [SCHEMAS, root, path.relative(root, file), typescript];
    read.set(file, execFileSync(process.execPath, args, { encoding: "utf8" }));
  }
  return read.get(file);
}

function rootOf(file) {
  for (let dir = path.dirname(file); dir !== path.dirname(dir); dir = path.dirname(dir)) {
    if (existsSync(path.join(dir, "package.json"))) {
      return dir;
    }
  }
  return path.dirname(file);
}
