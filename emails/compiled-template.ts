// A React Email render costs as much CPU as a password hash (about 15 ms). A mail differs from the next of its kind
// only in a few values, so each kind is rendered once with markers, and the values are put in between afterwards.
import type { ReactElement } from "react";
import { render } from "react-email";

/** Characters that HTML means something by, in text and in quoted attributes, escaped as React does. */
const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#x27;",
};

export function escapeHtml(value: string): string {
  return value.toWellFormed().replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** Plain ASCII letters, so that it is the same in text, in attributes and in addresses. */
const markerOf = (slot: string) => `xLatchkeySlot${Buffer.from(slot).toString("hex")}x`;

/**
 * Renders `element` once, with a marker in place of each of `slots`, and returns what fills it in: the same bytes as
 * a render with the values themselves. Values are escaped, and are never searched for markers. Rejects when a slot is not
 * shown at all, since its value would silently be lost.
 */
export async function compileTemplate<Slot extends string>(
  element: (markers: Record<Slot, string>) => ReactElement,
  slots: readonly Slot[],
): Promise<(values: Record<Slot, string>) => string> {
  const markers = Object.fromEntries(slots.map((slot) => [slot, markerOf(slot)])) as Record<Slot, string>;
  const html = await render(element(markers));
  for (const slot of slots) {
    if (!html.includes(markers[slot])) throw new Error(`The template does not show its value "${slot}"`);
  }
  if (slots.length === 0) return () => html;
  // A capturing group keeps the markers in the result: pieces at even places, markers at odd ones.
  const pieces = html.split(new RegExp(`(${slots.map(markerOf).join("|")})`));
  const slotAt = new Map<string, Slot>(slots.map((slot) => [markers[slot], slot]));
  return (values) =>
    pieces
      .map((piece, index) => {
        const slot = index % 2 === 1 ? slotAt.get(piece) : undefined;
        return slot === undefined ? piece : escapeHtml(values[slot]);
      })
      .join("");
}
