/** What a call asks of the object before anything is done with it. */
import type { Bucket, Stored } from "./Bucket.ts"
import type { Call } from "./Call.ts"
import { header } from "./Call.ts"
import { Refusal } from "./Refusal.ts"

const matches = (condition: string, etag: string): boolean =>
  condition.split(",").some((given) => given.trim() === "*" || given.trim().replace(/^"|"$/g, "") === etag.replace(/^"|"$/g, ""))

const failed = (Condition: string): Refusal => new Refusal("PreconditionFailed", { Condition })

/** Whether the object is younger than a header's moment, in whole seconds; undefined without one. */
const isSince = (call: Call, name: string, { modifiedAt }: Stored): boolean | undefined => {
  const moment = Date.parse(header(call, name) ?? "")
  return Number.isNaN(moment) ? undefined : Math.floor(modifiedAt.getTime() / 1000) > moment / 1000
}

/** Of a reader, or of the source of a copy. Whether the reader has this version already. An etag decides before a moment does. Throws `Refusal`. */
export const isKnown = (call: Call, stored: Stored, prefix: "" | "x-amz-copy-source-" = ""): boolean => {
  const [ifMatch, ifNoneMatch] = [header(call, `${prefix}if-match`), header(call, `${prefix}if-none-match`)]
  if (ifMatch !== undefined && !matches(ifMatch, stored.etag)) throw failed("If-Match")
  if (ifMatch === undefined && isSince(call, `${prefix}if-unmodified-since`, stored) === true) throw failed("If-Unmodified-Since")
  return ifNoneMatch === undefined ? isSince(call, `${prefix}if-modified-since`, stored) === false : matches(ifNoneMatch, stored.etag)
}

/** Of a writer: If-None-Match: * creates only, If-Match replaces, or deletes, one version only. Throws `Refusal`. */
export const admit = (bucket: Bucket, call: Call): void => {
  const stored = bucket.get(call.key)
  const ifMatch = header(call, "if-match")
  if (header(call, "if-none-match") === "*" && stored !== undefined) throw failed("If-None-Match")
  if (ifMatch === undefined) return
  if (stored === undefined) throw new Refusal("NoSuchKey", { Key: call.key })
  if (!matches(ifMatch, stored.etag)) throw failed("If-Match")
}
