/* A check of a program as the page shows it; pure. */
import { fromBase64 } from "./decode.js";

const LEVELS = ["must", "should", "hint"];
const SHOWN = 400;
const AROUND = 32;

/** Before anything is known of a program's checks. */
export const NO_CHECK = { state: "never", progress: null, asked: {}, reported_at: null, verdict: null, changed: false, error: "", again: null };

/** The probes of a report in three groups: {passed, unconfirmed, untried}. */
export function probesOf({ probes }) {
  const of = (outcome) => probes.filter((probe) => probe.outcome === outcome);
  return { passed: of("pass"), unconfirmed: of("fail").filter(({ confirmed }) => !confirmed), untried: of("not tried") };
}

/** Probes that share a reason: [[why, probes]]. */
export function byReason(probes) {
  const groups = new Map();
  for (const probe of probes) groups.set(probe.why, [...(groups.get(probe.why) ?? []), probe]);
  return [...groups];
}

/** How many findings of each level: [[level, n]], the gravest first, those without any left out. */
export const counts = ({ findings }) =>
  LEVELS.map((level) => [level, findings.filter((finding) => finding.level === level).length]).filter(([, n]) => n > 0);

/**
 * The bytes that an exception is blamed on: {bytes, from, size, bad}, or null. `from`: the place of the first that
 * is shown, of `size`; `bad`: the place of the one to blame among them.
 */
export function blamed({ deaths }) {
  const death = deaths.find(({ received, bad }) => received && bad !== null);
  if (!death) return null;
  const all = fromBase64(death.received);
  const from = Math.max(0, Math.floor((death.bad - AROUND) / 16) * 16);
  return { bytes: all.subarray(from, from + AROUND * 4), from, size: all.length, bad: death.bad - from };
}

/** What was sent, expected and got, as far as it is shown; null where an exception says more, or nothing was. */
export function exchanged({ sent, got, expected_words: expected, deaths }) {
  if (deaths.length || (!sent && !got)) return null;
  return { sent: fromBase64(sent).subarray(0, SHOWN), expected, got: fromBase64(got).subarray(0, SHOWN) };
}

/** How far a check is, 0 to 1. */
export const share = ({ progress }) => (progress ? progress.n / Math.max(1, progress.of) : 0);
