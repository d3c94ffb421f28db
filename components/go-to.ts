// Moving on after a form was accepted. A whole navigation, because the session has just changed: the next page is asked
// for with the new cookie, and nothing that was fetched under the old one lives on.

/** Goes to a page of ours; the back button leads to this one. */
export function goTo(path: string): void {
  location.assign(path);
}

/** Goes to a page of ours in this one's place. */
export function replaceWith(path: string): void {
  location.replace(path);
}

/**
 * Loads this page anew, for whoever the browser is signed in as by now. From its top, where that is said, and empty:
 * after a reload a browser scrolls to where its reader was, and may put back what was typed.
 */
export function startAnew(): void {
  location.replace(location.pathname + location.search);
}
