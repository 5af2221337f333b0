/** Writes each exchange of an API into a folder: a line of its index, and the body as a file of its own. */
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { appendFile, link, mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Setting } from "./ApiError.ts"
import type { Answer, Exchange } from "./Exchange.ts"
import { nameOf } from "./RecordedName.ts"
import type { ApiRequest } from "./Request.ts"
import { hidden, type Secrets } from "./Secrets.ts"

/** One line of `index.ndjson`. */
export interface Recorded {
  readonly method: string
  /** The URL without secrets. */
  readonly request: string
  /** What was sent, without secrets. */
  readonly sent?: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The body, relative to the folder. */
  readonly file: string
}

export const indexName = "index.ndjson"

/** Only what is read of them; cookies and the like stay out. */
const keptHeaders = ["content-type", "location", "retry-after", "link", "etag", "date"]

/** A file that several recorders may want at once is had by one of them. */
const isTaken = (cause: unknown) => cause instanceof Error && "code" in cause && cause.code === "EEXIST"

/** Names are numbered so far: to look for the next number of thousands would cost more than the call. */
const mostTurns = 20

const save = async (folder: string, request: ApiRequest, answer: Answer, secrets: Secrets): Promise<void> => {
  const url = new URL(request.canonical)
  const params = [...url.searchParams].filter(([, value]) => value !== hidden)
  const name = nameOf(request.route, url.pathname, params, answer.headers["content-type"], answer.body)
  await mkdir(join(folder, name.folder), { recursive: true })
  const text = Buffer.from(answer.body).toString("utf8")
  const clean = secrets.redact(text)
  // Written aside and then linked to its name: a reader never sees half of it, and nothing is overwritten.
  const aside = join(folder, name.folder, `.${randomUUID()}`)
  await writeFile(aside, clean === text ? answer.body : clean)
  let file = ""
  try {
    for (let turn = 1; file === ""; turn++) {
      const wanted = `${name.folder}/${name.file(turn <= mostTurns ? String(turn) : randomUUID().slice(0, 8))}`
      await link(aside, join(folder, wanted)).then(() => file = wanted, (cause: unknown) => {
        if (!isTaken(cause)) throw cause
      })
    }
  } finally {
    await rm(aside, { force: true })
  }
  const sent = request.shownBody()
  const line: Recorded = {
    method: request.method,
    request: request.canonical,
    ...(sent === "" ? {} : { sent }),
    status: answer.status,
    headers: Object.fromEntries(
      keptHeaders.flatMap((name) => answer.headers[name] === undefined ? [] : [[name, secrets.redact(answer.headers[name])]])
    ),
    file
  }
  await appendFile(join(folder, indexName), `${JSON.stringify(line)}\n`)
}

/** Answers as `exchange` does, and writes what it answers. */
export const record = <E>(exchange: Exchange<E>, folder: string, secrets: Secrets): Exchange<E | Setting> =>
(request, waiting) => {
  const saved = (answer: Answer) =>
    Effect.tryPromise({
      try: () => save(folder, request, answer, secrets),
      catch: (cause) => {
        const problem = cause instanceof Error ? cause.message : String(cause)
        return new Setting({ problem: `The answer to ${request.shown} cannot be recorded in ${folder}: ${problem}.` })
      }
    })
  const { journey, timeoutMillis } = waiting
  return exchange(request, { journey, timeoutMillis, resume: (answer) => waiting.resume(Effect.tap(answer, saved)) })
}
