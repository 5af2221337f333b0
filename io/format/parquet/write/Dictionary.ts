/**
 * The distinct values of a column in a row group, by their bytes: pages then say them by index. It is given up where it does
 * not halve the first page, and closed where it would grow beyond its bounds; pages after that have their values themselves.
 * A column without one is asked again some row groups later: to look at it costs as much as to write it.
 */
import type { Values } from "./Values.ts"

const maxEntries = 32 * 1024

/** Row groups after one that had no dictionary. */
const pause = 7

/** The indexes of a page, for all columns: they are packed before another page is looked at. Pages of more values have none. */
const indexes = new Uint32Array(32 * 1024)

/** Bits that tell so many entries apart. */
export const widthOf = (entries: number): number => entries <= 1 ? 0 : 32 - Math.clz32(entries - 1)

/** Four bytes at a time, and no object for a value (FNV-1a, with its high bits mixed into the low ones). */
const hashOf = (bytes: Buffer, start: number, end: number): number => {
  let hash = 0x811c9dc5
  let at = start
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)), 0x01000193)
    hash ^= hash >>> 15
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return hash ^ (hash >>> 15)
}

export class Dictionary {
  count = 0
  /** The entries in the encoding PLAIN, one behind the other. */
  #bytes: Buffer = Buffer.allocUnsafeSlow(1024)
  #length = 0
  /** Where each entry begins. */
  #starts = new Uint32Array(256)
  /** A table of hashes, at most half full: 0, or an entry and 1. */
  #slots = new Uint16Array(512)
  #isClosed = false
  /** Row groups that are not looked at any more. */
  #paused = 0
  readonly #most: number

  /** Of at most so many bytes. */
  constructor(bytes: number) {
    this.#most = bytes
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** The index of each value of a page, good until any next one; undefined for a page that has its values themselves. */
  indexesOf({ bytes, count, length, width }: Values): Uint32Array | undefined {
    if (this.#isClosed || count === 0 || count > indexes.length) return undefined
    const [entries, size] = [this.count, this.#length]
    // Beyond that it can win nothing any more.
    const most = entries === 0 ? Math.min(this.#most, length / 2) : this.#most
    let at = 0
    for (let i = 0; i < count && this.#length <= most && this.count <= maxEntries; i++) {
      const end = at + (width ?? 4 + bytes.readUInt32LE(at))
      indexes[i] = this.#indexOf(bytes, at, end)
      at = end
    }
    const isSmaller = entries > 0 || this.#length + count * widthOf(this.count) / 8 <= length / 2
    if (at === length && this.#length <= most && this.count <= maxEntries && isSmaller) return indexes.subarray(0, count)
    this.#isClosed = true
    if (entries === 0) this.#paused = pause + 1
    this.count = entries
    this.#length = size
    return undefined
  }

  /** For the next row group. */
  clear(): void {
    this.count = this.#length = 0
    this.#paused = Math.max(0, this.#paused - 1)
    this.#isClosed = this.#paused > 0
    this.#slots.fill(0)
  }

  #indexOf(bytes: Buffer, start: number, end: number): number {
    const mask = this.#slots.length - 1
    let slot = hashOf(bytes, start, end) & mask
    for (;;) {
      const entry = this.#slots[slot]! - 1
      if (entry < 0) break
      if (this.#is(entry, bytes, start, end)) return entry
      slot = (slot + 1) & mask
    }
    this.#add(bytes, start, end)
    if (this.count * 2 > this.#slots.length) this.#rehash()
    else this.#slots[slot] = this.count
    return this.count - 1
  }

  #endOf(entry: number): number {
    return entry + 1 < this.count ? this.#starts[entry + 1]! : this.#length
  }

  #is(entry: number, bytes: Buffer, start: number, end: number): boolean {
    const from = this.#starts[entry]!
    if (this.#endOf(entry) - from !== end - start) return false
    const own = this.#bytes
    for (let i = 0; i < end - start; i++) if (own[from + i] !== bytes[start + i]) return false
    return true
  }

  #add(bytes: Buffer, start: number, end: number): void {
    const size = this.#length + end - start
    if (size > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(size * 2)
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    const own = this.#bytes
    for (let i = start, at = this.#length; i < end; i++) own[at++] = bytes[i]!
    if (this.count === this.#starts.length) {
      const starts = new Uint32Array(this.count * 2)
      starts.set(this.#starts)
      this.#starts = starts
    }
    this.#starts[this.count++] = this.#length
    this.#length = size
  }

  /** A table with room for twice as many. */
  #rehash(): void {
    const slots = new Uint16Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let entry = 0; entry < this.count; entry++) {
      let slot = hashOf(this.#bytes, this.#starts[entry]!, this.#endOf(entry)) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = entry + 1
    }
    this.#slots = slots
  }
}
