import { HostError, toWire } from "../src/errors.js";
import { parse, stringify } from "../src/json.js";
import { aggregate, reduce, scan } from "./collectives.js";
import { equal } from "./space.js";

function groupOf(node, id) {
  const group = node.shardGroups?.get(id);
  if (group === undefined) {
    throw new HostError("NOT_FOUND", `there is no shard group "${id}"`);
  }
  return group;
}

function start(node, group) {
  for (let shard = group.shards.length; shard < group.shard_count; shard++) {
    const config = { shard, shard_count: group.shard_count, group_id: group.group_id };
    const actor = node.activate(`${node.app}/${group.actor_type}/${group.group_id}-${shard}`, {
      supervised: true,
      config,
      initialState: group.initial_state,
    });
    group.shards.push(actor.id);
  }
}

/** "sum", or {op: "sum", ..}: the operation of a shard and its payload. */
function messageOf(what) {
  if (typeof what === "string") {
    return [what, {}];
  }
  const { op, ...payload } = what ?? {};
  if (typeof op !== "string") {
    throw new HostError("INVALID_ARGUMENT", 'what a shard is asked needs "op", the name of its operation');
  }
  return [op, payload];
}

/** Asks every shard at once; the answers are in shard order. */
function round(node, turn, args, whatFor) {
  const group = groupOf(node, args.group_id);
  const timeout = args.timeout_ms ?? 10_000;
  const messages = group.shards.map((_, shard) => messageOf(whatFor(shard)));
  const asked = group.shards.map((id, shard) => {
    const [op, payload] = messages[shard];
    try {
      return node.asked(turn.actor.id, id, op, stringify(payload), timeout);
    } catch (error) {
      return { done: true, error };
    }
  });
  node.wait(timeout, () => (asked.every((a) => a.done) ? true : undefined));
  const responses = [];
  const failed = [];
  asked.forEach(({ done, text, error }, shard) => {
    if (done && error === undefined) {
      responses.push({ shard, actor_id: group.shards[shard], payload: parse(text) });
      return;
    }
    const late = () => new HostError("DEADLINE_EXCEEDED", `shard ${shard} was too late`);
    const { code, message } = toWire(error ?? late());
    failed.push({ shard, code, message });
  });
  const answer = { responses, shard_count: group.shard_count, responded: responses.length, failed };
  const needed = args.min_responses ?? args.min_acks ?? group.shard_count;
  if (responses.length < needed) {
    const message = `${responses.length} of ${group.shard_count} shards answered, ${needed} are needed: ${failed[0]?.message}`;
    throw new HostError("UNAVAILABLE", message, { details: { result: null, ...answer } });
  }
  return answer;
}

const payloads = (answer) => answer.responses.map((r) => r.payload);
const withResult = (answer, result) => ({ result: result(payloads(answer)), ...answer });
const reduced = (node, turn, args) =>
  withResult(round(node, turn, args, () => args.map_function), (all) => reduce(args.reduction, all));

function hash(text) {
  let h = 2166136261;
  for (const c of new TextEncoder().encode(text)) {
    h = Math.imul(h ^ c, 16777619);
  }
  return h >>> 0;
}

/** FNV-1a over the key's JSON; the node under test places keys its own way. */
function shardFor(group, key) {
  if (group.partition_strategy === "round_robin") {
    group.next = ((group.next ?? -1) + 1) % group.shard_count;
    return group.shards[group.next];
  }
  return group.shards[hash(stringify(key)) % group.shard_count];
}

export const shardOperations = {
  create_shard_group(node, turn, args) {
    node.shardGroups ??= new Map();
    const known = node.shardGroups.get(args.group_id);
    if (known !== undefined) {
      if (!equal(known.args, args)) {
        throw new HostError("ALREADY_EXISTS", `the shard group "${args.group_id}" is there already, and is another`);
      }
      return info(known);
    }
    counted(args.shard_count);
    const group = { owner: turn.actor.id, partition_strategy: "hash", ...args, args, shards: [] };
    start(node, group);
    node.shardGroups.set(args.group_id, group);
    turn.undo.push(() => remove(node, group));
    return info(group);
  },
  scatter_gather(node, turn, args) {
    const { query, inputs } = args;
    const [op, common] = messageOf(query);
    const size = groupOf(node, args.group_id).shard_count;
    if (inputs !== undefined && inputs.length !== size) {
      throw new HostError("INVALID_ARGUMENT", `there are ${size} shards, not ${inputs.length}`);
    }
    const part = (input) => (input !== null && typeof input === "object" && !Array.isArray(input) ? input : { input });
    const whatFor = (shard) => ({ ...common, ...(inputs === undefined ? {} : part(inputs[shard])), op });
    return withResult(round(node, turn, args, whatFor), (all) => aggregate(args.aggregation ?? "concat", all, args.k));
  },
  broadcast_shard_group: (node, turn, args) =>
    withResult(round(node, turn, args, () => args.message), () => null),
  barrier_shard_group(node, turn, args) {
    const group = groupOf(node, args.group_id);
    const seat = group.shards.indexOf(turn.actor.id);
    if (seat < 0) {
      group.shards.forEach((id) => node.actors.get(id)?.busy === false && node.settle());
    } else {
      const barrier = (group.barrier ??= { entered: new Set() });
      barrier.entered.add(seat);
      if (barrier.entered.size === group.shard_count) {
        barrier.open = true;
        group.barrier = undefined;
      }
      if (node.wait(args.timeout_ms ?? 10_000, () => barrier.open) === null) {
        barrier.entered.delete(seat);
        throw new HostError("DEADLINE_EXCEEDED", `${barrier.entered.size + 1} of ${group.shard_count} shards entered`);
      }
    }
    return { result: null, responses: [], shard_count: group.shard_count, responded: group.shard_count, failed: [] };
  },
  reduce_shard_group: reduced,
  all_reduce_shard_group(node, turn, args) {
    const answer = reduced(node, turn, args);
    groupOf(node, args.group_id).shards.forEach((id) =>
      node.post(null, id, "__ALLREDUCE__", stringify({ result: answer.result })),
    );
    return answer;
  },
  reduce_scatter_shard_group(node, turn, args) {
    const answer = reduced(node, turn, args);
    const shards = groupOf(node, args.group_id).shards;
    if (!Array.isArray(answer.result) || answer.result.length !== shards.length) {
      throw new HostError("INVALID_ARGUMENT", "reduce_scatter needs lists with one element for each shard");
    }
    shards.forEach((id, i) =>
      node.post(null, id, "__ALLREDUCE__", stringify({ result: answer.result[i] })),
    );
    return answer;
  },
  scan_shard_group: (node, turn, args) =>
    withResult(round(node, turn, args, () => args.map_function), (all) => scan(args.reduction, all)),
  gather_shard_group: (node, turn, args) => withResult(round(node, turn, args, () => args.query), (all) => all),
  all_gather_shard_group(node, turn, args) {
    const answer = withResult(round(node, turn, args, () => args.query), (all) => all);
    groupOf(node, args.group_id).shards.forEach((id) =>
      node.post(null, id, "__ALLREDUCE__", stringify({ result: answer.result })),
    );
    return answer;
  },
  ask_shard: (node, turn, { group_id, key, op, timeout_ms = 5000 }, body) =>
    parse(node.deliver(turn.actor.id, shardFor(groupOf(node, group_id), key), op, body, timeout_ms)),
  send_to_shard(node, turn, { group_id, key, op }, body) {
    const target = shardFor(groupOf(node, group_id), key);
    turn.effects.push({ target, run: () => node.post(turn.actor.id, target, op, body) });
    return node.id("m");
  },
  shard_group_info: (node, turn, { group_id }) => info(groupOf(node, group_id)),
  rescale_shard_group(node, turn, { group_id, shard_count }) {
    const group = groupOf(node, group_id);
    counted(shard_count);
    group.shards.splice(shard_count).forEach((id) => node.end(node.actors.get(id), "shutdown"));
    group.shard_count = shard_count;
    start(node, group);
    return info(group);
  },
  delete_shard_group(node, turn, { group_id }) {
    remove(node, groupOf(node, group_id));
    return null;
  },
};

function counted(shards) {
  if (!(shards >= 1)) {
    throw new HostError("INVALID_ARGUMENT", "shard_count must be at least 1");
  }
}

function remove(node, group) {
  node.shardGroups.delete(group.group_id);
  group.shards.forEach((id) => node.actors.has(id) && node.end(node.actors.get(id), "shutdown"));
}

/** Groups end with their creator, unless they are detached. */
export function endGroupsOf(node, owner) {
  for (const group of [...(node.shardGroups?.values() ?? [])]) {
    if (group.owner === owner && group.args.detached !== true) {
      remove(node, group);
    }
  }
}

function info({ group_id, actor_type, shard_count, partition_strategy, owner, shards }) {
  return { group_id, actor_type, shard_count, partition_strategy, owner, shards: [...shards] };
}
