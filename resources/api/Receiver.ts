/** Receives the answer to one request, as undici hands it over piece by piece: whole, within its time, or not at all. */
import type * as Undici from "@effect/platform-node/Undici"
import { Effect } from "effect"
import { NotJson, Setting, TimedOut, TooLarge, Unreachable } from "./ApiError.ts"
import type { Answer, Begun, ExchangeProblem, Waiting } from "./Exchange.ts"
import { headOf } from "./Head.ts"
import type { ApiRequest } from "./Request.ts"
import { unpack } from "./Unpack.ts"

/** Node's timers take no more; beyond it they fire at once. */
export const longestTimer = 2 ** 31 - 1

export interface ReceiverOptions {
  /** At most so many bytes of a body are read. */
  readonly maxBody: number
  /** What is told of errors is passed through it. */
  readonly redact: (text: string) => string
}

/** The status says all of an answer that is not good: its body need not be whole. */
const isGood = (status: number) => status >= 200 && status <= 299

/** The innermost text about what went wrong, on one line. */
const problemOf = (error: unknown, redact: (text: string) => string): string => {
  let cause = error
  while (cause instanceof Error && cause.message === "" && cause.cause !== undefined) cause = cause.cause
  if (cause instanceof AggregateError && cause.message === "") cause = cause.errors[0]
  const text = cause instanceof Error ? cause.message || cause.name : String(cause)
  return headOf(Buffer.from(text), redact).replace(/\.$/, "")
}

/** Such as a header with a line break in it: no further try changes that. */
const isUnsendable = (error: unknown) => error instanceof Error && "code" in error && error.code === "UND_ERR_INVALID_ARG"

const headersOf = (headers: Undici.Dispatcher.ResponseData["headers"]): Record<string, string> => {
  const flat: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) flat[name] = typeof value === "string" ? value : value.join(", ")
  }
  return flat
}

/** One object for each request, and no closures: at thousands of calls a second these were a tenth of all garbage. */
export class Receiver implements Undici.Dispatcher.DispatchHandler, Begun {
  readonly #request: ApiRequest
  readonly #options: ReceiverOptions
  readonly #waiting: Waiting
  readonly #timer: NodeJS.Timeout
  #controller: Undici.Dispatcher.DispatchController | undefined
  #status: number | undefined
  #headers: Record<string, string> = {}
  /** The body so far: most come in one piece. */
  #first: Uint8Array | undefined
  #more: Array<Uint8Array> | undefined
  #size = 0
  #isEnded = false

  constructor(request: ApiRequest, waiting: Waiting, options: ReceiverOptions) {
    this.#request = request
    this.#options = options
    this.#waiting = waiting
    this.#timer = setTimeout(expire, Math.min(waiting.timeoutMillis, longestTimer), this)
  }

  onRequestStart(controller: Undici.Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isEnded) return this.#abort()
    this.#waiting.journey.sent()
  }

  onResponseStart(_: Undici.Dispatcher.DispatchController, status: number, headers: Undici.Dispatcher.ResponseData["headers"]): void {
    if (status < 200) return
    this.#waiting.journey.answered()
    this.#status = status
    this.#headers = headersOf(headers)
  }

  onResponseData(_: Undici.Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#size += chunk.length
    if (this.#size > this.#options.maxBody) return this.#give(new TooLarge({ limitBytes: this.#options.maxBody }))
    if (this.#first === undefined) this.#first = chunk
    else (this.#more ??= [this.#first]).push(chunk)
  }

  onResponseEnd(): void {
    if (this.#status === undefined) return this.broken(new Error("it closed the connection without an answer"))
    this.#end(this.#whole(this.#status))
  }

  onResponseError(_: Undici.Dispatcher.DispatchController, error: Error): void {
    this.broken(error)
  }

  /** There is no whole answer, and will be none. */
  broken(error: unknown): void {
    const { redact } = this.#options
    if (this.#status !== undefined && !isGood(this.#status)) return this.#end(this.#whole(this.#status))
    this.#end(Effect.fail(
      isUnsendable(error)
        ? new Setting({ problem: `The request to ${this.#request.shown} cannot be sent: ${problemOf(error, redact)}.` })
        : this.#status === undefined
        // A request is started when its connection is there.
        ? new Unreachable({ problem: problemOf(error, redact), ...(this.#controller === undefined ? {} : { cut: true }) })
        : new NotJson({ head: headOf(this.#body(), redact), instead: "a body that ends early" })
    ))
  }

  expired(): void {
    this.#give(new TimedOut({ millis: this.#waiting.timeoutMillis }))
  }

  /** Nobody waits for the answer any more. */
  cancel(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    clearTimeout(this.#timer)
    this.#abort()
  }

  #body(): Uint8Array {
    return this.#more === undefined ? this.#first ?? new Uint8Array() : Buffer.concat(this.#more)
  }

  #whole(status: number): Effect.Effect<Answer, ExchangeProblem> {
    const headers = this.#headers
    const body = this.#body()
    const encoding = headers["content-encoding"]
    if (encoding === undefined) return Effect.succeed({ status, headers, body })
    const unpacked = unpack(body, encoding, this.#options.maxBody)
    return Effect.map(isGood(status) ? unpacked : Effect.orElseSucceed(unpacked, () => new Uint8Array()), (body) => ({ status, headers, body }))
  }

  #end(effect: Effect.Effect<Answer, ExchangeProblem>): void {
    if (this.#isEnded) return
    this.#isEnded = true
    clearTimeout(this.#timer)
    if (ended.push({ effect, waiting: this.#waiting }) === 1) setImmediate(goOn)
  }

  #give(problem: ExchangeProblem): void {
    this.#end(Effect.fail(problem))
    this.#abort()
  }

  /** Closes the connection: what still comes on it is nobody's. */
  #abort(): void {
    this.#controller?.abort(new Error("The answer is not waited for any more."))
  }
}

/**
 * Whoever waits goes on when all that can be read now has been read. What they do next takes longer than to read an
 * answer, and would make the answers behind theirs count later: at 5,000 calls a second on a busy machine by 3 to 8 ms.
 */
let ended: Array<{ readonly effect: Effect.Effect<Answer, ExchangeProblem>; readonly waiting: Waiting }> = []
const goOn = (): void => {
  const all = ended
  ended = []
  for (const { effect, waiting } of all) waiting.resume(effect)
}

const expire = (receiver: Receiver): void => receiver.expired()
