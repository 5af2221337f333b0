/** The line `sep=;` that Excel understands at the beginning of a file: it says what separates the cells, and is no header. */

/** So many bytes tell whether it is there. */
export const longest = 9

export interface Sep {
  readonly delimiter: string
  /** Of the line, with its end. */
  readonly length: number
}

const pattern = /^(?:sep=(.)|"sep=(.)")\r?\n/

/** `head` is what follows the byte order mark, in an encoding of a byte a character. */
export const detect = (head: Uint8Array): Sep | undefined => {
  const [line, plain, quoted] = pattern.exec(Buffer.from(head.subarray(0, longest)).toString("latin1")) ?? []
  const delimiter = plain ?? quoted
  return line === undefined || delimiter === undefined ? undefined : { delimiter, length: line.length }
}
