/**
 * Integers as differences (DELTA_BINARY_PACKED): blocks of some miniblocks, each packed as narrow as its differences allow.
 * Of 64 bits both halves are added apart: as bigints they took twice to seven times as long.
 */

const damaged = (): never => {
  throw new Error("the differences of a page are damaged")
}

/** Up to 32 bits from a bit on, the lowest first; what lies behind the bytes is 0. */
const bitsAt = (bytes: Uint8Array, start: number, bit: number, width: number): number => {
  const at = start + (bit >>> 3)
  const shift = bit & 7
  let value = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> shift
  if (shift + width > 32) value |= bytes[at + 4]! << (32 - shift)
  return width === 32 ? value : value & ((1 << width) - 1)
}

const two32 = 4294967296

/**
 * Fills `into` from an offset of the page on: 32-bit integers, or 64-bit ones as pairs of a low and a high half. Gives the
 * offset behind them. Throws an Error that tells the damage.
 */
export const decode = (page: Uint8Array, start: number, count: number, into: Int32Array, bits: 32 | 64): number => {
  let at = start
  // The halves of the number that was read last.
  let low = 0
  let high = 0
  const varint = (): void => {
    low = 0
    high = 0
    for (let shift = 0; ; shift += 7) {
      const byte = page[at++] ?? damaged()
      const part = byte & 127
      if (shift < 28) low |= part << shift
      else if (shift === 28) {
        low |= part << 28
        high = part >>> 4
      } else if (shift < 64) high |= part << (shift - 32)
      else damaged()
      if (byte < 128) return
    }
  }
  const unsigned = (): number => {
    varint()
    return (high >>> 0) * two32 + (low >>> 0)
  }
  const zigzag = (): void => {
    varint()
    const sign = -(low & 1)
    low = ((low >>> 1) | (high << 31)) ^ sign
    high = (high >>> 1) ^ sign
  }
  const [block, miniblocks, total] = [unsigned(), unsigned(), unsigned()]
  const size = block / miniblocks
  if (block === 0 || block > 2 ** 20 || miniblocks > block || !Number.isInteger(size) || size % 8 !== 0) damaged()
  if (total < count) throw new Error(`a page has ${total} differences for ${count} values`)
  zigzag()
  let [lowest, highest] = [low, high]
  const step = bits === 64 ? 2 : 1
  const end = count * step
  let filled = 0
  const put = (): void => {
    into[filled] = lowest
    if (step === 2) into[filled + 1] = highest
    filled += step
  }
  put()
  while (filled < end) {
    zigzag()
    const [leastLow, leastHigh] = [low, high]
    const widths = at
    at += miniblocks
    if (at > page.length) damaged()
    for (let m = 0; m < miniblocks && filled < end; m++) {
      const width = page[widths + m]!
      const wanted = Math.min(size, (end - filled) / step)
      // Some writers pack differences of 32-bit integers in 33: what is above wraps around.
      if (width > 64 || at + Math.ceil(wanted * width / 8) > page.length) damaged()
      const below = Math.min(width, 32)
      for (let i = 0; i < wanted; i++) {
        const addLow = below === 0 ? 0 : bitsAt(page, at, i * width, below)
        if (step === 1) {
          lowest = (lowest + leastLow + addLow) | 0
          into[filled++] = lowest
          continue
        }
        const addHigh = width > 32 ? bitsAt(page, at, i * width + 32, width - 32) : 0
        const least = (leastLow >>> 0) + (addLow >>> 0)
        const sum = (lowest >>> 0) + least
        highest = (highest + leastHigh + addHigh + Math.floor(sum / two32)) | 0
        lowest = sum | 0
        put()
      }
      at += size * width / 8
    }
  }
  // The last miniblock may be cut off behind its last value.
  return Math.min(at, page.length)
}
