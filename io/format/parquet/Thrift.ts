/** Structs in Thrift's compact protocol, walked through before they are read: damaged sizes are found without believing them. */

const fault = (): never => {
  throw new Error("its metadata is damaged")
}

/** Gives the offset after the struct that begins at `start`. Throws where it does not fit into the bytes. */
export const endOfStruct = (bytes: Uint8Array, start: number): number => {
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
  const skip = (type: number, depth: number, inList: boolean): void => {
    switch (type) {
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
        for (let i = 0; i < size; i++) skip(header & 15, depth + 1, true)
        break
      }
      case 12:
        struct(depth + 1)
        break
      default:
        fault()
    }
    if (at > bytes.length) fault()
  }
  const struct = (depth: number): void => {
    if (depth > 32) fault()
    for (;;) {
      const header = bytes[at++] ?? fault()
      if (header === 0) return
      if (header >> 4 === 0) varint()
      skip(header & 15, depth, false)
    }
  }
  struct(0)
  return at
}
