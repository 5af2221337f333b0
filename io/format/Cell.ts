/** A cell of text ↔ a value: strict, so that nothing is read as something that it is not. */
import { BigDecimal, DateTime, Option } from "effect"
import { isPlainDate, numericPattern } from "../warehouse/Scalar.ts"
import { refuse, shown } from "./FormatError.ts"
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
        const value = numberPattern.test(plain) ? BigDecimal.fromString(plain.replace(/^\+/, "")) : Option.none()
        return Option.isSome(value) ? value.value : refuse(`expected a decimal, found ${shown(text)}`)
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

/** Value → text, that `parser` reads back as the same value. */
export const printer = (kind: Kind, options: Options): (value: unknown) => string => {
  const json = toJson(kind)
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
