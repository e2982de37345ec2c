/* Times that are measured; a time for people to read is Date.now(). */

/** Unix seconds that never jump, however the system's clock is set meanwhile. */
export const steady = () => (performance.timeOrigin + performance.now()) / 1000;
