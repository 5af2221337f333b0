/** Configuration files in JSON: what is wrong in one is told by file, key and what would be right. */
import { Effect, Result, Schema, SchemaIssue } from "effect"
import { readFile } from "node:fs/promises"
import { Cli } from "sluice"

const standard = SchemaIssue.makeFormatterStandardSchemaV1()

type Keys = ReadonlyArray<string | number>

const spell = (keys: Keys): string =>
  keys.map((key, i) => typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`).join("")

const at = (value: unknown, keys: Keys): unknown =>
  keys.reduce<unknown>((inner, key) =>
    typeof inner === "object" && inner !== null ? Object.getOwnPropertyDescriptor(inner, key)?.value : undefined, value)

/** What a value is, without repeating it: it may be a secret that stands at the wrong key. */
const kind = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`

/** Keys that a file may have at a place: `""` is the file itself, `parameter_config` an object in it, `endpoints[]` each of a list. */
export type Known = Readonly<Record<string, ReadonlyArray<string>>>

/** The objects of a file at a place of `Known`, with where they are. */
const objectsAt = (body: unknown, place: string): ReadonlyArray<readonly [keys: Keys, found: object]> => {
  const [name = "", isList] = [place.replace(/\[\]$/, ""), place.endsWith("[]")]
  const found = name === "" ? body : at(body, [name])
  const all = isList ? Array.isArray(found) ? found.map((one: unknown, i) => [[name, i], one] as const) : [] : [[name === "" ? [] : [name], found] as const]
  return all.flatMap(([keys, one]) => typeof one === "object" && one !== null && !Array.isArray(one) ? [[keys, one] as const] : [])
}

const unknownKey = (body: unknown, known: Known): string | undefined => {
  for (const [place, keys] of Object.entries(known)) {
    for (const [where, found] of objectsAt(body, place)) {
      const key = Object.keys(found).find((name) => !keys.includes(name))
      if (key === undefined) continue
      const near = Cli.didYouMean(key, keys)
      return `"${spell([...where, key])}" is not known.${near === "" ? ` It may have ${keys.join(", ")}.` : near}`
    }
  }
  return undefined
}

/** Reads a file that the user named; `what` names it in sentences, as in "node configuration". */
export const read = Effect.fn("nba.readJson")(function*<S extends Schema.ConstraintDecoder<unknown>>(
  given: string,
  what: string,
  schema: S,
  known: Known
) {
  const refuse = (problem: string) => new Cli.Refusal({ message: `The ${what} ${given} ${problem}` })
  const file = yield* Cli.path(given)
  const text = yield* Effect.tryPromise({
    try: () => readFile(file, "utf8"),
    catch: (cause) => refuse(cause instanceof Error && "code" in cause && cause.code === "ENOENT" ? "does not exist." : "cannot be read.")
  })
  const body = yield* Effect.try({
    // A byte order mark is what some editors begin files with.
    try: (): unknown => JSON.parse(text.replace(/^\uFEFF/, "")),
    catch: (error) => refuse(`is not JSON: ${placeOf(text, error)}.`)
  })
  if (kind(body) !== "an object") return yield* refuse(`holds ${kind(body)}; it should be an object: { "…": … }.`)
  const wrongKey = unknownKey(body, known)
  if (wrongKey !== undefined) return yield* refuse(`has a wrong key: ${wrongKey}`)
  return yield* Effect.fromResult(Result.mapError(Schema.decodeUnknownResult(schema)(body), (error) => {
    const issue = standard(error.issue).issues[0]
    const keys = (issue?.path ?? []).map((key) => typeof key === "object" ? key.key : key)
      .map((key) => typeof key === "number" ? key : String(key))
    const found = at(body, keys)
    const wanted = inWords((issue?.message ?? "another value").replace(/^Expected /, "").replace(/, (got|actual) .*$/s, ""))
    return refuse(found === undefined
      ? `lacks the key "${spell(keys)}".`
      : `is wrong at "${spell(keys)}": it holds ${kind(found)}, and it should be ${wanted}.`)
  }))
})

const words: Readonly<Record<string, string>> = { array: "a list", boolean: "true or false", number: "a number", object: "an object", string: "a text" }

/** `number | null` as "a number or null"; sentences stay as they are. */
const inWords = (types: string): string => types.split(" | ").map((type) => words[type] ?? type).join(" or ")

/** Where JSON ends to be JSON, without repeating what is there. */
const placeOf = (text: string, error: unknown): string => {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1]
  if (position === undefined) return "it ends too early, or is empty"
  const before = text.slice(0, Number(position)).split("\n")
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`
}
