/* The memory of this browser between visits: theme, presentation size, language, nickname. */

/** kept(name) and keep(name, value), which never throw: theme-boot.js needs them before any module. */
export const { kept, keep } = globalThis.memory;
