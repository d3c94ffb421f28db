// Statements that are asked so often that writing their text anew each time costs more than asking them: Drizzle's own
// prepared statements, kept for as long as the pool they were made for (docs/decisions/033).
import { type Column, type Param, sql } from "drizzle-orm";
import type { Executor } from "./client";

/** A value, or the place in a prepared statement where one will stand. */
export type Given<Value> = Value | Place;
type Place = Param;

/** Where the value of that name will stand, written as `column` writes its own. */
export function place(name: string, column: Column): Place {
  return sql.param(sql.placeholder(name), column);
}

type Prepared<Rows> = { execute(values?: Record<string, unknown>): Promise<Rows> };

/**
 * `build` writes the statement, with `place(…)` for what changes, and ends with `.prepare(name)`. Asked in a
 * transaction it is written anew: a statement belongs to the connection that it was made for.
 */
export function keepPrepared<Values extends Record<string, unknown>, Rows>(
  build: (executor: Executor) => Prepared<Rows>,
): (executor: Executor, values: Values) => Promise<Rows> {
  const kept = new WeakMap<Executor, Prepared<Rows>>();
  return (executor, values) => {
    let prepared = kept.get(executor);
    if (!prepared) {
      prepared = build(executor);
      kept.set(executor, prepared);
    }
    return prepared.execute(values);
  };
}
