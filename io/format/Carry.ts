/** Bytes that wait for the end of their line: every byte is looked at a bounded number of times, however small the chunks. */

export class Carry {
  #buffer: Buffer = Buffer.alloc(0)
  #start = 0
  #end = 0
  /** After the last line end that has come, in the buffer. */
  #boundary = 0
  #wanted = 0
  /** Offset of the first byte that waits. */
  base: number
  readonly #newline: number
  readonly #unit: 1 | 2
  /** In a unit of two bytes, the one that is the newline: 0 of little endian, 1 of big endian. */
  readonly #low: 0 | 1

  constructor(base: number, newline: number, unit: 1 | 2, low: 0 | 1) {
    this.base = base
    this.#newline = newline
    this.#unit = unit
    this.#low = low
  }

  get length(): number {
    return this.#end - this.#start
  }

  /** Offset after the last byte that has come. */
  get offset(): number {
    return this.base + this.length
  }

  push(chunk: Uint8Array): void {
    if (this.length === 0) {
      // Nothing waits: the chunk itself is the buffer, and is not written to.
      this.#buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      this.#start = 0
      this.#end = chunk.length
      this.#boundary = 0
    } else {
      if (this.#end + chunk.length > this.#buffer.length || this.#shared) this.#grow(chunk.length)
      this.#buffer.set(chunk, this.#end)
      this.#end += chunk.length
    }
    this.#shared = this.#buffer.buffer === chunk.buffer
    const boundary = this.#lineEnd(this.#end - chunk.length)
    if (boundary > 0) this.#boundary = boundary
  }

  /** The buffer is somebody's chunk. */
  #shared = false

  #grow(more: number): void {
    // Half of the buffer is free after this, so that moving bytes to its beginning costs no more than bringing them.
    const fits = !this.#shared && (this.length + more) * 2 <= this.#buffer.length
    const next = fits ? this.#buffer : Buffer.allocUnsafeSlow(Math.max(1024, (this.length + more) * 3))
    if (fits) next.copyWithin(0, this.#start, this.#end)
    else next.set(this.#buffer.subarray(this.#start, this.#end))
    this.#boundary = Math.max(0, this.#boundary - this.#start)
    this.#end -= this.#start
    this.#start = 0
    this.#buffer = next
    this.#shared = false
  }

  /** After the last newline at or behind `from`; 0 where there is none. */
  #lineEnd(from: number): number {
    if (this.#unit === 1) {
      const at = this.#buffer.subarray(from, this.#end).lastIndexOf(this.#newline)
      return at < 0 ? 0 : from + at + 1
    }
    const whole = this.#end - ((this.#end - this.#start) & 1)
    for (let at = whole - 2; at >= this.#start && at >= from - 1; at -= 2) {
      if (this.#buffer[at + this.#low] === this.#newline && this.#buffer[at + 1 - this.#low] === 0) return at + 2
    }
    return 0
  }

  /** Whole lines; undefined while there are none, or while so few have come that looking again is not worth it. `all`: it is. */
  lines(all = false): Buffer | undefined {
    if (this.#boundary <= this.#start || (!all && this.length < this.#wanted)) return undefined
    return this.#buffer.subarray(this.#start, this.#boundary)
  }

  rest(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end)
  }

  /** So many bytes are done with; `open`: what is left of the lines is no whole record yet. */
  done(bytes: number, open: boolean): void {
    this.#start += bytes
    this.base += bytes
    // A record of many lines is looked at again when twice as much has come: the sum of all looks stays linear.
    this.#wanted = open ? this.length * 2 : 0
    if (!open) this.#boundary = 0
  }
}
