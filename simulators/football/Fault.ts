/** The ways in which the simulator's answers go wrong, as the vendor's do. */
import { draw, one } from "./Random.ts"
import type { Kind } from "./Traffic.ts"

export type Fault =
  /** 200 with `{"err": …}`: the address is not on the vendor's list. */
  | "not authorized"
  /** 200 with `code: 429`. */
  | "limited"
  /** 200 with `{code: 404, msg}`. */
  | "not found"
  /** 200 with `code: 0` and no results. */
  | "no results"
  /** An item that was not asked for. */
  | "another id"
  | "500"
  /** 429 with Retry-After: 1. */
  | "429"
  | "html"
  | "truncated"
  /** The connection is reset. */
  | "reset"
  /** No answer, ever. */
  | "hang"

/** Those that another try may be spared. */
export const passing: ReadonlyArray<Fault> = ["limited", "500", "429", "html", "truncated", "reset"]

/** Decides about a request, the `nth` of the server from 0; undefined: it is answered well. */
export type Faults = (request: { readonly kind: Kind; readonly id: string; readonly nth: number }) => Fault | undefined

export const none: Faults = () => undefined

/** A share of the requests fails in one of these ways; the same seed, the same ones. */
export const share = (rate: number, seed: number, kinds: ReadonlyArray<Fault> = passing): Faults => ({ nth }) =>
  draw("fault", seed, nth) < rate ? one(kinds, "kind", seed, nth) : undefined

const failing: Readonly<Record<Exclude<Fault, "reset" | "hang" | "truncated">, readonly [status: number, body: string]>> = {
  "not authorized": [200, JSON.stringify({ err: "IP is not authorized to access, please contact our business staff." })],
  limited: [200, JSON.stringify({ code: 429, msg: "Too many requests" })],
  "not found": [200, JSON.stringify({ code: 404, msg: "Not found" })],
  "no results": [200, JSON.stringify({ code: 0, query: { total: 0, type: "uuid" } })],
  "another id": [200, JSON.stringify({ code: 0, query: { total: 1, type: "page" }, results: [{ id: "another", name: "Another" }] })],
  "500": [500, JSON.stringify({ code: 500, msg: "Internal error" })],
  "429": [429, JSON.stringify({ code: 429, msg: "Too many requests" })],
  html: [200, "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"]
}

/** The answer in the place of `body`: a status and a text, or what happens to the connection. */
export const spoil = (fault: Fault, body: () => string): readonly [status: number, body: string] | "reset" | "hang" => {
  if (fault === "reset" || fault === "hang") return fault
  if (fault !== "truncated") return failing[fault]
  const whole = body()
  return [200, whole.slice(0, Math.max(1, Math.floor(whole.length / 2)))]
}
