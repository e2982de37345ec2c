/* What this browser remembers between visits: theme, presentation size, language. */

/** Keep a choice; null forgets it. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(`sl.${name}`);
    else localStorage.setItem(`sl.${name}`, value);
  } catch {
    // Storage may be forbidden: the choice holds for this visit.
  }
}
