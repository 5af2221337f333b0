/** Whether a request is signed with a key that is known: AWS Signature Version 4 in the Authorization header. */
import { createHash, createHmac } from "node:crypto"
import type { Call } from "./Call.ts"
import { header } from "./Call.ts"
import { Refusal } from "./Refusal.ts"

export interface Identity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of credentials that end: every call has to bring it, and calls with others bring none. */
  readonly sessionToken?: string
}

/** A clock may be wrong by so much, in milliseconds. */
const skew = 15 * 60_000

/** `20240305T060000Z`, in milliseconds. */
const momentOf = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"))

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()

const encoded = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

const canonicalQuery = (query: URLSearchParams): string =>
  Array.from(query, ([name, value]) => `${encoded(name)}=${encoded(value)}`).sort().join("&")

/** Throws `Refusal`. What the signature of each chunk of a streamed body says is not looked at. */
export const verify = (call: Call, known: Identity, region: string): void => {
  const authorization = header(call, "authorization")
  if (authorization === undefined) throw new Refusal("AccessDenied")
  const [, keyId, date, signedFor, names, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(authorization) ?? []
  if (keyId === undefined || date === undefined || signedFor === undefined || names === undefined) throw new Refusal("InvalidArgument")
  if (keyId !== known.accessKeyId) throw new Refusal("InvalidAccessKeyId", { AWSAccessKeyId: keyId })
  if (header(call, "x-amz-security-token") !== known.sessionToken) throw new Refusal("InvalidToken")
  if (signedFor !== region) throw new Refusal("AuthorizationHeaderMalformed", { Region: region }, { "x-amz-bucket-region": region })
  const at = header(call, "x-amz-date") ?? ""
  if (!(Math.abs(momentOf(at) - Date.now()) <= skew)) throw new Refusal("RequestTimeTooSkewed")
  const signed = names.split(";")
  const canonical = [
    call.method,
    call.path,
    canonicalQuery(call.query),
    ...signed.map((name) => `${name}:${(header(call, name) ?? "").trim().replace(/ +/g, " ")}`),
    "",
    names,
    header(call, "x-amz-content-sha256") ?? ""
  ].join("\n")
  const scope = `${date}/${region}/s3/aws4_request`
  const text = ["AWS4-HMAC-SHA256", at, scope, createHash("sha256").update(canonical).digest("hex")].join("\n")
  const key = [region, "s3", "aws4_request"].reduce(hmac, hmac(`AWS4${known.secretAccessKey}`, date))
  if (hmac(key, text).toString("hex") !== signature) throw new Refusal("SignatureDoesNotMatch", { AWSAccessKeyId: keyId })
}
