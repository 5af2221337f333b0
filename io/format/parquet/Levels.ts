/** The levels of a leaf below lists: each value says which list it goes on, and that list has to be there. */
import type { SchemaTree } from "hyparquet/src/types.js"

/** Of a path, the level of definition from which on each of its repeated fields has an element; at 0 for no field. */
const opened = (path: ReadonlyArray<SchemaTree>): ReadonlyArray<number> => {
  const found = [0]
  let level = 0
  for (const { element } of path.slice(1)) {
    if (element.repetition_type !== "REQUIRED") level++
    if (element.repetition_type === "REPEATED") found.push(level)
  }
  return found
}

/** Given the levels of one page after the other; undefined stands for the highest everywhere. Throws an Error for what cannot be. */
export const checker = (path: ReadonlyArray<SchemaTree>) => {
  const opens = opened(path)
  const most = path.slice(1).filter(({ element }) => element.repetition_type !== "REQUIRED").length
  /** The level of definition of the value before; -1: there is none, and the first one begins a row. */
  let before = -1
  return (repetition: Uint8Array | undefined, definition: Uint8Array | undefined, count: number): void => {
    if (repetition === undefined) return
    for (let i = 0; i < count; i++) {
      const level = definition === undefined ? most : definition[i]!
      const goesOn = repetition[i]!
      if (goesOn > 0 && (before < opens[goesOn]! || level < opens[goesOn]!)) {
        throw new Error("the levels of a page are damaged: a value goes on a list that is not there")
      }
      before = level
    }
  }
}
