// A node in a few lines: every actor is a module instance of its own, an ask is a function call.
import { pathToFileURL } from "node:url";

const MODULE = pathToFileURL(new URL("../target/main.mjs", import.meta.url).pathname).href;
const INIT = 1;
const HANDLE = 2;
const CHILDREN = {
  "retriever-1": "retriever",
  "retriever-2": "retriever",
  "retriever-3": "retriever",
  indexer: "indexer",
  librarian: "librarian",
};
let instances = 0;

export class MemoryNode {
  /** Child id to the actor's entry point. */
  actors = new Map();
  /** Child id to the error it answers with, as if it were down or slow. */
  failing = new Map();

  static async start(children = CHILDREN) {
    const node = new MemoryNode();
    node.children = children;
    for (const id of Object.keys(children)) {
      await node.restart(id);
    }
    return node;
  }

  /** (Re)starts an actor: what it kept in memory is gone. */
  async restart(id) {
    await import(`${MODULE}?instance=${instances++}`);
    const entry = globalThis.__plexspaces_call;
    const type = this.children[id];
    const RETRIEVERS = Object.keys(this.children).filter((c) => this.children[c] === "retriever").join(" ");
    const config = { app_id: "doc-search", type, key: id, args: {}, env: { RETRIEVERS }, restored: false };
    const header = { type, actor_id: `doc-search/${type}/${id}`, seed: "0123456789abcdef".repeat(4) };
    const answer = entry(INIT, JSON.stringify(header), JSON.stringify(config));
    if (answer[0] !== "0") {
      throw new Error(answer);
    }
    this.actors.set(id, entry);
  }

  /** What a client's ask gets: the reply, or the error thrown. */
  ask(id, op, payload = {}) {
    globalThis.__plexspaces_host = (operation, header, body) => this.host(operation, JSON.parse(header), body);
    const answer = this.deliver(id, op, JSON.stringify(payload));
    if (answer[0] === "0") {
      return JSON.parse(answer.slice(1));
    }
    throw Object.assign(new Error(), JSON.parse(answer.slice(1)));
  }

  deliver(id, op, body) {
    const failure = this.failing.get(id);
    if (failure !== undefined) {
      return "1" + JSON.stringify(failure);
    }
    const entry = this.actors.get(id);
    if (entry === undefined) {
      return "1" + JSON.stringify({ code: "NOT_FOUND", message: `there is no ${id}` });
    }
    return entry(HANDLE, JSON.stringify({ op, kind: "call", id: "m", from: null }), body);
  }

  host(operation, header, body) {
    switch (operation) {
      case "ask":
        return this.deliver(header.target, header.op, body);
      case "ask_all": {
        const results = header.calls.map(({ target, op, payload }) => {
          const answer = this.deliver(target, op, JSON.stringify(payload));
          return answer[0] === "0" ? { ok: JSON.parse(answer.slice(1)) } : { error: JSON.parse(answer.slice(1)) };
        });
        return "0" + JSON.stringify(results);
      }
      default:
        throw new Error(`not in this test's node: ${operation}`);
    }
  }
}
