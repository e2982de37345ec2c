/* Troubles of an event loop, each after a time of grace; pure. */
import { stuckRow } from "./connections.js";

const STEP_US = 100_000;
const LONG_STEP_US = 400_000;
const BEHIND = 20;
const BUSY = 0.9;
const IDLE_S = 30;
const SELECT_NEAR = 900;
/* A condition that was away for so long begins anew. */
const LAPSE_S = 1;

/**
 * The troubles, the worst first. values(look): what is to be said where the condition holds now, else
 * null. grace_s: how long it must hold. linger_s: how long it is shown after that. times: how many
 * different looks must have seen it.
 */
const KINDS = [
  { kind: "queue", level: "bad", grace_s: 2, linger_s: 3, values: fullQueue },
  { kind: "step", level: "bad", grace_s: 0, linger_s: 10, times: 2, values: longStep },
  { kind: "behind", level: "warn", grace_s: 3, linger_s: 3, values: behind },
  { kind: "sendq", level: "warn", grace_s: 3, linger_s: 1, values: stuck },
  { kind: "select", level: "warn", grace_s: 1, linger_s: 3, values: nearLimit },
  { kind: "idle", level: "hint", grace_s: 2, linger_s: 1, values: idleReader },
];

function longStep({ loop }) {
  const [id, us, , , line] = loop.hog ?? [];
  return us >= STEP_US ? { id, us, line, enough: us >= LONG_STEP_US } : null;
}

function behind({ loop }) {
  return loop.ready >= BEHIND && loop.utilization >= BUSY ? { n: loop.ready } : null;
}

function fullQueue({ accept_queue: a, accept_limit: b }) {
  return b > 0 && a >= b ? { a, b } : null;
}

function nearLimit({ loop }) {
  return loop.selector === "select" && loop.watched >= SELECT_NEAR ? { n: loop.watched } : null;
}

function stuck({ rows }) {
  const row = rows && stuckRow(rows);
  return row ? { peer: row.peer, n: row.send_q, line: row.line } : null;
}

function idleReader({ rows }) {
  const idle = rows?.rows.filter((row) => row.state === "reading" && row.peer && row.state_s >= IDLE_S) ?? [];
  return idle.length ? { n: idle.length, peer: idle[0].peer, s: idle[0].state_s, line: idle[0].line } : null;
}

/**
 * What is known of the troubles after one more look: kind -> {since, last, times, values}. `look`: a
 * frame of the loop with its `rows`. A loop that is held is in no trouble of its own.
 */
export function watch(before, look, at) {
  const after = {};
  for (const { kind, values, linger_s } of KINDS) {
    const was = before[kind];
    const found = look.loop.paused || look.loop.delay_s ? null : values(look);
    if (found) after[kind] = seen(was, found, at);
    else if (was && at - was.last <= linger_s) after[kind] = was;
  }
  return after;
}

function seen(was, values, at) {
  if (!was) return { since: at, last: at, times: 1, values };
  const again = JSON.stringify(values) !== JSON.stringify(was.values);
  const since = at - was.last > LAPSE_S ? at : was.since;
  return { since, last: at, times: was.times + (again ? 1 : 0), values };
}

/** The troubles to be told, the worst first: [{kind, level, values}]. */
export const ranked = (known) =>
  KINDS.filter(({ kind, grace_s, times }) => {
    const one = known[kind];
    return one && one.last - one.since >= grace_s && (!times || one.times >= times || one.values.enough);
  }).map(({ kind, level }) => ({ kind, level, values: known[kind].values }));
