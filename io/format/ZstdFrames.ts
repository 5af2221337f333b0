/**
 * Where the frames of zstd data end: Node's decompressor stops after the first one, and a file may have many (pzstd, the
 * seekable format, files that were appended to one another), with skippable ones between them.
 */

/** Little endian: 0xFD2FB528 begins a frame; 0x184D2A50 to 5F one whose content means nothing. */
export type Frame = "content" | "skippable"

/** Of the four bytes that a frame begins with. */
export const kindOf = (head: Uint8Array): Frame | undefined => {
  if (head[1] === 0xb5 && head[0] === 0x28 && head[2] === 0x2f && head[3] === 0xfd) return "content"
  return head[1] === 0x2a && ((head[0] ?? 0) & 0xf0) === 0x50 && head[2] === 0x4d && head[3] === 0x18 ? "skippable" : undefined
}

const lengthOfSize = [0, 2, 4, 8] as const
const lengthOfDictionary = [0, 1, 2, 4] as const

/** Passes over one frame. */
export class FrameWalk {
  readonly #head = new Uint8Array(8)
  #filled = 0
  /** Bytes of the head that are wanted before it can be read. */
  #wanted = 4
  /** Bytes to pass over before the next head. */
  #over = 0
  #state: "magic" | "size" | "descriptor" | "block" | "end" = "magic"
  #checksum = 0
  kind: Frame | undefined

  /** The frame is over. */
  get done(): boolean {
    return this.#state === "end" && this.#over === 0
  }

  /** Gives how many of the bytes belong to the frame. What is no frame is left as it is: 0 bytes, and no `kind`. */
  push(bytes: Uint8Array): number {
    let at = 0
    while (at < bytes.length && !this.done) {
      const passed = Math.min(this.#over, bytes.length - at)
      at += passed
      this.#over -= passed
      if (this.#state === "end" || at === bytes.length) continue
      this.#head[this.#filled++] = bytes[at++] ?? 0
      if (this.#filled < this.#wanted) continue
      this.#filled = 0
      if (!this.#read()) return at
    }
    return at
  }

  /** False where the head is none. */
  #read(): boolean {
    const [first = 0, second = 0, third = 0, fourth = 0] = this.#head
    switch (this.#state) {
      case "magic":
        this.kind = kindOf(this.#head)
        this.#state = this.kind === "skippable" ? "size" : "descriptor"
        this.#wanted = this.kind === "skippable" ? 4 : 1
        return this.kind !== undefined
      case "size":
        this.#over = first + second * 2 ** 8 + third * 2 ** 16 + fourth * 2 ** 24
        this.#state = "end"
        return true
      case "descriptor": {
        const single = (first & 0x20) !== 0
        const size = lengthOfSize[(first >> 6) as 0 | 1 | 2 | 3]
        this.#checksum = (first & 4) === 0 ? 0 : 4
        this.#over = (single ? 0 : 1) + lengthOfDictionary[(first & 3) as 0 | 1 | 2 | 3] + (size === 0 && single ? 1 : size)
        this.#state = "block"
        this.#wanted = 3
        return true
      }
      default: {
        const size = (first >> 3) + second * 2 ** 5 + third * 2 ** 13
        // One byte that is repeated.
        this.#over = (first & 6) === 2 ? 1 : size
        if ((first & 1) === 0) return true
        this.#over += this.#checksum
        this.#state = "end"
        return true
      }
    }
  }
}

/** The frames of data that is in memory; undefined where something else is among them. */
export const framesOf = (bytes: Uint8Array): ReadonlyArray<Uint8Array> | undefined => {
  const frames: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length;) {
    const walk = new FrameWalk()
    const end = at + walk.push(bytes.subarray(at))
    if (!walk.done) return undefined
    if (walk.kind === "content") frames.push(bytes.subarray(at, end))
    at = end
  }
  return frames
}
