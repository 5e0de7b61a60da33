// Shard groups and collectives: each takes one object of named arguments.
import { given, options, payloadText, required, value } from "./call.js";

const ROUND = ["groupId", "timeoutMs", "minResponses", "minAcks"];
const REDUCTION = [...ROUND, "mapFunction", "reduction"];

const call = (name, operation, names, needed) => (args) => {
  const header = options(name, args, names);
  required(name, header, ...needed);
  return value(operation, header);
};
const reduction = (name, operation) => call(name, operation, REDUCTION, ["group_id", "map_function", "reduction"]);

export const shards = {
  createShardGroup: call(
    "createShardGroup",
    "create_shard_group",
    ["groupId", "actorType", "shardCount", "partitionStrategy", "placement", "initialState", "detached"],
    ["group_id", "actor_type", "shard_count"],
  ),
  scatterGather: call(
    "scatterGather",
    "scatter_gather",
    [...ROUND, "query", "inputs", "aggregation", "k"],
    ["group_id"],
  ),
  broadcastShardGroup: call("broadcastShardGroup", "broadcast_shard_group", [...ROUND, "message"], [
    "group_id",
    "message",
  ]),
  barrierShardGroup: call("barrierShardGroup", "barrier_shard_group", ROUND, ["group_id"]),
  reduceShardGroup: reduction("reduceShardGroup", "reduce_shard_group"),
  allReduceShardGroup: reduction("allReduceShardGroup", "all_reduce_shard_group"),
  reduceScatterShardGroup: reduction("reduceScatterShardGroup", "reduce_scatter_shard_group"),
  scanShardGroup: reduction("scanShardGroup", "scan_shard_group"),
  gatherShardGroup: call("gatherShardGroup", "gather_shard_group", [...ROUND, "query"], ["group_id", "query"]),
  allGatherShardGroup: call("allGatherShardGroup", "all_gather_shard_group", [...ROUND, "query"], [
    "group_id",
    "query",
  ]),
  askShard(groupId, key, op, payload, timeoutMs) {
    return value("ask_shard", given({ group_id: groupId, key, op, timeout_ms: timeoutMs }), payloadText(payload));
  },
  sendToShard(groupId, key, op, payload) {
    return value("send_to_shard", { group_id: groupId, key, op }, payloadText(payload));
  },
  shardGroupInfo(groupId) {
    return value("shard_group_info", { group_id: groupId });
  },
  rescaleShardGroup(groupId, shardCount) {
    return value("rescale_shard_group", { group_id: groupId, shard_count: shardCount });
  },
  deleteShardGroup(groupId) {
    value("delete_shard_group", { group_id: groupId });
  },
};
