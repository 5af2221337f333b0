/** The beginnings of bodies, as errors show them. */

/** So many bytes of a body are shown. */
const most = 200

/** The first 200 bytes of a body, on one line. */
export const headOf = (body: Uint8Array): string =>
  new TextDecoder().decode(body.subarray(0, most), { stream: true }).replace(/[\s\p{Cc}]+/gu, " ").trim()

/** What a body that is not JSON is, in words. */
export const insteadOfJson = (body: Uint8Array): string => {
  if (body.length === 0) return "an empty body"
  return /^\s*<(!doctype html|html|head|body)/i.test(headOf(body)) ? "an HTML page" : "something that is not JSON"
}
