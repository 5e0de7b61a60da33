import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { TestNode } from "@plexspaces/sdk/testing";

const TUPLES = `# Tuple space

A tuple space is a bag of tuples that actors share.

## Taking

Each tuple goes to exactly one taker. If the turn that took it fails, the tuple is back at its old
place, and the next waiter gets it.
`;
const JOURNAL = `The journal
===========

A durable actor writes every turn to its journal before any reply leaves.
After \`kill -9\` it is restored from there, and goes on with its last committed turn.
`;
const COOKING = "Soak the beans over night.\n\nBoil them slowly, and salt them when they are soft.\n";
const DOCUMENTS = [
  { path: "tuples.md", text: TUPLES },
  { path: "guide/journal.md", text: JOURNAL },
  { path: "beans.txt", text: COOKING },
];

let node;

const CHILDREN = {
  "retriever-1": "retriever",
  "retriever-2": "retriever",
  "retriever-3": "retriever",
  indexer: "indexer",
  librarian: "librarian",
};

const start = (children = CHILDREN) =>
  TestNode.start({
    main: new URL("../src/main.ts", import.meta.url),
    app: "doc-search",
    children,
    env: { RETRIEVERS: Object.keys(children).filter((c) => children[c] === "retriever").join(" ") },
  });

beforeEach(async () => {
  node = await start();
});

const index = (documents = DOCUMENTS) => node.ask("librarian", "index_documents", { documents });
const ask = (question, limit) => node.ask("librarian", "ask", { question, limit });

test("answers with the place where it stands", () => {
  assert.deepEqual(index(), { documents: 3, passages: 4 });
  const found = ask("How does a tuple reach exactly one taker?");
  const [best] = found.answers;
  assert.equal(best.source, "tuples.md");
  assert.equal(best.line, 7);
  assert.equal(best.heading, "Tuple space › Taking");
  assert.match(best.text, /^Each tuple goes to exactly one taker\./);
  assert.deepEqual(best.words, ["tuple", "exactly", "one", "taker"]);
  assert.deepEqual(found.searched, { retrievers: 3, documents: 3, passages: 4 });
  assert.deepEqual(found.missing, []);
});

test("finds other forms of a word, and headings of both kinds", () => {
  index();
  assert.equal(ask("boiling a bean").answers[0].source, "beans.txt");
  const [best] = ask("restoring journals").answers;
  assert.equal(best.source, "guide/journal.md");
  assert.equal(best.heading, "The journal");
  assert.equal(best.line, 4);
});

test("ranks the same whatever retriever holds what", async () => {
  const many = Array.from({ length: 40 }, (_, i) => {
    const filler = ` word${i}`.repeat(i + 1);
    const text = `Actor ${i} waits.${i % 3 === 0 ? " It has a mailbox." : ""}${i % 10 === 0 ? " It is rare." : ""}${filler}`;
    return { path: `f${i}`, text };
  });
  const alone = await start({ only: "retriever", indexer: "indexer", librarian: "librarian" });
  const spread = await start();
  const [one, three] = [alone, spread].map((n) => {
    n.ask("librarian", "index_documents", { documents: many });
    return n.ask("librarian", "ask", { question: "rare actors with a mailbox", limit: 12 });
  });
  assert.deepEqual(three.answers, one.answers);
  assert.equal(three.searched.retrievers, 3);
  assert.equal(new Set(three.answers.map((a) => a.score)).size > 3, true);
});

test("deals passages out evenly", () => {
  index(Array.from({ length: 31 }, (_, i) => ({ path: `f${i}`, text: `text ${i}` })));
  const { retrievers, documents, passages } = node.ask("librarian", "status");
  assert.deepEqual(retrievers.map((r) => r.passages), [11, 10, 10]);
  assert.deepEqual([documents, passages], [31, 31]);
});

test("a retriever that does not answer is left out and named", () => {
  index();
  node.failing.set("retriever-2", { code: "DEADLINE_EXCEEDED", message: "no reply in time", retryable: true });
  const found = ask("tuple taker beans journal");
  assert.equal(found.searched.retrievers, 2);
  assert.deepEqual(found.missing, [{ retriever: "retriever-2", reason: "did not answer within 3 s" }]);
  assert.ok(found.answers.length > 0);
  for (const id of ["retriever-1", "retriever-3"]) {
    node.failing.set(id, { code: "UNAVAILABLE", message: "is restarting", retryable: true });
  }
  assert.throws(() => ask("tuple"), { code: "UNAVAILABLE", message: /retriever-1 is restarting \(UNAVAILABLE\)/ });
});

test("a retriever that was restarted is said to have lost its passages", () => {
  index();
  node.crash("retriever-1");
  const lost = "was restarted and holds 0 of 2 passages: index the documents again";
  assert.deepEqual(ask("beans").missing, [{ retriever: "retriever-1", reason: lost }]);
  assert.deepEqual(node.ask("librarian", "status").missing, [{ retriever: "retriever-1", reason: lost }]);
  index();
  assert.deepEqual(ask("beans").missing, []);
});

test("a document of the same path replaces the earlier one, also in parts", () => {
  index();
  index();
  assert.equal(node.ask("librarian", "status").passages, 4);
  index([{ path: "tuples.md", text: "Nothing about that." }]);
  assert.deepEqual(ask("tuple taker").answers.map((a) => a.source), []);
  const part = { path: "long.txt", text: "The second half speaks of elephants.", first_line: 900 };
  index([{ path: "long.txt", text: "The first half speaks of giraffes." }]);
  index([part]);
  index([part]);
  const status = node.ask("librarian", "status");
  assert.deepEqual([status.documents, status.passages], [4, 5]);
  assert.equal(ask("elephants").answers[0].line, 900);
  assert.equal(ask("giraffe").answers[0].line, 1);
});

test("clear forgets everything", () => {
  index();
  node.ask("librarian", "clear");
  const status = node.ask("librarian", "status");
  assert.deepEqual([status.documents, status.passages], [0, 0]);
  assert.ok(status.retrievers.every((r) => r.words === 0));
  const found = ask("tuple");
  assert.deepEqual(found.answers, []);
  assert.deepEqual(found.missing, []);
});

test("code stays together, long lines and headings alone are passages too", () => {
  const code = "```\nfirst\n\n# no heading\n\nlast\n```";
  index([
    { path: "code.md", text: `# Use\n\n${code}\n` },
    { path: "line.min.js", text: "lorem ipsum ".repeat(400) + "needle" },
    { path: "title.md", text: "# Hello world\n" },
  ]);
  assert.equal(ask("first and last").answers[0].text, code);
  const [needle] = ask("needle").answers;
  assert.ok(needle.text.length <= 1400 && needle.line === 1);
  assert.equal(ask("hello world").answers[0].text, "# Hello world");
});

test("reads words of all scripts", () => {
  index([
    { path: "de.txt", text: "Die Ölförderung stieg. Größe zählt." },
    { path: "ru.txt", text: "Сообщения приходят по порядку." },
    { path: "ja.txt", text: "東京都は日本の首都です。" },
  ]);
  assert.equal(ask("größe").answers[0].source, "de.txt");
  assert.equal(ask("Olforderung").answers[0].source, "de.txt");
  assert.equal(ask("СООБЩЕНИЯ").answers[0].source, "ru.txt");
  assert.equal(ask("首都").answers[0].source, "ja.txt");
});

test("names of object properties are words like others", () => {
  index([{ path: "js.md", text: "The constructor sets __proto__ and hasOwnProperty." }]);
  assert.equal(ask("constructor proto hasOwnProperty").answers[0].source, "js.md");
  assert.deepEqual(ask("toString valueOf").answers, []);
  index([{ path: "__proto__", text: "A file of that name." }, { path: "constructor", text: "And this name." }]);
  index([{ path: "__proto__", text: "Once more." }, { path: "constructor", text: "Once more." }]);
  assert.deepEqual(ask("name").answers, []);
  assert.equal(ask("once more").answers.length, 2);
});

test("refuses what it cannot use, by name", () => {
  const refusal = (message) => ({ code: "INVALID_ARGUMENT", business: true, message });
  assert.throws(() => ask(""), refusal(/"question"/));
  assert.throws(() => ask("what is the"), refusal(/no word to search for/));
  assert.throws(() => ask("tuple", 0), refusal(/"limit"/));
  assert.throws(() => node.ask("librarian", "index_documents", {}), refusal(/"documents"/));
  assert.throws(() => index([{ path: "a", text: "b" }, { path: "a" }]), refusal(/documents\[1\]/));
  assert.throws(() => index([{ path: "a", text: "b", first_line: 0 }]), refusal(/first_line/));
});
