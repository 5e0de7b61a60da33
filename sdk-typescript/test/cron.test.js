// Cron expressions in the harness are those of a node.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Cron, zone } from "../testing/cron.js";

const FILE = new URL("../../host-api/src/test/resources/io/plexspaces/api/op/cron.json", import.meta.url);
const { times, refused } = JSON.parse(readFileSync(FILE, "utf8"));

for (const { expr, tz = "UTC", after, next } of times) {
  test(`"${expr}" in ${tz} after ${after}`, () => {
    const cron = new Cron(expr);
    let time = Date.parse(after);
    const found = next.map(() => {
      time = cron.next(time, zone(tz));
      return new Date(time).toISOString().replace(".000Z", "Z");
    });
    assert.deepEqual(found, next);
  });
}

for (const { expr, naming } of refused) {
  test(`"${expr}" is refused`, () => {
    assert.throws(() => new Cron(expr), (e) => e.code === "INVALID_ARGUMENT" && e.message.includes(naming));
  });
}

test("a zone that is not there is named", () => {
  assert.throws(() => zone("Mars/Base"), /"Mars\/Base" is no time zone/);
});
