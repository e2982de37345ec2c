/* Choosing, counting and cutting log lines; no document. */

export const LEVELS = ["error", "warning", "info", "debug"];

/** Lines of each level; gaps are none. */
export function levelCounts(lines) {
  const counts = Object.fromEntries(LEVELS.map((level) => [level, 0]));
  for (const line of lines) if (line.level in counts) counts[line.level] += 1;
  return counts;
}

/** The lines to show: chosen levels, and only lines with the wanted words when `only` is set. Gaps stay. */
export function chooseLines(lines, { levels, words, only }) {
  const wanted = words.toLowerCase();
  return lines.filter((line) => {
    if (line.gap) return true;
    if (!levels.includes(line.level)) return false;
    return !only || !wanted || line.text.toLowerCase().includes(wanted);
  });
}

/** How many lines hold the words. */
export function matches(lines, words) {
  const wanted = words.toLowerCase();
  return wanted ? lines.filter((line) => !line.gap && line.text.toLowerCase().includes(wanted)).length : 0;
}

/** The parts of a text as [part, whether it matches]. */
export function parts(text, words) {
  if (!words) return [[text, false]];
  const [low, wanted] = [text.toLowerCase(), words.toLowerCase()];
  const found = [];
  let at = 0;
  for (let hit = low.indexOf(wanted); hit >= 0; hit = low.indexOf(wanted, at)) {
    if (hit > at) found.push([text.slice(at, hit), false]);
    found.push([text.slice(hit, hit + wanted.length), true]);
    at = hit + wanted.length;
  }
  if (at < text.length) found.push([text.slice(at), false]);
  return found;
}

/** The rows of a list that can be seen: [first, after the last], with some on either side. */
export function visible({ count, height, top, view, around = 20 }) {
  const first = Math.max(0, Math.floor(top / height) - around);
  return [first, Math.min(count, Math.ceil((top + view) / height) + around)];
}
