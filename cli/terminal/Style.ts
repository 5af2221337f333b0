/** Colours of the terminal: only where a person looks on, respecting NO_COLOR, FORCE_COLOR and TERM=dumb. */

export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
}

/** https://no-color.org and https://force-color.org: a variable counts when it is not empty. */
export const hasColour = (isTerminal: boolean, env: NodeJS.ProcessEnv): boolean => {
  if ((env["NO_COLOR"] ?? "") !== "") return false
  const force = env["FORCE_COLOR"] ?? ""
  if (force !== "") return force !== "0" && force.toLowerCase() !== "false"
  return isTerminal && env["TERM"] !== "dumb"
}

export const make = (coloured: boolean): Style => {
  const wrap = (open: number, close: number) => (text: string) =>
    coloured && text !== "" ? `\x1b[${open}m${text}\x1b[${close}m` : text
  return {
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    red: wrap(31, 39),
    green: wrap(32, 39),
    yellow: wrap(33, 39),
    cyan: wrap(36, 39)
  }
}

/** For standard output. */
export const out: Style = make(hasColour(process.stdout.isTTY === true, process.env))

/** For standard error. */
export const err: Style = make(hasColour(process.stderr.isTTY === true, process.env))

/** A cell's state in its colour. */
export const state = (style: Style, name: string): ((text: string) => string) => {
  switch (name) {
    case "fresh":
    case "succeeded":
    case "materialized":
    case "passed":
      return style.green
    case "failed":
    case "lost":
      return style.red
    case "stale":
    case "cancelled":
    case "skipped":
    case "warn":
      return style.yellow
    case "running":
      return style.cyan
    default:
      return style.dim
  }
}
