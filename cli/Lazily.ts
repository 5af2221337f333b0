/** How a command's work is loaded. */
import * as Effect from "effect/Effect"

/** Loads what a command needs only when it is run: `--help`, typing errors and other commands do without it. */
export const lazily = <M, A, E, R>(
  load: () => Promise<M>,
  work: (module: M) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => Effect.flatMap(Effect.promise(load), work)
