/* The views' questions to the state: pure functions of it. */

/** The state of a server as it is shown: a word of the catalogue's st.* keys and a glyph. */
export function shown(server) {
  if (server.state === "FAILED") return failure(server);
  if (server.state === "STOPPED" && server.finished) return "finished";
  if (server.state === "RUNNING" && paused(server)) return "paused";
  if (stuck(server)) return "deadlock";
  if (["RUNNING", "STARTING"].includes(server.state) && server.waits_for_input) return "input";
  if (noSocket(server)) return "nosocket";
  return server.state.toLowerCase();
}

function failure(server) {
  const { reason } = server.failure ?? {};
  if (reason === "port_in_use") return "blocked";
  return reason === "exited" || reason === "killed" ? "crashed" : "failed";
}

/** Whether threads of a program of the user wait for each other, and will do so for ever. */
export const stuck = ({ own, state, deadlock }) => Boolean(own && deadlock) && state === "RUNNING";

/** Whether every thread or task of it is held at its next point. */
export const paused = (server) => Boolean(server.paused || server.held?.paused);

/** Whether it can be held at its points: the lab's servers always, a program of the user while it is observed. */
export const holdable = (server) => running(server) && (!server.own || Boolean(server.observed));

/** Whether a program of the user runs without having opened a socket. */
const noSocket = ({ own, state, listening, figures }) =>
  Boolean(own) && state === "RUNNING" && !listening?.length && !figures?.connections && !figures?.in_rate && !figures?.accepted;

/** Whether the server answers clients now. */
export const running = (server) => server.state === "RUNNING";

/** Whether a start can be asked for: nothing of it is up or under way. */
export const startable = (server) => ["STOPPED", "FAILED", "BACKOFF"].includes(server.state);

/** Whether a stop can be asked for. */
export const stoppable = (server) => ["RUNNING", "FROZEN", "STARTING"].includes(server.state);

/** Address as people write it; IPv6 hosts in brackets; empty where there is none. */
export const address = (host, port) => (host === null ? "" : `${host.includes(":") ? `[${host}]` : host}:${port}`);

/** Where a program can be reached: as chosen, or as seen at bind(); empty where it cannot. */
export const place = (server) => (server.own ? (server.listening?.[0] ?? "") : address(server.host, server.port));

const LOOPBACK = /^(127\.|\[::1\]|\[::ffff:127\.|localhost:)/;

/** Whether other machines can reach it now. The address decides, as the program or its settings chose it. */
export function exposed(server) {
  if (server.own) return (server.listening ?? []).some((at) => !LOOPBACK.test(at));
  if (startable(server)) return false;
  return Boolean(server.host_choices?.find(({ host }) => host === server.bind_host)?.warning);
}

/** All programs: the lab's servers in its order, then those of the user. */
export const list = (state) => state.order.map((name) => state.servers[name]);

/** The lab's own servers. */
export const lab = (state) => list(state).filter((server) => !server.own);

/** The user's programs. */
export const own = (state) => list(state).filter((server) => server.own);

/** Names in the order of the page: the lab's servers by number, then the user's programs by title. */
export const inOrder = (servers) =>
  Object.values(servers)
    .sort((a, b) => (a.task ?? Infinity) - (b.task ?? Infinity) || compare(a.title, b.title) || compare(a.name, b.name))
    .map(({ name }) => name);

const compare = (a, b) => (a < b ? -1 : Number(a > b));

const RECENT_S = 30;

/** Sums over the running servers, and a minute of bytes of all of them. */
export function totals(state) {
  const up = list(state).filter((server) => ["RUNNING", "FROZEN"].includes(server.state));
  const sum = (field) => up.reduce((total, server) => total + (server.figures?.[field] ?? 0), 0);
  return {
    running: list(state).filter(running).length,
    of: state.order.length,
    connections: up
      .filter((server) => server.transport === "tcp")
      .reduce((total, server) => total + (server.figures?.connections ?? 0), 0),
    in_rate: sum("in_rate"),
    out_rate: sum("out_rate"),
    cpu: sum("cpu"),
    rss: sum("rss"),
    in: recent(state, up, "in"),
    out: recent(state, up, "out"),
  };
}

/* Half a minute of bytes of several servers, second by second. */
function recent(state, servers, way) {
  const all = servers.map((server) => padded(state.history[server.name]?.[way], RECENT_S));
  return Array.from({ length: RECENT_S }, (_, second) =>
    all.reduce((total, values) => total + values[second], 0),
  );
}

/** The last values of a series, zeros before its beginning. */
export const padded = (values, length) => [...Array(length).fill(0), ...(values ?? [])].slice(-length);

const RIGHTS = ["look", "change", "start"];

/** Whether the visitor may do it: `change` what runs, or `start` programs as well. */
export const may = ({ visitor }, right) => RIGHTS.indexOf(visitor.may) >= RIGHTS.indexOf(right);

/** The reason why actions that need a right cannot be used now, as a key of the catalogue, or null. */
export function offKey(state, right = "start") {
  if (state.link.status === "lost") return "off.lost";
  if (state.holder) return "off.held";
  if (may(state, right)) return null;
  return may(state, "change") ? "off.start" : "off.look";
}
