// The look of a cell, for the head of the table (on the server) and its rows (delivery-rows.tsx).
export const CELL = "px-3 py-2";
/** Of cells that are seen, and heard, on wide screens alone. */
export const WIDE_CELL = `${CELL} hidden lg:table-cell`;
