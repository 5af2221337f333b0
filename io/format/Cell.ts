/** A cell of text ↔ a value: strict, so that nothing is read as something that it is not. */
import { DateTime } from "effect"
import { isPlainDate, numericPattern } from "../warehouse/Scalar.ts"
import * as Digits from "./Digits.ts"
import { refuse, shown } from "./FormatError.ts"
import * as Exact from "./json/Exact.ts"
import type { Kind } from "./Kind.ts"
import { fromJson, toJson } from "./json/Value.ts"
import * as Moment from "./Moment.ts"

export interface Options {
  /** The zone of moments that name none. Default: none, they are refused. */
  readonly timezone: string | undefined
  /** What stands between whole and fraction: "." or ",". */
  readonly decimalMark: string
  readonly booleans: ReadonlyMap<string, boolean>
}

const integerPattern = /^[+-]?\d+$/
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const notFinite: Readonly<Record<string, number>> = {
  nan: Number.NaN, inf: Infinity, "+inf": Infinity, "-inf": -Infinity, infinity: Infinity, "+infinity": Infinity, "-infinity": -Infinity
}

/** Text → value. Throws `Refused`. */
export const parser = (kind: Kind, options: Options): (text: string) => unknown => {
  const dotted = options.decimalMark === "."
    ? (text: string) => text
    : (text: string) => (text.includes(".") ? "?" : text.replace(options.decimalMark, "."))
  const number = (text: string): number => {
    const plain = dotted(text)
    if (!numberPattern.test(plain)) return notFinite[text.toLowerCase()] ?? refuse(`expected a number, found ${shown(text)}`)
    const value = Number(plain)
    return Number.isFinite(value) ? value : refuse(`${shown(text)} is beyond the range of a number; read it as Schema.BigDecimal`)
  }
  switch (kind.tag) {
    case "text":
    case "any":
      return (text) => text
    case "integer":
      return (text) => {
        if (!integerPattern.test(text)) return refuse(`expected an integer, found ${shown(text)}`)
        const value = Number(text)
        return Number.isSafeInteger(value) ? value + 0 : refuse(`${text} is beyond ±2^53; read it as Schema.BigInt`)
      }
    case "number":
      return number
    case "finite":
      return (text) => {
        const value = number(text)
        return Number.isFinite(value) ? value : refuse(`expected a finite number, found ${shown(text)}`)
      }
    case "bigint":
      return (text) =>
        integerPattern.test(text) ? BigInt(text.startsWith("+") ? text.slice(1) : text) : refuse(`expected an integer, found ${shown(text)}`)
    case "decimal":
      return (text) => {
        const plain = dotted(text)
        return (numberPattern.test(plain) ? Digits.parse(plain.replace(/^\+/, "")) : undefined) ?? refuse(`expected a decimal, found ${shown(text)}`)
      }
    case "numeric":
      return (text) => {
        const plain = dotted(text)
        return numericPattern.test(plain) ? plain : refuse(`expected a decimal such as -12.50, found ${shown(text)}`)
      }
    case "boolean":
      return (text) =>
        options.booleans.get(text.toLowerCase()) ??
          refuse(`expected ${[...options.booleans.keys()].join(" or ")}, found ${shown(text)}`)
    case "day":
      return (text) => (isPlainDate(text) ? text : refuse(`expected a date such as 2024-02-29, found ${shown(text)}`))
    case "instant":
      return (text) => new Date(Moment.parse(text, options.timezone))
    case "utc":
      return (text) => DateTime.makeUnsafe(Moment.parse(text, options.timezone))
    case "bytes":
    case "list":
    case "struct":
    case "other": {
      const json = fromJson(kind)
      const isText = kind.tag === "bytes"
      return (text) => {
        if (isText) return json(text)
        let value: unknown
        try {
          value = JSON.parse(text)
        } catch {
          // A scalar of another kind, such as a template or a union with text, stands as it is.
          if (kind.tag === "other") return json(text)
          return refuse(`expected JSON, found ${shown(text)}`)
        }
        return json(value, text)
      }
    }
  }
}

/** Whole numbers of so many digits are exact, and so is their quotient by a power of ten: it is rounded as the decimal is. */
const exactDigits = 15
const powers = Array.from({ length: exactDigits + 1 }, (_, i) => 10 ** i)

/** A part of a text → a value, read in place; undefined for what is written in any but the usual way, which is for `parser` to read. */
export type Scan = (text: string, start: number, end: number) => unknown

/** Digits with a sign or none; with a mark among them where there may be one. */
const decimal = (mark: number): Scan => (text, start, end) => {
  const isNegative = text.charCodeAt(start) === 45
  let i = isNegative ? start + 1 : start
  const first = i
  let value = 0
  for (; i < end; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  const whole = i - first
  if (whole === 0) return undefined
  if (i === end) return whole > exactDigits ? undefined : isNegative ? -value : value
  if (text.charCodeAt(i) !== mark) return undefined
  const after = ++i
  for (; i < end; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  const places = end - after
  if (places === 0) return undefined
  if (whole + places > exactDigits) return mark === 46 && whole < 300 ? Number(text.slice(start, end)) : undefined
  const quotient = value / powers[places]!
  return isNegative ? -quotient : quotient
}

const truth = (options: Options): Scan => {
  const texts = [...options.booleans]
  return (text, start, end) => {
    for (const [word, value] of texts) if (word.length === end - start && text.startsWith(word, start)) return value
    return undefined
  }
}

const never: Scan = () => undefined

/** The quick way for what files are full of; what it gives is what `parser` gives. */
export const scanner = (kind: Kind, options: Options): Scan => {
  switch (kind.tag) {
    case "text":
    case "any": return (text, start, end) => text.slice(start, end)
    case "integer": {
      const digits = decimal(-1)
      return (text, start, end) => {
        const value = digits(text, start, end)
        // -0 is 0.
        return value === 0 ? 0 : value
      }
    }
    case "number":
    case "finite": return decimal(options.decimalMark.charCodeAt(0))
    case "boolean": return truth(options)
    case "instant":
      return (text, start, end) => {
        const millis = Moment.written(text, start, end)
        return Number.isNaN(millis) ? undefined : new Date(millis)
      }
    default: return never
  }
}

/** What JSON can begin with. */
const jsonStart = /^[\s\d"{[tfn-]/

/** Whether `parser` would take a text for the JSON of another value. */
const isJson = (text: string): boolean => {
  if (!jsonStart.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Value → text, that `parser` reads back as the same value. */
export const printer = (kind: Kind, options: Options): (value: unknown) => string => {
  const json = toJson(kind)
  if (kind.tag === "other") {
    return (value) => {
      const plain = json(value)
      if (typeof plain === "string" && !isJson(plain)) return plain
      return Object.is(plain, -0) ? "-0" : Exact.stringify(plain)
    }
  }
  const [yes, no] = [true, false].map((side) => [...options.booleans].find(([, value]) => value === side)?.[0] ?? String(side))
  return (value) => {
    const plain = json(value)
    if (typeof plain === "boolean") return (plain ? yes : no) ?? String(plain)
    if (typeof plain === "number") {
      const text = Object.is(plain, -0) ? "-0" : String(plain)
      return options.decimalMark === "." ? text : text.replace(".", options.decimalMark)
    }
    if (typeof plain !== "string") return JSON.stringify(plain)
    const isDecimal = kind.tag === "decimal" || kind.tag === "numeric"
    return isDecimal && options.decimalMark !== "." ? plain.replace(".", options.decimalMark) : plain
  }
}
