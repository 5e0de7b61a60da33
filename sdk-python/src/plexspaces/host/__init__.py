"""What the host offers to an actor: ``from plexspaces import host``, then ``host.ask(..)``.

Every operation has one name, ``host.ts_read``; those of a family are also ``host.ts.read``. Calls
return when the host has answered. What fails raises ``plexspaces.HostError``. They work inside an
actor only: on a node, or in ``plexspaces.testing``.
"""

from plexspaces.host import blob, channel, kv, lock, pg, pool, ts, workflow
from plexspaces.host.blob import put as blob_put
from plexspaces.host.blob import get as blob_get
from plexspaces.host.blob import head as blob_head
from plexspaces.host.blob import delete as blob_delete
from plexspaces.host.blob import list as blob_list
from plexspaces.host.channel import publish as channel_publish
from plexspaces.host.channel import subscribe as channel_subscribe
from plexspaces.host.channel import next as channel_next
from plexspaces.host.channel import ack as channel_ack
from plexspaces.host.channel import nack as channel_nack
from plexspaces.host.channel import bind as channel_bind
from plexspaces.host.channel import info as channel_info
from plexspaces.host.kv import get as kv_get
from plexspaces.host.kv import put as kv_put
from plexspaces.host.kv import delete as kv_delete
from plexspaces.host.kv import list as kv_list
from plexspaces.host.kv import increment as kv_increment
from plexspaces.host.kv import compare_and_swap as kv_compare_and_swap
from plexspaces.host.kv import watch as kv_watch
from plexspaces.host.lock import acquire as lock_acquire
from plexspaces.host.lock import renew as lock_renew
from plexspaces.host.lock import release as lock_release
from plexspaces.host.messaging import (
    Stream,
    actor_info,
    ask,
    ask_all,
    ask_stream,
    cancel_timer,
    defer_reply,
    delete,
    demonitor,
    forward,
    link,
    list_actors,
    monitor,
    register,
    reply,
    resolve,
    schedule_cron,
    send,
    send_after,
    send_every,
    spawn,
    stop,
    stream_close,
    stream_next,
    unlink,
)
from plexspaces.host.pg import join as pg_join
from plexspaces.host.pg import leave as pg_leave
from plexspaces.host.pg import members as pg_members
from plexspaces.host.pg import broadcast as pg_broadcast
from plexspaces.host.pg import first as pg_first
from plexspaces.host.pool import checkout as pool_checkout
from plexspaces.host.pool import checkin as pool_checkin
from plexspaces.host.pool import info as pool_info
from plexspaces.host.shards import (
    all_gather_shard_group,
    all_reduce_shard_group,
    ask_shard,
    barrier_shard_group,
    broadcast_shard_group,
    create_shard_group,
    delete_shard_group,
    gather_shard_group,
    reduce_scatter_shard_group,
    reduce_shard_group,
    rescale_shard_group,
    scan_shard_group,
    scatter_gather,
    send_to_shard,
    shard_group_info,
)
from plexspaces.host.system import (
    application_metrics_add,
    checkpoint,
    child_workflow,
    continue_as_new,
    http_fetch,
    is_replaying,
    journal_sequence,
    log,
    now_ms,
    random,
    sleep,
    step,
    uuid,
    wait_signal,
)
from plexspaces.host.ts import write as ts_write
from plexspaces.host.ts import read as ts_read
from plexspaces.host.ts import take as ts_take
from plexspaces.host.ts import read_all as ts_read_all
from plexspaces.host.ts import take_all as ts_take_all
from plexspaces.host.ts import count as ts_count
from plexspaces.host.ts import write_once as ts_write_once
from plexspaces.host.ts import update as ts_update
from plexspaces.host.ts import notify as ts_notify
from plexspaces.host.ts import unsubscribe as ts_unsubscribe
from plexspaces.host.ts import renew as ts_renew
from plexspaces.host.ts import cancel as ts_cancel
from plexspaces.host.ts import transaction as ts_transaction
from plexspaces.host.workflow import start as workflow_start
from plexspaces.host.workflow import signal as workflow_signal
from plexspaces.host.workflow import query as workflow_query
from plexspaces.host.workflow import result as workflow_result
from plexspaces.host.workflow import cancel as workflow_cancel
from plexspaces.host.workflow import pause as workflow_pause
from plexspaces.host.workflow import resume as workflow_resume

__all__ = [
    "Stream",
    "actor_info",
    "all_gather_shard_group",
    "all_reduce_shard_group",
    "application_metrics_add",
    "ask",
    "ask_all",
    "ask_shard",
    "ask_stream",
    "barrier_shard_group",
    "blob",
    "blob_delete",
    "blob_get",
    "blob_head",
    "blob_list",
    "blob_put",
    "broadcast_shard_group",
    "cancel_timer",
    "channel",
    "channel_ack",
    "channel_bind",
    "channel_info",
    "channel_nack",
    "channel_next",
    "channel_publish",
    "channel_subscribe",
    "checkpoint",
    "child_workflow",
    "continue_as_new",
    "create_shard_group",
    "defer_reply",
    "delete",
    "delete_shard_group",
    "demonitor",
    "forward",
    "gather_shard_group",
    "http_fetch",
    "is_replaying",
    "journal_sequence",
    "kv",
    "kv_compare_and_swap",
    "kv_delete",
    "kv_get",
    "kv_increment",
    "kv_list",
    "kv_put",
    "kv_watch",
    "link",
    "list_actors",
    "lock",
    "lock_acquire",
    "lock_release",
    "lock_renew",
    "log",
    "monitor",
    "now_ms",
    "pg",
    "pg_broadcast",
    "pg_first",
    "pg_join",
    "pg_leave",
    "pg_members",
    "pool",
    "pool_checkin",
    "pool_checkout",
    "pool_info",
    "random",
    "reduce_scatter_shard_group",
    "reduce_shard_group",
    "register",
    "reply",
    "rescale_shard_group",
    "resolve",
    "scan_shard_group",
    "scatter_gather",
    "schedule_cron",
    "send",
    "send_after",
    "send_every",
    "send_to_shard",
    "shard_group_info",
    "sleep",
    "spawn",
    "step",
    "stop",
    "stream_close",
    "stream_next",
    "ts",
    "ts_cancel",
    "ts_count",
    "ts_notify",
    "ts_read",
    "ts_read_all",
    "ts_renew",
    "ts_take",
    "ts_take_all",
    "ts_transaction",
    "ts_unsubscribe",
    "ts_update",
    "ts_write",
    "ts_write_once",
    "unlink",
    "uuid",
    "wait_signal",
    "workflow",
    "workflow_cancel",
    "workflow_pause",
    "workflow_query",
    "workflow_result",
    "workflow_resume",
    "workflow_signal",
    "workflow_start",
]
