/** `sluice preview`: stored rows as a table, stored documents as JSON. */
import { Effect, Schema, Stream } from "effect"
import { type Any, storedOf } from "../../engine/definition/Asset.ts"
import type { Element } from "../../engine/definition/Io.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import * as Snapshot from "../../engine/plan/Snapshot.ts"
import * as Address from "../Address.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import { Refusal } from "../Refusal.ts"
import * as Screen from "../terminal/Screen.ts"
import { err, out } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

/** Lines of a document that are shown; --json prints it whole. */
const documentLines = 40

export const preview = Effect.fn("cli.preview")(function*(input: {
  readonly asset: string
  readonly partition: string | undefined
  readonly limit: number
  readonly json: boolean
}) {
  const project = yield* Project.load
  const asset = yield* Address.asset(project.graph, input.asset)
  const elements = yield* Effect.gen(function*() {
    const partitions = yield* partitionsOf(project, asset, input.partition)
    const io = yield* Live.ioOf(asset)
    return yield* Stream.runCollect(Stream.take(io.stream({ asset: storedOf(asset), partitions }), input.limit))
  }).pipe(Effect.provide(Live.io(project)), Effect.provide(Live.store(project)))
  if (input.json) {
    const encode = Schema.encodeUnknownEffect(Schema.toCodecJson(asset.output.schema))
    const lines = yield* Effect.forEach(elements, ({ partition, value }) => Effect.mapError(encode(value), unfit(asset, partition)))
    for (const line of lines) Screen.json(line)
    return
  }
  if (elements.length === 0) return Screen.note(`${cellOf(asset, input.partition)} is stored and has no rows.`)
  if (asset.output._tag === "Rows") printRows(asset, elements, input.partition === undefined)
  else printDocuments(elements)
  if (elements.length === input.limit) Screen.note(err.dim(`The first ${Text.count(input.limit)}; --limit shows more.`))
})

const cellOf = (asset: Any, partition: string | undefined) => partition === undefined ? asset.key : `${asset.key}@${partition}`

/** What was stored by another schema may be read, and be no value of this one. */
const unfit = (asset: Any, partition: string) => ({ message }: Schema.SchemaError) =>
  new Refusal({
    message: `What is stored of ${cellOf(asset, partition === "" ? undefined : partition)} does not fit its schema: ${Text.oneLine(message)}; ` +
      "`sluice check` tells what the schema changed, and without --json it is shown as it is."
  })

/** The partitions to load; refused when the key is wrong or nothing is stored there. */
const partitionsOf = (project: Project.Project, asset: Any, partition: string | undefined) =>
  Effect.gen(function*() {
    const snapshot = yield* Snapshot.load(project.graph, [asset.key])
    const space = snapshot.space(asset.key)
    const materialized = snapshot.materialized(asset.key)
    const unstored = (name: string, hint: string) =>
      new Refusal({ message: `${name} is not materialized yet: run \`sluice materialize ${asset.key}${hint}\`.` })
    if (partition === undefined) {
      if (PartitionSet.isEmpty(materialized)) return yield* unstored(asset.key, "")
      return asset.partitions._tag === "Unpartitioned" ? [""] : Snapshot.present(snapshot, asset.key)
    }
    const known = PartitionSet.points(materialized).map(space.keyAt)
    const point = yield* Address.cell(space, asset.key, partition, known)
    const key = space.keyAt(point)
    if (!PartitionSet.has(materialized, point)) return yield* unstored(`${asset.key}@${key}`, ` --partition ${Text.shellWord(key)}`)
    return [key]
  })

/** A value of a cell of the table. */
const show = (value: unknown): string => {
  if (value === null || value === undefined) return ""
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (typeof value === "object") return Text.oneLine(JSON.stringify(value, (_, inner: unknown) => typeof inner === "bigint" ? String(inner) : inner))
  return Text.oneLine(Text.printable(String(value)))
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : { value }

const printRows = (asset: Any, elements: ReadonlyArray<Element>, withPartition: boolean): void => {
  const rows = elements.map(({ value }) => fieldsOf(value))
  const names = Array.from(new Set(rows.flatMap((row) => Object.keys(row))))
  const partition = withPartition && asset.partitions._tag !== "Unpartitioned"
  const isNumber = (name: string) => rows.some((row) => typeof row[name] === "number" || typeof row[name] === "bigint")
  const columns = names.map((name): Table.Column => ({ title: name, flexible: true, align: isNumber(name) ? "right" : "left" }))
  const cells = rows.map((row) => names.map((name) => show(row[name])))
  const all = partition ? [{ title: "partition" }, ...columns] : columns
  const texts = partition ? cells.map((row, i) => [elements[i]!.partition, ...row]) : cells
  const width = Table.terminalWidth()
  const fits = width === undefined || all.length * 8 <= width
  // Too many columns for the terminal: one row a block, one column a line.
  if (fits) return Screen.lines(Table.lines(all, texts))
  texts.forEach((row, i) => {
    const block = Table.lines([{ title: "" }, { title: "", flexible: true }], all.map(({ title }, j) => [out.dim(title), row[j]!]))
    Screen.lines(i === 0 ? block : ["", ...block])
  })
}

const printDocuments = (elements: ReadonlyArray<Element>): void => {
  for (const { partition, value } of elements) {
    const text = JSON.stringify(value, (_, inner: unknown) => typeof inner === "bigint" ? String(inner) : inner, 2)
    const width = Table.terminalWidth()
    const all = (text ?? "undefined").split("\n").map((line) => width === undefined ? line : Table.cut(line, width))
    const cutAt = all.length > documentLines ? documentLines : all.length
    if (partition !== "") Screen.line(out.bold(partition))
    Screen.lines(all.slice(0, cutAt))
    if (cutAt < all.length) Screen.line(out.dim(`… ${Text.plural(all.length - cutAt, "more line")} (--json prints all)`))
  }
}
