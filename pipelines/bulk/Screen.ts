/** A line of progress: on a terminal one that is written over, elsewhere one every ten seconds. */

export interface Screen {
  readonly show: (line: string) => void
  /** What is longer is cut off. */
  readonly width: () => number
  /** A line that stays. */
  readonly say: (line: string) => void
  readonly close: () => void
}

/** Back to the beginning of a line that is empty. */
const clear = "\r\u001b[2K"

/** Elsewhere, of so many lines one is written. */
const every = 10

/** A terminal that does not know its width says 0. */
const widthOf = ({ columns }: NodeJS.WriteStream): number => Math.max(20, columns > 0 ? columns : 80)

/** Writes to standard error; no progress where standard output is for programs. */
export const make = (quiet: boolean, out: NodeJS.WriteStream = process.stderr): Screen => {
  let count = 0
  let isOpen = false
  const say = (line: string) => void out.write(`${line}\n`)
  const width = () => out.isTTY ? widthOf(out) - 1 : Number.POSITIVE_INFINITY
  if (quiet) return { show: () => {}, width, say, close: () => {} }
  if (!out.isTTY) {
    let unsaid: string | undefined
    return {
      show: (line) => {
        unsaid = count++ % every === 0 ? void say(line) : line
      },
      width,
      say,
      // How it ended is always of interest.
      close: () => {
        if (unsaid !== undefined) say(unsaid)
        unsaid = undefined
      }
    }
  }
  return {
    show: (line) => {
      isOpen = true
      out.write(`${clear}${line.slice(0, width())}`)
    },
    width,
    say: (line) => {
      say(isOpen ? `${clear}${line}` : line)
      isOpen = false
    },
    close: () => {
      if (isOpen) out.write("\n")
      isOpen = false
    }
  }
}
