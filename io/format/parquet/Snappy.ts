/** Snappy blocks. hyparquet's reader takes a damaged length as negative, and goes back over millions of bytes that are not there. */

const fault = (): never => {
  throw new Error("the snappy data is damaged")
}

/** Shorter parts are copied byte by byte, which costs less than a view of them. */
const long = 32

/** Throws an Error where it is not so many bytes that come of it. */
export const snappy = (input: Uint8Array, outputLength: number): Uint8Array => {
  const output = new Uint8Array(outputLength)
  const end = input.length
  let from = 0
  let to = 0
  const number = (bytes: number): number => {
    if (from + bytes > end) fault()
    let value = 0
    for (let i = 0; i < bytes; i++) value += input[from++]! * 256 ** i
    return value
  }
  let [told, scale, byte] = [0, 1, 128]
  for (; byte >= 128; scale *= 128) {
    if (scale > 2 ** 28) fault()
    byte = number(1)
    told += (byte & 127) * scale
  }
  if (told !== outputLength) fault()
  while (from < end) {
    const tag = input[from++]!
    const kind = tag & 3
    if (kind === 0) {
      const short = tag >> 2
      const length = (short < 60 ? short : number(short - 59)) + 1
      if (from + length > end || to + length > outputLength) fault()
      if (length < long) for (let i = 0; i < length; i++) output[to + i] = input[from + i]!
      else output.set(input.subarray(from, from + length), to)
      from += length
      to += length
      continue
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    const offset = kind === 1 ? (tag >> 5) * 256 + number(1) : number(kind === 2 ? 2 : 4)
    if (offset === 0 || offset > to || to + length > outputLength) fault()
    if (offset >= length && length >= long) output.copyWithin(to, to - offset, to - offset + length)
    else for (let i = 0; i < length; i++) output[to + i] = output[to + i - offset]!
    to += length
  }
  return to === outputLength ? output : fault()
}
