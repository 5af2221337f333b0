/**
 * Selection expressions: which assets of a graph are meant.
 *
 *   nhl/games            a key                 nhl             a pipeline, or a group
 *   nhl/*                a wildcard            group:nhl  tag:daily  tag:team=data  kind:postgres  owner:ada  pipeline:nhl
 *   +a  a+  2+a  a+1     with upstream / downstream, all or some steps
 *   a and not (b or c)   and binds closer than or; a comma or a blank between two is "or"
 */
import { Result, Schema } from "effect"
import { didYouMean, partitionApart } from "../Suggestion.ts"
import type * as Asset from "../definition/Asset.ts"
import { type AssetGraph, reach } from "./AssetGraph.ts"

export class SelectionError extends Schema.TaggedError<SelectionError>()("SelectionError", {
  message: Schema.String
}) {}

export type Selection =
  | { readonly _tag: "All" }
  | { readonly _tag: "Word"; readonly word: string }
  | { readonly _tag: "Attribute"; readonly name: Attribute; readonly value: string }
  | { readonly _tag: "Reach"; readonly of: Selection; readonly upstream: number; readonly downstream: number }
  | { readonly _tag: "Not"; readonly of: Selection }
  | { readonly _tag: "And" | "Or"; readonly left: Selection; readonly right: Selection }

const attributes = ["group", "tag", "kind", "owner", "pipeline", "key"] as const
type Attribute = typeof attributes[number]

interface Token {
  readonly text: string
  readonly at: number
}

const tokenPattern = /\s+|[(),]|\d*\+\d*|[^\s(),+]+/gy

const tokenize = (source: string): ReadonlyArray<Token> =>
  Array.from(source.matchAll(tokenPattern), (match) => ({ text: match[0], at: match.index }))

/** Parses an expression; the error names the place. */
export const parse = (source: string): Result.Result<Selection, SelectionError> => {
  const tokens = tokenize(source)
  let next = 0
  const fail = (what: string) => {
    const token = tokens[next]
    const place = token === undefined ? "at its end" : `at "${token.text.trim()}" (character ${token.at + 1})`
    return Result.fail(new SelectionError({ message: `The selection "${source}" is not valid: ${what} ${place}.` }))
  }
  const skipBlanks = () => {
    while (tokens[next]?.text.trim() === "") next++
  }
  const peek = () => {
    skipBlanks()
    return tokens[next]?.text
  }
  const take = () => {
    const text = peek()
    next++
    return text
  }

  const or = (): Result.Result<Selection, SelectionError> =>
    Result.gen(function*() {
      let left = yield* and()
      for (;;) {
        const text = peek()
        if (text === undefined || text === ")") return left
        if (text === "or" || text === ",") take()
        left = { _tag: "Or", left, right: yield* and() }
      }
    })

  const and = (): Result.Result<Selection, SelectionError> =>
    Result.gen(function*() {
      let left = yield* not()
      while (peek() === "and") {
        take()
        left = { _tag: "And", left, right: yield* not() }
      }
      return left
    })

  const not = (): Result.Result<Selection, SelectionError> =>
    peek() === "not"
      ? Result.gen(function*() {
        take()
        const of: Selection = yield* not()
        return { _tag: "Not", of }
      })
      : reached()

  const reached = (): Result.Result<Selection, SelectionError> =>
    Result.gen(function*() {
      const before = peek()
      let upstream = 0
      if (before !== undefined && /^\d*\+$/.test(before)) {
        take()
        upstream = before === "+" ? Number.POSITIVE_INFINITY : Number(before.slice(0, -1))
      }
      const of = yield* primary()
      // Only a plus that follows without a blank belongs to the word before it: in "a +b" it belongs to b.
      const after = tokens[next]?.text
      let downstream = 0
      if (after !== undefined && /^\+\d*$/.test(after)) {
        next++
        downstream = after === "+" ? Number.POSITIVE_INFINITY : Number(after.slice(1))
      }
      return upstream === 0 && downstream === 0 ? of : { _tag: "Reach", of, upstream, downstream } as const
    })

  const primary = (): Result.Result<Selection, SelectionError> => {
    const text = peek()
    if (text === undefined) return fail("an asset is missing")
    if (text === "(") {
      take()
      return Result.gen(function*() {
        const inner = yield* or()
        if (peek() !== ")") return yield* fail("\")\" is missing")
        take()
        return inner
      })
    }
    if (text === ")" || text === "," || text === "and" || text === "or" || text.includes("+")) {
      return fail("an asset is missing")
    }
    const colon = text.indexOf(":")
    if (colon === -1) {
      take()
      return Result.succeed(text === "*" ? { _tag: "All" } : { _tag: "Word", word: text })
    }
    const name = attributes.find((attribute) => attribute === text.slice(0, colon))
    if (name === undefined) {
      return fail(`"${text.slice(0, colon)}:" is not one of ${attributes.map((a) => `${a}:`).join(", ")}`)
    }
    take()
    return Result.succeed({ _tag: "Attribute", name, value: text.slice(colon + 1) })
  }

  return Result.gen(function*() {
    const selection = yield* or()
    return peek() === undefined ? selection : yield* fail("the expression should have ended")
  })
}

/** The keys that a selection means, upstream first. A word that means nothing is an error with close matches. */
export const resolve = (graph: AssetGraph, selection: Selection): Result.Result<ReadonlyArray<string>, SelectionError> =>
  Result.map(evaluate(graph, selection), (chosen) => Array.from(graph.assets.keys()).filter((key) => chosen.has(key)))

/** Parses and resolves an expression. */
export const select = (graph: AssetGraph, expression: string): Result.Result<ReadonlyArray<string>, SelectionError> =>
  Result.flatMap(parse(expression), (selection) => resolve(graph, selection))

const evaluate = (graph: AssetGraph, selection: Selection): Result.Result<ReadonlySet<string>, SelectionError> =>
  Result.gen(function*() {
    switch (selection._tag) {
      case "All":
        return new Set(graph.assets.keys())
      case "Word":
        return yield* word(graph, selection.word)
      case "Attribute":
        return yield* attribute(graph, selection.name, selection.value)
      case "Reach": {
        const of = yield* evaluate(graph, selection.of)
        return of.union(reach(graph, of, "upstream", selection.upstream))
          .union(reach(graph, of, "downstream", selection.downstream))
      }
      case "Not":
        return new Set(graph.assets.keys()).difference(yield* evaluate(graph, selection.of))
      case "And":
        return (yield* evaluate(graph, selection.left)).intersection(yield* evaluate(graph, selection.right))
      case "Or":
        return (yield* evaluate(graph, selection.left)).union(yield* evaluate(graph, selection.right))
    }
  })

/** A bare word: a key, else a pipeline, else a group; with `*`, keys that match. */
const word = (graph: AssetGraph, text: string): Result.Result<ReadonlySet<string>, SelectionError> => {
  const keys = Array.from(graph.assets.keys())
  if (text.includes("*")) {
    const matching = keys.filter(wildcard(text))
    return matching.length === 0 ? fail(`No asset matches "${text}".`) : Result.succeed(new Set(matching))
  }
  if (graph.assets.has(text)) return Result.succeed(new Set([text]))
  const pipeline = graph.pipelines.get(text)
  if (pipeline !== undefined) return Result.succeed(new Set(pipeline.assets.map((asset) => asset.key)))
  const group = where(graph, (asset) => asset.group === text)
  if (group.size > 0) return Result.succeed(group)
  const names = new Set([...keys, ...graph.pipelines.keys(), ...Array.from(graph.assets.values(), (a) => a.group)])
  return fail(`There is no asset, pipeline or group "${text}".${partitionApart(text, names) || didYouMean(text, Array.from(names))}`)
}

const attribute = (
  graph: AssetGraph,
  name: Attribute,
  value: string
): Result.Result<ReadonlySet<string>, SelectionError> => {
  if (name === "key") return word(graph, value)
  if (name === "pipeline") {
    const pipeline = graph.pipelines.get(value)
    return pipeline === undefined
      ? fail(`There is no pipeline "${value}".${didYouMean(value, Array.from(graph.pipelines.keys()))}`)
      : Result.succeed(new Set(pipeline.assets.map((asset) => asset.key)))
  }
  const matches = wildcard(value)
  const found = where(graph, (asset) => valuesOf(asset, name).some(matches))
  if (found.size > 0) return Result.succeed(found)
  const known = new Set(Array.from(graph.assets.values(), (asset) => valuesOf(asset, name)).flat())
  return fail(`No asset has the ${name} "${value}".${didYouMean(value, Array.from(known))}`)
}

const valuesOf = (asset: Asset.Any, name: "group" | "tag" | "kind" | "owner"): ReadonlyArray<string> => {
  switch (name) {
    case "group":
      return [asset.group]
    case "tag":
      return Object.entries(asset.tags).flatMap(([tag, value]) => [tag, `${tag}=${value}`])
    case "kind":
      return asset.kinds
    case "owner":
      return asset.owners
  }
}

const where = (graph: AssetGraph, predicate: (asset: Asset.Any) => boolean): ReadonlySet<string> =>
  new Set(Array.from(graph.assets.values()).filter(predicate).map((asset) => asset.key))

const wildcard = (pattern: string) => {
  const regex = new RegExp(`^${pattern.split("*").map((part) => part.replace(/[^\w-]/g, "\\$&")).join(".*")}$`)
  return (text: string) => regex.test(text)
}

const fail = (message: string) => Result.fail(new SelectionError({ message }))
