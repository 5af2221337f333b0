/** Structs in Thrift's compact protocol, walked through before they are read: damaged sizes and types are found, and not believed. */
import type { Struct, Type } from "./Structs.ts"

const fault = (): never => {
  throw new Error("its metadata is damaged")
}

/** The number of a type in the bytes. A flag in a struct is 1 for true and 2 for false. */
const codeOf = (type: Type): number => {
  switch (type) {
    case "flag": return 2
    case "byte": return 3
    case "i16": return 4
    case "i32": return 5
    case "i64": return 6
    case "double": return 7
    case "binary": return 8
    default: return isList(type) ? 9 : 12
  }
}

const isList = (type: Type): type is readonly [Type] => Array.isArray(type)

const unknown: Struct = { fields: {}, required: [] }

/** Gives the offset after the struct that begins at `start`. Throws where it does not fit into the bytes, or is another one. */
export const endOfStruct = (bytes: Uint8Array, start: number, of: Struct): number => {
  let at = start
  const varint = (): number => {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at++] ?? fault()
      value += (byte & 127) * scale
      scale *= 128
      if (byte < 128) return value
    }
    return fault()
  }
  /** `type`: what it has to be; undefined for what nobody reads. */
  const skip = (code: number, type: Type | undefined, depth: number, inList: boolean): void => {
    if (type !== undefined && (code === 1 ? 2 : code) !== codeOf(type)) fault()
    switch (code) {
      case 1:
      case 2:
        if (inList) at++
        break
      case 3:
        at++
        break
      case 4:
      case 5:
      case 6:
        varint()
        break
      case 7:
        at += 8
        break
      case 8: {
        const length = varint()
        at += length
        break
      }
      case 9:
      case 10: {
        const header = bytes[at++] ?? fault()
        const size = header >> 4 === 15 ? varint() : header >> 4
        // Every element takes a byte at least.
        if (size > bytes.length - at) fault()
        const inner = type !== undefined && typeof type !== "string" && isList(type) ? type[0] : undefined
        for (let i = 0; i < size; i++) skip(header & 15, inner, depth + 1, true)
        break
      }
      case 12:
        struct(typeof type === "object" && !isList(type) ? type : unknown, depth + 1)
        break
      default:
        fault()
    }
    if (at > bytes.length) fault()
  }
  const struct = ({ fields, required }: Struct, depth: number): void => {
    if (depth > 32) fault()
    let field = 0
    let seen = 0
    for (;;) {
      const header = bytes[at++] ?? fault()
      if (header === 0) break
      const zigzag = header >> 4 === 0 ? varint() : 0
      field = header >> 4 === 0 ? (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2) : field + (header >> 4)
      if (required.includes(field)) seen++
      skip(header & 15, fields[field], depth, false)
    }
    if (seen < required.length) fault()
  }
  struct(of, 0)
  return at
}
