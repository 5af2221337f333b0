/** Names of files for recorded bodies: readable, and never outside of their folder. */

const most = 100

const safe = (text: string): string => text.replace(/[^A-Za-z0-9=,_+-]+/g, "-").replace(/^-+|-+$/g, "").slice(0, most)

const extensionOf = (contentType: string | undefined, body: Uint8Array): string => {
  const type = contentType ?? ""
  if (/json/.test(type) || body[0] === 0x7b || body[0] === 0x5b) return "json"
  return /html/.test(type) ? "html" : "txt"
}

/** `odds/uuid=abc.json`: the route, then what tells requests of it apart; `params` without secrets. */
export const nameOf = (
  route: string,
  path: string,
  params: ReadonlyArray<readonly [string, string]>,
  contentType: string | undefined,
  body: Uint8Array
): { readonly folder: string; readonly file: (turn: string) => string } => {
  const filled = params.filter(([, value]) => value !== "").map(([name, value]) => `${name}=${value}`).join("_")
  const name = safe(filled === "" ? path : filled) || "body"
  const extension = extensionOf(contentType, body)
  return { folder: safe(route) || "route", file: (turn) => `${name}${turn === "1" ? "" : `.${turn}`}.${extension}` }
}
