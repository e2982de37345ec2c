/* The parts of the state that a tap or a check fills: calls, streams, lines, threads of each program; pure. */
import { acts, holds } from "./threads.js";

const POINTS_KEPT = 5000;

/** The parts of the page's state that hold a life of a program, by its name. */
const LIVES = ["rows", "tasks", "logs", "loops", "wire", "streams", "code", "threads", "checks", "life"];

/** No life of any program. */
export const NO_LIVES = Object.fromEntries(LIVES.map((part) => [part, {}]));

/** The state with one program's entry of a part replaced. */
export const put = (state, part, name, value) => ({ ...state, [part]: { ...state[part], [name]: value } });

/** Events whose newest one is all there is to know. */
export const latest = (part) => (state, { kind, name, ...picture }, at) => put(state, part, name, { ...picture, at });

/**
 * The newest look at a program's threads, with the holds of its locks in the last seconds. `at`: Unix
 * seconds of the dashboard, as those of points are.
 */
export function stood(state, { kind, name, ...picture }, arrived) {
  const at = arrived + state.skew_s;
  const before = state.threads[name];
  return put(state, "threads", name, {
    ...picture,
    at,
    holds: holds(before?.holds ?? [], picture, at),
    looks: { acts: acts(before?.looks.acts ?? [], picture, at), since: before?.looks.since ?? at },
  });
}

/**
 * Points of a program in the order of their numbers: {points, skipped}, the newest kept. Where
 * numbers are missing stands {n, gap}: how many points, before which one.
 */
export function wired(state, { name, lines, skipped = 0 }) {
  const before = state.wire[name] ?? { points: [], skipped: 0 };
  let last = before.points.at(-1)?.n ?? null;
  const fresh = [];
  for (const point of lines) {
    if (last !== null && point.n <= last) continue; // came with the beginning and once more
    if (last !== null && point.n > last + 1) fresh.push({ n: point.n, gap: point.n - last - 1 });
    fresh.push(point);
    last = point.n;
  }
  return put(state, "wire", name, { points: [...before.points, ...fresh].slice(-POINTS_KEPT), skipped: before.skipped + skipped });
}

/* A new process begins with an empty picture; its log goes on. */
const NEW_WITH_A_PROCESS = ["tasks", "loops", "wire", "streams", "code", "threads"];

/** The state without the life that the program had before. */
export const reborn = (state, name) => NEW_WITH_A_PROCESS.reduce((so_far, part) => without(so_far, part, name), state);

/** The state as if the program had never been; its page says that there is none. */
export function gone(state, { name }) {
  const bare = ["servers", "history", "consoles", "reports", ...LIVES].reduce((so_far, part) => without(so_far, part, name), state);
  return { ...bare, order: state.order.filter((other) => other !== name) };
}

function without(state, part, name) {
  if (!(name in state[part])) return state;
  const { [name]: _, ...rest } = state[part];
  return { ...state, [part]: rest };
}
