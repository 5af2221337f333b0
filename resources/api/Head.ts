/** The beginnings of bodies, as errors show them. */

/** So many bytes of a body are shown. */
const most = 200

/** So many further ones are looked at: a secret that is cut in two is still one. */
const beyond = 8192

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes, { stream: true })

/** The first 200 bytes of a body, on one line, without secrets. */
export const headOf = (body: Uint8Array, redact: (text: string) => string): string => {
  const clean = redact(decode(body.subarray(0, most + beyond)))
  return decode(new TextEncoder().encode(clean).subarray(0, most)).replace(/[\s\p{Cc}]+/gu, " ").trim()
}

/** What a body that is not JSON is, in words. */
export const insteadOfJson = (body: Uint8Array): string => {
  if (body.length === 0) return "an empty body"
  return /^\s*<(!doctype html|html|head|body)/i.test(decode(body.subarray(0, most))) ? "an HTML page" : "something that is not JSON"
}
