/** Answers requests from a folder of recorded answers, without any network. */
import { Effect } from "effect"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { NotRecorded, Setting } from "./ApiError.ts"
import { type Answer, type Exchange, of } from "./Exchange.ts"
import * as RecordedIndex from "./RecordedIndex.ts"
import type { ApiRequest } from "./Request.ts"
import { hidden } from "./Secrets.ts"

/** What a request is known by: the order of its query does not matter, nor do its host and its secrets. */
interface Known {
  readonly method: string
  readonly path: string
  readonly params: ReadonlyArray<string>
  readonly sent: string
}

const knownBy = (method: string, url: string, sent: string, isSecret: (name: string) => boolean): Known => {
  const { pathname, searchParams } = new URL(url, RecordedIndex.anyHost)
  const params = [...searchParams].filter(([name, value]) => value !== hidden && !isSecret(name))
  return { method, path: pathname, params: params.map(([name, value]) => `${name}=${value}`).sort(), sent }
}

const keyOf = ({ method, params, path, sent }: Known) => JSON.stringify([method, path, params, sent])

/** How much a recorded request differs; undefined: it asks for another thing altogether. */
const distance = (a: Known, b: Known): number | undefined =>
  a.path === b.path && a.method === b.method
    ? a.params.filter((param) => !b.params.includes(param)).length + b.params.filter((param) => !a.params.includes(param)).length
    : undefined

interface Recordings {
  readonly entries: ReadonlyArray<RecordedIndex.Entry>
  readonly known: ReadonlyArray<Known>
  /** The recordings of a request, in their order, and how many of them were given. */
  readonly byKey: ReadonlyMap<string, { readonly entries: Array<RecordedIndex.Entry>; given: number }>
}

const recordings = (entries: ReadonlyArray<RecordedIndex.Entry>, isSecret: (name: string) => boolean): Recordings => {
  const known = entries.map((entry) => knownBy(entry.method ?? "GET", entry.request, entry.sent ?? "", isSecret))
  const byKey = new Map<string, { entries: Array<RecordedIndex.Entry>; given: number }>()
  entries.forEach((entry, i) => {
    const key = keyOf(known[i]!)
    const found = byKey.get(key)
    if (found === undefined) byKey.set(key, { entries: [entry], given: 0 })
    else found.entries.push(entry)
  })
  return { entries, known, byKey }
}

const nearest = ({ entries, known }: Recordings, asked: Known): string | null => {
  const best = known.reduce<{ readonly i: number; readonly far: number } | undefined>((best, one, i) => {
    const far = distance(asked, one)
    return far !== undefined && (best === undefined || far < best.far) ? { i, far } : best
  }, undefined)
  return best === undefined ? null : entries[best.i]!.request
}

/** `isSecret` tells which parameters of the query are not compared. Several recordings of one request are given in order; the last repeats. */
export const replay = (
  folder: string,
  isSecret: (name: string) => boolean
): Effect.Effect<Exchange<NotRecorded | Setting>, Setting> =>
  Effect.map(RecordedIndex.load(folder), (entries) => {
    const all = recordings(entries, isSecret)
    return of((request: ApiRequest) =>
      Effect.gen(function*() {
        const asked = knownBy(request.method, request.canonical, request.shownBody(), isSecret)
        const found = all.byKey.get(keyOf(asked))
        if (found === undefined) return yield* Effect.fail(new NotRecorded({ folder, nearest: nearest(all, asked) }))
        const entry = found.entries[Math.min(found.given++, found.entries.length - 1)]!
        const body = yield* Effect.tryPromise({
          try: () => readFile(join(folder, entry.file)),
          catch: () => new Setting({ problem: `${join(folder, entry.file)}, which the index of ${folder} names, cannot be read.` })
        })
        const answer: Answer = {
          status: entry.status ?? 200,
          headers: { ...(entry.contentType === undefined ? {} : { "content-type": entry.contentType }), ...entry.headers },
          body
        }
        return answer
      }))
  })
