/** The smallest and the largest value of a column in a row group, in the order that its statistics have. */

/** Of numbers; NaN has no place in an order. */
export class NumberBounds {
  least: number | bigint | undefined
  most: number | bigint | undefined

  add(value: number | bigint): void {
    if (this.least === undefined || this.most === undefined) {
      if (value === value) this.least = this.most = value
    } else if (value < this.least) this.least = value
    else if (value > this.most) this.most = value
  }

  clear(): void {
    this.least = this.most = undefined
  }
}

/** By their bytes, and a beginning before what goes on. */
const compare = (a: Uint8Array, start: number, end: number, b: Uint8Array): number => {
  const length = Math.min(end - start, b.length)
  for (let i = 0; i < length; i++) {
    const order = a[start + i]! - b[i]!
    if (order !== 0) return order
  }
  return end - start - b.length
}

/** Of texts and bytes, copied into buffers that are used again: in sorted values each one is the largest so far. */
class Bound {
  #buffer = new Uint8Array(32)
  bytes: Uint8Array | undefined

  set(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(length * 2)
    for (let i = 0; i < length; i++) this.#buffer[i] = bytes[start + i]!
    this.bytes = this.#buffer.subarray(0, length)
  }
}

export class BytesBounds {
  readonly #smallest = new Bound()
  readonly #largest = new Bound()

  get least(): Uint8Array | undefined {
    return this.#smallest.bytes
  }

  get most(): Uint8Array | undefined {
    return this.#largest.bytes
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    const { least, most } = this
    if (least === undefined || compare(bytes, start, end, least) < 0) this.#smallest.set(bytes, start, end)
    if (most === undefined || compare(bytes, start, end, most) > 0) this.#largest.set(bytes, start, end)
  }

  clear(): void {
    this.#smallest.bytes = this.#largest.bytes = undefined
  }
}
