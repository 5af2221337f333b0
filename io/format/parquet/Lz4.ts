/** LZ4 blocks, plain and as Hadoop frames them: the two forms of Parquet's LZ4. */

const fault = (): never => {
  throw new Error("the LZ4 data is damaged")
}

/** One block. */
export const lz4 = (input: Uint8Array, outputLength: number): Uint8Array => {
  const output = new Uint8Array(outputLength)
  let from = 0
  let to = 0
  const length = (start: number): number => {
    let sum = start
    if (start === 15) {
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
    if (from + literals > input.length || to + literals > outputLength) fault()
    output.set(input.subarray(from, from + literals), to)
    from += literals
    to += literals
    if (from >= input.length) break
    const offset = (input[from] ?? 0) | ((input[from + 1] ?? fault()) << 8)
    from += 2
    const match = length(token & 15) + 4
    if (offset === 0 || offset > to || to + match > outputLength) fault()
    if (offset >= match) {
      output.copyWithin(to, to - offset, to - offset + match)
      to += match
    } else for (let i = 0; i < match; i++, to++) output[to] = output[to - offset] ?? 0
  }
  return to === outputLength ? output : fault()
}

/** Blocks, each after its unpacked and its packed length; files of other writers have one plain block instead. */
export const lz4Hadoop = (input: Uint8Array, outputLength: number): Uint8Array => {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const parts: Array<Uint8Array> = []
  let from = 0
  let total = 0
  while (from + 8 <= input.length && total < outputLength) {
    const unpacked = view.getUint32(from)
    const packed = view.getUint32(from + 4)
    if (total + unpacked > outputLength || from + 8 + packed > input.length) return lz4(input, outputLength)
    try {
      parts.push(lz4(input.subarray(from + 8, from + 8 + packed), unpacked))
    } catch {
      return lz4(input, outputLength)
    }
    from += 8 + packed
    total += unpacked
  }
  return total === outputLength && from === input.length ? Buffer.concat(parts) : lz4(input, outputLength)
}
