/** What the command line has to know before it is parsed: the first word, and the project that is named. */
import * as Option from "effect/Option"

/** Global options whose value is the next word, unless it is behind a "=". */
const withValue = new Set(["--project", "-p", "--log-level", "--completions"])

export interface FirstWord {
  /** Undefined: there are only options. */
  readonly word: string | undefined
  /** The value of --project, wherever it stands. */
  readonly project: Option.Option<string>
}

export const of = (args: ReadonlyArray<string>): FirstWord => {
  let project = Option.none<string>()
  let word: string | undefined
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === "--") break
    if (!arg.startsWith("-")) {
      word ??= arg
      continue
    }
    const [name, value] = arg.includes("=") ? [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)] : [arg, args[i + 1]]
    if (name === "--project" || name === "-p") project = Option.fromUndefinedOr(value)
    if (withValue.has(name) && !arg.includes("=")) i++
  }
  return { word, project }
}
