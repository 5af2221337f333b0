/** Where something is that a user names on the command line. */
import { Effect } from "effect"
import { Cli } from "sluice"

const isUri = (text: string): boolean => /^[a-z0-9]+:\/\//i.test(text)

/** A URI as it is; a path from the folder in which the command was started, where "/" at its end stays. */
export const of = (given: string): Effect.Effect<string, never, Cli.Deployed> =>
  isUri(given) ? Effect.succeed(given) : Effect.map(Cli.path(given), (path) => given.endsWith("/") && path !== "/" ? `${path}/` : path)
