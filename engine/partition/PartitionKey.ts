/**
 * Partition keys as text and as the values users write.
 *
 * The text of a key of one dimension is the key; that of a product is the keys of its dimensions in declared order,
 * joined by `|`, where `\` stands before a `|` or `\` that belongs to a key. `date=2024-01-01,region=eu` is read too.
 */
import { Result, Schema } from "effect"
import { didYouMean } from "../Suggestion.ts"
import { type Any, describe, dimensionsOf, type Partitions } from "./Partitions.ts"

/** A text that names no partition. */
export class PartitionKeyError extends Schema.TaggedError<PartitionKeyError>()("PartitionKeyError", {
  key: Schema.String,
  /** What is partitioned, usually an asset key. */
  owner: Schema.String,
  /** The partitions in words. */
  partitions: Schema.String,
  /** A half sentence: why not, or what would be right. */
  reason: Schema.String
}) {
  override get message(): string {
    const end = /[.?]$/.test(this.reason) ? "" : "."
    return `"${this.key}" is not a partition of ${this.owner} (${this.partitions}): ${this.reason}${end}`
  }
}

/** The name of the owner where none is given. */
export const someAsset = "this asset"

export const failure = (partitions: Any, key: string, owner: string, reason: string): PartitionKeyError =>
  new PartitionKeyError({ key, owner, partitions: describe(partitions), reason })

/** Splits at a separator that no `\` stands before; the parts keep their escapes. */
export const split = (text: string, separator: string): ReadonlyArray<string> => {
  const parts: Array<string> = []
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++
    else if (text[i] === separator) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  return [...parts, text.slice(start)]
}

/** The text without the blanks around it; a last blank with a `\` before it belongs to the text. */
export const trimmed = (text: string): string => {
  const end = text.trimEnd()
  const marks = /\\*$/.exec(end)?.[0].length ?? 0
  return text.slice(0, end.length + marks % 2).trimStart()
}

export const unescape = (text: string): string => text.includes("\\") ? text.replace(/\\(.)/gs, "$1") : text

/** A key in a partition expression, in which none of its signs and words means anything but itself. */
export const literal = (key: string): string =>
  key === "latest" || key === "all" ? `\\${key}` : key.replace(/[^\p{L}\p{N}_:-]/gu, "\\$&")

const escape = (text: string): string => /[\\|]/.test(text) ? text.replace(/[\\|]/g, "\\$&") : text

/** The text of a key from the keys of its dimensions, in declared order. */
export const join = (partitions: Any, parts: ReadonlyArray<string>): string =>
  partitions._tag === "Product" ? parts.map(escape).join("|") : parts[0] ?? ""

/** Parts by dimension name, from `date=2024-01-01,region=eu`; undefined when the text has another form. */
export const named = (
  partitions: Any,
  text: string
): Result.Result<ReadonlyMap<string, ReadonlyArray<string>>, string> | undefined => {
  if (partitions._tag !== "Product" || !/^\s*[A-Za-z_][A-Za-z0-9_-]*\s*=/.test(text)) return undefined
  const names = dimensionsOf(partitions).map((dimension) => dimension.name ?? "")
  const found = new Map<string, Array<string>>()
  let current: Array<string> = []
  for (const token of split(text, ",")) {
    const match = /^\s*([A-Za-z_][A-Za-z0-9_-]*)\s*=(.*)$/s.exec(token)
    if (match === null) {
      current.push(trimmed(token))
      continue
    }
    const name = match[1]!
    if (!names.includes(name)) {
      return Result.fail(`it has no dimension "${name}", only ${names.join(", ")}.${didYouMean(name, names)}`)
    }
    if (found.has(name)) return Result.fail(`it gives the dimension "${name}" twice: write ${name}=a,b`)
    current = [trimmed(match[2]!)]
    found.set(name, current)
  }
  return Result.succeed(found)
}

/** The keys of the dimensions in declared order, from either form of the text; they need not exist. */
export const parts = (partitions: Any, text: string): Result.Result<ReadonlyArray<string>, string> => {
  const dimensions = dimensionsOf(partitions)
  if (dimensions.length === 0) {
    return text === "" ? Result.succeed([]) : Result.fail("it has no partitions, leave the key out")
  }
  if (partitions._tag !== "Product") return Result.succeed([text])
  const joined = split(text, "|")
  const byName = named(partitions, text)
  if (byName === undefined || (joined.length > 1 && joined.length === dimensions.length)) {
    return joined.length === dimensions.length
      ? Result.succeed(joined.map(unescape))
      : Result.fail(`a key is written ${example(partitions, "|")} or ${example(partitions, ",")}`)
  }
  return Result.flatMap(byName, (found) =>
    Result.all(dimensions.map(({ name }) => {
      const keys = found.get(name!) ?? []
      return keys.length === 1 ? Result.succeed(unescape(keys[0]!)) : Result.fail(
        keys.length === 0 ? `the dimension "${name}" is not given` : `the dimension "${name}" has ${keys.length} keys`
      )
    })))
}

const example = (partitions: Any, separator: "|" | ","): string =>
  dimensionsOf(partitions).map(({ name }) => separator === "|" ? `<${name}>` : `${name}=<key>`).join(separator)

/** The text of a key as a user writes it: a string, or for a product a record by dimension. */
export const toText = <K>(
  partitions: Partitions<unknown, K>,
  key: NoInfer<K>,
  owner = someAsset
): Result.Result<string, PartitionKeyError> => {
  const given: unknown = key
  if (partitions._tag !== "Product") {
    return typeof given === "string" && partitions._tag !== "Unpartitioned"
      ? Result.succeed(given)
      : Result.fail(failure(partitions, show(given), owner, "a key is a string"))
  }
  const found: Array<string> = []
  for (const { name } of dimensionsOf(partitions)) {
    const part: unknown = typeof given === "object" && given !== null ? Reflect.get(given, name!) : undefined
    if (typeof part !== "string") {
      return Result.fail(failure(partitions, show(given), owner, `the dimension "${name}" is not given`))
    }
    found.push(part)
  }
  return Result.succeed(join(partitions, found))
}

const show = (given: unknown): string => typeof given === "string" ? given : JSON.stringify(given) ?? String(given)

/** The key as a user writes it, from its text. Whether it exists is a question for a PartitionSpace. */
export const fromText = <K>(
  partitions: Partitions<unknown, K>,
  text: string,
  owner = someAsset
): Result.Result<K, PartitionKeyError> =>
  Result.mapBoth(parts(partitions, text), {
    onSuccess: (found) => fromParts(partitions, found),
    onFailure: (reason) => failure(partitions, text, owner, reason)
  })

/** The keys of the dimensions in declared order, from a text key. */
export const keysOf = (
  partitions: Any,
  text: string,
  owner = someAsset
): Result.Result<ReadonlyArray<string>, PartitionKeyError> =>
  Result.mapError(parts(partitions, text), (reason) => failure(partitions, text, owner, reason))

/** The key as a user writes it, from the keys of its dimensions in declared order. */
export const fromParts = <K>(partitions: Partitions<unknown, K>, parts: ReadonlyArray<string>): K => {
  const key: unknown = partitions._tag === "Product"
    ? Object.fromEntries(dimensionsOf(partitions).map(({ name }, i) => [name, parts[i]]))
    : parts[0]
  // K says just this: a string for one dimension, a record of strings for a product.
  return key as K
}
