/* A control that is off says why when it is pressed: a finger and a key see no tooltip. */

const OFF = '[aria-disabled="true"][title]:not([aria-busy])';

/** Listen for presses; `say(reason)` tells the reader. */
export function startRefusals(say) {
  document.addEventListener("click", ({ target }) => {
    const control = target.closest?.(OFF);
    if (control) say(control.title);
  });
}
