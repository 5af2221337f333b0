/** A message over HTTP: one request, and whether the receiver has taken it. What is told of a failure names the host alone. */
import { type Duration, Effect, Redacted } from "effect"
import { NotDelivered } from "../../engine/hook/Hook.ts"
import type { LimitStore } from "../../engine/limit/LimitStore.ts"
import * as Span from "../../engine/Span.ts"
import * as Api from "../api/Api.ts"
import type { ApiError } from "../api/ApiError.ts"
import { decoded, hiding, partsOf } from "./Setting.ts"

export interface Post {
  /** Any part of it may be a secret. A user and a password in it are sent as Basic authorization. */
  readonly url: string
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly idempotencyKey: string
  /** From sending to the end of the answer. */
  readonly timeout: Duration.Input
}

/** Any 2xx is taken as the receiver's word; a redirect is not, for it would make another request of this one. */
export const post = ({ body, headers = {}, idempotencyKey, timeout, url: text }: Post): Effect.Effect<void, NotDelivered, LimitStore> => {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    return Effect.fail(new NotDelivered({ message: "Its URL is not an http(s) URL.", transient: false }))
  }
  const url = new URL(text)
  const hide = hiding(text)
  return Effect.scoped(Effect.gen(function*() {
    const api = yield* Api.make({
      name: "hook",
      baseUrl: url.origin,
      auth: authOf(url, text),
      routes: { message: {} },
      connections: 1,
      timeout,
      // A message is tried again by the hook, which records that.
      retry: false,
      breaker: false,
      redirects: false,
      source: Api.live
    })
    yield* api.call({ route: "message", method: "POST", path: text, subject: "a message", headers, body, idempotencyKey })
  })).pipe(
    Effect.asVoid,
    Effect.catch((error) => {
      // Only a 2xx is read: whatever it says, the receiver has the message.
      const isTaken = error.reason._tag === "NotJson"
      return isTaken ? Effect.void : Effect.fail(notDelivered(error, url.host, hide))
    })
  )
}

/** The header that says who asks is the place where an API is told its secrets, which it then keeps out of all that it tells. */
const authOf = ({ password, username }: URL, text: string) => {
  const secrets = partsOf(text).map((part) => Redacted.make(part))
  if (username === "" && password === "") return { header: "user-agent", value: Redacted.make("sluice"), secrets }
  return { ...Api.basic(decoded(username), Redacted.make(decoded(password))), secrets }
}

const mostOfAnswer = 200

const notDelivered = ({ reason, transient }: ApiError, host: string, hide: (text: string) => string): NotDelivered => {
  const cut = (text: string) => text === "" ? "" : `: ${hide(text).slice(0, mostOfAnswer)}`
  switch (reason._tag) {
    case "Unreachable":
      return new NotDelivered({ message: `${host} gave no answer${cut(reason.problem)}`, transient })
    case "TimedOut":
      return new NotDelivered({ message: `${host} gave no whole answer within ${Span.exact(reason.millis)}.`, transient })
    case "Status":
    case "Limited": {
      const status = reason._tag === "Limited" ? 429 : reason.status
      const again = reason.retryAfterMillis ?? undefined
      return new NotDelivered({
        message: `${host} answered ${status}${cut(reason.head)}`, transient, ...(again === undefined ? {} : { afterMillis: again })
      })
    }
    default:
      return new NotDelivered({ message: `${host} could not be told (${reason._tag}).`, transient })
  }
}
