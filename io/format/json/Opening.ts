/** What stands before a value: a brace or a comma, a name and a colon, with the space among them. */

export class Opening<Member> {
  readonly length: number
  /** It is compared four bytes at a time: those at 0, 4, 8 … that are not the last ones; and the last four. */
  readonly words: Int32Array
  readonly last: number
  /** What it opens; undefined for a value that nobody wants. */
  readonly member: Member | undefined

  /** At least four bytes: the shortest is `{"":`. */
  constructor(bytes: Buffer, member: Member | undefined) {
    this.length = bytes.length
    this.words = Int32Array.from({ length: Math.ceil(bytes.length / 4) - 1 }, (_, i) => bytes.readInt32LE(4 * i))
    this.last = bytes.readInt32LE(bytes.length - 4)
    this.member = member
  }
}
