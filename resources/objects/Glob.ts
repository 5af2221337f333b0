/** Patterns of keys: which they match, and what every key that they match begins with. */
import { failure } from "./ObjectStoreError.ts"

export interface Pattern {
  /** Every key that matches begins with this. */
  readonly prefix: string
  readonly matches: (key: string) => boolean
  /** No key that matches has a "/" behind the prefix. */
  readonly flat: boolean
}

const special = /[*?[{]/

/** Whether a text says more than how keys begin. */
export const isGlob = (text: string): boolean => special.test(text)

const literal = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&")
const inClass = (char: string): string => char === "-" ? "\\-" : literal(char)

/** A pattern that cannot be read; the message completes "… is no pattern: ". */
export class BadPattern extends Error {}

/** The class of characters that begins at `at`, and where it ends. */
const classOf = (chars: ReadonlyArray<string>, at: number): readonly [string, number] => {
  let i = at + 1
  const negated = chars[i] === "!" || chars[i] === "^"
  if (negated) i++
  const first = i
  let body = ""
  // A "]" that stands first is one of the characters.
  while (i < chars.length && (chars[i] !== "]" || i === first)) {
    const [from, dash, to] = [chars[i]!, chars[i + 1], chars[i + 2]]
    if (dash === "-" && to !== undefined && to !== "]") {
      if (from.codePointAt(0)! > to.codePointAt(0)!) throw new BadPattern(`the range ${from}-${to} is the wrong way round`)
      body += `${inClass(from)}-${inClass(to)}`
      i += 3
    } else {
      body += inClass(from)
      i++
    }
  }
  if (i >= chars.length) throw new BadPattern(`"[" has no "]"`)
  return [negated ? `[^${body}/]` : `(?!/)[${body}]`, i]
}

const sourceOf = (glob: string): string => {
  const chars = Array.from(glob)
  let source = ""
  let depth = 0
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!
    if (char === "*") {
      const from = i
      while (chars[i + 1] === "*") i++
      const wholePart = i - from === 1 && (from === 0 || "/{,".includes(chars[from - 1]!))
      if (wholePart && chars[i + 1] === "/") {
        source += "(?:.*/)?"
        i++
      } else {
        source += wholePart && (i + 1 === chars.length || (depth > 0 && ",}".includes(chars[i + 1]!))) ? ".*" : "[^/]*"
      }
    } else if (char === "?") source += "[^/]"
    else if (char === "[") {
      const [text, end] = classOf(chars, i)
      source += text
      i = end
    } else if (char === "{") {
      depth++
      source += "(?:"
    } else if (char === "}" && depth > 0) {
      depth--
      source += ")"
    } else if (char === "," && depth > 0) source += "|"
    else source += literal(char)
  }
  if (depth > 0) throw new BadPattern(`"{" has no "}"`)
  return source
}

/** Throws `BadPattern`. */
export const parse = (text: string): Pattern => {
  const from = text.search(special)
  if (from === -1) return { prefix: text, matches: (key) => key.startsWith(text), flat: false }
  const pattern = new RegExp(`^${sourceOf(text)}$`, "su")
  const rest = text.slice(from)
  return { prefix: text.slice(0, from), matches: (key) => pattern.test(key), flat: !rest.includes("/") && !rest.includes("**") }
}

/** Throws `ObjectStoreError`. */
export const of = (uri: string, text: string): Pattern => {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof BadPattern)) throw error
    throw failure("invalid", uri, `${uri} is no pattern: ${error.message}; a character of a pattern is itself in brackets, as in [[].`)
  }
}
