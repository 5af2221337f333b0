/** The word `simulator` of a setting, in place of an address, with options as in a URL: `simulator?latency=20&errors=0.02`. */
import { Effect, type Scope } from "effect"

export interface Word<Options, E> {
  /** The setting that the word stands in, as in `FOOTBALL_SOURCE`. */
  readonly setting: string
  /** What a number means that is given by this name. */
  readonly options: Readonly<Record<string, (value: number) => Partial<Options>>>
  /** As it could be written: `simulator?latency=20`. */
  readonly example: string
  /** Serves until the scope closes. */
  readonly start: (options: Partial<Options>) => Effect.Effect<{ readonly url: string }, never, Scope.Scope>
  /** The error for a sentence. */
  readonly refuse: (sentence: string) => E
}

/** Starts what a setting's text stands for, and gives its URL; undefined: it is not the word. */
export const standIn = <Options extends object, E>({ example, options, refuse, setting, start }: Word<Options, E>) =>
  Effect.fnUntraced(function*(text: string): Effect.fn.Return<string | undefined, E, Scope.Scope> {
    if (!/^simulator(\?|$)/.test(text)) return undefined
    let given: Partial<Options> = {}
    for (const [name, figure] of new URLSearchParams(text.slice("simulator".length).replace(/^\?/, ""))) {
      const option = options[name]
      const value = Number(figure)
      if (option === undefined || figure.trim() === "" || !Number.isFinite(value) || value < 0) {
        const wanted = `simulator, or simulator? with ${Object.keys(options).join(", ")}, as in ${example}`
        return yield* Effect.fail(refuse(`${setting} is "${text}", whose "${name}=${figure}" is no option of the simulator; write ${wanted}.`))
      }
      given = { ...given, ...option(value) }
    }
    return (yield* start(given)).url
  })
