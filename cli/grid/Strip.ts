/** The positions of a dimension in lines one after the other: for keys, and for time that no calendar can hold. */
import { displayWidth } from "effect/cli/CliOutput"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import type { SpaceDimension } from "../../engine/partition/SpaceDimension.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"
import type * as Picture from "./Picture.ts"
import * as Positions from "./Positions.ts"

const mostRows = 20
/** Of the key with which a row begins, with the blanks that follow. */
const mostLabel = 22

/** One mark a position, or as many positions a mark as make it fit into 20 rows; each row is named by its first key. */
export const picture = (dimension: SpaceDimension, columns: number): Picture.Picture => {
  const size = PartitionSet.size(dimension.all)
  // A few keys are a list that one can read.
  const isList = size <= mostRows
  const room = columns - mostLabel
  const perRow = isList ? 1 : Math.max(10, room - room % 10)
  const each = Math.ceil(size / (mostRows * perRow))
  const marks = Positions.chunks(dimension.all, Math.max(1, each))
  const rows = Array.from({ length: Math.ceil(marks.length / perRow) }, (_, row) => ({
    label: Positions.keyAt(dimension, marks[row * perRow]!.from),
    marks: marks.slice(row * perRow, (row + 1) * perRow)
  }))
  const noun = nounOf(dimension)
  return {
    header: [],
    rows: rows.map(({ label, marks }) => ({ label: Table.cut(label, mostLabel - 2), marks })),
    labelWidth: Math.min(mostLabel, 2 + Math.max(...rows.map(({ label }) => displayWidth(label)))),
    spaced: false,
    unit: each <= 1 ? (noun === "hour" ? "an hour" : `a ${noun}`) : Text.plural(each, noun)
  }
}

const nounOf = ({ partitions }: SpaceDimension): string =>
  partitions._tag === "TimeWindows" && partitions.every !== "cron" ? partitions.every : "partition"
