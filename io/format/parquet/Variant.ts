/** Variants in Parquet's binary encoding: values that bring their own types, and the names of their fields apart from them. */
import { BigDecimal } from "effect"
import { isUtf8 } from "node:buffer"
import { refuse } from "../FormatError.ts"
import { natural } from "./Leaf.ts"

const damaged = (): never => refuse("the variant is damaged")

/** Little endian integers and parts of bytes, none of which lies outside of them. */
const within = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const part = (at: number, length: number): Uint8Array => at + length > bytes.length ? damaged() : bytes.subarray(at, at + length)
  return {
    view,
    part,
    unsigned: (at: number, width: number): number => part(at, width).reduceRight((sum, byte) => sum * 256 + byte, 0),
    text: (at: number, length: number): string => {
      const found = part(at, length)
      return isUtf8(found) ? Buffer.from(found).toString("utf8") : refuse("a text of the variant is no UTF-8")
    }
  }
}

/** The names of fields. */
export const namesOf = (metadata: Uint8Array): ReadonlyArray<string> => {
  const { text, unsigned } = within(metadata)
  const header = unsigned(0, 1)
  if ((header & 15) !== 1) return refuse(`the variant has version ${header & 15}; expected 1`)
  const width = (header >> 6) + 1
  const count = unsigned(1, width)
  const offset = (i: number) => unsigned(1 + width * (i + 1), width)
  const base = 1 + width * (count + 2)
  if (base > metadata.length) return damaged()
  return Array.from({ length: count }, (_, i) => offset(i + 1) < offset(i) ? damaged() : text(base + offset(i), offset(i + 1) - offset(i)))
}

const day = natural({ tag: "day" })
const time = natural({ tag: "time", unit: "MICROS" })
const uuid = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
const moments = [
  natural({ tag: "moment", unit: "MICROS", utc: true }), natural({ tag: "moment", unit: "MICROS", utc: false }),
  natural({ tag: "moment", unit: "NANOS", utc: true }), natural({ tag: "moment", unit: "NANOS", utc: false })
] as const

/** A value as it is, exactly: see `natural`. Throws `Refused`. */
export const valueOf = (bytes: Uint8Array, names: ReadonlyArray<string>): unknown => {
  const { part, text, unsigned, view } = within(bytes)
  // Each value takes a byte at least: more of them lie over each other, and would multiply.
  let values = 0

  const primitive = (type: number, at: number): unknown => {
    const need = (length: number) => void part(at, length)
    const int64 = () => {
      need(8)
      return view.getBigInt64(at, true)
    }
    const decimal = (width: number) => {
      const scale = unsigned(at, 1)
      const digits = part(at + 1, width).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
      return BigDecimal.make(BigInt.asIntN(width * 8, digits), scale)
    }
    switch (type) {
      case 0: return null
      case 1: return true
      case 2: return false
      case 3: return (unsigned(at, 1) << 24) >> 24
      case 4: return (unsigned(at, 2) << 16) >> 16
      case 5: return unsigned(at, 4) | 0
      case 6: return int64()
      case 7: need(8); return view.getFloat64(at, true)
      case 8: return decimal(4)
      case 9: return decimal(8)
      case 10: return decimal(16)
      case 11: return day(unsigned(at, 4) | 0)
      case 12: return moments[0](int64())
      case 13: return moments[1](int64())
      case 14: need(4); return view.getFloat32(at, true)
      case 15: return part(at + 4, unsigned(at, 4)).slice()
      case 16: return text(at + 4, unsigned(at, 4))
      case 17: return time(int64())
      case 18: return moments[2](int64())
      case 19: return moments[3](int64())
      case 20: return uuid(part(at, 16))
      default: return refuse(`the variant has a value of the unknown type ${type}`)
    }
  }

  /** Where the elements begin that a list of offsets tells of. */
  const elements = (at: number, count: number, width: number): ReadonlyArray<number> => {
    part(at, (count + 1) * width)
    const base = at + (count + 1) * width
    const starts = Array.from({ length: count }, (_, i) => base + unsigned(at + i * width, width))
    return new Set(starts).size === count ? starts : damaged()
  }

  const read = (at: number, depth: number): unknown => {
    if (++values > bytes.length || depth > 200) return damaged()
    const head = unsigned(at, 1)
    const [basic, header] = [head & 3, head >> 2]
    if (basic === 0) return primitive(header, at + 1)
    if (basic === 1) return text(at + 1, header)
    const width = (header & 3) + 1
    const isLarge = (header & (basic === 2 ? 16 : 4)) !== 0
    const count = unsigned(at + 1, isLarge ? 4 : 1)
    const start = at + (isLarge ? 5 : 2)
    if (basic === 3) return elements(start, count, width).map((element) => read(element, depth + 1))
    const idWidth = ((header >> 2) & 3) + 1
    const fields = elements(start + count * idWidth, count, width).map((element, i): readonly [string, unknown] =>
      [names[unsigned(start + i * idWidth, idWidth)] ?? damaged(), read(element, depth + 1)])
    return new Set(fields.map(([name]) => name)).size === count ? Object.fromEntries(fields) : damaged()
  }
  return read(0, 0)
}
