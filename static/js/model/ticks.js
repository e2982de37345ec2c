/* How a loop's ticks are drawn; pure. */

/** The height of a bar for a time, 0..1 by its logarithm: 1 µs is nothing, ten seconds are all. */
export const tall = (us) => (us > 0 ? Math.min(1, Math.max(0.04, Math.log10(us + 1) / 7)) : 0);
