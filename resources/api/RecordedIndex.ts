/** The index of a folder of recorded answers: this package's own, or any list of objects with `file` and `request`. */
import { Effect, Option, Schema } from "effect"
import { readdir, readFile } from "node:fs/promises"
import { join, normalize, sep } from "node:path"
import { Setting } from "./ApiError.ts"
import { indexName } from "./Recording.ts"

const Entry = Schema.Struct({
  file: Schema.String,
  /** A URL, whole or from its path on. */
  request: Schema.String,
  method: Schema.optionalKey(Schema.String),
  sent: Schema.optionalKey(Schema.String),
  status: Schema.optionalKey(Schema.Int),
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  contentType: Schema.optionalKey(Schema.String)
})
export type Entry = typeof Entry.Type

const readJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const readEntry = Schema.decodeUnknownOption(Entry)

/** The objects of a list, or of lines. */
const objectsOf = (name: string, text: string): ReadonlyArray<unknown> => {
  if (name !== indexName) {
    const list = Option.getOrUndefined(readJson(text))
    return Array.isArray(list) ? list : []
  }
  // A line that was cut off by a kill is none.
  return text.split("\n").flatMap((line) => Option.toArray(readJson(line)))
}

const refuse = (problem: string) => Effect.fail(new Setting({ problem }))

/** Requests may be written from their path on. */
export const anyHost = "http://host"

const isInside = (file: string) => {
  const path = normalize(file)
  return !path.startsWith("..") && !path.startsWith(sep) && !/^[A-Za-z]:/.test(path)
}

/** All entries, in the order in which they were written; their files are inside of the folder. */
export const load = (folder: string): Effect.Effect<ReadonlyArray<Entry>, Setting> =>
  Effect.gen(function*() {
    const read = <A>(promise: () => Promise<A>) =>
      Effect.tryPromise({
        try: promise,
        catch: (cause) => {
          const problem = cause instanceof Error ? cause.message : String(cause)
          return new Setting({ problem: `The recordings in ${folder} cannot be read: ${problem}.` })
        }
      })
    const names = (yield* read(() => readdir(folder))).filter((name) => name === indexName || /index.*\.json$/.test(name)).sort()
    const entries: Array<Entry> = []
    for (const name of names) {
      const text = yield* read(() => readFile(join(folder, name), "utf8"))
      entries.push(...objectsOf(name, text).flatMap((object) => Option.toArray(readEntry(object))))
    }
    const outside = entries.find(({ file }) => !isInside(file))
    if (outside !== undefined) {
      return yield* refuse(`The index of ${folder} names "${outside.file}", which is outside of that folder.`)
    }
    const nowhere = entries.find(({ request }) => !URL.canParse(request, anyHost))
    if (nowhere !== undefined) return yield* refuse(`The index of ${folder} has the request "${nowhere.request}", which is no URL.`)
    if (entries.length > 0) return entries
    return yield* refuse(
      `${folder} holds no recordings: there must be an ${indexName}, or a list of objects with "file" and "request" in a file such as index.json.`
    )
  })
