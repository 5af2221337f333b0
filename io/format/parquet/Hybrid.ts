/**
 * Levels and dictionary indexes: runs of one value, and groups of packed bits. A damaged length of a few bytes could claim
 * thousands of millions of values, so that no run goes beyond the values that are wanted.
 */

const ended = (): never => {
  throw new Error("a page ends before its values do")
}

type Into = Uint8Array | Uint32Array

/** Fills `into`; gives the offset after what was read. Throws an Error where the bytes end first. */
export const decode = (bytes: Uint8Array, start: number, width: number, into: Into): number => {
  if (width > 32) throw new Error(`values of ${width} bits are no indexes`)
  const { length } = into
  const end = bytes.length
  let at = start
  let filled = 0
  while (filled < length) {
    let header = 0
    let scale = 1
    for (let byte = 128; byte >= 128; scale *= 128) {
      if (at >= end || scale > 2 ** 35) return ended()
      byte = bytes[at++]!
      header += (byte & 127) * scale
    }
    if (header % 2 === 0) {
      let value = 0
      for (let i = 0; i < width; i += 8) {
        if (at >= end) return ended()
        value += bytes[at++]! * 2 ** i
      }
      const stop = Math.min(length, filled + header / 2)
      into.fill(value, filled, stop)
      filled = stop
    } else {
      const groups = (header - 1) / 2
      filled = unpack(bytes, at, width, into, filled, Math.min(length, filled + groups * 8))
      at = Math.min(end, at + groups * width)
    }
  }
  return at
}

/** Packed from the lowest bit on; the last group may be cut off behind the last value. */
const unpack = (bytes: Uint8Array, start: number, width: number, into: Into, from: number, stop: number): number => {
  if (start + Math.ceil((stop - from) * width / 8) > bytes.length) return ended()
  if (width === 8) {
    for (let i = from; i < stop; i++) into[i] = bytes[start + i - from]!
    return stop
  }
  let at = start
  let bits = 0
  let held = 0
  if (width > 24) {
    // More than 31 bits cannot be held at once.
    for (let i = from; i < stop; i++) {
      let value = 0
      for (let bit = 0; bit < width; bit++) {
        const place = (i - from) * width + bit
        if ((bytes[start + (place >> 3)]! >> (place & 7)) & 1) value += 2 ** bit
      }
      into[i] = value
    }
    return stop
  }
  const mask = (1 << width) - 1
  for (let i = from; i < stop; i++) {
    while (held < width) {
      bits |= bytes[at++]! << held
      held += 8
    }
    into[i] = bits & mask
    bits >>>= width
    held -= width
  }
  return stop
}

/** Of old writers: levels packed from the highest bit on, without runs. */
export const decodePacked = (bytes: Uint8Array, start: number, width: number, into: Into): number => {
  const end = start + Math.ceil(into.length * width / 8)
  if (end > bytes.length) return ended()
  for (let i = 0; i < into.length; i++) {
    let value = 0
    for (let bit = 0; bit < width; bit++) {
      const place = i * width + bit
      value = value * 2 + ((bytes[start + (place >> 3)]! >> (7 - (place & 7))) & 1)
    }
    into[i] = value
  }
  return end
}

export const widthOf = (most: number): number => 32 - Math.clz32(most)
