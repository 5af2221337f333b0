/** Cells that lose rows to a commit of other cells of their asset. */
import type { CellWritten } from "../engine/definition/Io.ts"
import { type Cell, cellName } from "../engine/record/Step.ts"

/** Each once, in the order given; without the committed cells themselves, which get new versions anyway. */
export const displacedBy = (
  cells: ReadonlyArray<Cell>,
  written: ReadonlyArray<CellWritten>
): ReadonlyArray<Cell> => {
  const displaced = new Map<string, Cell>()
  for (const [place, { asset }] of cells.entries()) {
    for (const partition of written[place]?.displaced ?? []) {
      const cell = { asset, partition }
      displaced.set(cellName(cell), cell)
    }
  }
  if (displaced.size === 0) return []
  for (const cell of cells) displaced.delete(cellName(cell))
  return [...displaced.values()]
}
