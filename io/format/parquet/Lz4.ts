/** LZ4 blocks, plain and as Hadoop frames them: the two forms of Parquet's LZ4. */

const fault = (): never => {
  throw new Error("the LZ4 data is damaged")
}

/** One block, put into `output` from `start` on and up to `limit` at most. Gives the offset behind it. */
const unpack = (input: Uint8Array, output: Uint8Array, start: number, limit: number): number => {
  let from = 0
  let to = start
  const length = (first: number): number => {
    let sum = first
    if (first === 15) {
      for (;;) {
        const byte = input[from++] ?? fault()
        sum += byte
        if (byte !== 255) break
      }
    }
    return sum
  }
  while (from < input.length) {
    const token = input[from++] ?? fault()
    const literals = length(token >> 4)
    if (from + literals > input.length || to + literals > limit) fault()
    output.set(input.subarray(from, from + literals), to)
    from += literals
    to += literals
    if (from >= input.length) break
    const offset = (input[from] ?? 0) | ((input[from + 1] ?? fault()) << 8)
    from += 2
    const match = length(token & 15) + 4
    if (offset === 0 || offset > to - start || to + match > limit) fault()
    if (offset >= match) {
      output.copyWithin(to, to - offset, to - offset + match)
      to += match
    } else for (let i = 0; i < match; i++, to++) output[to] = output[to - offset] ?? 0
  }
  return to
}

/** One block. */
export const lz4 = (input: Uint8Array, outputLength: number): Uint8Array => {
  const output = new Uint8Array(outputLength)
  return unpack(input, output, 0, outputLength) === outputLength ? output : fault()
}

/**
 * Unpacked lengths, and after each of them blocks that together have it, each after its packed length: what was written in
 * one piece of more than Hadoop's buffer has several.
 */
const framed = (input: Uint8Array, outputLength: number): Uint8Array => {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const output = new Uint8Array(outputLength)
  let from = 0
  let to = 0
  const number = (): number => {
    if (from + 4 > input.length) fault()
    from += 4
    return view.getUint32(from - 4)
  }
  while (from < input.length) {
    const end = to + number()
    if (end > outputLength) fault()
    while (to < end) {
      const packed = number()
      if (packed === 0 || from + packed > input.length) fault()
      to = unpack(input.subarray(from, from + packed), output, to, end)
      from += packed
    }
  }
  return to === outputLength ? output : fault()
}

/** As Hadoop frames it; files of other writers have one plain block instead. */
export const lz4Hadoop = (input: Uint8Array, outputLength: number): Uint8Array => {
  try {
    return framed(input, outputLength)
  } catch {
    return lz4(input, outputLength)
  }
}
