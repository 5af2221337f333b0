/** Hooks by HTTP: the event as JSON to any URL. */
import { Duration, Effect, Redacted, Schema } from "effect"
import { createHmac } from "node:crypto"
import { type Channel, HookEvent } from "../../engine/hook/Hook.ts"
import type { LimitStore } from "../../engine/limit/LimitStore.ts"
import { post } from "./Post.ts"
import { reveal, type Secret } from "./Setting.ts"

export interface WebhookOptions {
  /** Sent with each message. */
  readonly headers?: Readonly<Record<string, string>>
  /** A key that the receiver knows: the header `sluice-signature` is then `sha256=` and the HMAC of the body in hex. */
  readonly sign?: Secret
  /** From sending to the end of the answer. Default "10 seconds". */
  readonly timeout?: Duration.Input
}

/**
 * POSTs the event as JSON, in the shape of `Hook.HookEvent`. The header `idempotency-key` is the event's id, the same when
 * it is tried again: after no answer, 408, 425, 429 (as late as its Retry-After wants) or 5xx. Another status gives it up.
 */
export const webhook = (url: string | Secret, options: WebhookOptions = {}): Channel<LimitStore> => {
  const { headers = {}, sign, timeout = "10 seconds" } = options
  const secret = typeof url === "string" ? Redacted.make(url) : url
  return {
    kind: "webhook",
    to: shown(secret),
    spacingMillis: 0,
    send: Effect.fnUntraced(function*(event) {
      const body = yield* encode(event)
      const key = sign === undefined ? undefined : yield* reveal(sign, "The signing key of the webhook")
      const signature = key === undefined ? {} : { "sluice-signature": `sha256=${createHmac("sha256", key).update(JSON.stringify(body)).digest("hex")}` }
      yield* post({
        url: yield* reveal(secret, "The URL of the webhook"),
        body,
        headers: { ...headers, ...signature },
        idempotencyKey: event.id,
        timeout
      })
    })
  }
}

const encode = (event: HookEvent) => Effect.orDie(Schema.encodeEffect(HookEvent)(event))

/** The host, where it is known without the settings: the rest may be a secret. */
export const shown = (secret: Secret): string => {
  if (!Redacted.isRedacted(secret)) return "a URL of the settings"
  const value = Redacted.value(secret)
  return URL.canParse(value) ? new URL(value).host : "no URL"
}
