/** A line of progress: on a terminal one that is written over, elsewhere one every ten seconds. */

export interface Screen {
  readonly show: (line: string) => void
  readonly close: () => void
}

/** Elsewhere, of so many lines one is written. */
const every = 10

/** A terminal that does not know its width says 0. */
const widthOf = ({ columns }: NodeJS.WriteStream): number => Math.max(20, columns > 0 ? columns : 80)

/** Writes to standard error; nothing where standard output is for programs. */
export const make = (quiet: boolean, out: NodeJS.WriteStream = process.stderr): Screen => {
  let count = 0
  let isOpen = false
  if (quiet) return { show: () => {}, close: () => {} }
  if (!out.isTTY) {
    return {
      show: (line) => {
        if (count++ % every === 0) out.write(`${line}\n`)
      },
      close: () => {}
    }
  }
  return {
    show: (line) => {
      isOpen = true
      out.write(`\r\u001b[2K${line.slice(0, widthOf(out) - 1)}`)
    },
    close: () => {
      if (isOpen) out.write("\n")
      isOpen = false
    }
  }
}
