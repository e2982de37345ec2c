/* Holding a program at its points: what is next, how long still, and the breakpoints; pure. */

const NONE = { lines: [], calls: [], clients: [], exceptions: false };

/** The breakpoints of a program: {lines, calls, clients, exceptions}. */
export const breakpoints = ({ held }) => ({ ...NONE, ...held?.breakpoints });

/** How many there are. */
export const breakpointCount = ({ lines, calls, clients, exceptions }) =>
  lines.length + calls.length + clients.length + (exceptions ? 1 : 0);

/** The breakpoints with a value of a kind (lines, calls, clients) set, or removed where it was set. */
export function toggled(all, kind, value) {
  const values = all[kind];
  return { ...all, [kind]: values.includes(value) ? values.filter((other) => other !== value) : [...values, value] };
}

/** Seconds until it goes on by itself, `now` by the dashboard's clock. */
export const secondsLeft = ({ at, resumes_in_s }, now) => Math.max(0, (at ?? now) + (resumes_in_s ?? 0) - now);

/** The point that a step lets pass: of the chosen thread, else the next of all; null while all threads run. */
export const nextPoint = ({ held }, thread) =>
  held?.points?.find((point) => point.thread === thread) ?? held?.points?.[0] ?? null;
