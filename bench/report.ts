/** One line a case: what, the median, its spread, and the limit or peer it is compared with. */
import { cpus, totalmem } from "node:os"

export interface Case {
  readonly name: string
  /** One figure a round. */
  readonly rounds: ReadonlyArray<number>
  readonly unit: string
  readonly note?: string
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export const quantile = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN

const figure = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString("en") : value >= 10 ? value.toFixed(1) : value.toFixed(3)

export const print = ({ name, note, rounds, unit }: Case): void => {
  const spread = `${figure(Math.min(...rounds))} to ${figure(Math.max(...rounds))}`
  console.log(`${name.padEnd(58)} ${figure(median(rounds)).padStart(9)} ${unit}  (${spread})${note === undefined ? "" : `  ${note}`}`)
}

export const printMachine = (): void => {
  const gibibytes = Math.round(totalmem() / 2 ** 30)
  console.log(`${cpus().length} cores of ${cpus()[0]?.model ?? "unknown"}, ${gibibytes} GiB, Node ${process.versions.node}; medians`)
}
